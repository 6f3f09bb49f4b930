// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchAcc, ConfigHash} from "../types/Types.sol";

/// What the other rooms read of a rollup's inbox. The inbox is also the vault that holds the
/// rollup's ETH: a chain is named by its inbox.
interface IInbox {
    function configHash() external view returns (ConfigHash);
    function settlement() external view returns (address);
    function bridge() external view returns (address);
    function genesisHash() external view returns (bytes32);

    /// How many batches there are, and the accumulator after the last.
    function tip() external view returns (uint64 batches, BatchAcc acc);

    /// How many batches and blocks there are up to two recorded accumulators (the last block's
    /// number is the number of blocks; both are 0 before the first batch, whose accumulator is
    /// zero). Reverts with `UnknownBatch(acc)` if one is not recorded, and with
    /// `EmptyRange(fromBatches, toBatches)` unless the second lies after the first.
    function range(BatchAcc from, BatchAcc to)
        external
        view
        returns (uint64 fromBatches, uint64 fromBlock, uint64 toBatches, uint64 toBlock);

    /// Credits ETH on L2: the value must be positive whole gwei and at least the minimum.
    function deposit(address to) external payable returns (uint64 index);

    /// Pays ETH out of the vault with a call; only the bridge. Reverts if there is not enough,
    /// returns false if the call failed (and keeps the ETH).
    function release(address to, uint256 amount, uint256 gasLimit, bytes calldata data)
        external
        returns (bool);
}
