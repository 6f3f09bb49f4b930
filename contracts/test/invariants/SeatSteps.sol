// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../../src/factory/Params.sol";
import {Lane} from "../../src/types/Types.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {MockPlatformLane} from "../doubles/MockPlatformLane.sol";
import {DisputeSteps} from "./DisputeSteps.sol";
import {Mode} from "./Ghost.sol";
import {Safe} from "./World.sol";

/// What the council and governance do, each behind its delay, and what anyone does then.
abstract contract SeatSteps is DisputeSteps {
    struct Announced {
        address verifier;
        uint40 since;
    }

    struct Decision {
        address target;
        bytes data;
        uint40 since;
        uint8 kind;
        bool executed;
        Terms terms;
        address council;
    }

    mapping(Lane => Announced) internal announced;
    uint40 internal retireAnnouncedAt;
    Decision[] internal decisions;
    uint256 private _versionsMade;

    function installTee(uint256 seed) external step {
        // Seldom while it works: platforms that broke would never be seen.
        if (!_active(Lane.Tee).frozen && _chance(seed, "keep", 70)) return;
        _installTee(seed);
    }

    function _installTee(uint256 seed) internal {
        address verifier = _newVersion(seed, Lane.Tee);
        vm.prank(council);
        bool ok;
        try powers.installTee(verifier) {
            ok = true;
        } catch {}
        _check(ok == !retired, "council-as-written");
        if (!ok) return;
        _seat(Lane.Tee, verifier, 0, _staysCorrupt(Lane.Tee));
        _count("tee installed");
    }

    function schedule(uint256 seed) external step {
        Lane lane = Lane(_mix(seed, "lane") % 4);
        if (announced[lane].since != 0 && _chance(seed, "keep", 70)) return;
        address verifier = _newVersion(seed, lane);
        vm.prank(council);
        bool ok;
        try powers.schedule(lane, verifier) {
            ok = true;
        } catch {}
        _check(ok == (lane != Lane.Tee), "council-as-written");
        if (!ok) return;
        announced[lane] = Announced(verifier, uint40(time));
        _count("scheduled");
    }

    function cancel(uint256 seed) external step {
        if (_chance(seed, "keep", 60)) return;
        Lane lane = Lane(_mix(seed, "lane") % 4);
        vm.prank(council);
        bool ok;
        try powers.cancel(lane) {
            ok = true;
        } catch {}
        _check(ok == (announced[lane].since != 0), "council-as-written");
        if (!ok) return;
        delete announced[lane];
        _count("cancelled");
    }

    /// Anyone activates what was announced, when its notice, W and no stall stand in the way.
    function activate(uint256 seed) external step {
        Lane lane = Lane(_mix(seed, "lane") % 4);
        Announced memory a = announced[lane];
        (bool expected, bool early) = _isActivatable(a);
        bool hurry = mode == Mode.CorruptEmergency && !isOver;
        if (early && !hurry && _chance(seed, "patience", 50)) {
            // So long that the whole notice of a few announcements passes in a run.
            _wait(NOTICE + W);
            (expected, early) = _isActivatable(a);
        }
        bool ok;
        try registry.activate(lane) {
            ok = true;
        } catch {}
        if (early) _check(!ok, "notice");
        _check(ok == expected, "activate-as-written");
        if (!ok) return;
        delete announced[lane];
        _seat(lane, a.verifier, 0, _staysCorrupt(lane));
        _count("activated");
    }

    function _isActivatable(Announced memory a) private view returns (bool yes, bool early) {
        if (a.since == 0) return (false, false);
        uint256 ready = uint256(a.since) + NOTICE + W;
        uint256 end = _isStalled() ? type(uint256).max : stallEndedAt;
        uint256 latest = ready + STALL_MAX;
        if (end > latest) end = latest;
        uint256 opens = end > ready ? end : ready;
        return (time >= opens && time <= opens + LAPSE, time < opens);
    }

    function emergency(uint256 seed) external step {
        Lane lane = Lane(_mix(seed, "lane") % 4);
        if (emergencyUntil[Lane.Zk] != 0 && _chance(seed, "zk", 50)) lane = Lane.Zk;
        if (emergencyUntil[Lane.Op] != 0 && _chance(seed, "op", 50)) lane = Lane.Op;
        address verifier = _newVersion(seed, lane);
        vm.prank(council);
        bool ok;
        try powers.emergencyReplace(lane, verifier) {
            ok = true;
        } catch {}
        bool expected =
            lane != Lane.Tee && emergencyUntil[lane] != 0 && time <= emergencyUntil[lane];
        _check(ok == expected, "emergency-as-written");
        if (!ok) return;
        bool corrupt = _staysCorrupt(lane) || (mode == Mode.CorruptEmergency && lane == Lane.Zk);
        _seat(lane, verifier, uint40(time) + PROBATION + W, corrupt);
        _count("emergency version");
    }

    /// A corrupt lane stays corrupt whatever is installed.
    function _staysCorrupt(Lane lane) internal view returns (bool) {
        return versions[lane][1].corrupt && (mode != Mode.CorruptEmergency || lane == Lane.Tee);
    }

    function _newVersion(uint256 seed, Lane lane) internal returns (address) {
        ++_versionsMade;
        bytes32 system = bytes32(_mix(seed, "system") % 5 + 1);
        bytes32 executor = bytes32(_mix(seed, "executor") % 5 + 1);
        if (lane == Lane.Op) return address(new MockGames(system, executor, LONGEST_GAME));
        if (lane == Lane.Tee) return address(new MockPlatformLane(system, executor));
        return address(new MockLane(system, executor));
    }

    // Governance.

    function decide(uint256 seed) external step {
        if (decisions.length >= 12) return;
        Decision memory d;
        d.kind = uint8(_mix(seed, "kind") % 3);
        d.since = uint40(time);
        if (d.kind == 0) {
            d.terms = _someTerms(seed);
            d.target = rollup.settlement;
            d.data = abi.encodeCall(settlement.setTerms, (d.terms));
        } else if (d.kind == 1) {
            if (_chance(seed, "not yet", 50)) return;
            d.target = rollup.registry;
            d.data = abi.encodeCall(registry.announceTeeRetirement, ());
        } else {
            d.council = address(new Safe());
            d.target = rollup.powers;
            d.data = abi.encodeCall(powers.electCouncil, (d.council));
        }
        vm.startPrank(rollup.governance);
        // A shorter delay is refused, whoever asks.
        try timelock.schedule(d.target, 0, d.data, 0, bytes32(seed), TIMELOCK - 1) {
            _check(false, "timelock");
        } catch {}
        timelock.schedule(d.target, 0, d.data, 0, bytes32(decisions.length), TIMELOCK);
        vm.stopPrank();
        decisions.push(d);
        _count("decided");
    }

    /// Within the bounds, and past each of them.
    function _someTerms(uint256 seed) private pure returns (Terms memory t) {
        t.challengerBond = uint96(bound(_mix(seed, "c"), MIN_BOND - 1, 1 ether));
        t.proposerBond = uint96(bound(_mix(seed, "p"), t.challengerBond - 1, MAX_BOND + 1));
        t.window = uint40(bound(_mix(seed, "w"), MIN_WINDOW - 1, MAX_WINDOW + 1));
    }

    function execute(uint256 seed) external step {
        if (decisions.length == 0) return;
        uint256 place = _mix(seed, "decision") % decisions.length;
        Decision storage d = decisions[place];
        vm.prank(_actor(seed));
        bool ok;
        try timelock.execute(d.target, 0, d.data, 0, bytes32(place)) {
            ok = true;
        } catch {}
        if (time < d.since + TIMELOCK) _check(!ok, "timelock");
        bool expected = time >= d.since + TIMELOCK && !d.executed && _isAllowed(d);
        _check(ok == expected, "governance-as-written");
        if (!ok) return;
        d.executed = true;
        if (d.kind == 0) (currentBond, currentWindow) = (d.terms.proposerBond, d.terms.window);
        else if (d.kind == 1) retireAnnouncedAt = uint40(time);
        else council = d.council;
        _count(d.kind == 0 ? bytes32("terms set") : bytes32("executed"));
    }

    function _isAllowed(Decision storage d) private view returns (bool) {
        if (d.kind == 1) return !retired;
        if (d.kind == 2) return true;
        Terms memory t = d.terms;
        return t.window >= MIN_WINDOW && t.window <= MAX_WINDOW && t.challengerBond >= MIN_BOND
            && t.proposerBond >= t.challengerBond && t.proposerBond <= MAX_BOND;
    }

    function retireTee(uint256) external step {
        _tryRetire();
    }

    function _tryRetire() internal {
        bool ok;
        try registry.retireTee() {
            ok = true;
        } catch {}
        bool noticed = retireAnnouncedAt != 0 && time >= uint256(retireAnnouncedAt) + NOTICE + W;
        if (!noticed) _check(!ok, "notice");
        GhostVersion memory a = _active(Lane.Zk);
        GhostVersion memory b = _active(Lane.Zk2);
        bool expected = !retired && noticed && _mayRetire(Lane.Zk) && _mayRetire(Lane.Zk2)
            && a.system != b.system && a.executor != b.executor;
        _check(ok == expected, "retire-as-written");
        if (!ok) return;
        retired = true;
        _count("retired");
    }

    function _mayRetire(Lane lane) private view returns (bool) {
        GhostVersion memory v = _active(lane);
        return !v.frozen && !_isOnProbation(v) && time >= v.activatedAt + STREAK
            && pulseLast[lane] != 0 && time < pulseLast[lane] + HEARTBEAT
            && time >= pulseSince[lane] + STREAK;
    }
}
