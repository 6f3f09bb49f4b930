//! Withdrawals.

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolValue};
use serde_json::{Value, json};
use tern_contracts::{Inbox, Outbox, Settlement};
use tern_l1::{Call, Key, L1};
use tern_protocol::{Anchor, BatchAcc, BatchHeader, Checkpoints, DataRef, Hash, Timestamp};
use tern_wallet::{
    Chains, Ends, Entry, Event, Following, Journal, Paid, WalletError, deposit, initiate,
    parse_amount, resume, send,
};

use crate::{
    proxy::Fault,
    world::{OUTBOX, World, run, world},
};

#[test]
fn a_withdrawal_is_kept_before_it_is_sent() {
    run(async {
        let World { chains, key, nodes: _nodes, proxy } = world().await;
        let folder = std::env::temp_dir().join(format!("tern-wallet-{}", std::process::id()));
        let journal = Journal::new(folder.clone());
        let amount = parse_amount("0.5").expect("an amount");
        let to = Address::repeat_byte(7);
        let begin = async |amount, another| {
            let mut said = vec![];
            let watch = &mut |event| said.push(event);
            let done = initiate(&chains, &key, to, amount, another, &journal, watch).await;
            (done.map_err(|error| error.to_string()), said)
        };
        let kept = || journal.unfinished(chains.config_hash()).expect("it reads").0;
        let (entry, _) = begin(amount, false).await;
        let entry = entry.expect("it is sent");
        assert_eq!(kept(), vec![entry.clone()]);
        let node = chains.l2.clone().expect("there is one");
        node.rpc().wait("it", entry.transaction).await.expect("it is mined");

        let much = parse_amount("1000000").expect("an amount");
        let error = begin(much, false).await.0.expect_err("too much");
        assert!(error.contains("ETH more"), "{error}");
        assert_eq!(kept().len(), 1);

        // The node's own refusal: it was never accepted, and must not be sent later.
        let send = "eth_sendRawTransaction";
        proxy.fails(send, Fault::Refuses("insufficient funds for gas * price + value"));
        let error = begin(amount, false).await.0.expect_err("refused");
        assert!(error.contains("insufficient funds"), "{error}");
        assert_eq!(kept().len(), 1);

        // A proxy that may have handed it on: it is told and kept, and no second one is signed.
        proxy.fails(send, Fault::Lost);
        let (lost, said) = begin(amount, false).await;
        let lost = lost.expect("perhaps it is sent");
        let hash = lost.transaction.to_string();
        assert!(matches!(&said[0], Event::Done(text) if text.contains(&hash)), "{said:?}");
        assert_eq!(kept(), vec![entry, lost]);
        proxy.works();
        let error = begin(amount, false).await.0.expect_err("it is open");
        assert!(error.contains(&hash) && error.contains("--resume"), "{error}");
        std::fs::write(folder.join("broken.json"), "{").expect("ours");
        let error = begin(amount, false).await.0.expect_err("it may be an open one");
        assert!(error.contains("broken.json"), "{error}");
        begin(amount, true).await.0.expect("it is meant so");
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

/// Follows to the first end, while others do their part.
fn follow(
    world: &World,
    journal: &Journal,
    entries: Vec<Entry>,
) -> (B256, Result<Vec<Paid>, WalletError>, Vec<String>) {
    let World { nodes, chains, key, .. } = world;
    let (l1_url, l2_url) = (nodes[0].url().to_owned(), nodes[1].url().to_owned());
    let mut said = vec![];
    let end = std::thread::scope(|scope| {
        scope.spawn(|| {
            run(async {
                mine(&l2_url, 1).await;
                others(&l1_url, &l2_url, chains, key).await;
            });
        });
        let watch = &mut |event| match event {
            Event::Done(text) | Event::Waits(text) => said.push(text),
        };
        let mut following = Following::new(chains, key, journal, entries, Ends::default());
        let next = following.next(watch);
        run(async { tokio::time::timeout(Duration::from_secs(60), next).await })
    });
    let (transaction, end) = end.expect("in time").expect("there is one");
    (transaction, end, said)
}

async fn mine(url: &str, blocks: u64) {
    let node = L1::connect(url).await.expect("it answers");
    node.ask::<_, Value>("anvil_mine", (blocks,)).await.expect("a development node");
}

async fn fill_vault(chains: &Chains, key: &Key) {
    let vault = parse_amount("1").expect("an amount");
    let to = Address::repeat_byte(7);
    deposit(chains, key, to, vault, false, &mut |_| {}).await.expect("the vault is filled");
}

#[test]
fn a_withdrawal_is_followed_stage_by_stage_and_paid_once() {
    let world = run(world());
    let World { nodes, chains, key, .. } = &world;
    let folder = std::env::temp_dir().join(format!("tern-withdrawal-{}", std::process::id()));
    let journal = Journal::new(folder.clone());
    let amount = parse_amount("0.5").expect("an amount");
    let to = Address::repeat_byte(7);
    let entry = run(async {
        fill_vault(chains, key).await;
        initiate(chains, key, to, amount, false, &journal, &mut |_| {}).await.expect("it is sent")
    });
    let (transaction, paid, said) = follow(&world, &journal, vec![entry]);
    let paid = paid.expect("it is paid");
    assert_eq!((paid.len(), paid[0].nonce, paid[0].amount), (1, 0, amount.0));
    let mut lines = said.iter();
    for stage in ["sequenced in block 1", "1 of the 2 proofs", "claimable", "the payment is on L1"]
    {
        assert!(lines.any(|line| line.contains(stage)), "{stage}: {said:#?}");
    }
    run(async {
        let left = || journal.unfinished(chains.config_hash()).expect("it reads").0.len();
        assert_eq!(chains.l1.balance(to).await.expect("it answers"), amount.0);
        let sent = chains.l1.nonce(key.address(), false).await.expect("it answers");
        // Again, and from another machine: nothing more is sent.
        let again = async |journal: &Journal| {
            let paid =
                resume(chains, key, transaction, journal, Ends::default(), &mut |_| {}).await;
            paid.expect("it is paid").remove(0)
        };
        assert_eq!(again(&journal).await.paid_by, paid[0].paid_by);
        assert_eq!(again(&Journal::new(folder.join("elsewhere"))).await.paid_by, None);
        assert_eq!(chains.l1.nonce(key.address(), false).await.expect("it answers"), sent);
        assert_eq!(chains.l1.balance(to).await.expect("it answers"), amount.0);
        // What L1 could take back is not done.
        assert!(!paid[0].is_final && left() == 1);
        mine(nodes[0].url(), 200).await;
        assert!(again(&journal).await.is_final && left() == 0);
    });
    std::fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn all_that_a_transaction_sends_is_paid_and_none_waits_for_another() {
    let world = run(world());
    let World { nodes, chains, key, proxy } = &world;
    let folder = std::env::temp_dir().join(format!("tern-several-{}", std::process::id()));
    let journal = Journal::new(folder.clone());
    let (to, amount) = (Address::repeat_byte(7), parse_amount("0.5").expect("an amount"));
    let twice = Address::repeat_byte(9);
    let (lost, several) = run(async {
        fill_vault(chains, key).await;
        let node = chains.l2.clone().expect("there is one");
        // Calls the outbox twice as it was called, each time with half of what it got.
        let half = [&hex!("365f5f37")[..], &half(), &half(), &[0]].concat();
        node.rpc()
            .ask::<_, Value>("anvil_setCode", (twice, Bytes::from(half)))
            .await
            .expect("it sets");
        let data = Outbox::withdrawCall { to, gas: 0, data: Bytes::new() }.abi_encode();
        let sent = send(&node, key, twice, amount, data.into(), &mut |_| {}).await;
        let sent = sent.expect("it is sent").transaction;
        proxy.fails("eth_sendRawTransaction", Fault::Lost);
        let lost = initiate(chains, key, to, amount, false, &journal, &mut |_| {}).await;
        (lost.expect("it is kept"), Entry::new(chains.config_hash(), sent, 0))
    });
    let (first, paid, _) = follow(&world, &journal, vec![lost.clone(), several.clone()]);
    assert_eq!(first, several.transaction);
    let paid: Vec<_> = paid.expect("it is paid").into_iter().map(|paid| paid.nonce).collect();
    assert_eq!(paid, [0, 1]);
    run(async {
        assert_eq!(chains.l1.balance(to).await.expect("it answers"), amount.0);
        // Another transaction takes the nonce of the one that never arrived.
        proxy.works();
        let node = chains.l2.clone().expect("there is one");
        send(&node, key, to, amount, Bytes::new(), &mut |_| {}).await.expect("it is sent");
        let hash = lost.transaction;
        let ends = Ends::default();
        let mut following = Following::new(chains, key, &journal, vec![lost], ends);
        let watch = &mut |_| ();
        let early = tokio::time::timeout(Duration::from_secs(3), following.next(watch)).await;
        assert!(early.is_err(), "the block may still be dropped");
        mine(nodes[1].url(), 200).await;
        let (_, end) = following.next(&mut |_| {}).await.expect("it ends");
        assert!(matches!(end, Err(WalletError::Replaced { .. })), "{end:?}");
        assert!(journal.load(hash).expect("it reads").expect("it is there").done);
    });
    std::fs::remove_dir_all(folder).expect("ours");
}

/// A call of the outbox with the calldata in memory and half of the value; without it, all fails.
fn half() -> Vec<u8> {
    [&hex!("5f5f365f3460011c73")[..], OUTBOX.as_slice(), &hex!("5af1155f57")].concat()
}
