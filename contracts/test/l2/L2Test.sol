// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {AnchorCache} from "../../src/l2/AnchorCache.sol";
import {Outbox} from "../../src/l2/Outbox.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {TokenBridge} from "../../src/l2/TokenBridge.sol";
import {BridgeTest} from "../bridge/BridgeTest.sol";

/// The predeploys where they lie, made as a genesis is: constructors run once, code kept. The
/// ring is EIP-4788's own code.
abstract contract L2Test is BridgeTest {
    Outbox internal constant outbox = Outbox(Predeploys.OUTBOX);
    TokenBridge internal constant tokens = TokenBridge(Predeploys.TOKEN_BRIDGE);
    AnchorCache internal constant cache = AnchorCache(Predeploys.ANCHOR_CACHE);

    address internal constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
    bytes private constant RING =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500";

    address internal binder = makeAddr("binder");

    function setUp() public virtual override {
        super.setUp();
        vm.etch(address(outbox), address(new Outbox(L1, address(bridge))).code);
        vm.etch(address(tokens), address(new TokenBridge(L1, address(bridge), binder)).code);
        vm.etch(address(cache), address(new AnchorCache()).code);
        vm.etch(Predeploys.ANCHORS, RING);
        vm.chainId(L2);
    }

    /// The next L2 block, with this L1 block as its anchor; answers its timestamp.
    function _anchor(bytes32 blockHash) internal returns (uint256 timestamp) {
        timestamp = vm.getBlockTimestamp() + 2;
        vm.warp(timestamp);
        vm.prank(SYSTEM);
        (bool ok,) = Predeploys.ANCHORS.call(abi.encode(blockHash));
        assertTrue(ok);
    }
}
