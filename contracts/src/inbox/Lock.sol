// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// While the contract calls out, nobody comes in. The lock is gone with the transaction.
abstract contract Lock {
    /// Called from within a call that this contract made.
    error Locked();

    bool private transient _locked;

    /// For what changes something but calls nobody who could come back.
    modifier whenUnlocked() {
        if (_locked) revert Locked();
        _;
    }

    /// For what calls out.
    modifier lock() {
        if (_locked) revert Locked();
        _locked = true;
        _;
        _locked = false;
    }
}
