// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Claim, ClaimId} from "../../types/Types.sol";
import {IPlatformLane} from "../ILane.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// A lane for development: it believes whatever one key signs. With two of them a rollup is
/// final within seconds, long before there are proofs.
///
/// CAUTION: it proves nothing. Whoever has the key decides what is final, and takes all that the
/// bridge holds. The constructor refuses every chain but a development one; whoever copies the
/// code of a deployed one elsewhere gets a lane that refuses every proof.
contract DevLane is IPlatformLane {
    /// What it stands in for.
    enum Kind {
        Zk,
        Tee
    }

    error NotDevelopment(uint256 chainId);
    error ZeroAttestor();
    /// The proof is no signature, by the attestor, of this claim for this lane.
    error NotSigned(ClaimId id);
    /// The same claim was signed before.
    error AlreadySigned(ClaimId id);
    /// The attestor signed what cannot be right.
    error Revoked();

    bytes32 private constant TAG = keccak256("tern.dev.vote.v1");

    Kind public immutable kind;
    address public immutable attestor;

    mapping(address settlement => mapping(ClaimId => bool)) private _signed;
    /// Whether the attestor was found to have signed what cannot be right.
    mapping(address settlement => bool) public revoked;

    constructor(Kind kind_, address attestor_) {
        _requireDevelopment();
        if (attestor_ == address(0)) revert ZeroAttestor();
        kind = kind_;
        attestor = attestor_;
    }

    function proofSystemId() external view returns (bytes32) {
        return kind == Kind.Zk ? bytes32("dev zk signature") : bytes32("dev tee signature");
    }

    function executorId() external view returns (bytes32) {
        return kind == Kind.Zk ? bytes32("dev zk voter") : bytes32("dev tee voter");
    }

    /// What the attestor signs, as it is, to vote for a claim.
    function digest(ClaimId id) public view returns (bytes32) {
        return keccak256(abi.encode(TAG, block.chainid, address(this), id));
    }

    /// `proof` is the attestor's signature: r, s and v. CAUTION: the claim is not looked at.
    function verify(ClaimId id, Claim calldata, bytes calldata proof) external {
        _requireDevelopment();
        if (revoked[msg.sender]) revert Revoked();
        if (_signed[msg.sender][id]) revert AlreadySigned(id);
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest(id), proof);
        if (failure != ECDSA.RecoverError.NoError || signer != attestor) revert NotSigned(id);
        _signed[msg.sender][id] = true;
    }

    function upholds(address settlement, ClaimId id) external view returns (bool) {
        return _signed[settlement][id] && !revoked[settlement];
    }

    /// For the TEE's seat: the attestor counts as its one platform.
    function condemn(ClaimId[] calldata ids) external returns (uint256 revokedNow, uint256 total) {
        if (revoked[msg.sender]) return (0, 1);
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!_signed[msg.sender][ids[i]]) return (0, 0);
        }
        if (ids.length == 0) return (0, 0);
        revoked[msg.sender] = true;
        return (1, 1);
    }

    /// anvil's and hardhat's chain, geth's, and the one that tests use for a second L1.
    function _requireDevelopment() private view {
        uint256 id = block.chainid;
        if (id != 31_337 && id != 1337 && id != 31_338) revert NotDevelopment(id);
    }
}
