//! What `latest`, `safe` and `finalized` are.

use tern_protocol::Hash;

/// A block by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) number: u64,
    pub(crate) hash: Hash,
}

/// The tags: `finalized` is never after `safe`, nor `safe` after `latest`.
///
/// `sequenced` are blocks that continue `derived`, if any. `settled` is the last settled block that
/// is derived here and whose settlement L1 itself calls final: whoever waits for `finalized` wants
/// nothing less.
pub(crate) fn heads(sequenced: Option<At>, derived: At, settled: At) -> [At; 3] {
    let latest = sequenced.filter(|at| at.number > derived.number).unwrap_or(derived);
    let finalized = if settled.number > derived.number { derived } else { settled };
    [latest, derived, finalized]
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(number: u64) -> At {
        At { number, hash: Hash([number as u8; 32]) }
    }

    #[test]
    fn tags_are_in_order_whatever_is_known() {
        for (sequenced, derived, settled) in [(None, 0, 0), (Some(9), 5, 3), (Some(2), 5, 7)] {
            let [latest, safe, finalized] = heads(sequenced.map(at), at(derived), at(settled));
            assert!(latest.number >= safe.number && safe.number >= finalized.number);
            assert_eq!(safe, at(derived));
        }
    }
}
