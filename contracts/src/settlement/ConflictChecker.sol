// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInbox} from "../inbox/IInbox.sol";
import {Claims} from "../types/Claims.sol";
import {Claim, ClaimId, Lane} from "../types/Types.sol";
import {Conflicts} from "./Conflicts.sol";
import {Conflict, ISettlement} from "./ISettlement.sol";

/// The half of settlement that looks at conflicts, apart because one contract has not room for
/// both. It keeps nothing. A settlement contract hands on its own calls as they came, so the
/// functions have the names and arguments of that one's. Each reverts unless the conflict
/// holds, and names the claims.
///
/// Caution: nothing here says that a claim is known or voted for.
contract ConflictChecker {
    error NotOneClaimEach(uint256 lengthA, uint256 lengthB);

    function contradict(Lane, Conflict calldata conflict)
        external
        view
        returns (ClaimId[] memory a, ClaimId[] memory b)
    {
        return _check(conflict);
    }

    function contradictFinal(Conflict calldata conflict)
        external
        view
        returns (ClaimId[] memory a, ClaimId[] memory b)
    {
        return _check(conflict);
    }

    /// Returns the chosen claim too.
    function arbitrate(Conflict calldata conflict, bool chooseOp)
        external
        view
        returns (ClaimId a, ClaimId b, Claim memory chosen)
    {
        if (conflict.a.length != 1 || conflict.b.length != 1) {
            revert NotOneClaimEach(conflict.a.length, conflict.b.length);
        }
        (ClaimId[] memory as_, ClaimId[] memory bs) = _check(conflict);
        return (as_[0], bs[0], chooseOp ? conflict.b[0] : conflict.a[0]);
    }

    function _check(Conflict calldata conflict)
        private
        view
        returns (ClaimId[] memory a, ClaimId[] memory b)
    {
        Conflicts.check(conflict, IInbox(ISettlement(msg.sender).inbox()));
        return (_ids(conflict.a), _ids(conflict.b));
    }

    function _ids(Claim[] calldata chain) private view returns (ClaimId[] memory ids) {
        ids = new ClaimId[](chain.length);
        for (uint256 i = 0; i < chain.length; ++i) {
            ids[i] = Claims.id(chain[i], msg.sender);
        }
    }
}
