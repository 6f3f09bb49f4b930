//! The beginning of a withdrawal: one is signed, kept and sent, and none twice.

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use tern_contracts::Outbox;
use tern_l1::{Call, Key, L1Error, Verdict};

use crate::{
    Amount, Chains, Entry, Event, Journal, WalletError, Watch,
    raw::{self, Draft},
    view::{OUTBOX, explain},
};

/// Signs a withdrawal, keeps it, and sends it. Returns what is kept. While it is open what came of
/// an earlier one of the account, nothing is signed unless `another` says that it is meant so.
pub async fn initiate(
    chains: &Chains,
    key: &Key,
    to: Address,
    amount: Amount,
    another: bool,
    journal: &Journal,
    watch: Watch<'_>,
) -> Result<Entry, WalletError> {
    let node = chains.node()?.rpc();
    let account = key.address();
    if !another {
        none_open(chains, account, journal).await?;
    }
    let draft = draft(chains, account, to, amount).await?;
    let signed = draft.sign(key)?;
    let l1_from = chains.l1.header(None).await?.number;
    let mut entry = Entry::new(chains.config_hash(), signed.hash, l1_from);
    (entry.nonce, entry.raw) = (Some(draft.nonce), Some(signed.bytes.clone()));
    journal.save(&entry)?;
    // Told before it is sent: whoever is stopped in between must be able to look for it.
    watch(Event::Done(format!("withdrawal signed and kept: L2 transaction {}", signed.hash)));
    match node.send_raw(&signed.bytes).await {
        Verdict::Refused(error) | Verdict::Outbid(error) if is_definite(&error) => {
            // It was never accepted; kept, a later --resume would send it.
            journal.remove(signed.hash)?;
            watch(Event::Done("the node did not take it: it is sent no more".into()));
            Err(explain(error))
        }
        Verdict::Refused(error) | Verdict::Outbid(error) | Verdict::NonceUsed(error) => {
            watch(Event::Done(format!("{error}; the node may have it, so it is kept")));
            Ok(entry)
        }
        Verdict::Taken => Ok(entry),
    }
}

async fn draft(
    chains: &Chains,
    account: Address,
    to: Address,
    amount: Amount,
) -> Result<Draft, WalletError> {
    let node = chains.node()?.rpc();
    let call = Outbox::withdrawCall { to, gas: 0, data: Bytes::new() };
    let mut call = Call::new("the withdrawal", OUTBOX, call.abi_encode());
    call.value = amount.0;
    raw::afford(node, account, &call.what, amount.0).await?;
    node.wait_for_pending(account).await?;
    let gas = node.estimate(account, &call).await.map_err(explain)?;
    let fees = node.fees(&call.what).await.map_err(explain)?;
    let draft = Draft {
        chain_id: chains.l2_chain(),
        nonce: node.nonce(account, true).await?,
        gas: gas.saturating_add(gas / 4),
        max_fee: fees.max,
        priority: fees.priority,
        to: OUTBOX,
        value: amount.0,
        data: call.data.clone(),
    };
    raw::afford(node, account, &call.what, draft.cost()).await?;
    Ok(draft)
}

/// Refuses to go on while a withdrawal of the account is kept that no block has, or what is kept
/// cannot be read.
async fn none_open(
    chains: &Chains,
    account: Address,
    journal: &Journal,
) -> Result<(), WalletError> {
    let (kept, broken) = journal.unfinished(chains.config_hash())?;
    // It may be such a one.
    if let Some(error) = broken.into_iter().next() {
        return Err(error);
    }
    for entry in kept {
        let Some(raw) = &entry.raw else { continue };
        // What has a proof, or was paid, was in a block.
        if !entry.messages.is_empty() || raw::signer(raw) != Some(account) {
            continue;
        }
        if chains.node()?.rpc().receipt(entry.transaction).await?.is_none() {
            return Err(WalletError::Unfinished { hash: entry.transaction });
        }
    }
    Ok(())
}

/// Whether a refusal is a verdict on the transaction itself, so that nobody took it. What stands
/// before the node may have handed it on, and then speak of itself in the same form; what it says is
/// not known beforehand, and so everything else counts as perhaps sent.
fn is_definite(error: &L1Error) -> bool {
    const VERDICTS: [&str; 15] = [
        "insufficient funds",
        "underpriced",
        "intrinsic gas",
        "gas limit",
        "floor data gas",
        "too full",
        "takes no",
        "invalid transaction",
        "invalid sender",
        "invalid signature",
        "chain id",
        "max initcode",
        "fee cap",
        "max fee per gas",
        "rlp",
    ];
    const SELF: [&str; 15] = [
        "limit exceeded",
        "rate limit",
        "too many",
        "timeout",
        "timed out",
        "internal error",
        "unavailable",
        "upstream",
        "gateway",
        "overloaded",
        "cannot be asked",
        "broke off",
        "connection",
        "http status",
        "no response",
    ];
    let text = match error {
        L1Error::Refused { message, .. } => message.to_lowercase(),
        // The words are not known.
        L1Error::Reverted { .. } => return false,
        // It never came to the node.
        _ => return true,
    };
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    // A gas limit is the transaction's, or the block's: that one is exceeded is a verdict.
    has(&text, &VERDICTS) && !has(&text.replace("gas limit", "gas"), &SELF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_says_of_itself_is_no_word_about_the_transaction() {
        let says = |message: &str| {
            let (role, host, method) = ("rollup node".into(), "http://l2".into(), "it".into());
            is_definite(&L1Error::Refused { role, host, method, message: message.into() })
        };
        for text in ["insufficient funds for gas * price + value", "block gas limit exceeded"] {
            assert!(says(text), "{text}");
        }
        for text in [
            "Rate limit reached",
            "upstream request timeout",
            "Internal error",
            "the sequencer cannot be asked: no L1 node answers at http://x (connection reset by peer)",
            "http://x is no node (HTTP status 504): check the URL",
            "the request broke off",
            "no response",
            "rate limit exceeded; the transaction has gas limit 5",
            "something that nobody thought of",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
