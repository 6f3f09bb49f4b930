// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ProposalState} from "../../src/settlement/ISettlement.sol";
import {Claim, ClaimId, Lane} from "../../src/types/Types.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {MockPlatformLane} from "../doubles/MockPlatformLane.sol";
import {Steps} from "./Steps.sol";

/// Votes, proposals, matches and finality. Each step knows from the text whether the call must be
/// accepted, and both answers are checked.
abstract contract ClaimSteps is Steps {
    function vote(uint256 seed) external step {
        uint256 r = _mix(seed, "lane") % 100;
        Lane lane = r < 40 ? Lane.Zk : r < 75 ? Lane.Tee : Lane.Zk2;
        if (retired && lane == Lane.Tee && _chance(seed, "zk2", 80)) lane = Lane.Zk2;
        // For hours at a time one lane, or two, are down: then others must do.
        uint256 off = _mix(time / 8000, "off") % 5;
        if (off == 1 && lane == _second()) lane = Lane.Zk;
        if (off == 2 && lane == Lane.Zk) lane = _second();
        if (off == 3 && lane == Lane.Zk2) lane = Lane.Zk;
        if (_active(lane).frozen && _chance(seed, "frozen", 80)) return;
        _vote(seed, lane, _pickFor(seed, lane));
    }

    /// Mostly what starts at the head and waits for this lane; an honest lane signs what is sound.
    function _pickFor(uint256 seed, Lane lane) private returns (uint256 place) {
        uint256 n = items.length;
        for (uint256 i = 0; i < n && _chance(seed, "search", 75); ++i) {
            place = (_mix(seed, "start") + i) % n;
            if (_waitsFor(items[place], lane)) return place;
        }
        return _chance(seed, "fresh", 60) ? _make(seed) : _pick(seed);
    }

    function _waitsFor(Item storage item, Lane lane) private view returns (bool) {
        if (finalAt[item.id] != 0 || votes[item.id][lane] == activeOf[lane]) return false;
        return (item.sound || _isCorrupt(lane)) && _startOf(item) == headPoint;
    }

    function _vote(uint256 seed, Lane lane, uint256 place) internal {
        Item memory item = items[place];
        if (!item.sound && !_isCorrupt(lane)) return;
        GhostVersion memory active = _active(lane);
        address platform = address(uint160(0x1000 + _mix(seed, "platform") % 5));
        bool expected = !active.frozen;
        if (lane == Lane.Tee) {
            expected = expected && !retired
                && !MockPlatformLane(active.verifier).revokedOn(rollup.settlement, platform);
        } else {
            expected = expected && votes[item.id][lane] != activeOf[lane];
        }

        vm.prank(_actor(seed));
        bool ok = _tryVote(lane, item.claim, platform);
        if (active.frozen) _check(!ok, "frozen-counts");
        if (lane == Lane.Tee && retired) _check(!ok, "tee-after-retirement");
        _check(ok == expected, "vote-as-written");
        if (!ok) return _count("vote refused");

        known[item.id] = true;
        votes[item.id][lane] = activeOf[lane];
        if (firstVoteAt[item.id] == 0) {
            firstVoteAt[item.id] = uint40(time);
        }
        _beat(lane);
        _count(
            lane == Lane.Zk
                ? bytes32("vote zk")
                : lane == Lane.Tee ? bytes32("vote tee") : bytes32("vote zk2")
        );
        if (lane == Lane.Tee) {
            MockPlatformLane hardware = MockPlatformLane(active.verifier);
            if (hardware.revokedOn(rollup.settlement, platform)) _count("condemned");
        }
        _noteFreeze(item, lane);
        _afterCall(place, false);
    }

    function _tryVote(Lane lane, Claim memory claim, address platform) private returns (bool) {
        address[] memory signers = new address[](1);
        signers[0] = platform;
        try settlement.vote(lane, claim, abi.encode(signers)) {
            return true;
        } catch {
            return false;
        }
    }

    /// A version that holds votes for two rivals is frozen in the call that made it so, before
    /// anything becomes final.
    function _noteFreeze(Item memory item, Lane lane) internal {
        if (lane == Lane.Tee) {
            // How many platforms that takes, the lane counts.
            _checkSeats();
            return;
        }
        bool contradicts = false;
        for (uint256 i = 0; i < items.length && !contradicts; ++i) {
            contradicts = votes[items[i].id][lane] == activeOf[lane] && _areRivals(items[i], item);
        }
        if (contradicts) {
            (, bool frozen) = _frozenNow(lane);
            _check(frozen, "contradiction-freezes");
        }
        _checkSeats();
    }

    function _frozenNow(Lane lane) private view returns (address verifier, bool frozen) {
        verifier = _active(lane).verifier;
        frozen = registry.version(lane, _number(lane)).frozen;
    }

    function propose(uint256 seed) external step {
        if (props.length >= 40) return;
        _propose(seed, _chance(seed, "child", 25) ? _makeChild(seed) : _pick(seed));
    }

    function _propose(uint256 seed, uint256 place) internal {
        Item memory item = items[place];
        uint256 parent = _parentOf(item);
        bool atHead = _startOf(item) == headPoint;
        bool expected = finalAt[item.id] == 0 && !_isDead(item) && !_active(Lane.Op).frozen
            && (atHead || parent != type(uint256).max);

        address who = _actor(seed);
        hoax(who, currentBond);
        bool ok;
        uint32 number;
        if (atHead || parent == type(uint256).max) {
            try settlement.propose{value: currentBond}(item.claim) returns (ClaimId, uint32 n) {
                (ok, number) = (true, n);
            } catch {}
        } else {
            Claim memory p = items[parent].claim;
            try settlement.proposeOn{value: currentBond}(item.claim, p) returns (
                ClaimId, uint32 n
            ) {
                (ok, number) = (true, n);
            } catch {}
        }
        _check(ok == expected, "propose-as-written");
        if (!ok) return;
        _proposed(place, number, who);
        _count(atHead ? bytes32("proposed") : bytes32("proposed on parent"));
    }

    function _proposed(uint256 place, uint32 number, address who) private {
        known[items[place].id] = true;
        Prop memory p;
        (p.item, p.number, p.proposer) = (place, number, who);
        (p.bond, p.window) = (currentBond, currentWindow);
        (p.proposedAt, p.version) = (uint40(time), activeOf[Lane.Op]);
        p.state = ProposalState.Live;
        props.push(p);
    }

    /// A known content, not dead, that ends where the item starts.
    function _parentOf(Item memory item) private view returns (uint256) {
        bytes32 start = _startOf(item);
        for (uint256 i = 0; i < items.length; ++i) {
            if (known[items[i].id] && _endOf(items[i]) == start && !_isDead(items[i])) return i;
        }
        return type(uint256).max;
    }

    function stand(uint256 seed) external step {
        if (props.length == 0) return;
        Prop storage p = props[_pickProp(seed)];
        if (_canOpen(p) && _chance(seed, "patience", 30)) _wait(_windowEnd(p) - time);
        _stand(p);
    }

    function _stand(Prop storage p) internal {
        Item memory item = items[p.item];
        bool ripe = firstVoteAt[item.id] != 0 && time >= _windowEnd(p) && p.open == 0;
        bool expected = ripe && p.state == ProposalState.Live && finalAt[item.id] == 0
            && !_isDead(item) && p.version == activeOf[Lane.Op] && !_active(Lane.Op).frozen;
        bool ok;
        try settlement.stand(item.claim, p.number) {
            ok = true;
        } catch {}
        if (!ripe) _check(!ok, "window");
        if (ripe && expected) _check(ok, "window");
        _check(ok == expected, "stand-as-written");
        if (!ok) return;

        p.state = ProposalState.Stood;
        credits[p.proposer] += p.bond;
        votes[item.id][Lane.Op] = p.version;
        _count("stood");
        _noteFreeze(item, Lane.Op);
        _afterCall(p.item, false);
    }

    function _pickProp(uint256 seed) internal view returns (uint256 place) {
        for (uint256 i = 0; i < 6; ++i) {
            place = _mix(_mix(seed, bytes32(i)), "prop") % props.length;
            if (props[place].state == ProposalState.Live) return place;
        }
    }

    function openMatch(uint256 seed) external step {
        if (props.length == 0 || matches.length >= 40) return;
        uint256 place = _pickProp(seed);
        Prop storage p = props[place];
        bool expected = _canOpen(p);
        bool stranger = _chance(seed, "stranger", 10);
        address games = versions[Lane.Op][p.version].verifier;
        vm.prank(stranger ? _actor(seed) : games);
        bool ok;
        try settlement.matchOpened(items[p.item].claim, p.number) {
            ok = true;
        } catch {}
        _check(ok == (expected && !stranger), "match-as-written");
        if (!ok) return;
        ++p.open;
        matches.push(Match(place, _actor(seed), true));
        _count("match opened");
    }

    function closeMatch(uint256 seed) external step {
        for (uint256 i = 0; i < 6 && matches.length != 0; ++i) {
            Match storage m = matches[_mix(_mix(seed, bytes32(i)), "match") % matches.length];
            if (m.open) return _close(m, _chance(seed, "defended", 50));
        }
    }

    /// Where the games are honest, who is right wins.
    function _close(Match storage m, bool defended) internal {
        Prop storage p = props[m.prop];
        Item storage item = items[p.item];
        GhostVersion storage games = versions[Lane.Op][p.version];
        if (!games.corrupt) defended = item.sound;
        MockGames(games.verifier).close(settlement, item.id, p.number, defended, m.challenger);
        m.open = false;
        --p.open;
        if (!defended && p.state == ProposalState.Live) {
            _lose(p, m.challenger);
            _count("match lost");
        } else {
            _count("match closed");
        }
    }

    function reclaim(uint256 seed) external step {
        if (props.length == 0) return;
        Prop storage p = props[_pickProp(seed)];
        bool expected = _isReclaimable(p);
        bool ok;
        try settlement.reclaim(items[p.item].claim, p.number) {
            ok = true;
        } catch {}
        _check(ok == expected, "reclaim-as-written");
        if (!ok) return;
        p.state = ProposalState.Closed;
        credits[p.proposer] += p.bond;
        _count("reclaimed");
    }

    function _isReclaimable(Prop storage p) internal view returns (bool) {
        Item memory item = items[p.item];
        if (p.state != ProposalState.Live) return false;
        if (finalAt[item.id] != 0 || _isDead(item)) return true;
        if (p.open != 0) return false;
        if (p.version != activeOf[Lane.Op] || _active(Lane.Op).frozen) return true;
        return firstVoteAt[item.id] == 0 && time >= p.proposedAt + p.window;
    }

    function finalize(uint256 seed) external step {
        uint256 place = _pick(seed);
        Item memory item = items[place];
        bool expected = finalAt[item.id] == 0 && _startOf(item) == headPoint && _ruleIsMet(item.id);
        bool ok;
        try settlement.finalize(item.claim) {
            ok = true;
        } catch {}
        _check(ok == expected, "finalize-as-written");
        if (!ok) return;
        _count("finalize");
        _afterCall(place, false);
    }
}
