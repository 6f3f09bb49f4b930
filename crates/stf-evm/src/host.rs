//! What contracts see around them: the state, the block and the transaction.

use alloc::vec::Vec;
use core::marker::PhantomData;

use evm::{standard::Config, uint::U256};
use tern_protocol::{Address, Hash};
use tern_stf::{Error, Fork, Need, Preimages};

use crate::{header, precompiles, rules::Rules, world::World};

/// How many blocks back BLOCKHASH reaches.
const BLOCK_HASHES: usize = 256;

/// What contracts can ask about the block.
#[derive(Debug)]
pub(crate) struct BlockEnv {
    pub(crate) fork: Fork,
    pub(crate) chain_id: u64,
    pub(crate) number: u64,
    pub(crate) timestamp: u64,
    pub(crate) gas_limit: u64,
    pub(crate) beneficiary: Address,
    pub(crate) prev_randao: Hash,
    pub(crate) base_fee: u64,
    pub(crate) blob_base_fee: U256,
}

/// What contracts can ask about the transaction.
#[derive(Debug, Default)]
pub(crate) struct TxEnv {
    pub(crate) origin: Address,
    pub(crate) gas_price: U256,
    pub(crate) blob_hashes: Vec<Hash>,
}

/// What contracts see around them.
pub(crate) struct Host<'a, R> {
    pub(crate) world: World<'a>,
    pub(crate) block: BlockEnv,
    pub(crate) tx: TxEnv,
    /// Which instructions exist.
    pub(crate) config: Config,
    /// Why the block cannot be executed here, once that is so.
    pub(crate) fault: Option<Error>,
    /// Hashes of the blocks before, the parent's first, as far as they were asked for.
    ancestors: Vec<Hash>,
    rules: PhantomData<R>,
}

/// The interpreter's name for a fork. What Prague adds beyond it is ours.
const fn config(fork: Fork) -> Config {
    match fork {
        Fork::Paris => Config::london(),
        Fork::Shanghai => Config::shanghai(),
        Fork::Cancun => Config::cancun(),
        Fork::Prague => Config::prague(),
    }
}

impl<'a, R: Rules> Host<'a, R> {
    pub(crate) fn new(world: World<'a>, block: BlockEnv, parent: Hash) -> Self {
        Self {
            world,
            config: config(block.fork),
            block,
            tx: TxEnv::default(),
            fault: None,
            ancestors: Vec::from([parent]),
            rules: PhantomData,
        }
    }

    /// The hash of one of the last 256 blocks, zero for any other number.
    pub(crate) fn block_hash(&mut self, number: U256) -> Result<Hash, Error> {
        if number >= U256::from(self.block.number) {
            return Ok(Hash::ZERO);
        }
        let back = self.block.number - 1 - number.low_u64();
        let Some(back) = usize::try_from(back).ok().filter(|back| *back < BLOCK_HASHES) else {
            return Ok(Hash::ZERO);
        };
        while self.ancestors.len() <= back {
            let Some(last) = self.ancestors.last().copied() else { return Ok(Hash::ZERO) };
            self.ancestors.push(read_header(self.world.preimages, last)?.parent_hash);
        }
        Ok(self.ancestors[back])
    }

    /// The precompile at an address.
    pub(crate) fn precompile(&self, address: &Address) -> Option<precompiles::Precompile> {
        precompiles::lookup(self.block.fork, &address.0)
    }

    /// Whose code runs instead of an account's own (EIP-7702).
    pub(crate) fn delegate(&self, code: &[u8]) -> Option<Address> {
        if self.block.fork >= Fork::Prague { R::delegate(code) } else { None }
    }
}

/// Reads a header by its hash.
pub(crate) fn read_header(
    preimages: &dyn Preimages,
    hash: Hash,
) -> Result<tern_stf::Header, Error> {
    let bytes = preimages.get(&hash).ok_or(Error::missing(Need::Header, hash))?;
    header::decode(bytes).map_err(|wrong| Error::Malformed {
        need: Need::Header,
        hash,
        reason: wrong.0.into(),
    })
}
