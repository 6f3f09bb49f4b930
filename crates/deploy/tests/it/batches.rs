//! Batches with real blobs: what the inbox keeps is what Rust computes.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use serde_json::{Value, json};
use tern_contracts::Inbox;
use tern_deploy::{Plan, apply};
use tern_l1::{Anvil, Call, Header, Key, L1, L1Error, Sidecar, TransactionReceipt, sidecar};
use tern_protocol::{
    Anchor, BatchAcc, BatchHeader, BatchIndex, BatchRecord, BlockNumber, DataRef, Deposit, Forced,
    Gwei, Hash, QueueHead, Timestamp, keccak256,
};

use crate::node::{anvil, connect, dev_config, dev_key, run};

/// A deployed rollup whose sequencer is the test, and what Rust thinks its inbox keeps.
pub(crate) struct Rollup {
    _anvil: Anvil,
    pub(crate) l1: L1,
    pub(crate) key: Key,
    pub(crate) plan: Plan,
    pub(crate) inbox: Address,
    pub(crate) parent: BatchAcc,
    batches: u64,
    blocks: u64,
    last: u64,
    deposits: QueueHead,
    forced: QueueHead,
}

/// What a batch takes besides its data.
#[derive(Clone, Copy, Default)]
pub(crate) struct Takes<'a> {
    deposits: &'a [Deposit],
    forced: &'a [Forced],
}

impl Rollup {
    async fn new(silence: u64) -> Self {
        let anvil = anvil(&[]);
        let l1 = connect(&anvil).await;
        Self::with_lanes(anvil, l1, silence, [Address::ZERO; 2]).await
    }

    /// With the first versions of the ZK and the TEE lane.
    pub(crate) async fn with_lanes(
        anvil: Anvil,
        l1: L1,
        silence: u64,
        lanes: [Address; 2],
    ) -> Self {
        let key = dev_key();
        let mut config = dev_config();
        config.lanes.dev_attestor = None;
        config.inbox.sequencer = key.address();
        config.inbox.silence.0 = silence;
        [config.lanes.zk, config.lanes.tee] = lanes;
        let plan = Plan::new(config).expect("in bounds");
        apply(&l1, &key, &plan, &mut |_| {}).await.expect("it deploys");
        let inbox = plan.rollup.inbox;
        let mut rollup = Self {
            _anvil: anvil,
            l1,
            key,
            plan,
            inbox,
            parent: BatchAcc::default(),
            batches: 0,
            blocks: 0,
            last: 0,
            deposits: QueueHead::default(),
            forced: QueueHead::default(),
        };
        let tip = rollup.view(Inbox::tipDetailsCall {}).await;
        rollup.last = tip.timestamp.to();
        rollup.wait(10).await;
        rollup
    }

    async fn view<C: SolCall>(&self, call: C) -> C::Return {
        let answer = self.l1.view(C::SIGNATURE, self.inbox, call.abi_encode()).await;
        C::abi_decode_returns_validate(&answer.expect("it answers")).expect("as its ABI says")
    }

    /// Lets time pass, and makes a block that can be an anchor.
    async fn wait(&self, seconds: u64) {
        self.l1.ask::<_, Value>("evm_increaseTime", (seconds,)).await.expect("a development node");
        self.l1.ask::<_, Value>("evm_mine", json!([])).await.expect("a development node");
    }

    /// The next batch: two blocks, anchored to the last block of L1.
    async fn header(&self, data: DataRef, takes: Takes<'_>) -> (BatchHeader, Header) {
        let anchor = self.l1.header(None).await.expect("it answers");
        let header = BatchHeader {
            parent: self.parent,
            index: BatchIndex(self.batches),
            block_count: 2,
            first_timestamp: Timestamp(anchor.timestamp.max(self.last + 1)),
            time_step: 1,
            deposits: takes.deposits.len() as u16,
            forced: takes.forced.len() as u16,
            anchors: vec![Anchor {
                from_block: 0,
                number: anchor.number,
                hash: Hash(anchor.hash.0),
            }],
            data,
        };
        (header, anchor)
    }

    fn call(
        &self,
        header: &BatchHeader,
        anchor: &Header,
        data: Bytes,
        blobs: Option<Sidecar>,
    ) -> Call {
        let call = Inbox::submitBatchCall {
            header: header.encode().into(),
            anchorHeaders: vec![anchor.rlp.clone()],
            data,
        };
        Call { blobs, ..Call::new("submitBatch", self.inbox, call.abi_encode()) }
    }

