//! Blocks of ETH transfers over 4096 accounts and Prague's system contracts, with the
//! smallest witness that both lanes can check them with.

use tern_guest::Task;
use tern_protocol::Hash;
use tern_stf::Executor;
use tern_stf_evm::{Ethereum, EvmExecutor};
use tern_stf_revm::RevmExecutor;
use tern_workload::{Chain, Kind};

const ACCOUNTS: usize = 4096;
const SENDERS: usize = 100;
const OP: EvmExecutor<Ethereum> = EvmExecutor::new();

/// A block, what is needed to check it, and what the check must say.
pub(crate) struct Measured {
    /// The input of the guests.
    pub(crate) input: Vec<u8>,
    /// The hash that the native executors give it.
    pub(crate) hash: Hash,
}

/// The chain on which the blocks are made.
pub(crate) fn chain() -> Chain {
    Chain::new(&RevmExecutor, ACCOUNTS, SENDERS).expect("the genesis accounts are well formed")
}

/// A block of so many transfers, each from another sender to another receiver.
pub(crate) fn transfers(chain: &Chain, count: usize) -> Measured {
    block(chain, Kind::Transfers, count)
}

/// A block of so many transactions of a kind, each from another sender.
pub(crate) fn block(chain: &Chain, kind: Kind, count: usize) -> Measured {
    assert!(count <= SENDERS, "each sender sends once");
    let inputs = chain.inputs_of(kind, count);
    let built = RevmExecutor
        .build(chain.spec(), chain.head_hash(), &inputs, chain.archive())
        .expect("the inputs are possible");
    assert_eq!(built.receipts.len(), count, "skipped: {:?}", built.skipped);
    assert!(built.receipts.iter().all(|receipt| receipt.success));
    let witness =
        chain.witness(&[&RevmExecutor, &OP], &built.block).expect("both lanes agree with it");
    let witness = witness.to_bytes();
    let task = Task { spec: chain.spec().clone(), block: &built.block, witness: &witness };
    Measured { input: task.encode(), hash: built.hash }
}
