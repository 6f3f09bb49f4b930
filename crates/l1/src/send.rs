//! Sending to L1.

use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip4844, TxEip4844WithSidecar};
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, U256};
use alloy_rpc_types_eth::{TransactionReceipt, TransactionRequest};

use crate::{Key, L1, L1Error, Sidecar, Verdict};

/// What a unit of gas, or of blob gas, may cost where nobody says otherwise, in wei: 500 gwei.
pub const MAX_FEE: u128 = 500_000_000_000;

/// The most gas one transaction may use (EIP-7825).
pub const MAX_GAS: u64 = 1 << 24;

/// What a transaction does.
#[derive(Debug, Clone)]
pub struct Call {
    /// What it is, for people.
    pub what: String,
    /// The contract.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
    /// Blobs with commitments and cell proofs.
    pub blobs: Option<Sidecar>,
}

/// What a unit of gas may cost, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// At most, together.
    pub max: u128,
    /// Of it, for whoever makes the block.
    pub priority: u128,
}

impl Fees {
    /// Twice the price of now, so that several full blocks price nobody out, or as much of it as is
    /// allowed.
    fn new(price: u128, tip: u128, most: u128) -> Self {
        let max = price.saturating_mul(2).max(tip).min(most);
        Self { max, priority: tip.min(max) }
    }
}

impl Call {
    /// A call without value and blobs.
    pub fn new(what: impl Into<String>, to: Address, data: impl Into<Bytes>) -> Self {
        Self { what: what.into(), to, value: U256::ZERO, data: data.into(), blobs: None }
    }

    /// The call as a request that nobody signed.
    pub fn request(&self, from: Address) -> TransactionRequest {
        let request = TransactionRequest::default()
            .from(from)
            .to(self.to)
            .value(self.value)
            .input(self.data.clone().into());
        match &self.blobs {
            None => request,
            Some(blobs) => TransactionRequest {
                blob_versioned_hashes: Some(blobs.versioned_hashes().collect()),
                ..request
            },
        }
    }
}

impl L1 {
    /// The gas of a call now, or why it reverts.
    pub async fn estimate(&self, from: Address, call: &Call) -> Result<u64, L1Error> {
        let request = call.request(from);
        Ok(self.ask_about::<_, U64>(&call.what, "eth_estimateGas", (&request,)).await?.to())
    }

    /// What the node asks for a unit of gas now, unless it is more than is allowed.
    pub async fn gas_price(&self, what: &str) -> Result<u128, L1Error> {
        self.price(what, "gas", "eth_gasPrice").await
    }

    async fn price(
        &self,
        what: &str,
        unit: &'static str,
        method: &'static str,
    ) -> Result<u128, L1Error> {
        let price: u128 = self.ask::<_, U256>(method, ()).await?.saturating_to();
        if price <= self.max_fee {
            return Ok(price);
        }
        let (role, what, cap) = (self.role.clone(), what.to_owned(), self.max_fee);
        Err(L1Error::FeeCap { role, what, unit, need: price, cap })
    }

    /// What a transaction should offer for a unit of gas now.
    pub async fn fees(&self, what: &str) -> Result<Fees, L1Error> {
        let price = self.gas_price(what).await?;
        let tip = self.ask::<_, U256>("eth_maxPriorityFeePerGas", ()).await?;
        Ok(Fees::new(price, tip.saturating_to(), self.max_fee))
    }

    /// Waits until no transaction of the account waits for a block. Whoever was stopped after
    /// sending must not send again before knowing what came of it.
    pub async fn wait_for_pending(&self, account: Address) -> Result<(), L1Error> {
        let start = Instant::now();
        loop {
            let pending = self.nonce(account, true).await?;
            let count = pending.saturating_sub(self.nonce(account, false).await?);
            if count == 0 {
                return Ok(());
            }
            if start.elapsed() >= self.patience {
                let seconds = self.patience.as_secs();
                return Err(L1Error::Pending { account, count, seconds });
            }
            tokio::time::sleep(pause(start.elapsed())).await;
        }
    }

    /// Signs, sends and waits for the block that takes it.
    pub async fn send(&self, key: &Key, call: &Call) -> Result<TransactionReceipt, L1Error> {
        let gas = self.estimate(key.address(), call).await?;
        // What a call does may have grown until its block.
        let roomy = gas.saturating_add(gas / 8).min(MAX_GAS.max(gas));
        self.send_with_gas(key, call, roomy).await
    }

    /// As `send`, with a gas limit that the caller knows.
    pub async fn send_with_gas(
        &self,
        key: &Key,
        call: &Call,
        gas: u64,
    ) -> Result<TransactionReceipt, L1Error> {
        let hash = self.broadcast(key, call, gas).await?;
        self.wait(&call.what, hash).await
    }

