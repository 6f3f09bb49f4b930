//! Executors that are wrong on purpose.

use tern_protocol::ChainId;
use tern_stf::{ChainSpec, Error, Executor};
use tern_stf_evm::{EvmExecutor, PRODUCTION_CHAINS, Rules};

use crate::chain::Chain;

struct NoTips;

impl Rules for NoTips {
    const NAME: &'static str = "evm dev no-tips";
    const FAULTY: bool = true;

    fn tip(_: evm::uint::U256, _: u64) -> evm::uint::U256 {
        evm::uint::U256::zero()
    }
}

#[test]
fn they_refuse_chains_with_money() {
    let chain = Chain::new(Vec::new());
    let wrong = EvmExecutor::<NoTips>::with_rules();
    assert!(wrong.name().contains("dev"));
    let inputs = chain.inputs(Vec::new());
    assert!(wrong.build(&chain.spec, chain.tip, &inputs, &chain.known).is_ok());
    for id in PRODUCTION_CHAINS {
        let spec = ChainSpec::prague(ChainId(*id));
        let error = wrong.build(&spec, chain.tip, &inputs, &chain.known).unwrap_err();
        assert!(matches!(error, Error::DevOnProduction { chain_id, .. } if chain_id == *id));
        let error = wrong.check(&spec, &[], &chain.known).unwrap_err();
        assert!(matches!(error, Error::DevOnProduction { .. }));
    }
}
