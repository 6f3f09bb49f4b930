//! Withdrawals.

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use serde_json::{Value, json};
use tern_contracts::{Inbox, Settlement};
use tern_l1::{Call, Key, L1};
use tern_protocol::{Anchor, BatchAcc, BatchHeader, Checkpoints, DataRef, Hash, Timestamp};
use tern_wallet::{Chains, Ends, Event, Journal, deposit, initiate, parse_amount, resume};

use crate::world::{World, run, world};

#[test]
fn a_withdrawal_is_kept_before_it_is_sent() {
    run(async {
        let World { chains, key, nodes: _nodes } = world().await;
        let folder = std::env::temp_dir().join(format!("tern-wallet-{}", std::process::id()));
        let journal = Journal::new(folder.clone());
        let amount = parse_amount("0.5").expect("an amount");
        let to = Address::repeat_byte(7);
        let mut said = vec![];
        let watch = &mut |event| said.push(event);
        let entry = initiate(&chains, &key, to, amount, &journal, watch).await.expect("it is sent");
        let kept = journal.unfinished(chains.config_hash()).expect("it reads");
        assert_eq!(kept, vec![entry.clone()]);
        let node = chains.l2.clone().expect("there is one");
        node.rpc().wait("it", entry.transaction).await.expect("it is mined");

        let much = parse_amount("1000000").expect("an amount");
        let error = initiate(&chains, &key, to, much, &journal, &mut |_| {}).await;
        let error = error.expect_err("too much").to_string();
        assert!(error.contains("ETH more"), "{error}");
        assert_eq!(journal.unfinished(chains.config_hash()).expect("it reads").len(), 1);
        std::fs::remove_dir_all(folder).expect("ours");
    });
}

/// What others do: the batch comes to L1, and two lanes vote for the claim.
async fn others(l1_url: &str, l2_url: &str, chains: &Chains, key: &Key) {
    let pause = || tokio::time::sleep(Duration::from_millis(900));
    let l1 = L1::connect(l1_url).await.expect("it answers");
    let l2 = L1::connect(l2_url).await.expect("it answers");
    pause().await;
    let view = |data| l1.view("the inbox", chains.inbox(), data);
    let tip = view(Inbox::tipDetailsCall {}.abi_encode()).await.expect("it answers");
    let tip = Inbox::tipDetailsCall::abi_decode_returns(&tip).expect("a tip");
    let jump = |seconds: u64| l1.ask::<_, Value>("evm_increaseTime", (seconds,));
    jump(10).await.expect("a development node");
    l1.ask::<_, Value>("evm_mine", json!([])).await.expect("a development node");
    let anchor = l1.header(None).await.expect("it answers");
    let header = BatchHeader {
        parent: BatchAcc::default(),
        index: tern_protocol::BatchIndex(0),
        block_count: 2,
        first_timestamp: Timestamp(anchor.timestamp.max(tip.timestamp.to::<u64>() + 1)),
        time_step: 1,
        deposits: 0,
        forced: 0,
        anchors: vec![Anchor { from_block: 0, number: anchor.number, hash: Hash(anchor.hash.0) }],
        data: DataRef::None,
    };
    jump(5).await.expect("a development node");
    let call = Inbox::submitBatchCall {
        header: header.encode().into(),
        anchorHeaders: vec![anchor.rlp],
        data: Bytes::new(),
    };
    let call = Call::new("submitBatch", chains.inbox(), call.abi_encode());
    l1.send(key, &call).await.expect("it is accepted");

    let [one, two] = [l2.header(Some(1)).await, l2.header(Some(2)).await]
        .map(|header| header.expect("it answers").hash);
    let tip = view(Inbox::tipCall {}.abi_encode()).await.expect("it answers");
    let tip = Inbox::tipCall::abi_decode_returns(&tip).expect("a tip");
    let checkpoints = Checkpoints::new(&[Hash(one.0), Hash(two.0)]).expect("two blocks");
    let claim = Settlement::Claim {
        config: chains.config_hash(),
        parentBlock: chains.rollup.config.genesis_hash.0.into(),
        firstBatch: B256::ZERO,
        lastBatch: tip.acc,
        blockHash: two,
        blockNumber: 2,
        checkpoints: checkpoints.root().0.into(),
    };
    for (lane, proof) in [(0, vec![1]), (1, vec![U256::from(1)].abi_encode())] {
        pause().await;
        let vote = Settlement::voteCall { lane, claim: claim.clone(), proof: proof.into() };
        let vote = Call::new("vote", chains.settlement(), vote.abi_encode());
        l1.send(key, &vote).await.expect("the vote counts");
    }
}

#[test]
fn a_withdrawal_is_followed_stage_by_stage_and_paid_once() {
    let World { nodes, chains, key } = run(world());
    let folder = std::env::temp_dir().join(format!("tern-withdrawal-{}", std::process::id()));
    let journal = Journal::new(folder.clone());
    let amount = parse_amount("0.5").expect("an amount");
    let to = Address::repeat_byte(7);
    let transaction = run(async {
        let vault = parse_amount("1").expect("an amount");
        deposit(&chains, &key, to, vault, false, &mut |_| {}).await.expect("the vault is filled");
        let entry = initiate(&chains, &key, to, amount, &journal, &mut |_| {}).await;
        entry.expect("it is sent").transaction
    });
    let (l1_url, l2_url) = (nodes[0].url().to_owned(), nodes[1].url().to_owned());
    let mut said = vec![];
    let paid = std::thread::scope(|scope| {
        scope.spawn(|| {
            run(async {
                let l2 = L1::connect(&l2_url).await.expect("it answers");
                l2.ask::<_, Value>("evm_mine", json!([])).await.expect("a development node");
                others(&l1_url, &l2_url, &chains, &key).await;
            });
        });
        let watch = &mut |event| said.push(event);
        let following = resume(&chains, &key, transaction, &journal, Ends::default(), watch);
        run(async { tokio::time::timeout(Duration::from_secs(60), following).await })
    });
    let paid = paid.expect("in time").expect("it is paid");
    assert_eq!((paid.nonce, paid.amount), (0, amount.0));
    let mut lines = said.iter().map(|event| match event {
        Event::Done(text) | Event::Waits(text) => text.as_str(),
    });
    for stage in ["sequenced in block 1", "1 of the 2 proofs", "claimable", "the payment is on L1"]
    {
        assert!(lines.any(|line| line.contains(stage)), "{stage}: {said:#?}");
    }
    run(async {
        assert_eq!(chains.l1.balance(to).await.expect("it answers"), amount.0);
        let sent = chains.l1.nonce(key.address(), false).await.expect("it answers");
        // Again, and from another machine: nothing more is sent.
        let again =
            resume(&chains, &key, transaction, &journal, Ends::default(), &mut |_| {}).await;
        assert_eq!(again.expect("it is paid").paid_by, paid.paid_by);
        let elsewhere = Journal::new(folder.join("elsewhere"));
        let again =
            resume(&chains, &key, transaction, &elsewhere, Ends::default(), &mut |_| {}).await;
        assert_eq!(again.expect("it is paid").paid_by, None);
        assert_eq!(chains.l1.nonce(key.address(), false).await.expect("it answers"), sent);
        assert_eq!(chains.l1.balance(to).await.expect("it answers"), amount.0);
        assert_eq!(journal.unfinished(chains.config_hash()).expect("it reads"), vec![]);
    });
    std::fs::remove_dir_all(folder).expect("ours");
}