    /// Submits a batch and holds the inbox to what Rust computes.
    pub(crate) async fn submit(
        &mut self,
        key: &Key,
        data: DataRef,
        bytes: Bytes,
        blobs: Option<Sidecar>,
        takes: Takes<'_>,
    ) -> TransactionReceipt {
        let (header, anchor) = self.header(data, takes).await;
        // Blocks of the batch must not lie in L1's future.
        self.l1.ask::<_, Value>("evm_increaseTime", (5,)).await.expect("a development node");
        let call = self.call(&header, &anchor, bytes, blobs);
        let receipt = self.l1.send(key, &call).await.expect("it is accepted");

        let deposits = (self.deposits, self.deposits.after_deposits(takes.deposits));
        let forced = (self.forced, self.forced.after_forced(takes.forced));
        let (first_block, last) = (BlockNumber(self.blocks + 1), header.first_timestamp.0 + 1);
        self.parent = BatchRecord { header, first_block, deposits, forced }.acc();
        (self.deposits, self.forced) = (deposits.1, forced.1);
        (self.batches, self.blocks, self.last) = (self.batches + 1, self.blocks + 2, last);

        let tip = self.view(Inbox::tipCall {}).await;
        assert_eq!((tip.batches, tip.acc), (self.batches, B256::from(self.parent.0.0)));
        let queue = self.view(Inbox::depositQueueCall {}).await;
        assert_eq!((queue.next, queue.acc.0), (self.deposits.next.0, self.deposits.acc.0.0));
        let queue = self.view(Inbox::forcedQueueCall {}).await;
        assert_eq!((queue.next, queue.acc.0), (self.forced.next.0, self.forced.acc.0.0));
        receipt
    }

    /// What the inbox says when it refuses.
    async fn refusal(&self, key: &Key, call: &Call) -> Bytes {
        match self.l1.estimate(key.address(), call).await {
            Err(L1Error::Reverted { data, .. }) => data,
            other => panic!("it must be refused, but: {other:?}"),
        }
    }
}

/// Blobs of which each differs, and their versioned hashes.
fn blobs(count: u8) -> (Sidecar, DataRef) {
    let blobs = (0..count).map(|blob| {
        let mut bytes = [0_u8; 131_072];
        // The first byte of each field element stays zero: it is below the modulus.
        for (at, byte) in bytes.iter_mut().enumerate().filter(|(at, _)| at % 32 != 0) {
            *byte = (at as u8).wrapping_mul(31).wrapping_add(blob);
        }
        bytes.into()
    });
    let sidecar = sidecar(blobs.collect()).expect("they are below the modulus");
    let hashes = sidecar.versioned_hashes().map(|hash| Hash(hash.0)).collect();
    (sidecar, DataRef::Blobs(hashes))
}

#[test]
fn batches_of_one_to_six_blobs_are_recorded_as_rust_computes() {
    run(async {
        let mut rollup = Rollup::new(3_600).await;
        let key = rollup.key.clone();
        for count in 1..=6 {
            let (sidecar, data) = blobs(count);
            let proofs = sidecar.cell_proofs.len();
            assert_eq!(proofs, usize::from(count) * 128, "cell proofs, not blob proofs");
            let receipt =
                rollup.submit(&key, data, Bytes::new(), Some(sidecar), Takes::default()).await;
            assert_eq!(receipt.blob_gas_used, Some(u64::from(count) << 17));
            let goal = 110_000 + 8_000 * u64::from(count);
            eprintln!("submitBatch with {count} blobs: {} gas", receipt.gas_used);
            assert!(receipt.gas_used <= goal, "{} gas with {count} blobs", receipt.gas_used);
        }
    });
}

