// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// Where the contracts of every Tern chain lie on L2. They are in its genesis: their code is
/// what their constructors return, run once with the chain's arguments.
library Predeploys {
    address internal constant OUTBOX = 0x7e00000000000000000000000000000000000001;
    address internal constant TOKEN_BRIDGE = 0x7E00000000000000000000000000000000000002;
    address internal constant ANCHOR_CACHE = 0x7e00000000000000000000000000000000000003;
    /// EIP-4788: the hash of the L1 block that each of the last 8,191 blocks may read.
    address internal constant ANCHORS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;
}
