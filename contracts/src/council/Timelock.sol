// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {RollupAddresses, RollupParams} from "../factory/Params.sol";

/// What governance decided waits here, in the open, for the fixed delay. Only governance puts
/// something in, and nothing that waits can be taken back; once it is ready anyone may execute it. Neither the delay nor
/// the roles ever change, not by governance either: a vote cannot shorten the notice of the next.
contract Timelock is TimelockController {
    error DelayIsFixed(uint256 delay);
    error RolesAreFixed(bytes32 role, address account);

    constructor(RollupParams memory p, RollupAddresses memory a)
        TimelockController(
            p.governance.timelockDelay, _one(a.governance), _one(address(0)), address(0)
        )
    {}

    /// Always refused.
    function updateDelay(uint256) public view override {
        revert DelayIsFixed(getMinDelay());
    }

    /// Always refused.
    function grantRole(bytes32 role, address account) public pure override(AccessControl) {
        revert RolesAreFixed(role, account);
    }

    /// Always refused.
    function revokeRole(bytes32 role, address account) public pure override(AccessControl) {
        revert RolesAreFixed(role, account);
    }

    /// Always refused.
    function renounceRole(bytes32 role, address account) public pure override(AccessControl) {
        revert RolesAreFixed(role, account);
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
