// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ChainParams} from "../factory/Params.sol";
import {ConfigHash} from "../types/Types.sol";

/// The name of a rollup's configuration, as `spec/config.md` writes it.
library Config {
    bytes32 private constant TAG = keccak256("tern.config.v1");

    function hash(ChainParams memory c, uint64 l1ChainId, address inbox)
        internal
        pure
        returns (ConfigHash)
    {
        return ConfigHash.wrap(keccak256(bytes.concat(TAG, encode(c, l1ChainId, inbox))));
    }

    /// The caller has checked that the extra data has 32 bytes at most.
    function encode(ChainParams memory c, uint64 l1ChainId, address inbox)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory chain = abi.encodePacked(
            c.chainId, l1ChainId, inbox, c.genesisHash, c.gasLimit, c.feeRecipient
        );
        bytes memory limits = abi.encodePacked(
            c.maxBlocks,
            c.maxAnchors,
            c.maxBlobs,
            c.maxDecodedBytes,
            c.maxTransactions,
            c.maxDeposits,
            c.maxForced,
            c.maxForcedBytes,
            c.maxForcedGas
        );
        return bytes.concat(chain, limits, bytes1(uint8(c.extraData.length)), c.extraData);
    }
}
