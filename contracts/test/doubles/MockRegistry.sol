// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Board} from "../../src/settlement/Board.sol";
import {ILaneRegistry, Seat, Version} from "../../src/settlement/ILaneRegistry.sol";
import {Phase} from "../../src/settlement/Rule.sol";
import {Lane, LaneVersion} from "../../src/types/Types.sol";

/// A registry whose seats the test sets at once.
contract MockRegistry is ILaneRegistry {
    error CannotFreeze(Lane lane, LaneVersion number);
    error NotHere();

    Phase public phase;
    mapping(Lane => Seat) private _seats;
    mapping(Lane => mapping(LaneVersion => Version)) private _versions;
    mapping(bytes32 => bool) private _same;
    uint256 public freezes;

    function setPhase(Phase p) external {
        phase = p;
    }

    function install(Lane lane, address verifier, bool probation) external {
        LaneVersion next = LaneVersion.wrap(LaneVersion.unwrap(_seats[lane].version) + 1);
        _seats[lane] = Seat(next, false, probation);
        _versions[lane][next].verifier = verifier;
        _versions[lane][next].activatedAt = uint40(block.timestamp);
    }

    function empty(Lane lane) external {
        delete _seats[lane];
    }

    function setProbation(Lane lane, bool probation) external {
        _seats[lane].probation = probation;
    }

    function setFrozen(Lane lane, bool frozen) external {
        _seats[lane].frozen = frozen;
    }

    function setDiffer(Lane a, Lane b, bool yes) external {
        _same[_pair(a, b)] = !yes;
    }

    function freeze(Lane lane, LaneVersion number) external override {
        Seat storage seat = _seats[lane];
        if (seat.version != number || seat.frozen) revert CannotFreeze(lane, number);
        seat.frozen = true;
        _versions[lane][number].frozen = true;
        ++freezes;
    }

    function boardWord() external view override returns (Board b) {
        for (uint256 i = 0; i < 4; ++i) {
            Seat memory seat = _seats[Lane(i)];
            uint40 until = seat.probation ? type(uint40).max : 0;
            b = b.install(Lane(i), seat.version, until);
            if (seat.frozen) b = b.freeze(Lane(i));
            for (uint256 j = 0; j < i; ++j) {
                b = b.pair(Lane(i), Lane(j), !_same[_pair(Lane(i), Lane(j))]);
            }
        }
        if (phase == Phase.Retired) b = b.retire();
    }

    function verifierOf(Lane lane, LaneVersion number) external view override returns (address) {
        return _versions[lane][number].verifier;
    }

    function board() external view override returns (Phase, Seat[4] memory seats) {
        for (uint256 i = 0; i < 4; ++i) {
            seats[i] = _seats[Lane(i)];
        }
        return (phase, seats);
    }

    function active(Lane lane) external view override returns (Seat memory seat, address verifier) {
        seat = _seats[lane];
        return (seat, _versions[lane][seat.version].verifier);
    }

    function version(Lane lane, LaneVersion number)
        external
        view
        override
        returns (Version memory)
    {
        return _versions[lane][number];
    }

    function differ(Lane a, Lane b) external view override returns (bool) {
        return !_same[_pair(a, b)];
    }

    function _pair(Lane a, Lane b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function installTee(address) external pure override {
        revert NotHere();
    }

    function schedule(Lane, address) external pure override {
        revert NotHere();
    }

    function cancel(Lane) external pure override {
        revert NotHere();
    }

    function emergencyReplace(Lane, address) external pure override {
        revert NotHere();
    }

    function announceTeeRetirement() external pure override {
        revert NotHere();
    }

    function activate(Lane) external pure override {
        revert NotHere();
    }

    function retireTee() external pure override {
        revert NotHere();
    }
}
