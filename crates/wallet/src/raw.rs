//! Transactions that are signed now and sent by another way, or later.

use alloy_consensus::{SignableTransaction, Signed, TxEip1559, transaction::RlpEcdsaDecodableTx};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use tern_l1::{Call, Key, L1, L1Error, MAX_GAS, TransactionReceipt};

use crate::{Event, WalletError, Watch, view::explain};

/// What is signed.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) gas: u64,
    pub(crate) max_fee: u128,
    pub(crate) priority: u128,
    pub(crate) to: Address,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
}

/// A signed transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) bytes: Bytes,
    pub(crate) hash: B256,
}

impl Draft {
    pub(crate) fn sign(&self, key: &Key) -> Result<Raw, WalletError> {
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.max_fee,
            max_priority_fee_per_gas: self.priority,
            to: TxKind::Call(self.to),
            value: self.value,
            access_list: alloy_rpc_types_eth::AccessList::default(),
            input: self.data.clone(),
        };
        let bytes = key.sign(tx.signature_hash())?;
        let signature = Signature::from_raw(&bytes).map_err(|error| L1Error::Sign {
            what: "the transaction".into(),
            reason: error.to_string(),
        })?;
        let signed = tx.into_signed(signature);
        let mut bytes = Vec::new();
        signed.eip2718_encode(&mut bytes);
        Ok(Raw { bytes: bytes.into(), hash: *signed.hash() })
    }

    /// The most that it can cost its sender.
    pub(crate) fn cost(&self) -> U256 {
        U256::from(self.gas) * U256::from(self.max_fee) + self.value
    }
}

/// Refuses what an account cannot pay, before a node says so less clearly.
pub(crate) async fn afford(
    node: &L1,
    account: Address,
    what: &str,
    need: U256,
) -> Result<(), WalletError> {
    let have = node.balance(account).await?;
    // Gas costs something, too: not even one wei may be left to say so later.
    if have <= need {
        let what = what.to_owned();
        return Err(L1Error::Funds { what, account, have, need: need + U256::from(1) }.into());
    }
    Ok(())
}

/// Sends a call and waits for its block. Its hash is told before the wait: whoever stops here, or is
/// stopped, must be able to look for it instead of paying twice.
pub(crate) async fn pay(
    node: &L1,
    key: &Key,
    call: &Call,
    watch: Watch<'_>,
) -> Result<TransactionReceipt, WalletError> {
    let gas = node.estimate(key.address(), call).await.map_err(explain)?;
    // What a call does may have grown until its block.
    let roomy = gas.saturating_add(gas / 8).min(MAX_GAS.max(gas));
    let transaction = node.broadcast(key, call, roomy).await.map_err(explain)?;
    watch(Event::Done(format!("{} is sent: transaction {transaction}", call.what)));
    let end = node.wait(&call.what, transaction).await;
    end.map_err(|error| {
        let why = match error {
            L1Error::Failed { .. } => return explain(error),
            L1Error::Unseen { seconds, .. } => format!("no block took it in {seconds} s"),
            // It is sent: whatever the node says now, it says nothing about that.
            error => format!("its end cannot be asked for ({error})"),
        };
        WalletError::Unseen { what: call.what.clone(), hash: transaction, why }
    })
}

/// Who signed a transaction of ours.
pub(crate) fn signer(raw: &Bytes) -> Option<Address> {
    let signed: Signed<TxEip1559> = TxEip1559::eip2718_decode(&mut raw.as_ref()).ok()?;
    signed.recover_signer().ok()
}
