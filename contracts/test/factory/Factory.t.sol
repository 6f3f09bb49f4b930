// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {CouncilPowers} from "../../src/council/CouncilPowers.sol";
import {Governance} from "../../src/council/Governance.sol";
import {Timelock} from "../../src/council/Timelock.sol";
import {Token} from "../../src/council/Token.sol";
import {Bounds} from "../../src/factory/Bounds.sol";
import {LaneParams, RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Part, RollupFactory} from "../../src/factory/RollupFactory.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Test} from "../lib/Test.sol";
import {Example, Something} from "./Example.sol";

/// Stands for a part of another room: keeps what it was told.
contract Told {
    bytes32 public told;

    constructor(RollupParams memory p, RollupAddresses memory a) {
        told = keccak256(abi.encode(p, a));
    }
}

contract Told2 is Told {
    constructor(RollupParams memory p, RollupAddresses memory a) Told(p, a) {}

    function second() external pure returns (bool) {
        return true;
    }
}

contract FactoryTest is Test {
    RollupFactory private factory;
    RollupParams private p;
    bytes[7] private code;

    function setUp() public {
        code[0] = type(Token).creationCode;
        code[1] = type(Timelock).creationCode;
        code[2] = type(Governance).creationCode;
        code[3] = type(CouncilPowers).creationCode;
        code[4] = type(LaneRegistry).creationCode;
        code[5] = type(Told).creationCode;
        code[6] = type(Told2).creationCode;
        factory = new RollupFactory(hashes());
        LaneParams memory none;
        p = Example.params(address(new Something()), address(new Something()), none);
    }

    function hashes() private view returns (bytes32[7] memory list) {
        for (uint256 i = 0; i < 7; ++i) {
            list[i] = keccak256(code[i]);
        }
    }

    function test_each_part_lands_where_the_others_expect_it_in_any_order() public {
        RollupAddresses memory a = factory.addresses(p);
        address[7] memory expected =
            [a.token, a.timelock, a.governance, a.powers, a.registry, a.inbox, a.settlement];
        uint256[7] memory order = [uint256(6), 4, 2, 0, 5, 3, 1];
        for (uint256 i = 0; i < 7; ++i) {
            uint256 part = order[i];
            assertEq(expected[part].code.length, 0);
            assertEq(factory.deploy(Part(part), p, code[part]), expected[part]);
            assertGt(expected[part].code.length, 0);
        }
        assertEq(Told(a.inbox).told(), keccak256(abi.encode(p, a)));
        assertEq(Told(a.settlement).told(), keccak256(abi.encode(p, a)));
        LaneRegistry registry = LaneRegistry(a.registry);
        assertEq(registry.POWERS(), a.powers);
        assertEq(registry.TIMELOCK(), a.timelock);
        assertEq(registry.SETTLEMENT(), a.settlement);
        CouncilPowers powers = CouncilPowers(a.powers);
        assertEq(powers.TIMELOCK(), a.timelock);
        assertEq(address(powers.REGISTRY()), a.registry);
        assertEq(address(powers.SETTLEMENT()), a.settlement);
        assertEq(powers.council(), p.governance.council);
        Governance governance = Governance(payable(a.governance));
        assertEq(governance.timelock(), a.timelock);
        assertEq(address(governance.token()), a.token);
        Timelock timelock = Timelock(payable(a.timelock));
        assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), a.governance));
    }

    function test_each_part_fits_a_transaction_and_a_contract() public {
        RollupAddresses memory a = factory.addresses(p);
        for (uint256 i = 0; i < 5; ++i) {
            bytes memory call = abi.encodeCall(factory.deploy, (Part(i), p, code[i]));
            uint256 before = gasleft();
            factory.deploy(Part(i), p, code[i]);
            uint256 used = before - gasleft() + 21_000 + 16 * call.length;
            assertLt(used, 16_777_216);
            assertLt(21_000 + 40 * call.length, 16_777_216);
            assertLe(code[i].length + abi.encode(p, a).length, 49_152);
        }
        assertLe(a.governance.code.length, 24_576);
        assertLe(a.registry.code.length, 24_576);
    }

    function test_a_token_of_the_most_holders_fits_a_transaction() public {
        (p.governance.holders, p.governance.amounts) = (new address[](64), new uint256[](64));
        for (uint256 i = 0; i < 64; ++i) {
            (p.governance.holders[i], p.governance.amounts[i]) = (address(uint160(1000 + i)), 1e30);
        }
        bytes memory call = abi.encodeCall(factory.deploy, (Part.Token, p, code[0]));
        uint256 before = gasleft();
        factory.deploy(Part.Token, p, code[0]);
        assertLt(before - gasleft() + 21_000 + 16 * call.length, 16_777_216);
    }

    function test_other_code_is_refused() public {
        bytes memory other = bytes.concat(code[5], hex"00");
        vm.expectRevert(
            abi.encodeWithSelector(
                RollupFactory.WrongCode.selector, Part.Inbox, keccak256(other), keccak256(code[5])
            )
        );
        factory.deploy(Part.Inbox, p, other);
        // Nor another part's, nor nothing.
        vm.expectRevert(
            abi.encodeWithSelector(
                RollupFactory.WrongCode.selector, Part.Inbox, keccak256(code[6]), keccak256(code[5])
            )
        );
        factory.deploy(Part.Inbox, p, code[6]);
        vm.expectRevert(
            abi.encodeWithSelector(
                RollupFactory.WrongCode.selector, Part.Inbox, keccak256(""), keccak256(code[5])
            )
        );
        factory.deploy(Part.Inbox, p, "");
    }

    function test_who_is_first_does_not_matter() public {
        RollupAddresses memory a = factory.addresses(p);
        vm.expectEmit();
        emit RollupFactory.Deployed(Part.Timelock, factory.paramsHash(p), a.timelock);
        vm.prank(makeAddr("stranger"));
        factory.deploy(Part.Timelock, p, code[1]);
        bytes32 theirs = a.timelock.codehash;
        Timelock timelock = Timelock(payable(a.timelock));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), makeAddr("stranger")));

        vm.expectRevert(
            abi.encodeWithSelector(
                RollupFactory.AlreadyDeployed.selector, Part.Timelock, a.timelock
            )
        );
        factory.deploy(Part.Timelock, p, code[1]);
        assertEq(a.timelock.codehash, theirs);
        // What is left goes on.
        factory.deploy(Part.Governance, p, code[2]);
    }

    function test_a_constructor_that_refuses_leaves_the_place_free() public {
        address key = makeAddr("key");
        p.lanes.zk = key;
        RollupAddresses memory a = factory.addresses(p);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotAContract.selector, key));
        factory.deploy(Part.Registry, p, code[4]);
        assertEq(a.registry.code.length, 0);

        StubLike lane = new StubLike();
        vm.etch(key, address(lane).code);
        factory.deploy(Part.Registry, p, code[4]);
        assertGt(a.registry.code.length, 0);
    }

    function test_every_parameter_decides_the_addresses() public {
        bytes32 first = all();
        p.salt = "other";
        bytes32 second = all();
        assertNotEq(first, second);
        ++p.delays.notice;
        bytes32 third = all();
        assertNotEq(second, third);
        p.governance.amounts[1] += 1;
        assertNotEq(third, all());

        // The same for all who ask, and another factory has others.
        RollupAddresses memory a = factory.addresses(p);
        factory.deploy(Part.Inbox, p, code[5]);
        assertEq(keccak256(abi.encode(a)), all());
        RollupFactory other = new RollupFactory(hashes());
        assertNotEq(other.addresses(p).inbox, a.inbox);
    }

    function test_the_parts_of_a_rollup_have_seven_addresses() public view {
        RollupAddresses memory a = factory.addresses(p);
        address[7] memory each =
            [a.token, a.timelock, a.governance, a.powers, a.registry, a.inbox, a.settlement];
        for (uint256 i = 0; i < 7; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertNotEq(each[i], each[j]);
            }
        }
    }

    function test_parameters_out_of_bounds_deploy_nothing() public {
        p.delays.lapse = 0;
        bytes memory reason =
            abi.encodeWithSelector(Bounds.TooSmall.selector, bytes32("delays.lapse"), 0, 1);
        for (uint256 i = 0; i < 7; ++i) {
            vm.expectRevert(reason);
            factory.deploy(Part(i), p, code[i]);
        }
    }

    function test_on_ethereum_the_promises_hold() public {
        vm.chainId(1);
        p.governance.timelockDelay = 30 days - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                Bounds.TooSmall.selector, bytes32("governance.timelockDelay"), 30 days - 1, 30 days
            )
        );
        factory.deploy(Part.Timelock, p, code[1]);
    }

    function test_code_too_long_for_ethereum_is_refused() public {
        code[5] = new bytes(49_152);
        factory = new RollupFactory(hashes());
        uint256 size = code[5].length + abi.encode(p, factory.addresses(p)).length;
        vm.expectRevert(
            abi.encodeWithSelector(RollupFactory.InitCodeTooLarge.selector, size, 49_152)
        );
        factory.deploy(Part.Inbox, p, code[5]);
    }

    function test_code_hashes_read_back() public view {
        for (uint256 i = 0; i < 7; ++i) {
            assertEq(factory.codeHash(Part(i)), keccak256(code[i]));
        }
    }

    function testFuzz_addresses_are_where_things_land(bytes32 salt, uint8 part) public {
        p.salt = salt;
        RollupAddresses memory a = factory.addresses(p);
        Part which = Part(part % 7);
        address where = factory.deploy(which, p, code[uint256(which)]);
        bytes memory list = abi.encode(a);
        address expected;
        assembly {
            expected := mload(add(add(list, 32), mul(mod(part, 7), 32)))
        }
        assertEq(where, expected);
    }

    function all() private view returns (bytes32) {
        return keccak256(abi.encode(factory.addresses(p)));
    }
}

contract StubLike {
    bytes32 public constant proofSystemId = "zk";
    bytes32 public constant executorId = "revm";
}
