//! What nodes say of a signed transaction.

use alloy_primitives::{B256, Bytes};

use crate::{L1, L1Error};

/// What a node said of a signed transaction that it was given.
#[derive(Debug)]
pub enum Verdict {
    /// It has it. Also when no answer came, or one that says nothing: the receipt will tell.
    Taken,
    /// A block used its nonce: for this transaction, or for another.
    NonceUsed(L1Error),
    /// The pool holds another transaction of this nonce, and this one does not pay enough more.
    Outbid(L1Error),
    /// It was not taken.
    Refused(L1Error),
}

impl L1 {
    /// Gives the node a signed transaction. Giving it again changes nothing.
    pub async fn send_raw(&self, raw: &Bytes) -> Verdict {
        match self.ask_or_stopped::<_, B256>("eth_sendRawTransaction", (raw,)).await {
            Ok(_) => Verdict::Taken,
            Err((error, true)) => Verdict::Refused(error),
            // Only a refusal says that it was not taken. No answer, or one of something in
            // between, says nothing.
            Err((L1Error::Unreachable { .. } | L1Error::NotANode { .. }, _)) => Verdict::Taken,
            Err((error, _)) => judge(error),
        }
    }
}

/// Every client has its own words, and there are no codes for them.
fn judge(error: L1Error) -> Verdict {
    let L1Error::Refused { message, .. } = &error else { return Verdict::Refused(error) };
    let said = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    // "unknown transaction type" is another thing.
    let known = said.starts_with("known transaction");
    if known || has(&["already known", "alreadyknown", "already imported", "already exists"]) {
        return Verdict::Taken;
    }
    if has(&["nonce too low", "nonce is too low", "oldnonce"]) {
        return Verdict::NonceUsed(error);
    }
    // "underpriced" alone is a full pool, or a tip below the node's least.
    if has(&["replacement", "could not replace"]) {
        return Verdict::Outbid(error);
    }
    Verdict::Refused(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(message: &str) -> char {
        let (role, host, method) = ("L1 node".into(), "http://l1".into(), "it".into());
        match judge(L1Error::Refused { role, host, method, message: message.into() }) {
            Verdict::Taken => 't',
            Verdict::NonceUsed(_) => 'n',
            Verdict::Outbid(_) => 'o',
            Verdict::Refused(_) => 'r',
        }
    }

    #[test]
    fn what_every_client_says_is_understood() {
        for (said, want) in [
            ("already known", 't'),
            ("AlreadyKnown", 't'),
            ("Known transaction", 't'),
            ("transaction already imported", 't'),
            ("nonce too low: next nonce 5, tx nonce 4", 'n'),
            ("Nonce too low", 'n'),
            ("OldNonce", 'n'),
            ("replacement transaction underpriced", 'o'),
            ("Replacement transaction underpriced", 'o'),
            ("ReplacementNotAllowed", 'o'),
            ("could not replace existing tx", 'o'),
            ("transaction underpriced: gas tip cap 0, minimum needed 1", 'r'),
            ("unknown transaction type", 'r'),
            ("insufficient funds for gas * price + value", 'r'),
        ] {
            assert_eq!(judged(said), want, "{said}");
        }
    }
}
