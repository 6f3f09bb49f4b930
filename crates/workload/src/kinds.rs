//! Five kinds of blocks, the same for every executor.

use tern_protocol::{Address, Candidate, Word, keccak256};
use tern_stf::GenesisAccount;

use crate::{Chain, Transaction, asm::assemble};

/// What a block is full of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ETH from one account to another.
    Transfers,
    /// An ERC-20 `transfer` with its event.
    Tokens,
    /// Writes to fresh storage slots.
    Storage,
    /// keccak-256 over 4 KiB, again and again.
    Hashing,
    /// ecrecover, sha256, modexp and a pairing check.
    Precompiles,
    /// Three hundred calls that carry 490,000 bytes each: a worst case for executors that
    /// copy them, not one of the benchmark's.
    Carrying,
}

const TOKEN: Address = Address([0xaa; 20]);
const STORE: Address = Address([0xbb; 20]);
const HASHER: Address = Address([0xcc; 20]);
const CALLER: Address = Address([0xdd; 20]);
const CARRIER: Address = Address([0xee; 20]);
const CARGO: Address = Address([0xef; 20]);

impl Kind {
    /// The benchmark's five.
    pub const ALL: [Self; 5] =
        [Self::Transfers, Self::Tokens, Self::Storage, Self::Hashing, Self::Precompiles];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Tokens => "tokens",
            Self::Storage => "storage",
            Self::Hashing => "hashing",
            Self::Precompiles => "precompiles",
            Self::Carrying => "carrying",
        }
    }

    /// `count` candidates, each from another account of the chain and with its first nonce.
    pub fn candidates(self, chain: &Chain, count: usize) -> Vec<Candidate> {
        (0..count)
            .map(|at| {
                let key = chain.key(at);
                let raw = self.transaction(chain, at).sign(key);
                Candidate { raw, forced_gas: None }
            })
            .collect()
    }

    fn transaction(self, chain: &Chain, at: usize) -> Transaction {
        let to = chain.stranger(at);
        let plain = Transaction::transfer(chain.spec().chain_id.0, 0, to, 1_000_000);
        let call = |to, gas_limit, input| Transaction {
            to: Some(to),
            value: 0,
            gas_limit,
            input,
            ..plain.clone()
        };
        match self {
            Self::Transfers => plain,
            Self::Tokens => {
                let mut input = keccak256(b"transfer(address,uint256)").0[..4].to_vec();
                input.extend([0; 12]);
                input.extend(to.0);
                input.extend(Word::from_u64(7).0);
                call(TOKEN, 100_000, input)
            }
            Self::Storage => call(STORE, 600_000, Word::from_u64(at as u64 * 1_000 + 1).0.to_vec()),
            Self::Hashing => call(HASHER, 300_000, Vec::new()),
            Self::Precompiles => call(CALLER, 300_000, Vec::new()),
            Self::Carrying => call(CARRIER, 700_000, Vec::new()),
        }
    }
}

/// The contracts that the blocks call.
pub(crate) fn contracts(holders: &[Address]) -> Vec<GenesisAccount> {
    let contract = |address, source| GenesisAccount {
        address,
        nonce: 1,
        code: assemble(source),
        ..GenesisAccount::default()
    };
    let mut token = contract(TOKEN, TOKEN_SOURCE);
    token.storage =
        holders.iter().map(|holder| (balance_slot(holder), Word::from_u64(1_000_000))).collect();
    let caller = GenesisAccount { code: caller_code(), ..contract(CALLER, "STOP") };
    vec![
        token,
        contract(STORE, STORE_SOURCE),
        contract(HASHER, HASHER_SOURCE),
        caller,
        contract(CARRIER, CARRIER_SOURCE),
        contract(CARGO, "STOP"),
    ]
}

/// What creates the token in a transaction, with a million for each holder.
pub fn token_creation(holders: &[Address]) -> Vec<u8> {
    const PUSH0: u8 = 0x5f;
    const PUSH2: u8 = 0x61;
    const PUSH3: u8 = 0x62;
    const PUSH32: u8 = 0x7f;
    let runtime = assemble(TOKEN_SOURCE);
    let mut code = Vec::new();
    for holder in holders {
        code.extend([PUSH3, 0x0f, 0x42, 0x40, PUSH32]);
        code.extend(balance_slot(holder).0);
        code.push(0x55);
    }
    let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    // The eleven bytes that follow come before it.
    let start = code.len() + 11;
    code.push(PUSH2);
    code.extend(short(runtime.len()));
    code.extend([0x80, PUSH2]);
    code.extend(short(start));
    code.extend([PUSH0, 0x39, PUSH0, 0xf3]);
    code.extend(runtime);
    code
}

