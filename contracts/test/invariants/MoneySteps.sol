// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Message, Messages} from "../../src/bridge/Messages.sol";
import {BatchAcc} from "../../src/types/Types.sol";
import {L2Blocks} from "./L2Blocks.sol";
import {SeatSteps} from "./SeatSteps.sol";

/// Batches and queues, deposits and withdrawals, credits.
abstract contract MoneySteps is SeatSteps {
    uint256 internal vaultIn;
    uint256 internal vaultOut;
    uint256 internal creditsOut;
    uint256 internal sequencedAt = START;
    mapping(bytes32 => bool) internal withdrawn;
    uint40[] internal depositTimes;
    uint40[] internal forcedTimes;
    uint256[] internal forcedSizes;
    uint256[] internal forcedGases;
    uint256 internal depositsTaken;
    uint256 internal forcedTaken;

    function batch(uint256 seed) external step {
        _batch(seed);
    }

    /// As many entries as must be, sometimes more, and never fewer: that is tried first.
    function _batch(uint256 seed) internal override {
        _wait(5 + _mix(seed, "gap") % 20);
        uint256 deposits = _depositDuty();
        uint256 forced = _forcedDuty();
        address who = _chance(seed, "stranger", 30) ? _actor(seed) : sequencer;
        if (deposits != 0) {
            assertFalse(_submit(who, 4, deposits - 1, forced), "overdue-first");
        }
        if (forced != 0) {
            assertFalse(_submit(who, 4, deposits, forced - 1), "overdue-first");
        }

        bool mayAll = who == sequencer || time > sequencedAt + SILENCE;
        uint256 more = depositTimes.length - depositsTaken;
        if (_chance(seed, "more", 50) && more > deposits) deposits = more < 3 ? more : 3;
        uint256 blocks = forced == 0 ? 1 + _mix(seed, "blocks") % 4 : 2;
        bool ok = _submit(who, blocks, deposits, forced);
        _check(ok == mayAll, "inbox-never-stuck");
        if (!ok) {
            ok = _submit(sequencer, blocks, deposits, forced);
            assertTrue(ok, "inbox-never-stuck");
            who = sequencer;
        }
        _batched(who, blocks, deposits, forced);
    }

    function _batched(address who, uint256 blocks, uint256 deposits, uint256 forced) private {
        if (who != sequencer) _count("batch by anyone");
        depositsTaken += deposits;
        forcedTaken += forced;
        if (who == sequencer && !_isOverdue()) sequencedAt = time;
        if (forced != 0) _count("forced batch");
        (uint64 batches, BatchAcc acc) = inbox.tip();
        accs.push(acc);
        blocksAt.push(blocksAt[blocksAt.length - 1] + uint64(blocks));
        _check(batches == accs.length - 1, "inbox-counts");
        _count("batch");
    }

    /// Blocks a second apart, the last one now; the newest L1 block is the anchor.
    function _submit(address who, uint256 blocks, uint256 deposits, uint256 forced)
        private
        returns (bool)
    {
        uint64 first = uint64(time - (blocks - 1));
        bytes[] memory anchors = new bytes[](1);
        anchors[0] = abi.encodePacked(hex"d0", hex"8080808080808080808080", hex"84", uint32(first));
        vm.setBlockhash(height - 1, keccak256(anchors[0]));
        bytes memory header = abi.encodePacked(
            uint8(1),
            accs[accs.length - 1],
            uint64(accs.length - 1),
            uint16(blocks),
            first,
            uint32(1),
            uint16(deposits),
            uint16(forced)
        );
        header = abi.encodePacked(
            header,
            uint8(1),
            uint16(0),
            uint64(height - 1),
            keccak256(anchors[0]),
            uint8(0),
            uint8(0)
        );
        vm.prank(who);
        try inbox.submitBatch(header, anchors, "") {
            return true;
        } catch {
            return false;
        }
    }

    function _depositDuty() private view returns (uint256 duty) {
        for (uint256 i = depositsTaken; i < depositTimes.length && duty < 3; ++i) {
            if (time <= depositTimes[i] + FORCED_WAIT) break;
            ++duty;
        }
    }

    function _isOverdue() private view returns (bool) {
        return (depositsTaken < depositTimes.length
                && time > depositTimes[depositsTaken] + FORCED_WAIT)
            || (forcedTaken < forcedTimes.length && time > forcedTimes[forcedTaken] + FORCED_WAIT);
    }

    /// All that are overdue, up to three, 96 bytes and what surely fits one block.
    function _forcedDuty() private view returns (uint256 duty) {
        uint256 size;
        uint256 gas;
        for (uint256 i = forcedTaken; i < forcedTimes.length && duty < 3; ++i) {
            size += forcedSizes[i];
            gas += forcedGases[i];
            if (time <= forcedTimes[i] + FORCED_WAIT || size > 96 || gas > MAX_FORCED_GAS) break;
            ++duty;
        }
    }

    function deposit(uint256 seed) external step {
        uint256 value = 1 gwei * (1 + _mix(seed, "value") % 50);
        if (_chance(seed, "dust", 10)) ++value;
        address who = _actor(seed);
        hoax(who, value);
        bool ok;
        try inbox.deposit{value: value}(who) {
            ok = true;
        } catch {}
        _check(ok == (value % 1 gwei == 0), "deposit-as-written");
        if (!ok) return;
        vaultIn += value;
        depositTimes.push(uint40(time));
        _count("deposit");
    }

    function force(uint256 seed) external step {
        // The fee doubles with each batch that waits.
        if (forcedTimes.length - forcedTaken > 12) return;
        bytes memory raw = new bytes(1 + _mix(seed, "size") % MAX_FORCED_SIZE);
        uint64 gas = uint64(bound(_mix(seed, "gas"), 21_000, MAX_FORCED_GAS));
        uint256 fee = inbox.forcedFee(raw.length, gas);
        address who = _actor(seed);
        hoax(who, fee + 5);
        inbox.force{value: fee + 5}(raw, gas);
        _check(who.balance == 5, "refund");
        vaultIn += fee;
        forcedTimes.push(uint40(time));
        forcedSizes.push(raw.length);
        forcedGases.push(gas);
        _count("forced");
    }

    /// Takes what a block holds for whoever the block says, right or wrong: once, after the delay, if
    /// the content is final.
    function withdraw(uint256 seed) external step {
        if (items.length == 0) return;
        uint256 place = _mix(seed, "item") % items.length;
        if (finals.length != 0 && _chance(seed, "final", 70)) {
            place = finals[_mix(seed, "which") % finals.length];
        }
        Item memory item = items[place];
        uint64 number = item.claim.blockNumber;
        Message memory m = _message(item.branch, number);
        bytes32 hash = Messages.hash(m, uint64(block.chainid), address(bridge));
        bool expected = finalAt[item.id] != 0 && time >= finalAt[item.id] + BRIDGE_DELAY
            && !withdrawn[hash] && m.amount <= vaultIn - vaultOut;
        bool ok = _tryWithdraw(item, m, hash);
        if (withdrawn[hash]) _check(!ok, "paid-once");
        _check(ok == expected, "withdraw-as-written");
        if (!ok) return;
        withdrawn[hash] = true;
        vaultOut += m.amount;
        _count("withdrawn");
    }

    function _tryWithdraw(Item memory item, Message memory m, bytes32 hash) private returns (bool) {
        bytes memory slot = L2Blocks.slotLeaf(hash, m.nonce);
        bytes memory account = L2Blocks.accountLeaf(keccak256(slot));
        bytes memory header = _header(item.branch, item.claim.blockNumber);
        try bridge.withdrawWithClaim(
            rollup.inbox, item.claim, header, L2Blocks.one(account), m, L2Blocks.one(slot)
        ) {
            return true;
        } catch {
            return false;
        }
    }

    function withdrawCredit(uint256 seed) external step {
        _withdrawCredit(_actor(seed));
    }

    function _withdrawCredit(address who) internal {
        uint256 amount = credits[who];
        uint256 before = who.balance;
        vm.prank(who);
        bool ok;
        try settlement.withdrawCredit(payable(who)) {
            ok = true;
        } catch {}
        _check(ok == (amount != 0), "credit-as-written");
        if (!ok) return;
        _check(who.balance == before + amount, "credit-as-written");
        credits[who] = 0;
        creditsOut += amount;
        _count("credit paid");
    }

    function pass(uint256 seed) external step {
        uint256 r = _mix(seed, "how") % 100;
        uint256 span = r < 50 ? 300 : r < 85 ? 1900 : r < 97 ? 4000 : 16_000;
        _wait(_mix(seed, "long") % span);
    }
}
