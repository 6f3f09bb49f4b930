//! The lanes that believe signatures.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use tern_contracts::{DevLane, LaneRegistry, to_alloy};
use tern_l1::{Key, L1, L1Error};
use tern_rollup::Rollup;

use crate::VoterError;

/// One of the two lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    pub(crate) name: &'static str,
    /// As the contracts count.
    pub(crate) seat: u8,
    /// Its active version.
    pub(crate) version: u16,
    at: Address,
}

/// What a view answers.
pub(crate) async fn ask<C: SolCall>(
    l1: &L1,
    to: Address,
    call: C,
) -> Result<C::Return, VoterError> {
    let answer = l1.view(C::SIGNATURE, to, call.abi_encode()).await?;
    C::abi_decode_returns_validate(&answer).map_err(|_| VoterError::Answer { what: C::SIGNATURE })
}

/// The two lanes as they are now. Both must be for development and believe this key.
pub(crate) async fn lanes(l1: &L1, rollup: &Rollup, key: &Key) -> Result<[Lane; 2], VoterError> {
    Ok([lane(l1, rollup, key, "ZK", 0).await?, lane(l1, rollup, key, "TEE", 1).await?])
}

async fn lane(
    l1: &L1,
    rollup: &Rollup,
    key: &Key,
    name: &'static str,
    seat: u8,
) -> Result<Lane, VoterError> {
    let registry = to_alloy(&rollup.contracts.registry);
    let active = ask(l1, registry, LaneRegistry::activeCall { lane: seat }).await?;
    if active.seat.version == 0 {
        return Err(VoterError::NotDev { lane: name });
    }
    if active.seat.frozen {
        return Err(VoterError::Frozen { lane: name });
    }
    let at = active.verifier;
    let system = ask(l1, at, DevLane::proofSystemIdCall {}).await?;
    if !system.starts_with(b"dev ") {
        return Err(VoterError::NotDev { lane: name });
    }
    let attestor = ask(l1, at, DevLane::attestorCall {}).await?;
    if attestor != key.address() {
        return Err(VoterError::OtherKey { lane: name, attestor, key: key.address() });
    }
    Ok(Lane { name, seat, version: active.seat.version, at })
}

impl Lane {
    /// The proof that this key votes for a content.
    pub(crate) fn proof(&self, l1_chain_id: u64, id: B256, key: &Key) -> Result<Vec<u8>, L1Error> {
        let tag = keccak256("tern.dev.vote.v1");
        let digest = (tag, U256::from(l1_chain_id), self.at, id).abi_encode();
        Ok(key.sign(keccak256(digest))?.to_vec())
    }
}
