// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {DelayParams, RollupAddresses, RollupParams, Terms} from "../../src/factory/Params.sol";
import {Config} from "../../src/inbox/Config.sol";
import {Seat} from "../../src/settlement/ILaneRegistry.sol";
import {ProposalState} from "../../src/settlement/ISettlement.sol";
import {ISettlementErrors} from "../../src/settlement/ISettlementErrors.sol";
import {Phase, Verdict} from "../../src/settlement/Rule.sol";
import {Settlement} from "../../src/settlement/Settlement.sol";
import {Claims} from "../../src/types/Claims.sol";
import {BatchAcc, Claim, ClaimId, Lane} from "../../src/types/Types.sol";
import {Checkpoints} from "../doubles/Checkpoints.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {MockInbox} from "../doubles/MockInbox.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {MockPlatformLane} from "../doubles/MockPlatformLane.sol";
import {MockRegistry} from "../doubles/MockRegistry.sol";
import {Test} from "../lib/Test.sol";

/// A settlement contract among doubles, and short ways to say what happens to it.
abstract contract SettlementTest is Test, ISettlementErrors {
    bytes32 internal constant GENESIS = keccak256("genesis");
    uint96 internal constant BOND = 1 ether;
    uint40 internal constant WINDOW = 7 days;
    uint40 internal constant HEARTBEAT = 7 days;
    uint40 internal constant STALL = 1 days;
    uint40 internal constant BIRTH = 1_800_000_000;

    Settlement internal settlement;
    MockInbox internal inbox;
    MockRegistry internal registry;
    MockLane internal zk;
    MockPlatformLane internal tee;
    MockGames internal op;
    MockLane internal zk2;

    address internal powers = makeAddr("powers");
    address internal timelock = makeAddr("timelock");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal platformA = makeAddr("platform A");
    address internal platformB = makeAddr("platform B");

    function setUp() public virtual {
        vm.warp(BIRTH);
        inbox = new MockInbox();
        registry = new MockRegistry();
        zk = new MockLane("zk", "revm");
        tee = new MockPlatformLane("tee", "levm");
        op = new MockGames("op", "evm", 7 days);
        zk2 = new MockLane("zk2", "other");
        registry.install(Lane.Zk, address(zk), false);
        registry.install(Lane.Tee, address(tee), false);
        registry.install(Lane.Op, address(op), false);
        registry.install(Lane.Zk2, address(zk2), false);

        RollupParams memory p = params();
        settlement = new Settlement(p, addresses());
        inbox.set(
            Config.hash(p.chain, uint64(block.chainid), address(inbox)),
            GENESIS,
            address(settlement),
            address(this)
        );
        vm.deal(alice, 1000 ether);
        vm.deal(bob, 1000 ether);
    }

    function params() internal pure returns (RollupParams memory p) {
        p.chain.chainId = 7;
        p.chain.genesisHash = GENESIS;
        p.terms = Terms(BOND, BOND / 2, WINDOW);
        p.delays = DelayParams({
            notice: 30 days,
            lapse: 7 days,
            stallAfter: STALL,
            stallMax: 30 days,
            emergencyWindow: 14 days,
            probation: 30 days,
            heartbeat: HEARTBEAT,
            retireStreak: 30 days,
            longestGame: 7 days,
            bridgeDelay: 1 days,
            minWindow: 1 days,
            maxWindow: 14 days,
            minBond: 0.1 ether,
            maxBond: 10 ether
        });
    }

    function addresses() internal view returns (RollupAddresses memory a) {
        a.timelock = timelock;
        a.powers = powers;
        a.registry = address(registry);
        a.inbox = address(inbox);
    }

    // Claims.

    /// A claim from genesis over all batches and a new one of ten blocks.
    function first(bytes32 salt) internal returns (Claim memory) {
        BatchAcc end = inbox.push(10);
        return claimOn(GENESIS, BatchAcc.wrap(0), 0, end, blocksAt(end), salt);
    }

    /// A claim after `parent`, over all further batches and a new one of ten blocks.
    function next(Claim memory parent, bytes32 salt) internal returns (Claim memory) {
        BatchAcc end = inbox.push(10);
        return
            claimOn(
                parent.blockHash, parent.lastBatch, parent.blockNumber, end, blocksAt(end), salt
            );
    }

    function blocksAt(BatchAcc end) internal view returns (uint64 number) {
        (,,, number) = inbox.range(BatchAcc.wrap(0), end);
    }

    /// The same inputs, another outcome.
    function rival(Claim memory claim, bytes32 salt) internal view returns (Claim memory) {
        (, uint64 before,,) = inbox.range(claim.firstBatch, claim.lastBatch);
        return claimOn(
            claim.parentBlock, claim.firstBatch, before, claim.lastBatch, claim.blockNumber, salt
        );
    }

    function claimOn(
        bytes32 parentBlock,
        BatchAcc firstBatch,
        uint64 before,
        BatchAcc lastBatch,
        uint64 number,
        bytes32 salt
    ) internal view returns (Claim memory claim) {
        bytes32[] memory hashes = blocks(before, number, salt);
        claim = Claim({
            config: inbox.configHash(),
            parentBlock: parentBlock,
            firstBatch: firstBatch,
            lastBatch: lastBatch,
            blockHash: hashes[hashes.length - 1],
            blockNumber: number,
            checkpoints: Checkpoints.root(hashes)
        });
    }

    /// The block hashes after number `before` up to `last`, as the claims made with `salt` say.
    function blocks(uint64 before, uint64 last, bytes32 salt)
        internal
        pure
        returns (bytes32[] memory hashes)
    {
        hashes = new bytes32[](last - before);
        for (uint64 i = 0; i < hashes.length; ++i) {
            hashes[i] = keccak256(abi.encode(salt, before + i + 1));
        }
    }

    function idOf(Claim memory claim) internal view returns (ClaimId) {
        return Claims.id(claim, address(settlement));
    }

    // Calls.

    function propose(Claim memory claim) internal returns (uint32 number) {
        vm.prank(alice);
        (, number) = settlement.propose{value: BOND}(claim);
    }

    function voteZk(Claim memory claim) internal returns (bool) {
        return settlement.vote(Lane.Zk, claim, "");
    }

    function voteZk2(Claim memory claim) internal returns (bool) {
        return settlement.vote(Lane.Zk2, claim, "");
    }

    function voteTee(Claim memory claim, address platform) internal returns (bool) {
        return settlement.vote(Lane.Tee, claim, signedBy(platform));
    }

    function voteTee(Claim memory claim) internal returns (bool) {
        return voteTee(claim, platformA);
    }

    function signedBy(address platform) internal pure returns (bytes memory) {
        address[] memory platforms = new address[](1);
        platforms[0] = platform;
        return abi.encode(platforms);
    }

    function openMatch(Claim memory claim, uint32 number) internal {
        op.open(settlement, claim, number);
    }

    function closeMatch(Claim memory claim, uint32 number, bool defended, address who) internal {
        op.close(settlement, idOf(claim), number, defended, who);
    }

    /// Proposes a claim that has been voted on, and lets it stand.
    function standNew(Claim memory claim) internal returns (bool) {
        uint32 number = propose(claim);
        skip(WINDOW);
        return settlement.stand(claim, number);
    }

    function retireTee() internal {
        registry.setPhase(Phase.Retired);
    }

    // What is so.

    function assertFinal(Claim memory claim) internal view {
        assertTrue(settlement.content(idOf(claim)).finalAt != 0, "not final");
    }

    function assertNotFinal(Claim memory claim) internal view {
        assertTrue(settlement.content(idOf(claim)).finalAt == 0, "final");
    }

    function assertHead(Claim memory claim) internal view {
        assertEq(settlement.head().point, Claims.point(claim.blockHash, claim.lastBatch));
    }

    function assertVerdict(Claim memory claim, Verdict expected) internal view {
        assertEq(uint256(settlement.verdict(idOf(claim))), uint256(expected));
    }

    function assertState(Claim memory claim, uint32 number, ProposalState expected) internal view {
        assertEq(uint256(settlement.proposal(idOf(claim), number).state), uint256(expected));
    }

    function stateOf(Claim memory claim, uint32 number) internal view returns (ProposalState) {
        return settlement.proposal(idOf(claim), number).state;
    }

    function isFrozen(Lane lane) internal view returns (bool) {
        (Seat memory seat,) = registry.active(lane);
        return seat.frozen;
    }

    /// The next call must revert with exactly this.
    function expect(bytes memory data) internal {
        vm.expectRevert(data);
    }
}
