// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInbox} from "../../src/inbox/IInbox.sol";
import {BatchAcc, ConfigHash} from "../../src/types/Types.sol";

/// An inbox whose batches are pushed by the test: each only has a number of blocks.
contract MockInbox is IInbox {
    error UnknownBatch(BatchAcc acc);
    error EmptyRange(uint64 fromBatches, uint64 toBatches);

    struct Place {
        uint64 batches;
        uint64 blocks;
    }

    ConfigHash public override configHash;
    bytes32 public override genesisHash;
    address public override settlement;
    address public override bridge;

    uint64 private _batches;
    BatchAcc private _acc;
    mapping(BatchAcc => Place) private _places;

    function set(ConfigHash config, bytes32 genesis, address settlement_, address bridge_)
        external
    {
        configHash = config;
        genesisHash = genesis;
        settlement = settlement_;
        bridge = bridge_;
    }

    /// Adds a batch of so many blocks.
    function push(uint64 blocks) external returns (BatchAcc acc) {
        uint64 total = _places[_acc].blocks + blocks;
        acc = BatchAcc.wrap(keccak256(abi.encode(_acc, _batches, blocks)));
        _acc = acc;
        _places[acc] = Place(++_batches, total);
    }

    function tip() external view override returns (uint64 batches, BatchAcc acc) {
        return (_batches, _acc);
    }

    function range(BatchAcc from, BatchAcc to)
        external
        view
        override
        returns (uint64 fromBatches, uint64 fromBlock, uint64 toBatches, uint64 toBlock)
    {
        Place memory a = _place(from);
        Place memory b = _place(to);
        if (b.batches <= a.batches) revert EmptyRange(a.batches, b.batches);
        return (a.batches, a.blocks, b.batches, b.blocks);
    }

    function deposit(address) external payable override returns (uint64) {
        return 0;
    }

    function release(address to, uint256 amount, uint256 gasLimit, bytes calldata data)
        external
        override
        returns (bool ok)
    {
        (ok,) = to.call{value: amount, gas: gasLimit}(data);
    }

    function _place(BatchAcc acc) private view returns (Place memory place) {
        place = _places[acc];
        if (place.batches == 0 && BatchAcc.unwrap(acc) != 0) revert UnknownBatch(acc);
    }
}
