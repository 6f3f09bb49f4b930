//! Running a constructor where no chain is.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv, result::ExecutionResult},
    database::InMemoryDB,
    primitives::{TxKind, hardfork::SpecId},
    state::AccountInfo,
};
use tern_contracts::Artifact;

use crate::DeployError;

const GAS: u64 = 100_000_000;

/// What a constructor left.
#[derive(Debug)]
pub(crate) struct Constructed {
    pub(crate) code: Bytes,
    pub(crate) storage: BTreeMap<B256, B256>,
}

/// Runs a constructor at an address of an empty chain by Prague's rules.
pub(crate) fn construct(
    artifact: &Artifact,
    arguments: &[u8],
    at: Address,
    chain_id: u64,
) -> Result<Constructed, DeployError> {
    let failed = |reason: String| DeployError::Constructor { name: artifact.name, reason };
    let code = [artifact.creation.as_ref(), arguments].concat();
    let mut db = InMemoryDB::default();
    // Called where it is to lie, what creates it returns its code: no address has to be found
    // from which it would come to lie there.
    let mut info = AccountInfo::default().with_code(Bytecode::new_raw(code.into()));
    info.nonce = 1;
    db.insert_account_info(at, info);
    let mut cfg = CfgEnv::new_with_spec(SpecId::PRAGUE);
    cfg.chain_id = chain_id;
    let mut evm = Context::mainnet()
        .with_db(db)
        .with_block(BlockEnv::default())
        .with_cfg(cfg)
        .build_mainnet();
    let call = TxEnv {
        gas_limit: GAS,
        kind: TxKind::Call(at),
        chain_id: Some(chain_id),
        ..TxEnv::default()
    };
    let done = evm.transact(call).map_err(|error| failed(error.to_string()))?;
    let code = match done.result {
        ExecutionResult::Success { output, .. } => output.into_data(),
        other => return Err(failed(format!("{other:?}"))),
    };
    let storage = done.state.get(&at).into_iter().flat_map(|account| &account.storage);
    let storage = storage
        .filter(|(_, slot)| !slot.present_value.is_zero())
        .map(|(at, slot)| (B256::from(*at), B256::from(slot.present_value)))
        .collect();
    Ok(Constructed { code, storage })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{artifact, is_like};

    #[test]
    fn a_constructor_leaves_its_code_with_its_immutable_values_and_its_storage() {
        let (at, bridge) = (Address::repeat_byte(0x7e), Address::repeat_byte(0xb1));
        let outbox = artifact("Outbox").expect("it is compiled");
        let arguments = alloy_sol_types::SolValue::abi_encode_params(&(31_337_u64, bridge));
        let made = construct(outbox, &arguments, at, 7_357).expect("it constructs");
        assert!(is_like(outbox, &made.code));
        assert!(made.code.windows(20).any(|window| window == bridge.as_slice()));
        assert!(made.storage.is_empty());

        // SSTORE(1, 2), and the empty code.
        let creation: &'static Bytes =
            Box::leak(Box::new(Bytes::from_static(&[0x60, 2, 0x60, 1, 0x55, 0x5f, 0x5f, 0xf3])));
        let stores = Artifact { name: "Stores", creation, runtime: creation, json: "" };
        let made = construct(&stores, &[], at, 7_357).expect("it constructs");
        let slot = |value| B256::with_last_byte(value);
        assert_eq!(made.storage, BTreeMap::from([(slot(1), slot(2))]));
        assert!(made.code.is_empty());
    }

    #[test]
    fn a_constructor_that_fails_is_named() {
        let creation: &'static Bytes = Box::leak(Box::new(Bytes::from_static(&[0xfe])));
        let broken = Artifact { name: "Broken", creation, runtime: creation, json: "" };
        let error = construct(&broken, &[], Address::ZERO, 1).expect_err("it fails").to_string();
        assert!(error.contains("Broken"), "{error}");
    }
}
