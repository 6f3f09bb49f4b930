// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {CouncilPowers} from "../../src/council/CouncilPowers.sol";
import {Governance} from "../../src/council/Governance.sol";
import {Timelock} from "../../src/council/Timelock.sol";
import {Token} from "../../src/council/Token.sol";
import {LaneParams, RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Part, RollupFactory} from "../../src/factory/RollupFactory.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Settlement} from "../../src/settlement/Settlement.sol";
import {Test} from "../lib/Test.sol";
import {Example, Something} from "./Example.sol";

/// The seven real parts.
contract WholeTest is Test {
    /// What everybody uses to deploy by CREATE2 where it already is.
    address private constant CREATE2 = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    bytes private constant CREATE2_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

    bytes[7] private code = [
        type(Token).creationCode,
        type(Timelock).creationCode,
        type(Governance).creationCode,
        type(CouncilPowers).creationCode,
        type(LaneRegistry).creationCode,
        type(Inbox).creationCode,
        type(Settlement).creationCode
    ];
    RollupFactory private factory;
    RollupParams private p;

    function setUp() public {
        vm.chainId(1);
        factory = RollupFactory(deployFactory());
        LaneParams memory none;
        p = Example.params(address(new Something()), address(new Something()), none);
    }

    /// As an operator does: the factory's address follows from its code alone.
    function deployFactory() private returns (address where) {
        bytes32[7] memory hashes;
        for (uint256 i = 0; i < 7; ++i) {
            hashes[i] = keccak256(code[i]);
        }
        bytes memory init = bytes.concat(type(RollupFactory).creationCode, abi.encode(hashes));
        if (CREATE2.code.length == 0) vm.etch(CREATE2, CREATE2_CODE);
        (bool done, bytes memory answer) = CREATE2.call(bytes.concat(bytes32(0), init));
        assertTrue(done);
        where = address(bytes20(answer));
        assertEq(where, vm.computeCreate2Address(0, keccak256(init), CREATE2));
    }

    function test_parts_come_in_any_order() public {
        deployInOrder([uint256(0), 1, 2, 3, 4, 5, 6]);
        p.salt = "backwards";
        deployInOrder([uint256(6), 5, 4, 3, 2, 1, 0]);
        p.salt = "mixed";
        deployInOrder([uint256(4), 6, 2, 0, 5, 1, 3]);
    }

    /// Each in its own transaction, of Ethereum's most gas, to a contract of Ethereum's most size.
    function test_each_part_fits() public {
        RollupAddresses memory a = factory.addresses(p);
        for (uint256 i = 0; i < 7; ++i) {
            assertLe(code[i].length + abi.encode(p, a).length, 49_152);
            bytes memory call = abi.encodeCall(factory.deploy, (Part(i), p, code[i]));
            uint256 before = gasleft();
            address where = factory.deploy(Part(i), p, code[i]);
            uint256 used = before - gasleft();
            assertLe(where.code.length, 24_576, "(the fast profile makes longer code)");
            assertLt(21_000 + 16 * call.length + used, 16_777_216);
        }
    }

    function test_the_parts_know_each_other() public {
        deployInOrder([uint256(0), 1, 2, 3, 4, 5, 6]);
        RollupAddresses memory a = factory.addresses(p);
        Settlement settlement = Settlement(a.settlement);
        assertEq(settlement.inbox(), a.inbox);
        assertEq(settlement.registry(), a.registry);
        assertEq(settlement.powers(), a.powers);
        assertEq(Inbox(payable(a.inbox)).settlement(), a.settlement);
        assertEq(Inbox(payable(a.inbox)).bridge(), p.bridge);
        assertEq(Inbox(payable(a.inbox)).timelock(), a.timelock);
        assertEq(LaneRegistry(a.registry).SETTLEMENT(), a.settlement);
        assertEq(address(CouncilPowers(a.powers).REGISTRY()), a.registry);
    }

    function deployInOrder(uint256[7] memory order) private {
        for (uint256 i = 0; i < 7; ++i) {
            uint256 part = order[i];
            factory.deploy(Part(part), p, code[part]);
        }
    }
}
