// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";

import {Bounds} from "./Bounds.sol";
import {RollupAddresses, RollupParams} from "./Params.sol";

/// The contracts of a rollup, in the order of `RollupAddresses`.
enum Part {
    Token,
    Timelock,
    Governance,
    Powers,
    Registry,
    Inbox,
    Settlement
}

/// Deploys rollups, each part in a transaction of its own, in any order, by anyone.
///
/// A part's address depends only on this factory and the parameters (CREATE3), so the parts know
/// each other before they exist. What gets there depends on nothing else either: the code is
/// fixed here by its hash, and its arguments are the parameters and the addresses that follow
/// from them. So who deploys does not matter, a race has one result, and a deployment that was
/// interrupted goes on where it stopped.
///
/// The factory keeps nothing and owns nothing. Two L1s with the same factory give equal
/// parameters equal addresses; claims and messages are told apart by the L1's chain id.
contract RollupFactory {
    /// `creationCode` is not that of the part.
    error WrongCode(Part part, bytes32 codeHash, bytes32 expected);
    error AlreadyDeployed(Part part, address where);
    /// With its arguments the code is longer than Ethereum takes (EIP-3860).
    error InitCodeTooLarge(uint256 size, uint256 most);

    event Deployed(Part indexed part, bytes32 indexed params, address where);

    uint256 private constant MAX_INIT_CODE = 49_152;
    uint256 private constant PARTS = 7;

    bytes32[PARTS] private _codeHashes;

    /// `hashes` are the keccaks of the parts' creation codes, in the order of `Part`.
    constructor(bytes32[PARTS] memory hashes) {
        _codeHashes = hashes;
    }

    /// The keccak of a part's creation code, without arguments.
    function codeHash(Part part) external view returns (bytes32) {
        return _codeHashes[uint256(part)];
    }

    /// Where the parts of a rollup are, or will be.
    function addresses(RollupParams calldata p) external view returns (RollupAddresses memory) {
        return _addresses(paramsHash(p));
    }

    /// The name of a rollup's parameters, which decides its addresses.
    function paramsHash(RollupParams memory p) public pure returns (bytes32) {
        return keccak256(abi.encode(p));
    }

    /// Deploys one part. Reverts with the constructor's own error if that refuses.
    function deploy(Part part, RollupParams calldata p, bytes calldata creationCode)
        external
        returns (address where)
    {
        bytes32 expected = _codeHashes[uint256(part)];
        bytes32 given = keccak256(creationCode);
        if (given != expected) revert WrongCode(part, given, expected);
        Bounds.check(p);

        bytes32 params = paramsHash(p);
        where = _at(part, params);
        if (where.code.length != 0) revert AlreadyDeployed(part, where);
        bytes memory code = abi.encodePacked(creationCode, abi.encode(p, _addresses(params)));
        if (code.length > MAX_INIT_CODE) revert InitCodeTooLarge(code.length, MAX_INIT_CODE);

        emit Deployed(part, params, where);
        Create3.deploy(0, _salt(part, params), code);
    }

    function _addresses(bytes32 params) private view returns (RollupAddresses memory) {
        return RollupAddresses({
            token: _at(Part.Token, params),
            timelock: _at(Part.Timelock, params),
            governance: _at(Part.Governance, params),
            powers: _at(Part.Powers, params),
            registry: _at(Part.Registry, params),
            inbox: _at(Part.Inbox, params),
            settlement: _at(Part.Settlement, params)
        });
    }

    function _at(Part part, bytes32 params) private view returns (address) {
        return Create3.computeAddress(_salt(part, params));
    }

    function _salt(Part part, bytes32 params) private pure returns (bytes32) {
        return keccak256(abi.encode(part, params));
    }
}
