// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Lane, LaneVersion} from "../types/Types.sol";
import {Board} from "./Board.sol";
import {Phase} from "./Rule.sol";

/// One lane's seat now.
struct Seat {
    LaneVersion version;
    bool frozen;
    /// On probation now.
    bool probation;
}

/// One version of a lane.
struct Version {
    address verifier;
    uint40 activatedAt;
    /// Zero unless installed by emergency.
    uint40 probationUntil;
    bool frozen;
    bytes32 proofSystemId;
    bytes32 executorId;
}

/// What the other rooms read of, and tell, the registry.
interface ILaneRegistry {
    /// Everything the rule needs, in one word: what each vote reads.
    function boardWord() external view returns (Board);
    /// The contract of a version; zero for none.
    function verifierOf(Lane lane, LaneVersion number) external view returns (address);
    /// The same for people. `seats` are in the order of `Lane`.
    function board() external view returns (Phase phase, Seat[4] memory seats);
    /// The active version of a lane and the contract behind it.
    function active(Lane lane) external view returns (Seat memory seat, address verifier);
    function version(Lane lane, LaneVersion number) external view returns (Version memory);
    /// Whether the active versions of two lanes share neither proof system nor executor.
    function differ(Lane a, Lane b) external view returns (bool);

    /// Settlement holds a proof that the active version contradicted itself.
    function freeze(Lane lane, LaneVersion number) external;

    // What only `CouncilPowers` may do.
    function installTee(address verifier) external;
    function schedule(Lane lane, address verifier) external;
    function cancel(Lane lane) external;
    function emergencyReplace(Lane lane, address verifier) external;

    // What only governance's timelock may do.
    function announceTeeRetirement() external;

    // What anyone may do.
    function activate(Lane lane) external;
    function retireTee() external;
}
