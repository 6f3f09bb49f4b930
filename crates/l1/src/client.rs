//! Reading L1.

use std::{borrow::Cow, time::Duration};

use alloy_json_rpc::{RpcRecv, RpcSend};
use alloy_network::Ethereum;
use alloy_primitives::{Address, B256, Bloom, Bytes, U64, U256};
use alloy_provider::{
    Provider, ProviderBuilder, RootProvider,
    transport::{RpcError, TransportError},
};
use alloy_rpc_types_eth::{
    Block, EIP1186AccountProofResponse, TransactionReceipt, TransactionRequest,
};
use reqwest::Url;

use crate::L1Error;

/// One L1 node.
#[derive(Debug, Clone)]
pub struct L1 {
    provider: RootProvider<Ethereum>,
    /// What it is, for people.
    pub(crate) role: String,
    /// The node without what may be secret in its URL.
    pub(crate) host: String,
    chain_id: u64,
    pub(crate) patience: Duration,
    pub(crate) max_fee: u128,
}

/// A block's header as it hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The block's number.
    pub number: u64,
    /// Its hash, computed from `rlp`.
    pub hash: B256,
    /// Its parent's hash.
    pub parent: B256,
    /// Its time.
    pub timestamp: u64,
    /// A filter of who wrote logs in it.
    pub logs_bloom: Bloom,
    /// The root of its state.
    pub state_root: B256,
    /// The bytes that hash to `hash`.
    pub rlp: Bytes,
}

impl L1 {
    /// Asks the node for its chain id.
    pub async fn connect(url: &str) -> Result<Self, L1Error> {
        Self::connect_as("L1 node", url).await
    }

    /// As `connect`, for another kind of node that speaks Ethereum's JSON-RPC: `role` is what its
    /// errors call it, as "rollup node".
    pub async fn connect_as(role: &str, url: &str) -> Result<Self, L1Error> {
        let url = parse(role, url)?;
        let host = shown(&url);
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .connect_reqwest(client(role, &url)?, url);
        let (role, patience, max_fee) = (role.to_owned(), Duration::from_secs(180), u128::MAX);
        let mut l1 = Self { provider, role, host, chain_id: 0, patience, max_fee };
        l1.chain_id = l1.ask::<_, U64>("eth_chainId", ()).await?.to();
        Ok(l1)
    }

    /// How long to wait for a block that takes a transaction.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The most that what is sent from here may pay for a unit of gas or blob gas, in wei; without
    /// it, whatever the node asks. A `Sender` has its own.
    #[must_use]
    pub const fn with_max_fee(mut self, wei: u128) -> Self {
        self.max_fee = wei;
        self
    }

    /// What `with_max_fee` said.
    pub const fn max_fee(&self) -> u128 {
        self.max_fee
    }

    /// The node's chain id, as it said when it was connected.
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The node, without what may be secret in its URL.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Refuses a node of another chain.
    pub fn expect_chain(&self, want: u64) -> Result<(), L1Error> {
        if self.chain_id == want {
            return Ok(());
        }
        Err(L1Error::WrongChain { host: self.host.clone(), got: self.chain_id, want })
    }

    /// The code of an account now.
    pub async fn code(&self, account: Address) -> Result<Bytes, L1Error> {
        self.ask("eth_getCode", (account, "latest")).await
    }

    /// The balance of an account now.
    pub async fn balance(&self, account: Address) -> Result<U256, L1Error> {
        self.ask("eth_getBalance", (account, "latest")).await
    }

    /// One word of an account's storage now.
    pub async fn storage(&self, account: Address, slot: U256) -> Result<B256, L1Error> {
        self.ask("eth_getStorageAt", (account, slot, "latest")).await
    }

    /// The next nonce of an account, with what waits for a block or without.
    pub async fn nonce(&self, account: Address, pending: bool) -> Result<u64, L1Error> {
        let tag = if pending { "pending" } else { "latest" };
        Ok(self.ask::<_, U64>("eth_getTransactionCount", (account, tag)).await?.to())
    }

    /// What a call returns now.
    pub async fn call(&self, what: &str, request: &TransactionRequest) -> Result<Bytes, L1Error> {
        self.ask_about(what, "eth_call", (request, "latest")).await
    }

    /// What a view returns now.
    pub async fn view(&self, what: &str, to: Address, data: Vec<u8>) -> Result<Bytes, L1Error> {
        self.call(what, &TransactionRequest::default().to(to).input(Bytes::from(data).into())).await
    }

    /// The header of a block, or of the last one, checked against its hash.
    pub async fn header(&self, number: Option<u64>) -> Result<Header, L1Error> {
        self.find_header(number).await?.ok_or_else(|| L1Error::NoBlock {
            role: self.role.clone(),
            host: self.host.clone(),
            number: number.map_or_else(|| "latest".into(), |number| number.to_string()),
        })
    }

    /// As `header`, where a block need not be there.
    pub async fn find_header(&self, number: Option<u64>) -> Result<Option<Header>, L1Error> {
        let tag = number.map_or_else(|| "latest".to_owned(), |number| format!("{number:#x}"));
        let block: Option<Block<B256>> = self.ask("eth_getBlockByNumber", (tag, false)).await?;
        let Some(block) = block else { return Ok(None) };
        let (claimed, inner) = (block.header.hash, block.header.inner);
        let computed = inner.hash_slow();
        if claimed != computed {
            let (node, number) = (format!("{} {}", self.role, self.host), inner.number);
            return Err(L1Error::Header { node, number, claimed, computed });
        }
        Ok(Some(Header {
            number: inner.number,
            hash: computed,
            parent: inner.parent_hash,
            timestamp: inner.timestamp,
            logs_bloom: inner.logs_bloom,
            state_root: inner.state_root,
            rlp: alloy_rlp::encode(&inner).into(),
        }))
    }

