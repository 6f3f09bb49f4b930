// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IGames, IPlatformLane, IProofLane} from "../../src/lanes/ILane.sol";
import {Claim, ClaimId} from "../../src/types/Types.sol";

/// Doubles of the lanes for the traces that run through the contracts and through the model in
/// Rust: they say what the trace tells them to say. What they keep, they keep for the
/// settlement contract that called, as real lanes do.

/// Accepts the proof that is one byte of one.
contract TraceProofLane is IProofLane {
    error Refused();

    bytes32 public immutable proofSystemId;
    bytes32 public immutable executorId;

    constructor(bytes32 proofSystem, bytes32 executor) {
        proofSystemId = proofSystem;
        executorId = executor;
    }

    function verify(ClaimId, Claim calldata, bytes calldata proof) external pure {
        if (proof.length != 1 || proof[0] != 0x01) revert Refused();
    }

    function upholds(address, ClaimId) external pure returns (bool) {
        return true;
    }
}

/// Accepts a list of platforms (`abi.encode(uint16[])`) if there is one and none is revoked.
contract TracePlatformLane is IPlatformLane {
    error Refused();

    struct Book {
        mapping(ClaimId => uint16[]) signers;
        mapping(ClaimId => mapping(uint16 => bool)) signed;
        mapping(uint16 => bool) revoked;
        mapping(uint16 => bool) condemned;
        uint256 total;
    }

    bytes32 public immutable proofSystemId;
    bytes32 public immutable executorId;
    uint256 public immutable threshold;
    bool public silent;
    mapping(address settlement => Book) private _books;

    constructor(bytes32 proofSystem, bytes32 executor, uint256 needed) {
        proofSystemId = proofSystem;
        executorId = executor;
        threshold = needed;
    }

    function verify(ClaimId id, Claim calldata, bytes calldata proof) external {
        // A proof that is no list of platforms at all.
        if (proof.length < 96) revert Refused();
        uint16[] memory platforms = abi.decode(proof, (uint16[]));
        if (platforms.length == 0) revert Refused();
        Book storage book = _books[msg.sender];
        for (uint256 i = 0; i < platforms.length; ++i) {
            uint16 platform = platforms[i];
            if (book.revoked[platform]) revert Refused();
            if (book.signed[id][platform]) continue;
            book.signed[id][platform] = true;
            book.signers[id].push(platform);
        }
    }

    function upholds(address settlement, ClaimId id) external view returns (bool) {
        if (silent) revert Refused();
        Book storage book = _books[settlement];
        uint256 standing = 0;
        uint16[] storage signers = book.signers[id];
        for (uint256 i = 0; i < signers.length; ++i) {
            if (!book.revoked[signers[i]]) ++standing;
        }
        return standing >= threshold;
    }

    function condemn(ClaimId[] calldata ids) external returns (uint256 revoked, uint256 total) {
        Book storage book = _books[msg.sender];
        uint16[] storage signers = book.signers[ids[0]];
        for (uint256 i = 0; i < signers.length; ++i) {
            uint16 platform = signers[i];
            bool all = !book.revoked[platform];
            for (uint256 j = 1; j < ids.length; ++j) {
                all = all && book.signed[ids[j]][platform];
            }
            if (!all) continue;
            book.revoked[platform] = true;
            ++revoked;
            if (!book.condemned[platform]) {
                book.condemned[platform] = true;
                ++book.total;
            }
        }
        total = book.total;
    }

    function setRevoked(address settlement, uint16 platform) external {
        _books[settlement].revoked[platform] = true;
    }

    function setSilent(bool yes) external {
        silent = yes;
    }
}

/// An optimistic version; the trace sends its calls in its name.
contract TraceGames is IGames {
    bytes32 public immutable proofSystemId;
    bytes32 public immutable executorId;
    uint64 public immutable longestGame;

    constructor(bytes32 proofSystem, bytes32 executor, uint64 longest) {
        proofSystemId = proofSystem;
        executorId = executor;
        longestGame = longest;
    }
}
