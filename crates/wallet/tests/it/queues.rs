//! Deposits and forced transactions.

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes};
use serde_json::{Value, json};
use tern_l1::{L1, L1Error};
use tern_wallet::{Force, Journal, WalletError, deposit, force, initiate, parse_amount, send};

use crate::{
    proxy::{self, Fault},
    world::{World, run, world},
};

#[test]
fn deposits_are_whole_gwei_of_a_least_amount_and_counted() {
    run(async {
        let World { chains, key, nodes: _nodes, .. } = world().await;
        let to = Address::repeat_byte(7);
        let mut said = vec![];
        for index in 0..2 {
            let amount = parse_amount("0.25").expect("an amount");
            let watch = &mut |event| said.push(event);
            let done = deposit(&chains, &key, to, amount, false, watch).await.expect("it is taken");
            assert_eq!((done.index, done.gwei), (index, 250_000_000));
            assert!(done.to.to_string().contains("@eip155:"), "{}", done.to);
        }
        let vault = chains.l1.balance(chains.inbox()).await.expect("it answers");
        assert_eq!(vault, parse_amount("0.5").expect("an amount").0);
        for (text, says) in
            [("1wei", "nine decimals"), ("1gwei", "deposit "), ("99999", "ETH more")]
        {
            let amount = parse_amount(text).expect("an amount");
            let error = deposit(&chains, &key, to, amount, false, &mut |_| {}).await;
            let error = error.expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
        }
    });
}

#[test]
fn a_node_that_asks_more_than_allowed_is_not_paid() {
    run(async {
        let World { mut chains, key, nodes: _nodes, .. } = world().await;
        let refused = |error: WalletError, role: &str| {
            let text = error.to_string();
            let says = [role, "--max-fee", "0.0000015 gwei"].iter().all(|word| text.contains(word));
            assert!(says && matches!(error, WalletError::Node(L1Error::FeeCap { .. })), "{text}");
        };
        let balance = chains.l1.balance(key.address()).await.expect("it answers");
        let amount = parse_amount("1").expect("an amount");
        let l1 = chains.l1.clone();
        chains.l1 = l1.clone().with_max_fee(1_500);
        let error = deposit(&chains, &key, key.address(), amount, false, &mut |_| {}).await;
        refused(error.expect_err("too dear"), "L1 node");
        chains.l1 = l1;
        let node = chains.l2.take().expect("there is one").with_max_fee(1_500);
        let error = send(&node, &key, key.address(), amount, Bytes::new(), &mut |_| {}).await;
        refused(error.expect_err("too dear"), "rollup node");
        chains.l2 = Some(node);
        let wish = Force {
            to: key.address(),
            value: amount,
            data: Bytes::new(),
            nonce: None,
            gas: None,
            max_fee: None,
            wait: false,
        };
        let error = force(&chains, &key, &wish, &mut |_| {}).await;
        refused(error.expect_err("too dear"), "rollup node");
        let journal = Journal::new(std::env::temp_dir().join("tern-none"));
        let error =
            initiate(&chains, &key, key.address(), amount, false, &journal, &mut |_| {}).await;
        refused(error.expect_err("too dear"), "rollup node");
        assert_eq!(chains.l1.balance(key.address()).await.expect("it answers"), balance);
    });
}

#[test]
fn a_payment_that_a_block_has_is_no_failure_whatever_the_node_says_then() {
    run(async {
        let World { chains, key, proxy, nodes: _nodes } = world().await;
        proxy.fails("tern_status", Fault::Lost);
        let node = chains.l2.clone().expect("there is one");
        let amount = parse_amount("1").expect("an amount");
        let to = Address::repeat_byte(7);
        let sent = send(&node, &key, to, amount, Bytes::new(), &mut |_| {}).await;
        assert_eq!(sent.expect("it is sent").state, "latest");
    });
}

#[test]
fn a_payment_whose_end_a_node_does_not_tell_is_to_be_looked_for() {
    run(async {
        let World { mut chains, key, nodes, .. } = world().await;
        let proxy = proxy::start(nodes[0].url().to_owned());
        let l1 = L1::connect(&proxy.url).await.expect("it answers");
        chains.l1 = l1.with_patience(Duration::from_secs(1));
        proxy.fails("eth_getTransactionReceipt", Fault::Refuses("limit exceeded"));
        let amount = parse_amount("1").expect("an amount");
        let error = deposit(&chains, &key, key.address(), amount, false, &mut |_| {}).await;
        let error = error.expect_err("nobody knows");
        assert!(matches!(error, WalletError::Unseen { .. }), "{error}");
        assert!(error.to_string().contains("look for it"), "{error}");
    });
}

#[test]
fn a_deposit_that_is_waited_for_needs_a_node() {
    run(async {
        let World { mut chains, key, nodes: _nodes, .. } = world().await;
        chains.l2 = None;
        let amount = parse_amount("1").expect("an amount");
        let error = deposit(&chains, &key, key.address(), amount, true, &mut |_| {}).await;
        assert!(matches!(error, Err(WalletError::Offline("--no-wait"))), "{error:?}");
    });
}

#[test]
fn a_forced_transaction_is_in_the_queue_as_it_was_signed() {
    run(async {
        let World { mut chains, key, nodes: _nodes, .. } = world().await;
        let mut wish = Force {
            to: Address::repeat_byte(7),
            value: parse_amount("1gwei").expect("an amount"),
            data: Bytes::new(),
            nonce: None,
            gas: None,
            max_fee: None,
            wait: false,
        };
        let before = chains.l1.balance(chains.inbox()).await.expect("it answers");
        let done = force(&chains, &key, &wish, &mut |_| {}).await.expect("it is taken");
        let after = chains.l1.balance(chains.inbox()).await.expect("it answers");
        assert_eq!((done.index, after - before), (0, done.fee), "what was too much came back");

        // What lies in the queue is what the rollup would execute.
        let logs: Value = chains
            .l1
            .ask("eth_getLogs", (json!({"address": chains.inbox(), "fromBlock": "0x0"}),))
            .await
            .expect("it answers");
        let data = logs.as_array().and_then(|logs| logs.last()).expect("an event");
        let data = data["data"].as_str().expect("text").trim_start_matches("0x").to_owned();
        let node = chains.l2.clone().expect("there is one");
        let nonce = node.rpc().nonce(key.address(), true).await.expect("it answers");
        let raw = &data[4 * 64..];
        let length = usize::from_str_radix(&data[3 * 64..4 * 64], 16).expect("a number");
        let raw: Bytes = format!("0x{}", &raw[..2 * length]).parse().expect("bytes");
        let hash: B256 = node.rpc().ask("eth_sendRawTransaction", (raw,)).await.expect("it runs");
        assert_eq!(hash, done.transaction);
        let receipt = node.rpc().wait("it", hash).await.expect("it is mined");
        assert!(receipt.status() && nonce == 0);

        // Without a node everything must be said.
        chains.l2 = None;
        let error = force(&chains, &key, &wish, &mut |_| {}).await.expect_err("no nonce");
        assert!(error.to_string().contains("--nonce"), "{error}");
        (wish.nonce, wish.gas, wish.max_fee) = (Some(1), Some(21_000), Some(1_000_000_000));
        let done = force(&chains, &key, &wish, &mut |_| {}).await.expect("it is taken");
        assert_eq!(done.index, 1);
        wish.gas = Some(20_999);
        let error = force(&chains, &key, &wish, &mut |_| {}).await.expect_err("too little gas");
        assert!(error.to_string().contains("20999 gas, allowed are 21000"), "{error}");
    });
}
