// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// Tells contracts from keys.
library Code {
    /// Whether `account` is a contract whose code stays what it is. A key that has delegated to
    /// a contract (EIP-7702) also has code, but may exchange it any day: it is a key.
    function isContract(address account) internal view returns (bool) {
        uint256 size = account.code.length;
        if (size != 23) return size != 0;
        return bytes3(account.code) != 0xef0100;
    }
}
