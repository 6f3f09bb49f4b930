//! What contracts say when they refuse, in words.

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolInterface;

use crate::abi::{
    CouncilPowers::CouncilPowersErrors, DevLane::DevLaneErrors, Governance::GovernanceErrors,
    Inbox::InboxErrors, LaneRegistry::LaneRegistryErrors, RollupFactory::RollupFactoryErrors,
    Settlement::SettlementErrors, Timelock::TimelockErrors, Token::TokenErrors,
};

/// The error in revert data, by name and values.
pub(crate) fn reason(data: &Bytes) -> String {
    if data.is_empty() {
        return "it reverts without a reason".into();
    }
    if let Ok(error) = RollupFactoryErrors::abi_decode(data) {
        use RollupFactoryErrors as E;
        return match error {
            E::TooSmall(e) => format!("{} is {}, the least is {}", name(e.what), e.value, e.least),
            E::TooLarge(e) => format!("{} is {}, the most is {}", name(e.what), e.value, e.most),
            E::Missing(e) => format!("{} is missing", name(e.what)),
            E::NotAContract(e) => format!("{}, {}, is not a contract", name(e.what), e.account),
            other => format!("{other:?}"),
        };
    }
    // What a constructor refuses with comes through the factory unchanged.
    macro_rules! first {
        ($($errors:ty),*) => {
            $(if let Ok(error) = <$errors>::abi_decode(data) {
                return format!("{error:?}");
            })*
        };
    }
    first!(
        LaneRegistryErrors,
        InboxErrors,
        SettlementErrors,
        CouncilPowersErrors,
        GovernanceErrors,
        TimelockErrors,
        TokenErrors,
        DevLaneErrors
    );
    format!("it reverts with {data}")
}

/// Parameters' names are ASCII, filled up with zeros.
fn name(what: B256) -> String {
    String::from_utf8_lossy(what.as_slice()).trim_end_matches('\0').to_owned()
}
