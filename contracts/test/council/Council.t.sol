// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Safe} from "@safe-global/safe-smart-account/contracts/Safe.sol";

import {CouncilPowers} from "../../src/council/CouncilPowers.sol";
import {Terms} from "../../src/factory/Params.sol";
import {Conflict} from "../../src/settlement/ISettlement.sol";
import {ISettlementErrors} from "../../src/settlement/ISettlementErrors.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../../src/types/Types.sol";
import {RollupTest} from "./RollupTest.sol";

contract CouncilTest is RollupTest {
    bytes[] private list;

    function test_the_council_installs_a_tee_at_once() public {
        address next = lane("sgx", "ethrex");
        safeCalls(address(powers), abi.encodeCall(powers.installTee, (next)), 2);
        (, address verifier) = registry.active(Lane.Tee);
        assertEq(verifier, next);
    }

    function test_the_council_announces_and_takes_back() public {
        address next = lane("plonk", "levm");
        safeCalls(address(powers), abi.encodeCall(powers.schedule, (Lane.Zk, next)), 2);
        assertEq(registry.scheduled(Lane.Zk).readyAt, T0 + 30 days + W);
        safeCalls(address(powers), abi.encodeCall(powers.cancel, (Lane.Zk)), 2);
        assertEq(registry.scheduled(Lane.Zk).readyAt, 0);

        safeCalls(address(powers), abi.encodeCall(powers.schedule, (Lane.Zk2, next)), 2);
        vm.warp(T0 + 30 days + W);
        registry.activate(Lane.Zk2);
        (, address verifier) = registry.active(Lane.Zk2);
        assertEq(verifier, next);
    }

    function test_the_council_replaces_a_frozen_lane_on_probation() public {
        address next = lane("plonk", "levm");
        bytes memory call = abi.encodeCall(powers.emergencyReplace, (Lane.Zk, next));
        safeIsRefused(
            address(powers),
            call,
            abi.encodeWithSelector(LaneRegistry.NoEmergency.selector, Lane.Zk, 0)
        );
        vm.prank(address(settlement));
        registry.freeze(Lane.Zk, LaneVersion.wrap(1));
        safeCalls(address(powers), call, 2);
        (, address verifier) = registry.active(Lane.Zk);
        assertEq(verifier, next);
        assertEq(registry.version(Lane.Zk, LaneVersion.wrap(2)).probationUntil, T0 + 30 days + W);
    }

    function test_the_council_arbitrates_as_settlement_allows() public {
        Conflict memory conflict;
        bytes memory call = abi.encodeCall(settlement.arbitrate, (conflict, true));
        bytes memory request = abi.encodeCall(powers.arbitrate, (conflict, true));
        // Settlement refuses for a reason of its own: that nothing is in conflict.
        (bool done, bytes memory reason) = pranked(address(powers), address(settlement), call);
        assertFalse(done);
        assertNotEq(bytes32(bytes4(reason)), bytes32(ISettlementErrors.OnlyPowers.selector));
        safeIsRefused(address(powers), request, reason);

        vm.mockCall(address(settlement), call, "");
        vm.expectCall(address(settlement), call);
        safeCalls(address(powers), request, 2);
    }

    function test_one_of_three_is_not_the_council() public {
        bytes memory call = abi.encodeCall(powers.installTee, (lane("sgx", "ethrex")));
        bytes memory signatures = sign(address(powers), call, 1);
        vm.expectRevert();
        execute(address(powers), call, signatures);
        (, address verifier) = registry.active(Lane.Tee);
        assertEq(verifier, p.lanes.tee);
    }

    function test_nobody_else_has_the_councils_powers() public {
        address any = lane("sgx", "ethrex");
        Conflict memory conflict;
        list.push(abi.encodeCall(powers.installTee, (any)));
        list.push(abi.encodeCall(powers.schedule, (Lane.Zk, any)));
        list.push(abi.encodeCall(powers.cancel, (Lane.Zk)));
        list.push(abi.encodeCall(powers.emergencyReplace, (Lane.Zk, any)));
        list.push(abi.encodeCall(powers.arbitrate, (conflict, false)));
        address[6] memory callers = [
            owners[0],
            address(timelock),
            address(governance),
            address(settlement),
            address(powers),
            address(this)
        ];
        for (uint256 i = 0; i < list.length; ++i) {
            for (uint256 j = 0; j < callers.length; ++j) {
                refused(
                    callers[j],
                    address(powers),
                    list[i],
                    abi.encodeWithSelector(
                        CouncilPowers.NotAllowed.selector, callers[j], address(safe)
                    )
                );
            }
        }
    }

    function test_the_council_itself_is_a_stranger_to_every_contract() public {
        address any = lane("sgx", "ethrex");
        Conflict memory conflict;
        bytes memory onlyPowers = abi.encodeWithSelector(
            LaneRegistry.NotAllowed.selector, address(safe), address(powers)
        );
        address to = address(registry);
        safeIsRefused(to, abi.encodeCall(registry.installTee, (any)), onlyPowers);
        safeIsRefused(to, abi.encodeCall(registry.schedule, (Lane.Zk, any)), onlyPowers);
        safeIsRefused(to, abi.encodeCall(registry.cancel, (Lane.Zk)), onlyPowers);
        safeIsRefused(to, abi.encodeCall(registry.emergencyReplace, (Lane.Zk, any)), onlyPowers);
        safeIsRefused(address(settlement), abi.encodeCall(settlement.arbitrate, (conflict, true)));
        _privileged();
        for (uint256 i = 0; i < list.length; i += 2) {
            safeIsRefused(abi.decode(list[i], (address)), list[i + 1]);
        }
    }

    function test_the_powers_reach_nothing_outside_the_list() public {
        _privileged();
        for (uint256 i = 0; i < list.length; i += 2) {
            (bool done,) = pranked(address(powers), abi.decode(list[i], (address)), list[i + 1]);
            assertFalse(done, vm.toString(i / 2));
        }
    }

    /// Whatever the council sends to its powers, only what is listed is understood.
    function testFuzz_the_list_is_closed(bytes4 selector, bytes calldata rest, uint96 value)
        public
    {
        bytes4[5] memory known = [
            powers.installTee.selector,
            powers.schedule.selector,
            powers.cancel.selector,
            powers.emergencyReplace.selector,
            powers.arbitrate.selector
        ];
        bytes4[4] memory views = [
            powers.council.selector,
            powers.TIMELOCK.selector,
            powers.REGISTRY.selector,
            powers.SETTLEMENT.selector
        ];
        for (uint256 i = 0; i < 5; ++i) {
            vm.assume(selector != known[i]);
            if (i < 4) vm.assume(selector != views[i]);
        }
        (bool done,) = pranked(address(safe), address(powers), bytes.concat(selector, rest));
        assertFalse(done);
        vm.deal(address(safe), value);
        vm.prank(address(safe));
        (done,) = address(powers).call{value: value}("");
        assertFalse(done);
    }

    function test_only_governance_elects_a_council() public {
        Safe next = newSafe("next");
        bytes memory call = abi.encodeCall(powers.electCouncil, (address(next)));
        address[4] memory callers =
            [address(safe), address(governance), address(this), address(powers)];
        for (uint256 i = 0; i < callers.length; ++i) {
            refused(
                callers[i],
                address(powers),
                call,
                abi.encodeWithSelector(
                    CouncilPowers.NotAllowed.selector, callers[i], address(timelock)
                )
            );
        }
        vm.expectEmit();
        emit CouncilPowers.CouncilElected(address(next));
        vm.prank(address(timelock));
        powers.electCouncil(address(next));

        address any = lane("sgx", "ethrex");
        refused(
            address(safe),
            address(powers),
            abi.encodeCall(powers.installTee, (any)),
            abi.encodeWithSelector(CouncilPowers.NotAllowed.selector, address(safe), address(next))
        );
        safe = next;
        safeCalls(address(powers), abi.encodeCall(powers.installTee, (any)), 2);
    }

    function test_a_key_is_no_council() public {
        address key = makeAddr("key");
        bytes memory reason = abi.encodeWithSelector(CouncilPowers.NotAContract.selector, key);
        bytes memory call = abi.encodeCall(powers.electCouncil, (key));
        refused(address(timelock), address(powers), call, reason);
        vm.etch(key, abi.encodePacked(hex"ef0100", address(safe)));
        refused(address(timelock), address(powers), call, reason);
        call = abi.encodeCall(powers.electCouncil, (address(0)));
        reason = abi.encodeWithSelector(CouncilPowers.NotAContract.selector, address(0));
        refused(address(timelock), address(powers), call, reason);
        assertEq(powers.council(), address(safe));
    }

    /// Every call of the rollup that is not open to everyone and not the council's, with
    /// arguments that its rightful caller could give.
    function _privileged() private {
        Claim memory claim;
        Terms memory terms = p.terms;
        _add(address(registry), abi.encodeCall(registry.freeze, (Lane.Zk, LaneVersion.wrap(1))));
        _add(address(registry), abi.encodeCall(registry.announceTeeRetirement, ()));
        _add(address(settlement), abi.encodeCall(settlement.setTerms, (terms)));
        _add(address(settlement), abi.encodeCall(settlement.matchOpened, (claim, 0)));
        _add(
            address(settlement),
            abi.encodeCall(settlement.matchClosed, (ClaimId.wrap(0), 0, false, address(safe)))
        );
        _add(address(inbox), abi.encodeCall(inbox.setSequencer, (address(safe))));
        _add(address(inbox), abi.encodeCall(inbox.release, (address(safe), 0, 100_000, "")));
        _add(address(powers), abi.encodeCall(powers.electCouncil, (p.lanes.zk)));
        bytes32 none = 0;
        _add(
            address(timelock),
            abi.encodeCall(timelock.schedule, (address(powers), 0, "", none, none, 30 days))
        );
        _add(address(timelock), abi.encodeCall(timelock.cancel, (none)));
        _add(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        _add(address(timelock), abi.encodeCall(timelock.grantRole, (none, address(safe))));
        _add(address(governance), abi.encodeCall(governance.setVotingDelay, (2 days)));
        _add(address(governance), abi.encodeCall(governance.setVotingPeriod, (4 days)));
        _add(address(governance), abi.encodeCall(governance.setProposalThreshold, (0)));
        _add(address(governance), abi.encodeCall(governance.updateQuorumNumerator, (20)));
        _add(address(governance), abi.encodeCall(governance.relay, (address(safe), 0, "")));
    }

    function _add(address to, bytes memory call) private {
        list.push(abi.encode(to));
        list.push(call);
    }

    function refused(address caller, address to, bytes memory call, bytes memory reason) private {
        (bool done, bytes memory answer) = pranked(caller, to, call);
        assertFalse(done);
        assertEq(answer, reason);
    }

    function pranked(address caller, address to, bytes memory call)
        private
        returns (bool done, bytes memory answer)
    {
        vm.prank(caller);
        (done, answer) = to.call(call);
    }
}
