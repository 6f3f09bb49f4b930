//! alloy, the library that people use in Rust, as they use it.

use std::time::Duration;

use alloy_eips::{
    BlockNumberOrTag,
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_network::{TransactionBuilder, TransactionBuilder7702};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_provider::{Provider, ProviderBuilder};
use alloy_pubsub::{PubSubConnect, PubSubFrontend, Subscription};
use alloy_rpc_client::RpcClient;
use alloy_rpc_types_eth::{Filter, Header, TransactionReceipt, TransactionRequest};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, SolConstructor, SolEvent};
use alloy_transport_ws::WsConnect;
use tern_contracts::Outbox;

use super::stack::Stack;

const CHAIN: u64 = 7_357;
const L1_CHAIN: u64 = 31_337;
const GWEI: u64 = 1_000_000_000;

/// Over HTTP and WebSocket: a contract is made, called and heard, heads arrive, and each kind of
/// transaction is taken. The last one's block.
pub(crate) fn does_what_people_do(stack: &Stack) -> u64 {
    // One each: a provider counts its account's nonces by itself.
    let signer = |place| stack.key("user", place).0.parse::<PrivateKeySigner>().expect("a key");
    let http = ProviderBuilder::new()
        .wallet(signer(1))
        .connect_http(stack.sequencer.url().parse().expect("a URL"));
    let url = stack.endpoints["l2"]["sequencer"]["ws"].as_str().expect("a URL").to_owned();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("threads").block_on(async {
        let everything = async {
            let socket = WsConnect::new(url).into_service().await.expect("it is connected");
            let ws = ProviderBuilder::new()
                .wallet(signer(0))
                .connect_client(RpcClient::new(socket.clone(), true));
            for chain in [http.get_chain_id().await, ws.get_chain_id().await] {
                assert_eq!(chain.expect("an answer"), CHAIN);
            }
            heads_arrive(&http, &ws, &socket).await;
            let price = fees_are_estimated(&http).await;
            let outbox = a_contract_is_made(&http, &ws).await;
            an_event_is_found(&http, &ws, outbox).await;
            access_list(&http, outbox, price).await;
            delegation(&ws, outbox).await
        };
        tokio::time::timeout(Duration::from_secs(180), everything).await.expect("it ends in time")
    })
}

/// Each follows the one before, and has the hash that its own fields give.
async fn heads_arrive(http: &impl Provider, ws: &impl Provider, socket: &PubSubFrontend) {
    let id: B256 = ws.client().request("eth_subscribe", ("newHeads",)).await.expect("an id");
    let heads = socket.get_subscription(id).await.expect("it is subscribed");
    let mut heads = Subscription::<Header>::from(heads);
    let first = heads.recv().await.expect("a head");
    let second = heads.recv().await.expect("a head");
    assert_eq!((second.number, second.parent_hash), (first.number + 1, first.hash));
    for head in [first, second] {
        assert_eq!(head.inner.hash_slow(), head.hash);
        let block = http.get_block_by_number(head.number.into()).await.expect("an answer");
        assert_eq!(block.expect("it is there").header.hash, head.hash);
    }
}

async fn fees_are_estimated(http: &impl Provider) -> u128 {
    let fees = http.estimate_eip1559_fees().await.expect("an estimate");
    assert!(fees.max_fee_per_gas > fees.max_priority_fee_per_gas);
    let history = http.get_fee_history(3, BlockNumberOrTag::Latest, &[25.0, 75.0]).await;
    let history = history.expect("an answer");
    // With that of the block to come.
    assert_eq!(history.base_fee_per_gas.len(), 4);
    assert_eq!(history.reward.expect("tips").iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
    fees.max_fee_per_gas
}

async fn a_contract_is_made(http: &impl Provider, ws: &impl Provider) -> Address {
    let bridge = address!("00000000000000000000000000000000000000b1");
    let arguments =
        Outbox::constructorCall { l1ChainId_: L1_CHAIN, l1Bridge_: bridge }.abi_encode();
    let code = [Outbox::BYTECODE.as_ref(), &arguments].concat();
    let made = sent(http, TransactionRequest::default().with_deploy_code(code), 2).await;
    let outbox = made.contract_address.expect("a contract");
    let request = TransactionRequest::default().with_to(outbox);
    let answer = ws.call(request.with_call(&Outbox::l1ChainIdCall {})).await.expect("an answer");
    assert_eq!(Outbox::l1ChainIdCall::abi_decode_returns(&answer), Ok(L1_CHAIN));
    outbox
}

async fn an_event_is_found(http: &impl Provider, ws: &impl Provider, outbox: Address) {
    let to = address!("00000000000000000000000000000000000000c3");
    let call = Outbox::withdrawCall { to, gas: 21_000, data: Bytes::from_static(&[1, 2]) };
    let request = TransactionRequest::default().with_to(outbox).with_call(&call);
    let receipt = sent(ws, request.with_value(U256::from(GWEI)), 2).await;
    let block = receipt.block_number.expect("a block has it");
    let filter = Filter::new()
        .address(outbox)
        .event_signature(Outbox::MessageSent::SIGNATURE_HASH)
        .from_block(block)
        .to_block(BlockNumberOrTag::Latest);
    let logs = http.get_logs(&filter).await.expect("an answer");
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].transaction_hash, Some(receipt.transaction_hash));
    let event = logs[0].log_decode::<Outbox::MessageSent>().expect("it is this event");
    assert_eq!(event.inner.data.nonce, 0);
}

async fn access_list(http: &impl Provider, outbox: Address, price: u128) {
    let item = AccessListItem { address: outbox, storage_keys: vec![B256::ZERO] };
    let request = TransactionRequest::default()
        .with_to(outbox)
        .with_call(&Outbox::nextNonceCall {})
        .with_gas_price(price)
        .with_access_list(AccessList(vec![item]));
    sent(http, request, 1).await;
}

/// A new account is given the contract's code.
async fn delegation(ws: &impl Provider, outbox: Address) -> u64 {
    let account = PrivateKeySigner::from_bytes(&B256::repeat_byte(0x77)).expect("a key");
    let authorization = Authorization { chain_id: U256::from(CHAIN), address: outbox, nonce: 0 };
    let signature = account.sign_hash_sync(&authorization.signature_hash()).expect("a signature");
    let request = TransactionRequest::default()
        .with_to(account.address())
        .with_call(&Outbox::MAX_GASCall {})
        .with_authorization_list(vec![authorization.into_signed(signature)]);
    let receipt = sent(ws, request, 4).await;
    let code = ws.get_code_at(account.address()).await.expect("an answer");
    assert_eq!(code, [&[0xef, 0x01, 0x00], outbox.as_slice()].concat());
    let safe = ws.get_block_by_number(BlockNumberOrTag::Safe).await.expect("an answer");
    let finalized = ws.get_block_by_number(BlockNumberOrTag::Finalized).await.expect("an answer");
    let [safe, finalized] =
        [safe, finalized].map(|block| block.expect("it is there").header.number);
    assert!(finalized <= safe);
    receipt.block_number.expect("a block has it")
}

/// Nonce, gas, fees and signature are alloy's.
async fn sent(node: &impl Provider, request: TransactionRequest, kind: u8) -> TransactionReceipt {
    let pending = node.send_transaction(request).await.expect("it is taken");
    let receipt = pending.get_receipt().await.expect("a receipt");
    assert!(receipt.status());
    assert_eq!(receipt.transaction_type() as u8, kind);
    receipt
}
