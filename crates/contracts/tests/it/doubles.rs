//! Bindings of what lies in `contracts/test/traces`.

macro_rules! doubles {
    ($($module:ident::$name:ident = $path:literal),* $(,)?) => {$(
        pub(crate) mod $module {
            #![allow(unreachable_pub, clippy::too_many_arguments)]
            alloy_sol_types::sol!($name, $path);
        }
        pub(crate) use $module::$name;
    )*};
}

doubles! {
    proof_lane::TraceProofLane = "../../artifacts/contracts/dev/TraceProofLane.json",
    platform_lane::TracePlatformLane = "../../artifacts/contracts/dev/TracePlatformLane.json",
    games::TraceGames = "../../artifacts/contracts/dev/TraceGames.json",
    trie_probe::TrieProbe = "../../artifacts/contracts/dev/TrieProbe.json",
}
