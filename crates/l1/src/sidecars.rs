//! Commitments and proofs of blobs.

use alloy_eips::eip4844::Blob;
use rayon::prelude::*;

use crate::{L1Error, Sidecar};

/// The most blobs of one transaction (EIP-7594).
pub const MAX_BLOBS: usize = 6;

/// Commitments and cell proofs (EIP-7594) of blobs, one after another.
pub fn sidecar(blobs: Vec<Blob>) -> Result<Sidecar, L1Error> {
    let count = checked(&blobs)?;
    Sidecar::try_from_blobs(blobs)
        .map_err(|error| L1Error::Blobs { count, reason: error.to_string() })
}

/// As `sidecar`, with all processors, and without holding up an async thread.
pub async fn sidecar_parallel(blobs: Vec<Blob>) -> Result<Sidecar, L1Error> {
    let count = checked(&blobs)?;
    let failed = |reason: String| L1Error::Blobs { count, reason };
    tokio::task::spawn_blocking(move || in_parallel(blobs))
        .await
        .map_err(|error| failed(error.to_string()))?
        .map_err(failed)
}

fn in_parallel(blobs: Vec<Blob>) -> Result<Sidecar, String> {
    let parts: Vec<Sidecar> = blobs
        .into_par_iter()
        .map(|blob| Sidecar::try_from_blobs(vec![blob]).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let mut whole = Sidecar::default();
    for part in parts {
        whole.blobs.extend(part.blobs);
        whole.commitments.extend(part.commitments);
        whole.cell_proofs.extend(part.cell_proofs);
    }
    Ok(whole)
}

/// A block may take more; a transaction may not.
fn checked(blobs: &[Blob]) -> Result<usize, L1Error> {
    match blobs.len() {
        0 => Err(L1Error::Blobs { count: 0, reason: "a blob transaction has at least one".into() }),
        count if count > MAX_BLOBS => {
            let reason = format!("a transaction takes at most {MAX_BLOBS}; send several");
            Err(L1Error::Blobs { count, reason })
        }
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(byte: u8) -> Blob {
        let mut blob = Blob::ZERO;
        blob[1] = byte;
        blob
    }

    #[tokio::test]
    async fn the_parallel_sidecar_is_the_serial_one() {
        let blobs: Vec<_> = (0..3).map(blob).collect();
        let parallel = sidecar_parallel(blobs.clone()).await.expect("blobs");
        assert_eq!(parallel, sidecar(blobs).expect("blobs"));
    }

    #[tokio::test]
    async fn a_transaction_has_one_to_six_blobs() {
        for count in [0, 7] {
            assert!(sidecar_parallel(vec![Blob::ZERO; count]).await.is_err());
            assert!(sidecar(vec![Blob::ZERO; count]).is_err());
        }
    }

    #[tokio::test]
    #[ignore = "measures"]
    async fn how_long_six_blobs_take() {
        let blobs: Vec<_> = (0..6).map(blob).collect();
        sidecar(vec![blob(9)]).expect("the setup is loaded");
        let start = std::time::Instant::now();
        sidecar(blobs.clone()).expect("blobs");
        let serial = start.elapsed();
        sidecar_parallel(blobs).await.expect("blobs");
        println!("serial {serial:?}, parallel {:?}", start.elapsed() - serial);
    }
}
