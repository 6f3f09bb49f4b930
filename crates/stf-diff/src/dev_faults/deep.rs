//! Mistakes inside the lane on the `evm` crate: one rule replaced each.

use evm::uint::U256;
use tern_protocol::Address;
use tern_stf::{Executor, Fork};
use tern_stf_evm::{EvmExecutor, Rules};

use super::DevFault;

macro_rules! wrong_rules {
    ($($name:ident { $($rule:tt)* })*) => {
        $(
            struct $name;
            impl Rules for $name {
                const NAME: &'static str = concat!("evm (dev fault: ", stringify!($name), ")");
                const FAULTY: bool = true;
                $($rule)*
            }
        )*

        /// The executor with this fault, if the fault is one of these.
        pub(super) fn executor(fault: DevFault) -> Option<Box<dyn Executor>> {
            match fault {
                $(DevFault::$name => Some(Box::new(EvmExecutor::<$name>::with_rules())),)*
                _ => None,
            }
        }
    };
}

wrong_rules! {
    BaseFee {
        fn base_fee_change(base_fee: u64, gas_off_target: u64, target: u64) -> u128 {
            let product = u128::from(base_fee) * u128::from(gas_off_target);
            product.div_ceil(u128::from(target.max(1)) * 8)
        }
    }
    RefundCap { const REFUND_QUOTIENT: u64 = 2; }
    ColdBeneficiary {
        fn warms_beneficiary(_: Fork) -> bool {
            false
        }
    }
    ColdPrecompiles {
        fn warms_precompiles() -> bool {
            false
        }
    }
    AnyChain {
        fn accepts_chain(_: Option<U256>, _: u64) -> bool {
            true
        }
    }
    Delegation {
        fn delegate(_: &[u8]) -> Option<Address> {
            None
        }
        fn code_forbids_sending(_: Fork, code: &[u8]) -> bool {
            !code.is_empty() && !code.starts_with(&[0xef, 0x01, 0x00])
        }
    }
    DelegatedSender {
        fn code_forbids_sending(_: Fork, code: &[u8]) -> bool {
            !code.is_empty()
        }
    }
    BranchOrder {
        fn branch_child(position: usize) -> usize {
            match position {
                3 => 4,
                4 => 3,
                other => other,
            }
        }
    }
    CalldataFloor { const FLOOR_TOKEN_GAS: u64 = 0; }
    InitcodeWord { const INITCODE_WORD_GAS: u64 = 0; }
    Tip {
        fn tip(effective_price: U256, _: u64) -> U256 {
            effective_price
        }
    }
    Selfdestruct {
        fn selfdestruct_deletes(_: Fork, _: bool) -> bool {
            true
        }
    }
    Transient { const CLEARS_TRANSIENT_STORAGE: bool = false; }
    RevertCools { const REVERT_COOLS: bool = false; }
    Stipend { const CALL_STIPEND: u64 = 2_301; }
    ClearingRefund { const CLEARING_REFUND: i64 = 15_000; }
    AuthorizationRefund { const AUTHORIZATION_REFUND: i64 = 0; }
    BeaconRootCall { const CALLS_BEACON_ROOTS: bool = false; }
    HistoryCall { const CALLS_HISTORY: bool = false; }
    WithdrawalUnit {
        fn withdrawal_wei(gwei: u64) -> U256 {
            U256::from(gwei)
        }
    }
    NonceWraps {
        fn next_nonce(nonce: u64) -> Option<u64> {
            Some(nonce.wrapping_add(1))
        }
    }
}