fn balance_slot(holder: &Address) -> Word {
    let mut preimage = [0; 64];
    preimage[12..32].copy_from_slice(&holder.0);
    Word(keccak256(&preimage).0)
}

/// `transfer(to, amount)` of a token whose balances are the mapping at slot 0: checks the
/// balance, moves it, logs Transfer, returns true.
const TOKEN_SOURCE: &str = "
    PUSH0 CALLDATALOAD 0xe0 SHR 0xa9059cbb EQ @transfer JUMPI PUSH0 PUSH0 REVERT
    :transfer
    CALLER PUSH0 MSTORE  0x40 PUSH0 KECCAK256
    DUP1 SLOAD  0x24 CALLDATALOAD
    DUP1 DUP3 LT @poor JUMPI
    SWAP1 SUB SWAP1 SSTORE
    0x04 CALLDATALOAD PUSH0 MSTORE  0x40 PUSH0 KECCAK256
    DUP1 SLOAD  0x24 CALLDATALOAD ADD SWAP1 SSTORE
    0x24 CALLDATALOAD PUSH0 MSTORE
    0x04 CALLDATALOAD CALLER
    0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef
    0x20 PUSH0 LOG3
    0x01 PUSH0 MSTORE 0x20 PUSH0 RETURN
    :poor PUSH0 PUSH0 REVERT
";

/// Writes twenty slots from the one in the calldata on.
const STORE_SOURCE: &str = "
    PUSH0 CALLDATALOAD 0x14
    :next DUP1 ISZERO @end JUMPI
    DUP2 DUP2 ADD DUP1 SSTORE
    0x01 SWAP1 SUB @next JUMP
    :end STOP
";

/// Hashes 4 KiB three hundred times, each hash over the one before.
const HASHER_SOURCE: &str = "
    0x012c
    :next DUP1 ISZERO @end JUMPI
    0x1000 PUSH0 KECCAK256 PUSH0 MSTORE
    0x01 SWAP1 SUB @next JUMP
    :end STOP
";

/// Calls a contract that stops at once with 490,000 bytes, three hundred times.
const CARRIER_SOURCE: &str = "
    0x012c
    :next DUP1 ISZERO @end JUMPI
    PUSH0 PUSH0 0x077a10 PUSH0 0xefefefefefefefefefefefefefefefefefefefef PUSH0 STATICCALL POP
    0x01 SWAP1 SUB @next JUMP
    :end STOP
";

fn caller_code() -> Vec<u8> {
    let store = |at: u16, word: &str| format!("0x{word} 0x{at:04x} MSTORE\n");
    let call = |address: u8, len: u16, gas: &str| {
        format!("0x20 0x0400 0x{len:04x} PUSH0 0x{address:02x} {gas} STATICCALL POP\n")
    };
    // A valid signature of no particular hash, as ecrecover takes it.
    let mut source = store(0, "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3");
    source += &store(32, "1c");
    source += &store(64, "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608");
    source += &store(96, "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada");
    for _ in 0..5 {
        source += &call(1, 128, "0x0bb8");
    }
    for _ in 0..20 {
        source += &call(2, 1024, "GAS");
    }
    // 3^(p-2) mod p for the field of secp256k1: base of one byte, then exponent and modulus.
    source += &store(0, "01");
    source += &store(32, "20");
    source += &store(64, "20");
    source += &store(96, &format!("03{}", "00".repeat(31)));
    source += &store(97, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
    source += &store(129, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    source += &call(5, 161, "GAS");
    // e(P, Q) times e(-P, Q) is one.
    let q = [
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2",
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed",
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b",
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
    ];
    let minus_two = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45";
    for (pair, y) in [(0u16, "02"), (1, minus_two)] {
        let words = ["01", y].into_iter().chain(q);
        for (at, word) in (0u16..).zip(words) {
            source += &store(pair * 192 + at * 32, word);
        }
    }
    source += &call(8, 384, "GAS");
    source += "STOP";
    assemble(&source)
}