#[test]
fn seven_blobs_and_blobs_that_are_not_the_headers_are_refused() {
    run(async {
        let rollup = Rollup::new(3_600).await;
        rollup.l1.ask::<_, Value>("evm_increaseTime", (5,)).await.expect("a development node");
        // Seven in one sidecar, as only somebody without our library makes them.
        let (mut seven, _) = blobs(6);
        let (one, _) = blobs(1);
        seven.blobs.extend(one.blobs);
        seven.commitments.extend(one.commitments);
        seven.cell_proofs.extend(one.cell_proofs);
        let hashes = seven.versioned_hashes().map(|hash| Hash(hash.0)).collect();
        let (header, anchor) = rollup.header(DataRef::Blobs(hashes), Takes::default()).await;
        let call = rollup.call(&header, &anchor, Bytes::new(), Some(seven));
        let error = rollup.l1.send(&rollup.key, &call).await;
        assert!(error.is_err(), "neither the inbox nor L1 takes seven: {error:?}");

        let (_, data) = blobs(1);
        let (two, _) = blobs(2);
        let (header, anchor) = rollup.header(data, Takes::default()).await;
        let call = rollup.call(&header, &anchor, Bytes::new(), Some(two));
        let data = rollup.refusal(&rollup.key, &call).await;
        assert!(Inbox::UnexpectedBlob::abi_decode(&data).is_ok(), "{data}");
        let call = rollup.call(&header, &anchor, Bytes::new(), None);
        let data = rollup.refusal(&rollup.key, &call).await;
        assert!(Inbox::WrongBlob::abi_decode(&data).is_ok(), "{data}");
    });
}

#[test]
fn calldata_and_queues_are_recorded_as_rust_computes() {
    run(async {
        let mut rollup = Rollup::new(3_600).await;
        let key = rollup.key.clone();
        let bytes = Bytes::from(vec![7; 3_000]);
        let data = DataRef::Calldata(keccak256(&bytes));
        rollup.submit(&key, data, bytes, None, Takes::default()).await;

        let deposits = [1_000_000_u64, 2_000_000].map(|amount| Deposit {
            to: tern_protocol::Address([amount as u8; 20]),
            amount: Gwei(amount),
        });
        for deposit in &deposits {
            let to = Address::from(deposit.to.0);
            let mut call =
                Call::new("deposit", rollup.inbox, Inbox::depositCall { to }.abi_encode());
            call.value = U256::from(deposit.amount.0) * U256::from(1_000_000_000);
            let receipt = rollup.l1.send(&key, &call).await.expect("it is accepted");
            eprintln!("deposit: {} gas", receipt.gas_used);
        }
        let forced =
            [Forced { raw: vec![2; 120], gas: 100_000 }, Forced { raw: vec![3; 60], gas: 21_000 }];
        for entry in &forced {
            let (size, gas) = (U256::from(entry.raw.len()), U256::from(entry.gas));
            let fee = rollup.view(Inbox::forcedFeeCall { size, gas }).await;
            let call = Inbox::forceCall { raw: entry.raw.clone().into(), gas: entry.gas };
            let mut call = Call::new("force", rollup.inbox, call.abi_encode());
            call.value = fee;
            rollup.l1.send(&key, &call).await.expect("it is accepted");
        }
        rollup.wait(1).await;
        let takes = Takes { deposits: &deposits, forced: &forced };
        rollup.submit(&key, DataRef::None, Bytes::new(), None, takes).await;
    });
}

#[test]
fn of_two_batches_for_one_place_the_second_is_refused_by_name() {
    run(async {
        let mut rollup = Rollup::new(3_600).await;
        let key = rollup.key.clone();
        let (header, anchor) = rollup.header(DataRef::None, Takes::default()).await;
        let late = rollup.call(&header, &anchor, Bytes::new(), None);
        let (sidecar, data) = blobs(1);
        rollup.submit(&key, data, Bytes::new(), Some(sidecar), Takes::default()).await;
        let data = rollup.refusal(&key, &late).await;
        let error = Inbox::WrongParent::abi_decode(&data).expect("it names the parent");
        assert_eq!(error.expected, B256::from(rollup.parent.0.0));
        assert_eq!(error.got, B256::ZERO);
    });
}

#[test]
fn anyone_submits_after_the_sequencers_silence_and_nobody_before() {
    run(async {
        let mut rollup = Rollup::new(600).await;
        let stranger = Key::parse(
            "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
            "the test",
        );
        let stranger = stranger.expect("the second account of every development node");
        let (header, anchor) = rollup.header(DataRef::None, Takes::default()).await;
        rollup.wait(5).await;
        let call = rollup.call(&header, &anchor, Bytes::new(), None);
        let data = rollup.refusal(&stranger, &call).await;
        let error = Inbox::NotYourTurn::abi_decode(&data).expect("it says whose turn it is");
        assert_eq!(error.sequencer, rollup.key.address());

        rollup.wait(700).await;
        rollup.submit(&stranger, DataRef::None, Bytes::new(), None, Takes::default()).await;
    });
}
