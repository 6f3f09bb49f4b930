//! Between the bytes that all lanes share and the types of this lane's libraries.

use alloy_consensus::Header as AlloyHeader;
use alloy_eips::eip4895::Withdrawal as AlloyWithdrawal;
use alloy_primitives::{Address as AlloyAddress, B256, Bloom};
use tern_protocol::{Address, Hash, Withdrawal, Word};
use tern_stf::Header;

pub(crate) const fn hash(hash: B256) -> Hash {
    Hash(hash.0)
}

pub(crate) const fn b256(hash: Hash) -> B256 {
    B256::new(hash.0)
}

pub(crate) const fn address(address: Address) -> AlloyAddress {
    AlloyAddress::new(address.0)
}

pub(crate) const fn withdrawal(withdrawal: &Withdrawal) -> AlloyWithdrawal {
    AlloyWithdrawal {
        index: withdrawal.index,
        validator_index: withdrawal.validator_index,
        address: address(withdrawal.address),
        amount: withdrawal.amount.0,
    }
}

pub(crate) fn header(header: &AlloyHeader) -> Header {
    let Bloom(bloom) = header.logs_bloom;
    Header {
        parent_hash: hash(header.parent_hash),
        ommers_hash: hash(header.ommers_hash),
        beneficiary: Address(header.beneficiary.into_array()),
        state_root: hash(header.state_root),
        transactions_root: hash(header.transactions_root),
        receipts_root: hash(header.receipts_root),
        logs_bloom: bloom.0,
        difficulty: Word(header.difficulty.to_be_bytes()),
        number: header.number,
        gas_limit: header.gas_limit,
        gas_used: header.gas_used,
        timestamp: header.timestamp,
        extra_data: header.extra_data.to_vec(),
        prev_randao: hash(header.mix_hash),
        nonce: header.nonce.0,
        base_fee_per_gas: header.base_fee_per_gas.unwrap_or_default(),
        withdrawals_root: header.withdrawals_root.map(hash),
        blob_gas_used: header.blob_gas_used,
        excess_blob_gas: header.excess_blob_gas,
        parent_beacon_block_root: header.parent_beacon_block_root.map(hash),
        requests_hash: header.requests_hash.map(hash),
    }
}
