// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RollupAddresses, RollupParams} from "../factory/Params.sol";
import {ILaneRegistry} from "../settlement/ILaneRegistry.sol";
import {Conflict, ISettlement} from "../settlement/ISettlement.sol";
import {Code} from "../types/Code.sol";
import {Lane} from "../types/Types.sol";

/// Everything the council can do, and the only contract through which it can do it. The rules of
/// each power are kept where it takes effect: in the registry and in settlement.
///
/// There is no pause, no call of the council's choice, no fallback, no ETH and no vote in any
/// lane. The council itself is a Safe, and changes its owners as a Safe does; only governance,
/// behind its delay, puts another in its place.
contract CouncilPowers {
    error NotAllowed(address caller, address expected);
    error NotAContract(address council);

    event CouncilElected(address council);

    address public immutable TIMELOCK;
    ILaneRegistry public immutable REGISTRY;
    ISettlement public immutable SETTLEMENT;

    /// The Safe.
    address public council;

    modifier onlyCouncil() {
        if (msg.sender != council) revert NotAllowed(msg.sender, council);
        _;
    }

    constructor(RollupParams memory p, RollupAddresses memory a) {
        TIMELOCK = a.timelock;
        REGISTRY = ILaneRegistry(a.registry);
        SETTLEMENT = ISettlement(a.settlement);
        _elect(p.governance.council);
    }

    /// Another Safe in the council's place. Only governance's timelock.
    function electCouncil(address next) external {
        if (msg.sender != TIMELOCK) revert NotAllowed(msg.sender, TIMELOCK);
        _elect(next);
    }

    /// Another TEE program or policy, at once: the TEE alone decides nothing.
    function installTee(address verifier) external onlyCouncil {
        REGISTRY.installTee(verifier);
    }

    /// Announces a ZK or optimistic version, which may be activated after the notice and W.
    function schedule(Lane lane, address verifier) external onlyCouncil {
        REGISTRY.schedule(lane, verifier);
    }

    /// Takes an announcement back.
    function cancel(Lane lane) external onlyCouncil {
        REGISTRY.cancel(lane);
    }

    /// Replaces a ZK or optimistic version that contradicted itself, on probation.
    function emergencyReplace(Lane lane, address verifier) external onlyCouncil {
        REGISTRY.emergencyReplace(lane, verifier);
    }

    /// Chooses between two conflicting contents, one by ZK and one by the optimistic lane.
    function arbitrate(Conflict calldata conflict, bool chooseOp) external onlyCouncil {
        SETTLEMENT.arbitrate(conflict, chooseOp);
    }

    function _elect(address next) private {
        if (!Code.isContract(next)) revert NotAContract(next);
        council = next;
        emit CouncilElected(next);
    }
}
