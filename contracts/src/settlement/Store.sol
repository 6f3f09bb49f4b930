// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../factory/Bounds.sol";
import {DelayParams, RollupAddresses, RollupParams, Terms} from "../factory/Params.sol";
import {Config} from "../inbox/Config.sol";
import {IInbox} from "../inbox/IInbox.sol";
import {Claims} from "../types/Claims.sol";
import {BatchAcc, ClaimId, ConfigHash, Lane} from "../types/Types.sol";
import {Board} from "./Board.sol";
import {ILaneRegistry} from "./ILaneRegistry.sol";
import {Content, Head, ISettlement, Proposal, Pulse} from "./ISettlement.sol";
import {ISettlementErrors} from "./ISettlementErrors.sol";
import {ISettlementEvents} from "./ISettlementEvents.sol";
import {Record} from "./Record.sol";

/// What settlement keeps, and the views that only read it.
abstract contract Store is ISettlement, ISettlementErrors, ISettlementEvents {
    /// The terms of new proposals: `Terms` written out, because a struct inside another would
    /// not share its slot.
    struct CurrentTerms {
        uint96 proposerBond;
        uint96 challengerBond;
        uint40 window;
        uint16 index;
    }

    address public immutable override inbox;
    address public immutable override registry;
    address public immutable override powers;
    address public immutable timelock;

    ConfigHash internal immutable CONFIG;
    bytes32 internal immutable GENESIS;
    uint40 internal immutable HEARTBEAT;
    uint40 internal immutable STALL_AFTER;
    uint40 internal immutable MIN_WINDOW;
    uint40 internal immutable MAX_WINDOW;
    uint96 internal immutable MIN_BOND;
    uint96 internal immutable MAX_BOND;

    Head internal _head;
    Pulse internal _pulse;
    CurrentTerms internal _current;
    uint256 public override burned;

    mapping(ClaimId => Record) internal _records;
    mapping(ClaimId => mapping(uint32 => Proposal)) internal _proposals;
    mapping(uint16 => Terms) internal _terms;
    mapping(address => uint256) public override credit;
    /// The first known content of some inputs.
    mapping(bytes32 => ClaimId) internal _firstOf;
    /// By inputs, lane and version: the first content after that one which it voted for.
    mapping(bytes32 => ClaimId) internal _otherOf;

    bool private transient _locked;

    /// Lane contracts and receivers of money are called: none of them gets back in here.
    modifier locked() {
        _requireUnlocked();
        _locked = true;
        _;
        _locked = false;
    }

    /// For calls that call no stranger themselves.
    modifier unlocked() {
        _requireUnlocked();
        _;
    }

    constructor(RollupParams memory p, RollupAddresses memory a) {
        inbox = a.inbox;
        registry = a.registry;
        powers = a.powers;
        timelock = a.timelock;
        // Not asked of the inbox, which may be deployed later.
        CONFIG = Config.hash(p.chain, uint64(block.chainid), a.inbox);
        GENESIS = p.chain.genesisHash;

        DelayParams memory d = p.delays;
        HEARTBEAT = d.heartbeat;
        STALL_AFTER = d.stallAfter;
        MIN_WINDOW = d.minWindow;
        MAX_WINDOW = d.maxWindow;
        MIN_BOND = d.minBond;
        MAX_BOND = d.maxBond;

        _head.point = Claims.point(p.chain.genesisHash, BatchAcc.wrap(0));
        // Before the first finality, a stall counts from deployment.
        _head.finalAt = _now();

        Bounds.checkTerms(p.terms, d);
        _useTerms(0, p.terms);
    }

    function head() external view override returns (Head memory) {
        return _head;
    }

    function pulse() external view override returns (Pulse memory) {
        return _pulse;
    }

    function stall() external view override returns (bool stalled, uint40 endedAt) {
        (uint64 batches,) = IInbox(inbox).tip();
        return (batches > _head.batches && _isLongAgo(_head.finalAt), _head.stallEndedAt);
    }

    function content(ClaimId id) external view override returns (Content memory) {
        Record r = _records[id];
        return Content({
            zk: r.vote(Lane.Zk),
            tee: r.vote(Lane.Tee),
            op: r.vote(Lane.Op),
            zk2: r.vote(Lane.Zk2),
            firstVoteAt: r.firstVoteAt(),
            finalAt: r.finalAt(),
            proposals: r.proposals(),
            known: r.isKnown()
        });
    }

    function proposal(ClaimId id, uint32 number) external view override returns (Proposal memory) {
        return _proposals[id][number];
    }

    function termsAt(uint16 index) external view override returns (Terms memory) {
        return _terms[index];
    }

    function currentTerms() external view override returns (uint16 index, Terms memory) {
        return (_current.index, _terms[_current.index]);
    }

    function _requireUnlocked() private view {
        if (_locked) revert Reentered();
    }

    function _useTerms(uint16 index, Terms memory terms) internal {
        _current = CurrentTerms(terms.proposerBond, terms.challengerBond, terms.window, index);
        _terms[index] = terms;
        emit TermsSet(index, terms);
    }

    function _credit(address who, uint256 amount) internal {
        credit[who] += amount;
        emit Credited(who, amount);
    }

    /// Whether the last finality is so old that unfinished work counts as stalled.
    function _isLongAgo(uint40 finalAt) internal view returns (bool) {
        return _now() - finalAt > STALL_AFTER;
    }

    /// All seats and the phase.
    function _board() internal view returns (Board) {
        return _registry().boardWord();
    }

    function _registry() internal view returns (ILaneRegistry) {
        return ILaneRegistry(registry);
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp);
    }
}
