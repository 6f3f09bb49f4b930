//! What this crate needs of the contracts.

pub(crate) use tern_contracts::{
    Bridge, CouncilPowers, DevLane, Governance, Inbox, LaneRegistry, RollupFactory, Safe,
    SafeProxyFactory, Settlement, Timelock, Token, TokenBridge,
};
