//! What each contract can be asked and what it answers, from its compiled ABI.

#![allow(missing_docs, clippy::too_many_arguments, clippy::pub_underscore_fields)]

/// The bindings of each artifact, in a module of its own: contracts share the names of types.
macro_rules! contracts {
    ($($module:ident::$name:ident = $path:literal),* $(,)?) => {
        $(
            pub mod $module {
                alloy_sol_types::sol!(#[derive(Debug, PartialEq, Eq)] $name, $path);
            }
            pub use $module::$name;
        )*
    };
}

contracts! {
    rollup_factory::RollupFactory = "../../artifacts/contracts/RollupFactory.json",
    token::Token = "../../artifacts/contracts/Token.json",
    timelock::Timelock = "../../artifacts/contracts/Timelock.json",
    governance::Governance = "../../artifacts/contracts/Governance.json",
    council_powers::CouncilPowers = "../../artifacts/contracts/CouncilPowers.json",
    lane_registry::LaneRegistry = "../../artifacts/contracts/LaneRegistry.json",
    inbox::Inbox = "../../artifacts/contracts/Inbox.json",
    settlement::Settlement = "../../artifacts/contracts/Settlement.json",
    status::Status = "../../artifacts/contracts/Status.json",
    bridge::Bridge = "../../artifacts/contracts/Bridge.json",
    outbox::Outbox = "../../artifacts/contracts/Outbox.json",
    token_bridge::TokenBridge = "../../artifacts/contracts/TokenBridge.json",
    anchor_cache::AnchorCache = "../../artifacts/contracts/AnchorCache.json",
    dev_lane::DevLane = "../../artifacts/contracts/dev/DevLane.json",
    safe::Safe = "../../artifacts/contracts/Safe.json",
    safe_proxy_factory::SafeProxyFactory = "../../artifacts/contracts/SafeProxyFactory.json",
    safe_proxy::SafeProxy = "../../artifacts/contracts/SafeProxy.json",
    compatibility_fallback_handler::CompatibilityFallbackHandler =
        "../../artifacts/contracts/CompatibilityFallbackHandler.json",
}
