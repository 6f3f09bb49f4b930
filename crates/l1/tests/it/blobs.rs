//! Blobs from a node's beacon API.

use alloy_primitives::{Address, B256};
use tern_l1::{Archive, Blob, BlobBlock, BlobSource, Blobs, Call, Kind, L1Error, sidecar_parallel};

use crate::chain::{fresh, key};

fn blob(byte: u8) -> Blob {
    let mut blob = Blob::ZERO;
    blob[1] = byte;
    blob
}

#[tokio::test]
async fn blobs_come_from_the_first_source_that_has_them_and_then_from_the_archive() {
    let (anvil, l1) = fresh(&[]).await;
    let contents = vec![blob(1), blob(2), blob(3)];
    let sidecar = sidecar_parallel(contents.clone()).await.expect("blobs");
    let hashes: Vec<B256> = sidecar.versioned_hashes().collect();
    let call = Call { blobs: Some(sidecar), ..Call::new("blobs", Address::repeat_byte(9), []) };
    let receipt = l1.send_with_gas(&key(), &call, 21_000).await.expect("it is mined");
    let number = receipt.block_number.expect("a block");
    let timestamp = l1.header(Some(number)).await.expect("a header").timestamp;
    let at = BlobBlock { number, timestamp };

    let folder = tempfile::tempdir().expect("a folder");
    let archive = Archive::open(folder.path()).expect("a folder");
    let sources = [
        // Nobody listens there.
        BlobSource::Beacon("http://127.0.0.1:1/secret".into()),
        // An Ethereum node that knows no blobs.
        BlobSource::Node(anvil.url().into()),
        BlobSource::Beacon(anvil.url().into()),
    ];
    let blobs = Blobs::new(archive.clone(), &sources, 31_337).expect("URLs");
    let wanted = [hashes[2], hashes[0]];
    let got = blobs.get(at, &wanted).await.expect("the third source has them");
    assert_eq!(got, [contents[2], contents[0]]);

    let error = blobs.get(at, &[hashes[0], B256::repeat_byte(1)]).await.expect_err("no such blob");
    assert_eq!(error.kind(), Kind::Retry);
    let text = error.to_string();
    assert!(text.contains("127.0.0.1:1") && !text.contains("secret"), "{text}");
    assert!(matches!(error, L1Error::BlobsMissing { missing: 1, .. }), "{text}");

    // What was fetched once is here, whoever is gone.
    let alone = Blobs::new(archive, &[], 31_337).expect("no URLs");
    assert_eq!(alone.get(at, &wanted).await.expect("kept"), [contents[2], contents[0]]);
    assert!(alone.get(at, &hashes).await.is_err());
}

#[tokio::test]
async fn prices_and_the_blob_schedule_are_the_nodes() {
    let (_anvil, l1) = fresh(&[]).await;
    let prices = l1.prices().await.expect("prices");
    assert_eq!((prices.schedule.target, prices.schedule.max), (6, 9));
    assert_eq!(prices.schedule.update_fraction, 5_007_716);
    assert!(prices.base_fee > 0 && prices.blob_base_fee > 0);
}
