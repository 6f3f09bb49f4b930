//! The derivation vectors of `spec/vectors`, made by another implementation from the text
//! alone.

use serde::Deserialize;
use tern_codec::{BLOB_BYTES, DataError};
use tern_derive::{Batch, DataBytes, Derived, derive};
use tern_protocol::{
    Address, BatchHeader, BlockInputs, BlockNumber, Candidate, DataRef, Deposit, Forced, Gwei,
    Hash, QueueIndex, RollupConfig, Timestamp, Withdrawal,
};

use json::{Bytes, Config, Number, kind, load};

#[path = "../../../protocol/tests/it/json.rs"]
mod json;

#[derive(Deserialize)]
struct Vectors {
    config: Config,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    name: String,
    header: Bytes,
    first_block: Number,
    data: Bytes,
    first_deposit: Number,
    deposit_to: Vec<Address>,
    deposit_amount: Vec<Number>,
    forced_gas: Vec<Number>,
    forced_raw: Vec<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Valid {
    #[serde(flatten)]
    input: Input,
    dropped: String,
    reason: String,
    timestamps: Vec<Number>,
    parent_beacon_block_roots: Vec<Hash>,
    prev_randaos: Vec<Hash>,
    withdrawal_indexes: Vec<Number>,
    withdrawal_to: Vec<Address>,
    withdrawal_amounts: Vec<Number>,
    forced_counts: Vec<usize>,
    candidate_counts: Vec<usize>,
    candidates: Vec<Bytes>,
}

#[derive(Deserialize)]
struct Invalid {
    #[serde(flatten)]
    input: Input,
    kind: String,
    reason: String,
}

impl Input {
    fn derive(&self, config: &RollupConfig) -> Result<Derived, String> {
        let header = BatchHeader::decode(&self.header.0).expect(&self.name);
        let deposits = self.deposit_to.iter().zip(&self.deposit_amount);
        let deposits: Vec<_> =
            deposits.map(|(to, amount)| Deposit { to: *to, amount: Gwei(amount.0) }).collect();
        let forced = self.forced_raw.iter().zip(&self.forced_gas);
        let forced: Vec<_> =
            forced.map(|(raw, gas)| Forced { raw: raw.0.clone(), gas: gas.0 }).collect();
        // Written without the zeros at the blobs' end.
        let mut held = self.data.0.clone();
        let blobs: Vec<&[u8]>;
        let data = if let DataRef::Blobs(hashes) = &header.data {
            held.resize(hashes.len() * BLOB_BYTES, 0);
            blobs = held.chunks(BLOB_BYTES).collect();
            DataBytes::Blobs(&blobs)
        } else {
            DataBytes::Calldata(&held)
        };
        let batch = Batch {
            header: &header,
            first_block: BlockNumber(self.first_block.0),
            data,
            first_deposit: QueueIndex(self.first_deposit.0),
            deposits: &deposits,
            forced: &forced,
        };
        derive(config, &batch).map_err(|error| kind(&error))
    }
}

impl Valid {
    fn expected(&self, config: &RollupConfig) -> Vec<BlockInputs> {
        let mut raws = self.candidates.iter().map(|raw| raw.0.clone());
        let mut gas = self.input.forced_gas.iter().map(|gas| gas.0);
        let block = |at: usize| BlockInputs {
            timestamp: Timestamp(self.timestamps[at].0),
            gas_limit: config.gas_limit,
            beneficiary: config.fee_recipient,
            prev_randao: self.prev_randaos[at],
            extra_data: config.extra_data.clone(),
            parent_beacon_block_root: self.parent_beacon_block_roots[at],
            withdrawals: if at == 0 { self.withdrawals() } else { vec![] },
            candidates: raws
                .by_ref()
                .take(self.candidate_counts[at])
                .enumerate()
                .map(|(place, raw)| Candidate {
                    raw,
                    forced_gas: (place < self.forced_counts[at])
                        .then(|| gas.next().expect("each forced transaction is placed once")),
                })
                .collect(),
        };
        (0..self.timestamps.len()).map(block).collect()
    }

    fn withdrawals(&self) -> Vec<Withdrawal> {
        let entries = self.withdrawal_indexes.iter().zip(&self.withdrawal_to);
        entries
            .zip(&self.withdrawal_amounts)
            .map(|((index, address), amount)| Withdrawal {
                index: index.0,
                validator_index: 0,
                address: *address,
                amount: Gwei(amount.0),
            })
            .collect()
    }
}

fn dropped(derived: &Derived) -> String {
    match &derived.dropped {
        None => String::new(),
        Some(DataError::Format(error)) => format!("Format.{}", kind(error)),
        Some(error) => kind(error),
    }
}

#[test]
fn batches_derive_the_blocks_of_the_text() {
    let vectors = load::<Vectors>("derivation");
    let config = vectors.config.into();
    for case in vectors.valid {
        let name = &case.input.name;
        let derived = case.input.derive(&config).expect(name);
        assert_eq!(dropped(&derived), case.dropped, "{name}: {}", case.reason);
        assert_eq!(derived.blocks, case.expected(&config), "{name}");
    }
}

#[test]
fn batches_that_l1_refuses_are_refused() {
    let vectors = load::<Vectors>("derivation");
    let config = vectors.config.into();
    for case in vectors.invalid {
        let got = case.input.derive(&config).expect_err(&case.input.name);
        assert_eq!(got, case.kind, "{}: {}", case.input.name, case.reason);
    }
}
