pub mod backup_hook;
pub mod default_hook;
pub mod hook;
pub mod l2_hook;

pub use default_hook::DefaultHook;
pub use l2_hook::L2Hook;