    /// Signs and sends, and waits for nothing. Returns the transaction's hash.
    pub async fn broadcast(&self, key: &Key, call: &Call, gas: u64) -> Result<B256, L1Error> {
        let what = || call.what.clone();
        if gas > MAX_GAS {
            return Err(L1Error::TooMuchGas { what: what(), gas, limit: MAX_GAS });
        }
        let fees = self.fees(&call.what).await?;
        let account = key.address();
        let blob_fee = self.blob_fee(call).await?;
        let blob_gas = call.blobs.as_ref().map_or(0, |blobs| blobs.blobs.len() as u64 * BLOB_GAS);
        let need = U256::from(gas) * U256::from(fees.max)
            + U256::from(blob_gas) * U256::from(blob_fee)
            + call.value;
        let have = self.balance(account).await?;
        if have < need {
            return Err(L1Error::Funds { what: what(), account, have, need });
        }
        let nonce = self.nonce(account, true).await?;
        let terms = Terms { chain_id: self.chain_id(), nonce, gas, fees, blob_fee };
        let (raw, hash) = sign(&terms, key, call)?;
        match self.send_raw(&raw.into()).await {
            Verdict::Taken => Ok(hash),
            Verdict::NonceUsed(error) | Verdict::Outbid(error) | Verdict::Refused(error) => {
                Err(error)
            }
        }
    }

    /// Waits for the block that takes a transaction.
    pub async fn wait(&self, what: &str, hash: B256) -> Result<TransactionReceipt, L1Error> {
        let start = Instant::now();
        loop {
            match self.receipt(hash).await {
                Ok(Some(receipt)) if receipt.status() => return Ok(receipt),
                Ok(Some(receipt)) => {
                    let (what, gas) = (what.to_owned(), receipt.gas_used);
                    return Err(L1Error::Failed { what, hash, gas });
                }
                Ok(None) => {}
                // It took the transaction, so it answered before.
                Err(error) if error.passes() => {}
                Err(error) => return Err(error),
            }
            if start.elapsed() >= self.patience {
                let seconds = self.patience.as_secs();
                return Err(L1Error::Unseen { what: what.to_owned(), hash, seconds });
            }
            tokio::time::sleep(pause(start.elapsed())).await;
        }
    }

    async fn blob_fee(&self, call: &Call) -> Result<u128, L1Error> {
        if call.blobs.is_none() {
            return Ok(0);
        }
        let price = self.price(&call.what, "blob gas", "eth_blobBaseFee").await?;
        Ok(price.saturating_mul(2).max(1).min(self.max_fee))
    }
}

pub(crate) const BLOB_GAS: u64 = 1 << 17;

/// Short at first, since a development node answers at once.
fn pause(waited: Duration) -> Duration {
    (waited / 4).clamp(Duration::from_millis(10), Duration::from_secs(2))
}

pub(crate) struct Terms {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) gas: u64,
    pub(crate) fees: Fees,
    pub(crate) blob_fee: u128,
}

/// The bytes that travel, and the hash that the transaction will be known by.
pub(crate) fn sign(terms: &Terms, key: &Key, call: &Call) -> Result<(Vec<u8>, B256), L1Error> {
    let error = |reason: String| L1Error::Sign { what: call.what.clone(), reason };
    let Terms { chain_id, nonce, gas, fees, blob_fee } = *terms;
    let (gas_limit, value, input) = (gas, call.value, call.data.clone());
    let (max_fee_per_gas, max_priority_fee_per_gas) = (fees.max, fees.priority);
    let access_list = alloy_eips::eip2930::AccessList::default();
    let mut raw = Vec::new();
    let Some(sidecar) = call.blobs.clone() else {
        let to = TxKind::Call(call.to);
        let mut tx = TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            input,
        };
        let signature =
            key.0.sign_transaction_sync(&mut tx).map_err(|reason| error(reason.to_string()))?;
        let signed = tx.into_signed(signature);
        signed.eip2718_encode(&mut raw);
        return Ok((raw, *signed.hash()));
    };
    let tx = TxEip4844 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to: call.to,
        value,
        access_list,
        blob_versioned_hashes: sidecar.versioned_hashes().collect(),
        max_fee_per_blob_gas: blob_fee,
        input,
    };
    let mut tx = TxEip4844WithSidecar { tx, sidecar };
    let signature =
        key.0.sign_transaction_sync(&mut tx).map_err(|reason| error(reason.to_string()))?;
    let signed = tx.into_signed(signature);
    signed.eip2718_encode(&mut raw);
    Ok((raw, *signed.hash()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_leave_room_for_full_blocks_within_what_is_allowed() {
        let fees = |price, tip, most| {
            let Fees { max, priority } = Fees::new(price, tip, most);
            (max, priority)
        };
        assert_eq!(fees(10, 1, u128::MAX), (20, 1));
        assert_eq!(fees(10, 50, u128::MAX), (50, 50));
        assert_eq!(fees(10, 1, 15), (15, 1));
        assert_eq!(fees(10, 50, 15), (15, 15));
        assert_eq!(fees(u128::MAX, 1, u128::MAX), (u128::MAX, 1));
    }
}
