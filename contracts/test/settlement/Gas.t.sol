// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Config} from "../../src/inbox/Config.sol";
import {IPlatformLane} from "../../src/lanes/ILane.sol";
import {ISettlement} from "../../src/settlement/ISettlement.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Settlement} from "../../src/settlement/Settlement.sol";
import {Claim, ClaimId, Lane} from "../../src/types/Types.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {MockInbox} from "../doubles/MockInbox.sol";
import {console} from "../lib/Test.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// A lane whose own work costs nothing, so that what is measured is settlement's.
contract FreeLane is IPlatformLane {
    bytes32 public immutable override proofSystemId;
    bytes32 public immutable override executorId;

    constructor(bytes32 name) {
        (proofSystemId, executorId) = (name, name);
    }

    function verify(ClaimId, Claim calldata, bytes calldata) external override {}

    function upholds(address, ClaimId) external pure override returns (bool) {
        return true;
    }

    function condemn(ClaimId[] calldata) external pure override returns (uint256, uint256) {
        return (0, 0);
    }
}

    /// What whole transactions cost, with the registry that is deployed and an inbox that reads as
    /// many slots as the one that is. Each test makes its call first, on cold storage that `setUp`
    /// left as a rollup that runs leaves it.
    abstract contract GasBase is SettlementTest {
        Claim internal _fresh;
        Claim internal _voted;
        Claim internal _withTee;
        Claim internal _proposed;
        Claim internal _child;
        Claim internal _unknown;

        function setUp() public virtual override {
            bytes32 profile = keccak256(bytes(vm.envOr("FOUNDRY_PROFILE", string("default"))));
            vm.skip(profile == keccak256("fast"), "compiled without via_ir: other gas");
            vm.warp(BIRTH);
            inbox = new MockInbox();
            op = new MockGames("op", "evm", 7 days);
            RollupParams memory p = params();
            p.lanes.zk = address(new FreeLane("zk"));
            p.lanes.tee = address(new FreeLane("tee"));
            p.lanes.op = address(op);
            p.lanes.zk2 = address(new FreeLane("zk2"));
            RollupAddresses memory a;
            (a.inbox, a.timelock, a.powers) = (address(inbox), timelock, powers);
            uint64 nonce = vm.getNonce(address(this));
            a.registry = vm.computeCreateAddress(address(this), nonce);
            a.settlement = vm.computeCreateAddress(address(this), nonce + 1);
            new LaneRegistry(p, a);
            settlement = new Settlement(p, a);
            inbox.set(
                Config.hash(p.chain, uint64(block.chainid), address(inbox)),
                GENESIS,
                address(settlement),
                address(this)
            );
            vm.deal(alice, 1000 ether);

            // A final claim; contents that start at the head, over ranges of their own; and more
            // after one of them.
            Claim memory genesis = first("genesis");
            voteZk(genesis);
            voteZk2(genesis);
            _vote(Lane.Tee, genesis);
            _voted = next(genesis, "voted");
            propose(_voted);
            voteZk(_voted);
            _proposed = next(genesis, "proposed");
            propose(_proposed);
            _withTee = next(genesis, "with the tee");
            propose(_withTee);
            _vote(Lane.Tee, _withTee);
            _fresh = next(genesis, "fresh");
            _unknown = next(genesis, "unknown");
            _child = next(_proposed, "child");
            skip(WINDOW);
        }

        function _vote(Lane lane, Claim memory claim) internal {
            settlement.vote(lane, claim, "");
        }

        /// 21,000, the calldata (EIP-7623: its floor if that is more), and the call.
        function measure(string memory what, bytes memory call, uint256 value)
            internal
            returns (uint256 whole)
        {
            address target = address(settlement);
            // A transaction's receiver is warm.
            require(target.code.length != 0);
            vm.prank(alice);
            (bool ok,) = target.call{value: value}(call);
            require(ok, "refused");
            uint256 used = vm.lastCallGas().gasTotalUsed;

            uint256 tokens = 0;
            for (uint256 i = 0; i < call.length; ++i) {
                tokens += call[i] == 0 ? 1 : 4;
            }
            uint256 standard = tokens * 4 + used;
            uint256 floor = tokens * 10;
            whole = 21_000 + (standard > floor ? standard : floor);
            console.log(string.concat(what, ", call: "), used);
            console.log(string.concat(what, ", whole: "), whole);
        }
    }

    /// Every call but `finalize`.
    contract GasTest is GasBase {
        function test_gas_propose() public {
            bytes memory call = abi.encodeCall(ISettlement.propose, (_fresh));
            uint256 whole = measure("propose", call, BOND);
            assertLe(whole, 120_000);
        }

        function test_gas_propose_on_a_pending_parent() public {
            bytes memory call = abi.encodeCall(ISettlement.proposeOn, (_child, _proposed));
            uint256 whole = measure("propose on a pending parent", call, BOND);
            assertLe(whole, 130_000);
        }

        function test_gas_vote_on_a_proposed_content() public {
            bytes memory call = abi.encodeCall(ISettlement.vote, (Lane.Zk, _proposed, ""));
            measure("vote, zk, proposed", call, 0);
            assertLe(vm.lastCallGas().gasTotalUsed, 35_000);
        }

        function test_gas_tee_vote_on_a_proposed_content() public {
            bytes memory call = abi.encodeCall(ISettlement.vote, (Lane.Tee, _proposed, ""));
            measure("vote, tee, proposed", call, 0);
            assertLe(vm.lastCallGas().gasTotalUsed, 35_000);
        }

        function test_gas_vote_that_is_final() public {
            bytes memory call = abi.encodeCall(ISettlement.vote, (Lane.Tee, _voted, ""));
            measure("vote, tee, final", call, 0);
            assertFinal(_voted);
        }

        function test_gas_zk_vote_that_is_final() public {
            bytes memory call = abi.encodeCall(ISettlement.vote, (Lane.Zk, _withTee, ""));
            measure("vote, zk, final", call, 0);
            assertFinal(_withTee);
        }

        function test_gas_vote_on_an_unknown_content() public {
            bytes memory call = abi.encodeCall(ISettlement.vote, (Lane.Zk, _unknown, ""));
            measure("vote, zk, unknown", call, 0);
        }

        function test_gas_stand_that_is_final() public {
            bytes memory call = abi.encodeCall(ISettlement.stand, (_voted, 0));
            measure("stand, final", call, 0);
            assertFinal(_voted);
        }
    }

    /// A claim whose votes came before their parent was final, so that `finalize` is left to do.
    contract GasOfFinalizeTest is GasBase {
        Claim private _claim;

        function setUp() public override {
            super.setUp();
            Claim memory parent = _voted;
            _claim = next(parent, "claim");
            voteZk(_claim);
            _vote(Lane.Tee, _claim);
            _vote(Lane.Tee, parent);
        }

        function test_gas_finalize() public {
            bytes memory call = abi.encodeCall(ISettlement.finalize, (_claim));
            uint256 whole = measure("finalize", call, 0);
            assertFinal(_claim);
            assertLe(whole, 60_000);
        }
    }
