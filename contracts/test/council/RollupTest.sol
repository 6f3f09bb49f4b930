// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Safe} from "@safe-global/safe-smart-account/contracts/Safe.sol";
import {Enum} from "@safe-global/safe-smart-account/contracts/libraries/Enum.sol";
import {
    SafeProxyFactory
} from "@safe-global/safe-smart-account/contracts/proxies/SafeProxyFactory.sol";

import {CouncilPowers} from "../../src/council/CouncilPowers.sol";
import {Governance} from "../../src/council/Governance.sol";
import {Timelock} from "../../src/council/Timelock.sol";
import {Token} from "../../src/council/Token.sol";
import {LaneParams, RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Part, RollupFactory} from "../../src/factory/RollupFactory.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Settlement} from "../../src/settlement/Settlement.sol";
import {Example, Something} from "../factory/Example.sol";
import {Test} from "../lib/Test.sol";
import {StubLane} from "../registry/Stubs.sol";

/// A whole rollup as Ethereum would take it, with a real Safe of two in three for its council.
/// Only the lanes' verifiers are stubs.
abstract contract RollupTest is Test {
    uint40 internal constant T0 = 1_900_000_000;
    uint40 internal constant W = 24 days;

    RollupParams internal p;
    Safe internal safe;
    address[3] internal owners;
    uint256[3] internal keys;
    Token internal token;
    Timelock internal timelock;
    Governance internal governance;
    CouncilPowers internal powers;
    LaneRegistry internal registry;
    Inbox internal inbox;
    Settlement internal settlement;
    address internal alice;
    address internal bob;

    Safe private _singleton;
    SafeProxyFactory private _safes;

    function setUp() public virtual {
        vm.warp(T0);
        vm.chainId(1);
        _singleton = new Safe();
        _safes = new SafeProxyFactory();
        safe = newSafe("owner");
        (alice, bob) = (makeAddr("alice"), makeAddr("bob"));
        LaneParams memory lanes =
            LaneParams(lane("zk", "revm"), lane("tdx", "ethrex"), lane("game", "evm"), address(0));
        p = Example.params(address(safe), address(new Something()), lanes);
        (p.governance.holders[0], p.governance.holders[1]) = (alice, bob);
        deploy();
    }

    function deploy() private {
        bytes[7] memory code = [
            type(Token).creationCode,
            type(Timelock).creationCode,
            type(Governance).creationCode,
            type(CouncilPowers).creationCode,
            type(LaneRegistry).creationCode,
            type(Inbox).creationCode,
            type(Settlement).creationCode
        ];
        bytes32[7] memory hashes;
        for (uint256 i = 0; i < 7; ++i) {
            hashes[i] = keccak256(code[i]);
        }
        RollupFactory factory = new RollupFactory(hashes);
        for (uint256 i = 0; i < 7; ++i) {
            factory.deploy(Part(i), p, code[i]);
        }
        RollupAddresses memory a = factory.addresses(p);
        token = Token(a.token);
        timelock = Timelock(payable(a.timelock));
        governance = Governance(payable(a.governance));
        powers = CouncilPowers(a.powers);
        registry = LaneRegistry(a.registry);
        inbox = Inbox(payable(a.inbox));
        settlement = Settlement(a.settlement);
    }

    function lane(bytes32 proofSystem, bytes32 executor) internal returns (address) {
        return address(new StubLane(proofSystem, executor, 7 days));
    }

    /// Two in three, and the owners become `owners`, in the order of their addresses.
    function newSafe(string memory name) internal returns (Safe made) {
        for (uint256 i = 0; i < 3; ++i) {
            (owners[i], keys[i]) = makeAddrAndKey(string.concat(name, vm.toString(i)));
        }
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (owners[j] < owners[j + 1]) continue;
                (owners[j], owners[j + 1]) = (owners[j + 1], owners[j]);
                (keys[j], keys[j + 1]) = (keys[j + 1], keys[j]);
            }
        }
        address[] memory list = new address[](3);
        (list[0], list[1], list[2]) = (owners[0], owners[1], owners[2]);
        bytes memory setup = abi.encodeCall(
            Safe.setup, (list, 2, address(0), "", address(0), address(0), 0, payable(address(0)))
        );
        made = Safe(payable(address(_safes.createProxyWithNonce(address(_singleton), setup, 0))));
    }

    /// The Safe calls, signed by so many of its owners.
    function safeCalls(address to, bytes memory data, uint256 signers) internal {
        bytes memory signatures = sign(to, data, signers);
        execute(to, data, signatures);
    }

    /// The Safe calls, and the call reverts with exactly this.
    function safeIsRefused(address to, bytes memory data, bytes memory reason) internal {
        bytes memory signatures = sign(to, data, 2);
        vm.expectRevert(reason);
        execute(to, data, signatures);
    }

    /// The Safe calls, and the call reverts.
    function safeIsRefused(address to, bytes memory data) internal {
        bytes memory signatures = sign(to, data, 2);
        vm.expectRevert();
        execute(to, data, signatures);
    }

    function sign(address to, bytes memory data, uint256 signers)
        internal
        view
        returns (bytes memory signatures)
    {
        bytes32 digest = safe.getTransactionHash(
            to, 0, data, Enum.Operation.Call, 0, 0, 0, address(0), address(0), safe.nonce()
        );
        for (uint256 i = 0; i < signers; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            signatures = abi.encodePacked(signatures, r, s, v);
        }
    }

    function execute(address to, bytes memory data, bytes memory signatures) internal {
        safe.execTransaction(
            to, 0, data, Enum.Operation.Call, 0, 0, 0, address(0), payable(address(0)), signatures
        );
    }
}
