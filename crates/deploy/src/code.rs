//! What must lie at a contract's address.

use serde::Deserialize;
use tern_contracts::{ALL, Artifact};

use crate::DeployError;

/// The compiled contract of that name.
pub(crate) fn artifact(name: &str) -> Result<&'static Artifact, DeployError> {
    ALL.iter()
        .find(|artifact| artifact.name == name)
        .ok_or_else(|| DeployError::NoArtifact { name: name.into() })
}

#[derive(Deserialize)]
struct Places {
    /// Where the words of each immutable value are in the runtime code.
    immutables: Vec<Vec<usize>>,
}

/// Whether `code` is the contract's runtime code, whatever its immutable values.
pub(crate) fn is_like(artifact: &Artifact, code: &[u8]) -> bool {
    let Ok(places) = serde_json::from_str::<Places>(artifact.json) else { return false };
    let mut masked = code.to_vec();
    for &at in places.immutables.iter().flatten() {
        match masked.get_mut(at..at + 32) {
            Some(word) => word.fill(0),
            None => return false,
        }
    }
    masked == artifact.runtime.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_compared_with_immutables_masked_and_nothing_else() {
        let powers = artifact("CouncilPowers").expect("it is compiled");
        let places: Places = serde_json::from_str(powers.json).expect("an artifact");
        let mut code = powers.runtime.to_vec();
        assert!(is_like(powers, &code));
        let at = places.immutables[0][0];
        code[at + 31] = 7;
        assert!(is_like(powers, &code), "an immutable may be anything");
        code[at + 32] ^= 1;
        assert!(!is_like(powers, &code), "the code may not");
        assert!(!is_like(powers, &[]));
    }
}
