// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../../src/factory/Params.sol";
import {Conflict, ProposalState} from "../../src/settlement/ISettlement.sol";
import {Claim, Lane} from "../../src/types/Types.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {Mode} from "./Ghost.sol";
import {MoneySteps} from "./MoneySteps.sol";

/// Everything that people do to a rollup, as steps that forge calls in any order. The first one
/// decides who is corrupt.
contract Handler is MoneySteps {
    constructor() {
        _deployWorld();
        _startGhost();
        for (uint160 i = 1; i < 5; ++i) {
            actors.push(address(0xAC7000 + i));
        }
        // Who challenges in the name of all honest people.
        actors.push(address(0x7A7C));
    }

    /// Begins in a mode of the test's choice.
    function begin(Mode mode_) external {
        _sync();
        _begin(mode_);
    }

    function _begin(Mode mode_) internal override {
        begun = true;
        mode = mode_;
        _startSeats();
        _batch(1);
        if (mode_ == Mode.CorruptEmergency) _beginWithEmergency();
        if (mode_ == Mode.RetiredCorruptZk2 || mode_ == Mode.RetiredChaos) _beginRetired();
    }

    /// ZK signs a right content and a wrong one, and the council replaces it.
    function _beginWithEmergency() private {
        versions[Lane.Zk][1].corrupt = true;
        branches.push(Branch(0, 1));
        _vote(1, Lane.Zk, _item(1, 0, 1, false));
        _vote(2, Lane.Zk, _item(0, 0, 1, false));
        address verifier = _newVersion(3, Lane.Zk);
        vm.prank(council);
        powers.emergencyReplace(Lane.Zk, verifier);
        _seat(Lane.Zk, verifier, uint40(time) + PROBATION + W, true);
        // All that council and hardware can do together, first of all.
        _vote(4, Lane.Zk, 0);
        _vote(5, Lane.Tee, 0);
    }

    /// Both ZK lanes vote, governance announces, and after the notice anyone retires the TEE.
    function _beginRetired() private {
        bytes memory data = abi.encodeCall(registry.announceTeeRetirement, ());
        vm.prank(rollup.governance);
        timelock.schedule(rollup.registry, 0, data, 0, "retire", TIMELOCK);
        _wait(TIMELOCK);
        timelock.execute(rollup.registry, 0, data, 0, "retire");
        retireAnnouncedAt = uint40(time);
        uint256 place = _item(0, 0, 1, false);
        _vote(1, Lane.Zk, place);
        _vote(2, Lane.Zk2, place);
        _wait(NOTICE + W);
        _tryRetire();
        require(retired, "could not retire");
    }

    /// Leads to where only arbitration helps: ZK for one content, the games for its rival, which
    /// the hardware's version before signed.
    function quarrel(uint256 seed) external step {
        bool mayLie = _isCorrupt(Lane.Zk);
        if (retired || !mayLie || props.length >= 30 || items.length >= 80) return;
        if (_active(Lane.Zk).frozen || _active(Lane.Op).frozen) return;
        if (headBatches == accs.length - 1) _batch(seed);
        uint256 branch = finals.length == 0 ? 0 : items[finals[finals.length - 1]].branch;
        branches.push(Branch(branch, blocksAt[headBatches] + 1));
        uint256 wrong = _item(branches.length - 1, headBatches, headBatches + 1, false);
        uint256 right = _item(branch, headBatches, headBatches + 1, false);
        if (votes[items[right].id][Lane.Zk] == activeOf[Lane.Zk]) return;
        _installTee(seed);
        _vote(seed, Lane.Tee, right);
        if (finalAt[items[right].id] != 0) return;
        _propose(seed, right);
        _installTee(seed);
        _vote(seed, Lane.Zk, wrong);
        _count("quarrel");
        if (!_chance(seed, "leave it", 30)) _settle(seed, wrong, right);
    }

    /// The council tries to choose before the games agree, and what no proof speaks for, and then
    /// one of the two.
    function _settle(uint256 seed, uint256 wrong, uint256 right) private {
        Sides memory s;
        (s.a, s.b) = (new uint256[](1), new uint256[](1));
        (s.a[0], s.b[0]) = (wrong, right);
        _arbitrate(s, true);
        _wait(currentWindow);
        _stand(props[props.length - 1]);
        branches.push(Branch(items[right].branch, blocksAt[items[right].first] + 1));
        Item memory item = items[right];
        s.a[0] = _item(branches.length - 1, item.first, item.last, false);
        _arbitrate(s, _chance(seed, "third", 50));
        s.a[0] = wrong;
        _arbitrate(s, _chance(seed, "op", 50));
    }

    // What nobody may do.

    /// Calls that are for others, by strangers and by the council past its powers.
    function trespass(uint256 seed) external step {
        address who = _actor(seed);
        uint256 r = _mix(seed, "who") % 4;
        if (r == 0) who = council;
        if (r == 1) who = sequencer;
        if (r == 2) who = _active(Lane.Op).verifier;
        (address target, bytes memory data) = _forbidden(_mix(seed, "what") % 14, who);
        vm.prank(who);
        (bool ok,) = target.call(data);
        _check(!ok, who == council ? bytes32("council-list") : bytes32("trespass"));
        _count("trespass");
    }

    function _forbidden(uint256 what, address who)
        private
        view
        returns (address target, bytes memory data)
    {
        address lane = _active(Lane.Zk).verifier;
        if (what < 6) {
            target = rollup.registry;
            if (what == 0) data = abi.encodeCall(registry.freeze, (Lane.Zk, _number(Lane.Zk)));
            if (what == 1) data = abi.encodeCall(registry.installTee, (lane));
            if (what == 2) data = abi.encodeCall(registry.schedule, (Lane.Zk, lane));
            if (what == 3) data = abi.encodeCall(registry.cancel, (Lane.Zk));
            if (what == 4) data = abi.encodeCall(registry.emergencyReplace, (Lane.Zk, lane));
            if (what == 5) data = abi.encodeCall(registry.announceTeeRetirement, ());
        } else if (what < 9) {
            target = rollup.settlement;
            Conflict memory c;
            (c.a, c.b) = (new Claim[](1), new Claim[](1));
            if (items.length != 0) (c.a[0], c.b[0]) = (items[0].claim, items[0].claim);
            Terms memory t = Terms(MIN_BOND, MIN_BOND, MIN_WINDOW);
            if (what == 6) data = abi.encodeCall(settlement.arbitrate, (c, true));
            if (what == 7) data = abi.encodeCall(settlement.setTerms, (t));
            if (what == 8) data = abi.encodeCall(settlement.arbitrate, (c, false));
        } else if (what < 11) {
            target = rollup.inbox;
            if (what == 9) data = abi.encodeCall(inbox.release, (who, 0, 0, ""));
            // The sequencer may hand over its turn: then another stands for it.
            data = what == 9 ? data : abi.encodeCall(inbox.setSequencer, (address(0)));
        } else if (what == 11) {
            (target, data) = (rollup.powers, abi.encodeCall(powers.electCouncil, (who)));
        } else if (what == 12) {
            (target, data) = (rollup.timelock, abi.encodeCall(timelock.updateDelay, (0)));
        } else {
            target = rollup.timelock;
            data = abi.encodeCall(timelock.schedule, (rollup.registry, 0, "", 0, 0, TIMELOCK));
        }
    }

    // What must hold at any moment.

    function count() external view returns (uint256) {
        return items.length;
    }

    /// What settlement says of every content is what the rule says of its votes.
    function verdictsAgree() external returns (bool) {
        _sync();
        for (uint256 i = 0; i < items.length; ++i) {
            if (!_expectVerdict(items[i].id)) return false;
        }
        return true;
    }

    /// No content with two agreeing lanes at the head waits for anybody's leave.
    function readyAreFinalizable() external returns (bool) {
        _sync();
        for (uint256 i = 0; i < items.length; ++i) {
            if (_startOf(items[i]) != headPoint || finalAt[items[i].id] != 0) continue;
            if (!_ruleIsMet(items[i].id)) continue;
            uint256 snapshot = vm.snapshotState();
            try settlement.finalize(items[i].claim) {}
            catch {
                return false;
            }
            vm.revertToState(snapshot);
        }
        return true;
    }

    /// What is final stays final, since when it was, and there is one chain of it.
    function finalsStand() external view returns (bool) {
        uint256 known_;
        for (uint256 i = 0; i < items.length; ++i) {
            uint40 got = _contentOf(items[i]).finalAt;
            if (got != finalAt[items[i].id]) return false;
            if (got != 0) ++known_;
        }
        for (uint256 i = 1; i < finals.length; ++i) {
            if (_startOf(items[finals[i]]) != _endOf(items[finals[i - 1]])) return false;
        }
        return known_ == finals.length;
    }

    /// Bonds that are held, credits and what is burned are what settlement has, to the wei.
    function bondsAddUp() public view returns (bool) {
        uint256 sum = settlement.burned();
        if (sum != burned) return false;
        for (uint256 i = 0; i < props.length; ++i) {
            Prop storage p = props[i];
            if (p.state == ProposalState.Live) sum += p.bond;
            if (settlement.proposal(items[p.item].id, p.number).state != p.state) return false;
        }
        for (uint256 i = 0; i < actors.length; ++i) {
            if (settlement.credit(actors[i]) != credits[actors[i]]) return false;
            sum += credits[actors[i]];
        }
        return rollup.settlement.balance == sum;
    }

    function vaultAddsUp() external view returns (bool) {
        return rollup.inbox.balance == vaultIn - vaultOut;
    }

    // The end of a run.

    /// Every match is closed, time passes, and every proposal comes to its end; all credit is paid
    /// and only what was burned is left. Then, whatever happened before, honest lanes make the
    /// head's future final.
    function finish() external {
        _sync();
        if (!begun) return;
        for (uint256 i = 0; i < matches.length; ++i) {
            if (matches[i].open) _close(matches[i], true);
        }
        _wait(20_000);
        for (uint256 i = 0; i < props.length; ++i) {
            if (props[i].state == ProposalState.Live) _end(props[i]);
        }
        for (uint256 i = 0; i < actors.length; ++i) {
            _withdrawCredit(actors[i]);
        }
        _check(bondsAddUp() && rollup.settlement.balance == burned, "every-wei");
        _finishChain();
        _checkSeats();
    }

    function _end(Prop storage p) private {
        Item memory item = items[p.item];
        if (_isReclaimable(p)) {
            try settlement.reclaim(item.claim, p.number) {
                p.state = ProposalState.Closed;
            } catch {}
        } else {
            try settlement.stand(item.claim, p.number) {
                p.state = ProposalState.Stood;
                votes[item.id][Lane.Op] = p.version;
                _noteFreeze(item, Lane.Op);
                _afterCall(p.item, false);
            } catch {}
        }
        if (p.state == ProposalState.Live) return _check(false, "every-proposal-ends");
        credits[p.proposer] += p.bond;
    }

    function _finishChain() private {
        Lane second = _second();
        _renew(Lane.Zk, 101);
        if (retired) {
            _renew(Lane.Zk2, 202);
        } else {
            address tee = _newVersion(303, Lane.Tee);
            vm.prank(council);
            powers.installTee(tee);
            _seat(Lane.Tee, tee, 0, true);
        }
        _batch(7);
        uint256 branch = finals.length == 0 ? 0 : items[finals[finals.length - 1]].branch;
        uint256 place = _item(branch, headBatches, accs.length - 1, false);
        versions[Lane.Zk][activeOf[Lane.Zk]].corrupt = true;
        versions[second][activeOf[second]].corrupt = true;
        isOver = true;
        _vote(1, Lane.Zk, place);
        _vote(2, second, place);
        _check(finalAt[items[place].id] != 0, "every-claim-ends");
    }

    /// Another version, by the long way: that none is in the way of it.
    function _renew(Lane lane, uint256 name) private {
        address verifier = address(new MockLane(bytes32(name), bytes32(name)));
        vm.prank(council);
        powers.schedule(lane, verifier);
        _wait(NOTICE + W + STALL_MAX);
        registry.activate(lane);
        delete announced[lane];
        _seat(lane, verifier, 0, true);
    }
}
