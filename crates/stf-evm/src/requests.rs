//! What the execution layer asks of the consensus layer (EIP-6110, 7002, 7251, 7685).

use alloc::vec::Vec;

use evm::uint::U256;
use sha2::{Digest, Sha256};
use tern_protocol::{Address, Hash};
use tern_stf::Error;

use crate::{execute::system_call, host::Host, ops::Instructions, rules::Rules, world::Log};

/// The contract behind withdrawal requests (EIP-7002).
const WITHDRAWALS: Address = Address([
    0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6,
    0x4c, 0x00, 0x70, 0x02,
]);
/// The contract behind consolidation requests (EIP-7251).
const CONSOLIDATIONS: Address = Address([
    0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5,
    0x90, 0x00, 0x72, 0x51,
]);

/// The first topic of a deposit's log.
const DEPOSIT_EVENT: [u8; 32] = [
    0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e, 0x5c, 0xd8, 0x2d, 0x40, 0x49,
    0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0, 0x88, 0x9a, 0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5,
];
/// Where the length of each of a deposit's five byte strings stands in the log's data,
/// right before the bytes, and what it must be.
const DEPOSIT_FIELDS: [(usize, usize); 5] = [(160, 48), (256, 32), (320, 8), (384, 96), (512, 8)];
/// How long that data is.
const DEPOSIT_DATA: usize = 576;

/// Appends the deposits in a transaction's logs.
pub(crate) fn collect_deposits(
    contract: &Address,
    logs: &[Log],
    deposits: &mut Vec<u8>,
) -> Result<(), Error> {
    let event = U256::from_big_endian(&DEPOSIT_EVENT);
    let of_deposits =
        logs.iter().filter(|log| log.address == *contract && log.topics.first() == Some(&event));
    for log in of_deposits {
        append_deposit(&log.data, deposits)
            .ok_or_else(|| Error::SystemContract("a deposit log is malformed".into()))?;
    }
    Ok(())
}

fn append_deposit(data: &[u8], deposits: &mut Vec<u8>) -> Option<()> {
    if data.len() != DEPOSIT_DATA {
        return None;
    }
    let number_at = |at: usize| data.get(at..at + 32).map(U256::from_big_endian);
    for (index, (at, len)) in DEPOSIT_FIELDS.into_iter().enumerate() {
        let right_place = number_at(index * 32)? == U256::from(at as u64);
        let right_length = number_at(at)? == U256::from(len as u64);
        let start = at + 32;
        if !right_place || !right_length {
            return None;
        }
        deposits.extend_from_slice(data.get(start..start + len)?);
    }
    Some(())
}

/// Collects the requests at the end of a block and hashes them.
pub(crate) fn requests_hash<'a, R: Rules>(
    host: &mut Host<'a, R>,
    instructions: &Instructions<'a, R>,
    deposits: Vec<u8>,
) -> Result<Hash, Error> {
    let withdrawals = dequeue(host, instructions, WITHDRAWALS)?;
    let consolidations = dequeue(host, instructions, CONSOLIDATIONS)?;
    let mut all = Sha256::new();
    for (type_byte, data) in (0u8..).zip([deposits, withdrawals, consolidations]) {
        if !data.is_empty() {
            let one = Sha256::new().chain_update([type_byte]).chain_update(&data);
            all.update(one.finalize());
        }
    }
    Ok(Hash(all.finalize().into()))
}

fn dequeue<'a, R: Rules>(
    host: &mut Host<'a, R>,
    instructions: &Instructions<'a, R>,
    contract: Address,
) -> Result<Vec<u8>, Error> {
    let failed = |why: &str| Error::SystemContract(alloc::format!("{contract} {why}"));
    let outcome = system_call(host, instructions, contract, &[])?;
    let outcome = outcome.ok_or_else(|| failed("has no code"))?;
    if outcome.success { Ok(outcome.output) } else { Err(failed("did not succeed")) }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// A log's data as the deposit contract writes it: each field filled with its number.
    fn deposit_data() -> Vec<u8> {
        let mut data = vec![0; DEPOSIT_DATA];
        for (index, (at, len)) in DEPOSIT_FIELDS.into_iter().enumerate() {
            data[index * 32 + 30..index * 32 + 32].copy_from_slice(&(at as u16).to_be_bytes());
            data[at + 31] = len as u8;
            data[at + 32..at + 32 + len].fill(index as u8 + 1);
        }
        data
    }

    fn collected(address: Address, data: Vec<u8>) -> Result<Vec<u8>, Error> {
        let topics = vec![U256::from_big_endian(&DEPOSIT_EVENT)];
        let mut deposits = Vec::new();
        collect_deposits(&Address([7; 20]), &[Log { address, topics, data }], &mut deposits)?;
        Ok(deposits)
    }

    #[test]
    fn a_deposit_is_its_five_fields() {
        let fields = [[1; 48].as_slice(), &[2; 32], &[3; 8], &[4; 96], &[5; 8]].concat();
        assert_eq!(collected(Address([7; 20]), deposit_data()), Ok(fields));
        assert_eq!(collected(Address([8; 20]), deposit_data()), Ok(vec![]));
        assert_eq!(collected(Address([8; 20]), vec![]), Ok(vec![]));
    }

    #[test]
    fn a_malformed_deposit_spoils_the_block() {
        let contract = Address([7; 20]);
        for at in [0, 31, 63, 95, 127, 159, 160, 191, 287, 351, 415, 543] {
            let mut data = deposit_data();
            data[at] ^= 1;
            assert!(matches!(collected(contract, data), Err(Error::SystemContract(_))), "{at}");
        }
        let short = deposit_data()[..DEPOSIT_DATA - 1].to_vec();
        assert!(collected(contract, short).is_err());
        assert!(collected(contract, [deposit_data(), vec![0]].concat()).is_err());
    }
}
