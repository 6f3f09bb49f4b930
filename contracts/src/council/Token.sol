// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

import {GovernanceParams, RollupAddresses, RollupParams} from "../factory/Params.sol";

/// The rollup's governance token. All of it is made at the start and given to the holders that
/// the parameters name; there is no way to make more.
///
/// The first holders vote with their own tokens from the start. Who receives tokens later must
/// delegate, to oneself or another, before they count.
contract Token is ERC20, ERC20Permit, ERC20Votes {
    constructor(RollupParams memory p, RollupAddresses memory)
        ERC20("Tern Rollup Governance", "TERNGOV")
        ERC20Permit("Tern Rollup Governance")
    {
        GovernanceParams memory g = p.governance;
        for (uint256 i = 0; i < g.holders.length; ++i) {
            _mint(g.holders[i], g.amounts[i]);
            if (delegates(g.holders[i]) == address(0)) _delegate(g.holders[i], g.holders[i]);
        }
    }

    /// Seconds, as all clocks of a rollup (ERC-6372).
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc ERC20Permit
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
