// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC165, IERC7802} from "@openzeppelin/contracts/interfaces/draft-IERC7802.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// A token of L1 on L2: as many as the L1 bridge holds for this chain. Only the bridge that made
/// it mints and burns.
contract BridgedToken is ERC20, IERC7802 {
    error NotBridge(address expected, address got);
    error AlreadyDescribed();

    address public immutable bridge;
    address public immutable l1Token;
    bool private _described;
    uint8 private _decimals;
    string private _ownName;
    string private _ownSymbol;

    /// Its description is not an argument: its address depends on the L1 token alone.
    constructor(address l1Token_) ERC20("", "") {
        bridge = msg.sender;
        l1Token = l1Token_;
    }

    modifier onlyBridge() {
        if (msg.sender != bridge) revert NotBridge(bridge, msg.sender);
        _;
    }

    /// Once, right after it is made: what the L1 token says of itself.
    function describe(string calldata name_, string calldata symbol_, uint8 decimals_)
        external
        onlyBridge
    {
        if (_described) revert AlreadyDescribed();
        _described = true;
        (_ownName, _ownSymbol, _decimals) = (name_, symbol_, decimals_);
    }

    function crosschainMint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
        emit CrosschainMint(to, amount, msg.sender);
    }

    function crosschainBurn(address from, uint256 amount) external onlyBridge {
        _burn(from, amount);
        emit CrosschainBurn(from, amount, msg.sender);
    }

    function name() public view override returns (string memory) {
        return _ownName;
    }

    function symbol() public view override returns (string memory) {
        return _ownSymbol;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC165).interfaceId || id == type(IERC7802).interfaceId
            || id == type(IERC20).interfaceId;
    }
}
