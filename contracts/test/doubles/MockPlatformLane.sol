// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IPlatformLane} from "../../src/lanes/ILane.sol";
import {ClaimId} from "../../src/types/Types.sol";
import {MockLane} from "./MockLane.sol";

/// A hardware lane whose proof is `abi.encode(address[])`: the platforms that signed.
contract MockPlatformLane is MockLane, IPlatformLane {
    struct Book {
        uint256 total;
        mapping(address => bool) revoked;
        mapping(ClaimId => address[]) signers;
        mapping(ClaimId => mapping(address => bool)) signed;
    }

    bool public condemnFails;
    ClaimId[] public lastCondemned;
    mapping(address => Book) private _books;

    constructor(bytes32 system, bytes32 executor) MockLane(system, executor) {}

    function setCondemnFails(bool yes) external {
        condemnFails = yes;
    }

    function condemn(ClaimId[] calldata ids)
        external
        override
        returns (uint256 revoked, uint256 total)
    {
        if (condemnFails) revert AsTold("condemn");
        lastCondemned = ids;
        Book storage book = _books[msg.sender];
        address[] storage some = book.signers[ids[0]];
        for (uint256 i = 0; i < some.length; ++i) {
            if (book.revoked[some[i]] || !_signedAll(book, some[i], ids)) continue;
            book.revoked[some[i]] = true;
            ++revoked;
        }
        book.total += revoked;
        return (revoked, book.total);
    }

    function lastCondemnedCount() external view returns (uint256) {
        return lastCondemned.length;
    }

    function revokedOn(address settlement, address platform) external view returns (bool) {
        return _books[settlement].revoked[platform];
    }

    function _accept(ClaimId id, bytes calldata proof) internal override {
        address[] memory platforms = abi.decode(proof, (address[]));
        Book storage book = _books[msg.sender];
        for (uint256 i = 0; i < platforms.length; ++i) {
            if (book.revoked[platforms[i]]) revert ProofRefused(id);
            if (book.signed[id][platforms[i]]) continue;
            book.signed[id][platforms[i]] = true;
            book.signers[id].push(platforms[i]);
        }
    }

    function _upholds(address settlement, ClaimId id) internal view override returns (bool) {
        if (takenBack[settlement][id]) return false;
        Book storage book = _books[settlement];
        address[] storage some = book.signers[id];
        for (uint256 i = 0; i < some.length; ++i) {
            if (!book.revoked[some[i]]) return true;
        }
        return false;
    }

    function _signedAll(Book storage book, address platform, ClaimId[] calldata ids)
        private
        view
        returns (bool)
    {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!book.signed[ids[i]][platform]) return false;
        }
        return true;
    }
}
