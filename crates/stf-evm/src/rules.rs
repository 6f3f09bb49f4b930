//! The rules of Ethereum that are a number or a small pure function, gathered so that a
//! test can replace a single one and see whether anybody notices.

use evm::uint::U256;
use tern_protocol::Address;
use tern_stf::Fork;

/// Chains with real money on them, or that settle to one. An executor with a planted
/// fault refuses them.
pub const PRODUCTION_CHAINS: &[u64] = &[
    1, 10, 14, 25, 30, 40, 56, 100, 130, 137, 146, 169, 204, 250, 252, 288, 324, 480, 1088, 1101,
    1135, 1284, 1329, 1868, 2020, 5000, 7777777, 8217, 8453, 33139, 34443, 42161, 42170, 42220,
    43114, 57073, 59144, 60808, 80094, 81457, 534352,
];

/// What the marker of a delegated account begins with (EIP-7702).
pub(crate) const DELEGATION_MARKER: [u8; 3] = [0xef, 0x01, 0x00];

/// The replaceable rules. Every default is Ethereum's.
pub trait Rules: Send + Sync + 'static {
    /// What the executor is called. A faulty one says `dev` and what is wrong with it.
    const NAME: &'static str = "evm";
    /// Whether a rule is wrong on purpose. Such an executor refuses [`PRODUCTION_CHAINS`].
    const FAULTY: bool = false;

    /// Gas every transaction costs.
    const TRANSACTION_GAS: u64 = 21_000;
    /// Gas a creating transaction costs on top.
    const CREATION_GAS: u64 = 32_000;
    /// Gas of a token of calldata (EIP-2028): a zero byte is one token, any other four.
    const CALLDATA_TOKEN_GAS: u64 = 4;
    /// The least that a token of calldata costs in the end (EIP-7623).
    const FLOOR_TOKEN_GAS: u64 = 10;
    /// Gas of a word of initcode (EIP-3860).
    const INITCODE_WORD_GAS: u64 = 2;
    /// Gas of an address in an access list (EIP-2930).
    const ACCESS_ADDRESS_GAS: u64 = 2_400;
    /// Gas of a storage key in an access list (EIP-2930).
    const ACCESS_KEY_GAS: u64 = 1_900;
    /// Gas of an authorization, as if its account did not exist yet (EIP-7702).
    const AUTHORIZATION_GAS: u64 = 25_000;
    /// Gas given back for an authorization by an account that exists (EIP-7702).
    const AUTHORIZATION_REFUND: i64 = 12_500;
    /// Refunds are at most this part of the gas used (EIP-3529).
    const REFUND_QUOTIENT: u64 = 5;
    /// Refund for clearing a storage slot (EIP-3529).
    const CLEARING_REFUND: i64 = 4_800;
    /// Gas a call with value gives its target on top.
    const CALL_STIPEND: u64 = 2_300;
    /// Whether transient storage is gone after a transaction (EIP-1153).
    const CLEARS_TRANSIENT_STORAGE: bool = true;
    /// Whether a block begins with the call to the beacon roots contract (EIP-4788).
    const CALLS_BEACON_ROOTS: bool = true;
    /// Whether a block begins with the call to the history contract (EIP-2935).
    const CALLS_HISTORY: bool = true;
    /// Whether addresses and slots that a reverted call touched are cold again (EIP-2929).
    const REVERT_COOLS: bool = true;

    /// Whether a transaction signed for `signed` may run on `chain`. Legacy transactions
    /// may be signed for any.
    fn accepts_chain(signed: Option<U256>, chain: u64) -> bool {
        signed.is_none_or(|signed| signed == U256::from(chain))
    }

    /// The nonce behind `nonce`.
    fn next_nonce(nonce: u64) -> Option<u64> {
        nonce.checked_add(1)
    }

    /// Whether the beneficiary is warm from the start (EIP-3651).
    fn warms_beneficiary(fork: Fork) -> bool {
        fork >= Fork::Shanghai
    }

    /// Whether precompiles are warm from the start (EIP-2929).
    fn warms_precompiles() -> bool {
        true
    }

    /// Gas the sender gets back (EIP-3529).
    fn refund(counted: i64, used: u64) -> u64 {
        u64::try_from(counted).unwrap_or(0).min(used / Self::REFUND_QUOTIENT)
    }

    /// What the beneficiary earns for a unit of gas.
    fn tip(effective_price: U256, base_fee: u64) -> U256 {
        effective_price.saturating_sub(U256::from(base_fee))
    }

    /// What a withdrawal credits, in wei (EIP-4895).
    fn withdrawal_wei(gwei: u64) -> U256 {
        U256::from(u128::from(gwei) * 1_000_000_000)
    }

    /// Whose code runs for an account with this code (EIP-7702).
    fn delegate(code: &[u8]) -> Option<Address> {
        code.strip_prefix(&DELEGATION_MARKER).and_then(Address::from_slice)
    }

    /// Whether the sender's code keeps it from sending (EIP-3607, EIP-7702).
    fn code_forbids_sending(fork: Fork, code: &[u8]) -> bool {
        let delegated = fork >= Fork::Prague && Self::delegate(code).is_some();
        !code.is_empty() && !delegated
    }

    /// Whether SELFDESTRUCT deletes the account (EIP-6780).
    fn selfdestruct_deletes(fork: Fork, created_in_transaction: bool) -> bool {
        fork < Fork::Cancun || created_in_transaction
    }

    /// Which child stands at a position of a branch node.
    fn branch_child(position: usize) -> usize {
        position
    }

    /// By how much the base fee moves (EIP-1559), before it is at least 1 when it rises.
    fn base_fee_change(base_fee: u64, gas_off_target: u64, target: u64) -> u128 {
        u128::from(base_fee) * u128::from(gas_off_target) / u128::from(target.max(1)) / 8
    }

    /// The base fee of the block behind one with these numbers (EIP-1559).
    fn next_base_fee(base_fee: u64, gas_used: u64, gas_limit: u64) -> u64 {
        let target = gas_limit / 2;
        let change =
            Self::base_fee_change(base_fee, gas_used.abs_diff(target), target).min(u64::MAX.into());
        let change = change as u64;
        match gas_used.cmp(&target) {
            core::cmp::Ordering::Equal => base_fee,
            core::cmp::Ordering::Greater => base_fee.saturating_add(change.max(1)),
            core::cmp::Ordering::Less => base_fee.saturating_sub(change),
        }
    }
}

/// Ethereum's rules, none replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ethereum;

impl Rules for Ethereum {}
