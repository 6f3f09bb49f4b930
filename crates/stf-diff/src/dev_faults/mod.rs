//! Executors that are wrong on purpose, to see that a cross-check catches them.
//!
//! They work on development chains only.

mod boundary;
mod deep;

use core::fmt;
use std::str::FromStr;

use tern_protocol::{BlockInputs, ChainId, Hash};
use tern_stf::{ChainSpec, Error, Execution, Executor, GenesisAccount, GenesisState, Preimages};

/// The only chains on which a wrong executor runs: nobody keeps money there.
pub const DEV_CHAINS: [u64; 7] = [1337, 1338, 7357, 31337, 31338, 412_346, 900_900];

macro_rules! faults {
    ($($name:ident, $label:literal, $sentence:literal;)*) => {
        /// One mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum DevFault {
            $(#[doc = $sentence] $name,)*
        }

        impl DevFault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// A short name, for command lines.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// What the executor does wrong.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

faults! {
    // Any lane, at its boundary.
    ChainId, "chain id", "It takes the chain for another one.";
    Withdrawals, "withdrawals", "It forgets the last withdrawal.";
    BeaconRoot, "beacon root", "It takes the parent beacon block root for zero.";
    PrevRandao, "prev randao", "It takes prevRandao for zero.";
    Beneficiary, "beneficiary", "It pays the fees to address zero.";
    GasLimit, "gas limit", "It takes the gas limit for one less.";
    Timestamp, "timestamp", "It takes the time for a second later.";
    ExtraData, "extra data", "It drops the extra data.";
    Fork, "fork", "It follows Cancun's rules.";
    Order, "order", "It tries the candidates in reverse.";
    ForcedGas, "forced gas", "It ignores how much gas was paid for on L1.";
    LastCandidate, "last candidate", "It never sees the last candidate.";
    Status, "status", "It reports that failed transactions succeeded.";
    // The lane on the `evm` crate, deep inside.
    BaseFee, "base fee", "It rounds the base fee up.";
    RefundCap, "refund cap", "It gives back up to half of the gas used.";
    ColdBeneficiary, "cold beneficiary", "It charges for the first touch of the beneficiary.";
    ColdPrecompiles, "cold precompiles", "It charges for the first touch of a precompile.";
    AnyChain, "any chain", "It accepts transactions signed for another chain.";
    Delegation, "delegation", "It does not run the code that an account delegates to.";
    DelegatedSender, "delegated sender", "It lets no delegated account send.";
    BranchOrder, "branch order", "It swaps two children of every branch node.";
    CalldataFloor, "calldata floor", "It forgets the calldata floor.";
    InitcodeWord, "initcode word", "It does not charge for the length of initcode.";
    Tip, "tip", "It pays the base fee to the beneficiary.";
    Selfdestruct, "selfdestruct", "It deletes accounts that destroy themselves, however old.";
    Transient, "transient", "It keeps transient storage across transactions.";
    RevertCools, "revert", "It keeps warm what a reverted call touched.";
    Stipend, "stipend", "It gives calls with value one gas too much.";
    ClearingRefund, "clearing refund", "It refunds 15000 for a cleared slot, as before London.";
    AuthorizationRefund, "authorization refund", "It gives nothing back for authorizations.";
    BeaconRootCall, "beacon root call", "It does not store the parent beacon block root.";
    HistoryCall, "history call", "It does not store the parent's hash.";
    WithdrawalUnit, "withdrawal unit", "It credits withdrawals in wei.";
    NonceWraps, "nonce wraps", "It counts nonces past their end.";
}

impl fmt::Display for DevFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dev fault {0:?}; there are: {list}", list = labels())]
pub struct UnknownFault(pub String);

fn labels() -> String {
    DevFault::ALL.iter().map(|fault| fault.label()).collect::<Vec<_>>().join(", ")
}

impl FromStr for DevFault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let plain = text.replace('-', " ");
        let known = Self::ALL.iter().find(|fault| fault.label() == plain);
        known.copied().ok_or_else(|| UnknownFault(text.into()))
    }
}

/// An executor with one mistake. Faults at the boundary are planted in `lane`; deep ones
/// need rules that can be replaced one by one, so the lane on the `evm` crate stands in,
/// and its name says so.
pub fn faulty(lane: Box<dyn Executor>, fault: DevFault) -> Box<dyn Executor> {
    let inner = deep::executor(fault).unwrap_or(lane);
    // A deep fault names its executor already.
    let lane = inner.name().split(" (").next().unwrap_or_default();
    let name = format!("{lane} (dev fault: {fault})");
    Box::new(Faulty { name, inner, fault })
}

struct Faulty {
    name: String,
    inner: Box<dyn Executor>,
    fault: DevFault,
}

impl Faulty {
    fn admit(&self, chain: ChainId) -> Result<(), Error> {
        if DEV_CHAINS.contains(&chain.0) {
            Ok(())
        } else {
            Err(Error::DevOnProduction { name: self.name.clone(), chain_id: chain.0 })
        }
    }
}

impl Executor for Faulty {
    fn name(&self) -> &str {
        &self.name
    }

    fn build(
        &self,
        spec: &ChainSpec,
        parent: Hash,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        self.admit(spec.chain_id)?;
        let (spec, inputs) =
            (boundary::spec(self.fault, spec), boundary::inputs(self.fault, inputs));
        let execution = self.inner.build(&spec, parent, &inputs, preimages)?;
        Ok(boundary::execution(self.fault, execution))
    }

    fn check(
        &self,
        spec: &ChainSpec,
        block: &[u8],
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        self.admit(spec.chain_id)?;
        let execution = self.inner.check(&boundary::spec(self.fault, spec), block, preimages)?;
        Ok(boundary::execution(self.fault, execution))
    }

    fn genesis_state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
        self.inner.genesis_state(accounts)
    }
}
