//! Loads as rollups carry them, the same in every run. Signatures are random bytes: nobody
//! checks them here, and good ones are as random.

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy,
    transaction::RlpEcdsaEncodableTx,
};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tern_codec::BatchData;

const CHAIN_ID: u64 = 7357;
const GWEI: u128 = 1_000_000_000;

/// What a batch is full of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// EIP-1559 transfers of ETH.
    Transfers,
    /// ERC-20 `transfer` of a few well-used tokens.
    Tokens,
    /// Both, calls with random calldata, and every other kind of transaction.
    Mixed,
}

impl Load {
    pub(crate) const ALL: [Self; 3] = [Self::Transfers, Self::Tokens, Self::Mixed];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Transfers => "ETH transfers",
            Self::Tokens => "ERC-20 transfers",
            Self::Mixed => "mixed",
        }
    }

    /// So many transactions in so many blocks.
    pub(crate) fn batch(self, transactions: usize, blocks: usize) -> BatchData {
        let mut users = Users::new(self as u64);
        let mut all = (0..transactions).map(|_| users.transaction(self));
        let count = |at: usize| (at + 1) * transactions / blocks - at * transactions / blocks;
        BatchData { blocks: (0..blocks).map(|at| all.by_ref().take(count(at)).collect()).collect() }
    }
}

/// Those who sign.
struct Users {
    random: ChaCha8Rng,
    base_fee: u128,
    known: Vec<Address>,
    tokens: Vec<Address>,
}

impl Users {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let known = (0..500).map(|_| Address(random.random::<[u8; 20]>().into())).collect();
        let tokens = (0..30).map(|_| Address(random.random::<[u8; 20]>().into())).collect();
        Self { random, base_fee: GWEI / 20, known, tokens }
    }

    fn transaction(&mut self, load: Load) -> Vec<u8> {
        self.base_fee = self.base_fee * self.random.random_range(998..=1002) / 1000;
        let tokens = match load {
            Load::Transfers => false,
            Load::Tokens => true,
            Load::Mixed => match self.random.random_range(0..10) {
                0..4 => false,
                4..8 => true,
                _ => return self.call(),
            },
        };
        if tokens { self.token() } else { self.transfer() }
    }

    fn transfer(&mut self) -> Vec<u8> {
        let value = self.amount(15);
        let to = self.receiver();
        self.dynamic(21_000, to, value, Bytes::new())
    }

    fn token(&mut self) -> Vec<u8> {
        // A few tokens make most of the transfers.
        let at = self.random.random_range(0..30) * self.random.random_range(0..30) / 30;
        let decimals = if at % 2 == 0 { 3 } else { 15 };
        let (receiver, amount) = (self.receiver(), self.amount(decimals));
        let mut data = vec![0xa9, 0x05, 0x9c, 0xbb];
        data.extend_from_slice(&receiver.into_word().0);
        data.extend_from_slice(&amount.to_be_bytes::<32>());
        let gas = self.random.random_range(45_000..66_000);
        let to = self.tokens[at];
        self.dynamic(gas, to, U256::ZERO, data.into())
    }

    /// A call whose arguments are random, in any kind of envelope.
    fn call(&mut self) -> Vec<u8> {
        let mut data = vec![0; 4 + 32 * self.random.random_range(1..12)];
        self.random.fill(data.as_mut_slice());
        let (input, chain_id) = (Bytes::from(data), CHAIN_ID);
        let to = TxKind::Call(self.receiver());
        let (nonce, value) = (self.nonce(), U256::ZERO);
        let (max_priority_fee_per_gas, max_fee_per_gas) = self.fees();
        let (gas_limit, gas_price) = (self.random.random_range(60_000..900_000), max_fee_per_gas);
        let access_list = AccessList(vec![AccessListItem {
            address: self.receiver(),
            storage_keys: vec![B256::with_last_byte(7)],
        }]);
        match self.random.random_range(0..8) {
            0 => {
                let chain_id = Some(chain_id);
                self.sign(TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
            }
            1 => self.sign(TxLegacy {
                chain_id: None,
                nonce,
                gas_price,
                gas_limit,
                to,
                value,
                input,
            }),
            2 => self.sign(TxEip2930 {
                chain_id,
                nonce,
                gas_price,
                gas_limit,
                to,
                value,
                access_list,
                input,
            }),
            3 => {
                let authorization = Authorization {
                    chain_id: U256::from(chain_id),
                    address: self.tokens[0],
                    nonce,
                };
                let (r, s) = (self.random.random(), self.random.random());
                let signed = SignedAuthorization::new_unchecked(
                    authorization,
                    1,
                    U256::from_be_bytes::<32>(r),
                    U256::from_be_bytes::<32>(s),
                );
                let (to, authorization_list) = (self.known[0], vec![signed]);
                self.sign(TxEip7702 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas,
                    max_priority_fee_per_gas,
                    to,
                    value,
                    access_list,
                    authorization_list,
                    input,
                })
            }
            kind => self.sign(TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                to: if kind == 4 { TxKind::Create } else { to },
                value,
                access_list: if kind == 5 { access_list } else { AccessList::default() },
                input,
            }),
        }
    }

    fn dynamic(&mut self, gas_limit: u64, to: Address, value: U256, input: Bytes) -> Vec<u8> {
        let (max_priority_fee_per_gas, max_fee_per_gas) = self.fees();
        let (nonce, to, access_list) = (self.nonce(), TxKind::Call(to), AccessList::default());
        self.sign(TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            input,
        })
    }

    fn sign<T>(&mut self, transaction: T) -> Vec<u8>
    where
        T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
        TxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let (r, s, odd): ([u8; 32], [u8; 32], bool) =
            (self.random.random(), self.random.random(), self.random.random());
        let (r, s) = (U256::from_be_bytes::<32>(r), U256::from_be_bytes::<32>(s) >> 1);
        let signed = transaction.into_signed(Signature::new(r, s, odd));
        TxEnvelope::from(signed).encoded_2718()
    }

    /// Most accounts are young.
    fn nonce(&mut self) -> u64 {
        let bits = self.random.random_range(0..12);
        self.random.random_range(0..1u64 << bits)
    }

    /// Wallets offer twice the base fee and a round tip; some people type their own.
    fn fees(&mut self) -> (u128, u128) {
        let tips = [GWEI / 1000, GWEI / 100, GWEI / 10, GWEI];
        let tip = tips[self.random.random_range(0..tips.len())];
        let fee =
            if self.random.random_bool(0.8) { 2 * self.base_fee + tip } else { 2 * GWEI + tip };
        (tip, fee)
    }

    /// Half are round, half are not.
    fn amount(&mut self, decimals: u32) -> U256 {
        let most = if self.random.random_bool(0.5) { 2_000 } else { 2_000 * 10u64.pow(decimals) };
        let round = if most == 2_000 { 10u64.pow(decimals) } else { 1 };
        U256::from(u128::from(self.random.random_range(1..most)) * u128::from(round))
    }

    /// Most are new.
    fn receiver(&mut self) -> Address {
        if self.random.random_bool(0.3) {
            self.known[self.random.random_range(0..self.known.len())]
        } else {
            Address(self.random.random::<[u8; 20]>().into())
        }
    }
}
