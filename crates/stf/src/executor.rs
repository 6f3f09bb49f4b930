//! What every executor promises.

use alloc::vec::Vec;
use core::fmt;

use tern_protocol::{Address, BlockInputs, Hash, Word};

use crate::{ChainSpec, Error, Header, Preimages};

/// A program that computes Ethereum blocks. Each lane has its own, on its own EVM,
/// trie and decoders; they meet only in this trait and in bytes.
///
/// Executors keep no state between calls: everything they know about the chain comes
/// from `preimages`, addressed by keccak-256, starting at the parent's hash.
pub trait Executor: Sync {
    /// The name people see, for example `revm`. A deliberately wrong one says `dev`.
    fn name(&self) -> &str;

    /// Makes the block that follows `parent` from derived inputs. Candidates that
    /// Prague's pre-execution checks refuse where they land, and blob transactions, are
    /// skipped; nothing a candidate contains makes this fail.
    fn build(
        &self,
        spec: &ChainSpec,
        parent: Hash,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error>;

    /// Checks a complete block (RLP) against every rule of its fork, blob transactions
    /// included, or says what is the first thing wrong with it.
    fn check(
        &self,
        spec: &ChainSpec,
        block: &[u8],
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error>;

    /// The state root of a set of accounts and the trie nodes and codes behind it.
    fn genesis_state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, Error>;
}

/// A block that an executor made or agreed with.
#[derive(Debug, Clone)]
pub struct Execution {
    /// The block's hash.
    pub hash: Hash,
    /// Its header, field by field.
    pub header: Header,
    /// Its header in RLP: the preimage of `hash`.
    pub header_rlp: Vec<u8>,
    /// The whole block in RLP.
    pub block: Vec<u8>,
    /// One for each included transaction, in order.
    pub receipts: Vec<Receipt>,
    /// The candidates that were left out, in order. Always empty for a check.
    pub skipped: Vec<Skipped>,
    /// Trie nodes and codes that the block created. They, the header and what was known
    /// before are enough to execute the next block.
    pub created: Vec<Vec<u8>>,
}

/// What an included transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction's index among the candidates (build) or in the block (check).
    pub candidate: usize,
    /// Whether it ran to its end without reverting.
    pub success: bool,
    /// Gas used in the block up to and including it.
    pub cumulative_gas_used: u64,
    /// The receipt in its EIP-2718 form, as it enters the receipts trie.
    pub encoded: Vec<u8>,
}

/// A candidate that did not enter the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Its index among the candidates.
    pub candidate: usize,
    /// Why. Executors test in different orders, so where several reasons hold the
    /// reason may differ between them; that it is skipped may not.
    pub reason: SkipReason,
}

/// Why a candidate is not valid where it landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// Not a signed transaction of a known type in canonical form.
    Undecodable,
    /// A blob transaction: a Tern chain has none.
    Blob,
    /// A type that the block's fork does not know yet.
    TypeNotActive,
    /// Signed for another chain.
    WrongChain,
    /// A signature that no key can have made, or with a high `s`.
    BadSignature,
    /// The nonce is not the sender's next one.
    Nonce,
    /// The sender is a contract.
    SenderIsContract,
    /// The balance does not cover gas and value.
    Funds,
    /// The block, or what was paid for on L1, has less gas left than it may use.
    GasLimit,
    /// Its gas does not cover the intrinsic cost or the calldata floor (EIP-7623).
    IntrinsicGas,
    /// It offers less than the base fee, or a higher tip than its fee.
    Fee,
    /// Its initcode is too long.
    InitcodeSize,
    /// A set-code transaction without authorizations, or one that creates.
    SetCodeForm,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecodable => "it is not a canonical signed transaction",
            Self::Blob => "it is a blob transaction, which this chain does not take",
            Self::TypeNotActive => "its type is not active yet",
            Self::WrongChain => "it is signed for another chain",
            Self::BadSignature => "its signature is not valid",
            Self::Nonce => "its nonce is not the sender's next",
            Self::SenderIsContract => "its sender is a contract",
            Self::Funds => "the sender's balance does not cover gas and value",
            Self::GasLimit => "it may use more gas than is left for it",
            Self::IntrinsicGas => "its gas does not cover the intrinsic cost",
            Self::Fee => "its fee is below the base fee, or its tip above its fee",
            Self::InitcodeSize => "its initcode is too long",
            Self::SetCodeForm => "a set-code transaction must call and carry an authorization",
        })
    }
}

/// An account that exists before the first block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GenesisAccount {
    /// Its address.
    pub address: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Its balance in wei.
    pub balance: Word,
    /// Its code.
    pub code: Vec<u8>,
    /// Its storage; zero values mean absent.
    pub storage: Vec<(Word, Word)>,
}

/// The state before the first block.
#[derive(Debug, Clone)]
pub struct GenesisState {
    /// The root of the account trie.
    pub root: Hash,
    /// Every trie node and code.
    pub created: Vec<Vec<u8>>,
}
