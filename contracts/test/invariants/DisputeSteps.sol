// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Conflict} from "../../src/settlement/ISettlement.sol";
import {Claim, ClaimId, Lane} from "../../src/types/Types.sol";
import {Checkpoints} from "../doubles/Checkpoints.sol";
import {ClaimSteps} from "./ClaimSteps.sol";
import {Mode} from "./Ghost.sol";

/// Contradictions over rivals, ranges that overlap and chains, and arbitration.
abstract contract DisputeSteps is ClaimSteps {
    /// Two chains of one or two contents each, by their places.
    struct Sides {
        uint256[] a;
        uint256[] b;
    }

    function contradict(uint256 seed) external step {
        if (items.length < 2) return;
        Lane lane = Lane(_mix(seed, "lane") % 4);
        if (lane == Lane.Tee && retired) return;
        Sides memory s = _sides(seed);
        _searchContradiction(s, seed, lane);
        bool holds = _excludeEachOther(s);
        Conflict memory c = _conflict(s);
        if (lane == Lane.Tee && _chance(seed, "final", 50)) return _contradictFinal(s, c, holds);

        bool voted = _allHold(s.a, lane) && _allHold(s.b, lane);
        bool expected = holds && voted && !_active(lane).frozen;
        bool ok;
        try settlement.contradict(lane, c) {
            ok = true;
        } catch {}
        // Whether a platform signed all of them, the lane knows.
        if (lane != Lane.Tee) _check(ok == expected, "contradict-as-written");
        else _check(expected || !ok, "contradict-as-written");
        if (!ok) return;
        if (lane != Lane.Tee) _check(registry.version(lane, _number(lane)).frozen, "not frozen");
        _count(lane == Lane.Tee ? bytes32("tee contradicted") : bytes32("contradicted"));
        if (s.a.length + s.b.length > 2) _count("contradicted by chain");
    }

    /// Finds, if there is one, a pair that is no rival's and that the version voted for.
    function _searchContradiction(Sides memory s, uint256 seed, Lane lane) private view {
        uint256 n = items.length;
        uint256 start = _mix(seed, "start") % n;
        for (uint256 k = 0; k < n && _chance(seed, "search", 80); ++k) {
            uint256 i = (start + k) % n;
            if (votes[items[i].id][lane] != activeOf[lane]) continue;
            for (uint256 j = 0; j < n; ++j) {
                if (votes[items[j].id][lane] != activeOf[lane] && finalAt[items[j].id] == 0) {
                    continue;
                }
                Sides memory t;
                t.a = _chain(i, _chance(seed, "chain a", 40));
                t.b = _chain(j, _chance(seed, "chain b", 40));
                if (_areRivals(items[i], items[j]) || !_excludeEachOther(t)) continue;
                (s.a, s.b) = (t.a, t.b);
                return;
            }
        }
    }

    function _contradictFinal(Sides memory s, Conflict memory c, bool holds) private {
        bool expected = holds && _allHold(s.a, Lane.Tee) && !_active(Lane.Tee).frozen;
        for (uint256 i = 0; i < s.b.length; ++i) {
            expected = expected && finalAt[items[s.b[i]].id] != 0;
        }
        bool ok;
        try settlement.contradictFinal(c) {
            ok = true;
        } catch {}
        _check(expected || !ok, "contradict-as-written");
        if (ok) _count("condemned by final");
    }

    function arbitrate(uint256 seed) external step {
        if (items.length < 2) return;
        Sides memory s = _sides(seed);
        _searchDispute(s, seed);
        _arbitrate(s, _chance(seed, "op", 50));
    }

    function _arbitrate(Sides memory s, bool chooseOp) internal {
        if (!_isCouncilCorrupt()) {
            // A council in its right mind chooses what is right, or nothing.
            if (items[s.b[0]].right) chooseOp = true;
            else if (items[s.a[0]].right) chooseOp = false;
            else return;
        }
        bool expected = _isArbitrable(s, chooseOp);
        Conflict memory c = _conflict(s);
        vm.prank(council);
        bool ok;
        try powers.arbitrate(c, chooseOp) {
            ok = true;
        } catch {}
        _check(ok == expected, "arbitrate-as-written");
        if (!ok) return;
        uint256 chosen = chooseOp ? s.b[0] : s.a[0];
        _afterCall(chosen, true);
        _check(finalAt[items[chosen].id] != 0, "arbitrate-chosen");
    }

    /// Finds, if there is one, a content that the optimistic lane agrees with and a rival of it.
    function _searchDispute(Sides memory s, uint256 seed) private view {
        if (_chance(seed, "blind", 25)) return;
        for (uint256 i = 0; i < items.length; ++i) {
            if (!_counts(items[i].id, Lane.Op) || finalAt[items[i].id] != 0) continue;
            for (uint256 j = 0; j < items.length; ++j) {
                if (!_areRivals(items[i], items[j])) continue;
                if (!_counts(items[j].id, Lane.Zk) && _chance(_mix(seed, bytes32(j)), "zk", 80)) {
                    continue;
                }
                s.a = new uint256[](1);
                s.b = new uint256[](1);
                (s.a[0], s.b[0]) = (j, i);
                return;
            }
        }
    }

    function _isCouncilCorrupt() internal view returns (bool) {
        return _anythingGoes() || mode == Mode.CorruptTee || mode == Mode.CorruptEmergency;
    }

    function _isArbitrable(Sides memory s, bool chooseOp) private view returns (bool) {
        if (s.a.length != 1 || s.b.length != 1 || !_excludeEachOther(s)) return false;
        ClaimId a = items[s.a[0]].id;
        ClaimId b = items[s.b[0]].id;
        bool zk = _counts(a, Lane.Zk) && _isGood(Lane.Zk);
        Lane other = Lane.Tee;
        if (retired) {
            other = zk ? Lane.Zk2 : Lane.Zk;
            zk = zk || (_counts(a, Lane.Zk2) && _isGood(Lane.Zk2));
        }
        if (!zk || !_counts(b, Lane.Op) || !_isGood(Lane.Op)) return false;
        if (_counts(a, other) || _counts(b, other)) return false;
        if (_ruleIsMet(a) || _ruleIsMet(b)) return false;
        return _startOf(items[chooseOp ? s.b[0] : s.a[0]]) == headPoint;
    }

    // Conflicts.

    function _allHold(uint256[] memory chain, Lane lane) private view returns (bool) {
        for (uint256 i = 0; i < chain.length; ++i) {
            uint16 v = votes[items[chain[i]].id][lane];
            if (v == 0 || v != activeOf[lane]) return false;
        }
        return true;
    }

    function _sides(uint256 seed) internal view returns (Sides memory s) {
        uint256 x = _mix(seed, "x") % items.length;
        uint256 y = _mix(seed, "y") % items.length;
        for (uint256 i = 0; i < items.length && _chance(seed, "rival", 60); ++i) {
            uint256 z = (y + i) % items.length;
            if (_areRivals(items[x], items[z])) {
                y = z;
                break;
            }
        }
        s.a = _chain(x, _chance(seed, "chain a", 25));
        s.b = _chain(y, _chance(seed, "chain b", 25));
    }

    /// The content, behind one that ends where it starts if that is asked for and there is one.
    function _chain(uint256 place, bool longer) private view returns (uint256[] memory chain) {
        for (uint256 i = 0; longer && i < items.length; ++i) {
            if (_endOf(items[i]) != _startOf(items[place])) continue;
            chain = new uint256[](2);
            (chain[0], chain[1]) = (i, place);
            return chain;
        }
        chain = new uint256[](1);
        chain[0] = place;
    }

    /// The block from which both sides go on, and the last one that both have.
    function _span(Sides memory s) private view returns (uint64 low, uint64 high) {
        uint64 a = blocksAt[items[s.a[0]].first];
        uint64 b = blocksAt[items[s.b[0]].first];
        low = a > b ? a : b;
        a = blocksAt[items[s.a[s.a.length - 1]].last];
        b = blocksAt[items[s.b[s.b.length - 1]].last];
        high = a < b ? a : b;
    }

    function _excludeEachOther(Sides memory s) private view returns (bool) {
        Item memory a0 = items[s.a[0]];
        Item memory b0 = items[s.b[0]];
        bool single = s.a.length == 1 && s.b.length == 1;
        if (single && _areRivals(a0, b0)) return true;
        (uint64 low, uint64 high) = _span(s);
        if (high <= low) return false;
        // Proven in the first claim of each, and in the last of each.
        if (low > blocksAt[a0.last] || low > blocksAt[b0.last]) return false;
        Item memory a1 = items[s.a[s.a.length - 1]];
        Item memory b1 = items[s.b[s.b.length - 1]];
        if (high <= blocksAt[a1.first] || high <= blocksAt[b1.first]) return false;
        return _at(a0, low) == _at(b0, low) && _at(a1, high) != _at(b1, high);
    }

    /// What the content says of a block in its range, or of its parent.
    function _at(Item memory item, uint64 number) private view returns (bytes32) {
        if (number == blocksAt[item.first]) return item.claim.parentBlock;
        return _blockHash(item.branch, number);
    }

    function _conflict(Sides memory s) private view returns (Conflict memory c) {
        c.a = _claims(s.a);
        c.b = _claims(s.b);
        (c.commonNumber, c.differNumber) = _span(s);
        Item memory a1 = items[s.a[s.a.length - 1]];
        Item memory b1 = items[s.b[s.b.length - 1]];
        c.common = _at(items[s.a[0]], c.commonNumber);
        c.commonPathA = _path(items[s.a[0]], c.commonNumber);
        c.commonPathB = _path(items[s.b[0]], c.commonNumber);
        c.hashA = _at(a1, c.differNumber);
        c.hashB = _at(b1, c.differNumber);
        c.pathA = _path(a1, c.differNumber);
        c.pathB = _path(b1, c.differNumber);
    }

    function _claims(uint256[] memory chain) private view returns (Claim[] memory claims) {
        claims = new Claim[](chain.length);
        for (uint256 i = 0; i < chain.length; ++i) {
            claims[i] = items[chain[i]].claim;
        }
    }

    function _path(Item memory item, uint64 number) private view returns (bytes32[] memory path) {
        uint64 before = blocksAt[item.first];
        if (number <= before || number > blocksAt[item.last]) return path;
        return Checkpoints.path(_hashes(item), number - before - 1);
    }
}
