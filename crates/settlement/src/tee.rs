//! What the contract of a TEE version keeps: who signed what, and who is revoked.

use std::collections::{BTreeMap, BTreeSet};

use tern_protocol::ClaimId;

use crate::Platform;

/// The book of one contract, for this rollup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TeeBook {
    /// Who signed each content.
    pub signed: BTreeMap<ClaimId, BTreeSet<Platform>>,
    /// Whose signatures no longer count.
    pub revoked: BTreeSet<Platform>,
    /// Who was ever revoked because settlement said so.
    pub condemned: BTreeSet<Platform>,
    /// Whether it gives no answer when asked what it upholds.
    pub silent: bool,
}

impl TeeBook {
    /// Signers of a content that are not revoked.
    pub fn standing(&self, id: ClaimId) -> impl Iterator<Item = Platform> {
        let signers = self.signed.get(&id).into_iter().flatten();
        signers.filter(|platform| !self.revoked.contains(platform)).copied()
    }

    /// Whether what was accepted still counts.
    pub fn upholds(&self, id: ClaimId, threshold: usize) -> bool {
        !self.silent && self.standing(id).count() >= threshold.max(1)
    }

    /// Platforms that signed all of the contents and were not revoked before.
    pub fn guilty(&self, ids: &[ClaimId]) -> Vec<Platform> {
        let Some((first, rest)) = ids.split_first() else { return Vec::new() };
        let signed = |id: &ClaimId, by: &Platform| {
            self.signed.get(id).is_some_and(|signers| signers.contains(by))
        };
        self.standing(*first).filter(|by| rest.iter().all(|id| signed(id, by))).collect()
    }
}