    /// The newest block that this chain calls final, if it says so.
    pub async fn final_block(&self) -> Result<Option<u64>, L1Error> {
        let block: Option<Block<B256>> =
            self.ask("eth_getBlockByNumber", ("finalized", false)).await?;
        Ok(block.map(|block| block.header.inner.number))
    }

    /// Merkle proofs of an account and some of its storage, at a block.
    pub async fn proof(
        &self,
        account: Address,
        slots: &[B256],
        block: u64,
    ) -> Result<EIP1186AccountProofResponse, L1Error> {
        self.ask("eth_getProof", (account, slots, format!("{block:#x}"))).await
    }

    /// The receipt of a transaction, once a block took it.
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, L1Error> {
        self.ask("eth_getTransactionReceipt", (hash,)).await
    }

    /// Any request, for what this type does not know.
    pub async fn ask<P, R>(&self, method: &'static str, params: P) -> Result<R, L1Error>
    where
        P: RpcSend,
        R: RpcRecv,
    {
        self.ask_about(method, method, params).await
    }

    pub(crate) async fn ask_about<P, R>(
        &self,
        what: &str,
        method: &'static str,
        params: P,
    ) -> Result<R, L1Error>
    where
        P: RpcSend,
        R: RpcRecv,
    {
        let name = Cow::Borrowed(method);
        // `()` would travel as null, which strict nodes refuse where a list belongs.
        let answer = if size_of::<P>() == 0 {
            self.provider.raw_request(name, [(); 0]).await
        } else {
            self.provider.raw_request(name, params).await
        };
        answer.map_err(|error| self.explain(what, method, &error))
    }

    /// As `ask`, and with an error whether it is certain that the node was not asked: what stands
    /// before it refused the request.
    pub(crate) async fn ask_or_stopped<P, R>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, (L1Error, bool)>
    where
        P: RpcSend,
        R: RpcRecv,
    {
        let answer = self.provider.raw_request(Cow::Borrowed(method), params).await;
        answer.map_err(|error| (self.explain(method, method, &error), is_stopped(&error)))
    }

    fn explain(&self, what: &str, method: &str, error: &TransportError) -> L1Error {
        let (role, host, method) = (self.role.clone(), self.host.clone(), method.to_owned());
        match error {
            RpcError::ErrorResp(payload) => {
                let reverted = payload.code == 3 || payload.message.contains("revert");
                match payload.as_revert_data() {
                    Some(data) => L1Error::Reverted { what: what.into(), data },
                    None if reverted => L1Error::Reverted { what: what.into(), data: Bytes::new() },
                    None => {
                        let message = payload.message.to_string();
                        L1Error::Refused { role, host, method, message }
                    }
                }
            }
            RpcError::Transport(error) => {
                if let Some(http) = error.as_http_error() {
                    let reason = format!("HTTP status {}", http.status);
                    return L1Error::NotANode { host, method, reason };
                }
                // The outer messages repeat the URL, and with it what may be secret in it.
                let mut inner: &dyn std::error::Error = error;
                while let Some(source) = inner.source() {
                    inner = source;
                }
                L1Error::Unreachable { role, host, reason: inner.to_string() }
            }
            RpcError::NullResp => L1Error::NotANode { host, method, reason: "null".into() },
            RpcError::DeserError { err, .. } => {
                L1Error::NotANode { host, method, reason: err.to_string() }
            }
            other => L1Error::NotANode { host, method, reason: other.to_string() },
        }
    }
}

/// Of the statuses that blame the request, two say "later".
fn is_stopped(error: &TransportError) -> bool {
    let RpcError::Transport(error) = error else { return false };
    let status = error.as_http_error().map_or(0, |http| http.status);
    (400..500).contains(&status) && !matches!(status, 408 | 429)
}

pub(crate) fn parse(role: &str, text: &str) -> Result<Url, L1Error> {
    let wrong =
        |reason: &str| L1Error::Url { role: role.into(), url: hide(text), reason: reason.into() };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("only http and https are spoken"));
    }
    Ok(url)
}

/// What cannot be read as a URL may still hold a secret behind its host.
fn hide(text: &str) -> String {
    let after = text.find("://").map_or(0, |at| at + 3);
    let host = text[after..].rsplit('@').next().unwrap_or_default();
    let end = host.find(['/', '?']).unwrap_or(host.len());
    format!("{}{}", &text[..after], &host[..end])
}

pub(crate) fn shown(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

pub(crate) fn client(role: &str, url: &Url) -> Result<reqwest::Client, L1Error> {
    // The second installation of a process fails, and the first one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(60));
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| L1Error::Unreachable {
        role: role.into(),
        host: shown(url),
        reason: error.without_url().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_url_holds_no_secret() {
        let url = parse("L1 node", "https://user:secret@node.example:8443/v3/secret?key=secret")
            .expect("a URL");
        assert_eq!(shown(&url), "https://node.example:8443");
        for text in
            ["ws://user:secret@node.example/secret", "node.example/secret", "http://:secret@/"]
        {
            let error = parse("L1 node", text).expect_err("not a node");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
