//! What whole transactions cost by Osaka's rules: 21,000, the calldata with the floor of
//! EIP-7623, and the execution. The figures are committed in `bench/gas.md`.

use std::{collections::BTreeMap, fmt::Write};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_sol_types::{SolCall, SolValue};
use tern_contracts::{Bridge, Inbox, Settlement, bridge::Bridge::Message};
use tern_protocol::{
    BatchAcc, BatchHeader, BlockNumber, Checkpoints, Claim, ConfigHash, DataRef, Hash,
};

use crate::{
    doubles::{TraceGames, TraceProofLane},
    evm::Outcome,
    tries::{Account, prove_slot},
    world::{DEPLOYER, GENESIS, World, params},
};

const ALICE: Address = Address::repeat_byte(0xaa);
/// Where every chain has its outbox.
const OUTBOX: Address = alloy_primitives::address!("7e00000000000000000000000000000000000001");

/// How many goals are missed: that of a withdrawal which proves everything in one call. Who meets
/// it lowers this.
const OVER: usize = 1;

/// One line of the table.
struct Line {
    what: String,
    gas: u64,
    goal: Option<u64>,
    peer: &'static str,
}

/// A rollup with all lanes and a real bridge.
struct Lab {
    world: World,
    bridge: Address,
    config: ConfigHash,
    head: Hash,
    last: BatchAcc,
    blocks: u64,
}

impl Lab {
    fn new() -> Self {
        let mut chain = World::l1();
        chain.fund(ALICE, U256::from(10).pow(U256::from(24)));
        let ids = |text: &str| (keccak256([text, "p"].concat()), keccak256([text, "e"].concat()));
        let bridge = chain.create(DEPLOYER, &Bridge::BYTECODE, &[]);
        let mut params = params();
        params.bridge = bridge;
        let one = U256::from(1);
        let with = |text, third: U256| [ids(text).abi_encode(), third.abi_encode()].concat();
        params.lanes.zk = chain.create(DEPLOYER, &TraceProofLane::BYTECODE, &ids("z").abi_encode());
        // Also the hardware lane answers at once: what a real one reads to uphold its vote is its own.
        params.lanes.tee =
            chain.create(DEPLOYER, &TraceProofLane::BYTECODE, &ids("t").abi_encode());
        params.lanes.op = chain.create(DEPLOYER, &TraceGames::BYTECODE, &with("o", one));
        params.lanes.zk2 =
            chain.create(DEPLOYER, &TraceProofLane::BYTECODE, &ids("y").abi_encode());
        let mut world = World::deploy(chain, params);
        let config = world.chain.view(world.at.inbox, &Inbox::configHashCall {});
        let config = ConfigHash(Hash(config.0));
        let inbox = world.at.inbox;
        world.chain.send(ALICE, bridge, &Bridge::registerCall { inbox }).ok();
        Self { world, bridge, config, head: Hash(GENESIS.0), last: BatchAcc::default(), blocks: 0 }
    }

    /// A batch, and the claim over it that ends in a block.
    fn claim(&mut self, block: Hash) -> Claim {
        let first_batch = self.last;
        self.last = self.world.batch(2);
        self.blocks += 2;
        let mid = keccak256(block.0);
        let root = Checkpoints::new(&[Hash(mid.0), block]).expect("two blocks").root();
        let parent = std::mem::replace(&mut self.head, block);
        Claim {
            config: self.config,
            parent_block: parent,
            first_batch,
            last_batch: self.last,
            block,
            block_number: BlockNumber(self.blocks),
            checkpoints: root,
        }
    }

    fn next(&mut self) -> Claim {
        self.claim(Hash(keccak256(self.blocks.to_be_bytes()).0))
    }

    fn propose(&mut self, claim: &Claim) -> Outcome {
        let value = self.world.params.terms.proposerBond.to();
        let call = Settlement::proposeCall { claim: claim.into() };
        self.world.chain.pay(ALICE, self.world.at.settlement, value, &call).ok()
    }

    fn vote_call(claim: &Claim, lane: u8) -> Settlement::voteCall {
        Settlement::voteCall { lane, claim: claim.into(), proof: vec![1].into() }
    }

    fn vote(&mut self, claim: &Claim, lane: u8) -> Outcome {
        let call = Self::vote_call(claim, lane);
        self.world.chain.send(ALICE, self.world.at.settlement, &call).ok()
    }

    fn deposit(&mut self) -> u64 {
        let call = Inbox::depositCall { to: ALICE };
        let value = U256::from(10).pow(U256::from(18));
        self.world.chain.pay(ALICE, self.world.at.inbox, value, &call).ok().gas
    }
}

/// Of a transaction, what is neither its base cost nor its calldata.
fn execution(gas: u64, data: &[u8]) -> u64 {
    let calldata: u64 = data.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
    gas - 21_000 - calldata
}

fn line(what: &str, gas: u64, goal: Option<u64>, peer: &'static str) -> Line {
    Line { what: what.into(), gas, goal, peer }
}

/// Settlement as a rollup knows it that has lived: nothing is the first of its kind.
fn settlement_lines(lab: &mut Lab) -> Vec<Line> {
    let warm = lab.next();
    lab.propose(&warm);
    lab.vote(&warm, 0);
    lab.vote(&warm, 1);
    let parent = lab.next();
    let propose = lab.propose(&parent).gas;
    let zk = Lab::vote_call(&parent, 0).abi_encode();
    let vote = lab.vote(&parent, 0).gas;
    let child = lab.next();
    let value = lab.world.params.terms.proposerBond.to();
    let on = Settlement::proposeOnCall { claim: (&child).into(), parent: (&parent).into() };
    let propose_on = lab.world.chain.pay(ALICE, lab.world.at.settlement, value, &on).ok().gas;
    lab.vote(&child, 0);
    lab.vote(&child, 1);
    let last_vote = lab.vote(&parent, 1).gas;
    let finalize = Settlement::finalizeCall { claim: (&child).into() };
    let finalize = lab.world.chain.send(ALICE, lab.world.at.settlement, &finalize).ok().gas;
    let unproposed = lab.next();
    let first_vote = lab.vote(&unproposed, 0).gas;
    vec![
        line("propose", propose, Some(120_000), "OP Succinct 330k"),
        line("propose on a pending parent", propose_on, None, ""),
        line(
            "vote: settlement's part (whole less 21,000 and calldata)",
            execution(vote, &zk),
            Some(35_000),
            "",
        ),
        line(
            "vote, whole, of a lane that answers at once",
            vote,
            None,
            "OP Succinct prove 280k to 300k",
        ),
        line("vote, whole, for what nobody proposed", first_vote, None, ""),
        line("the last vote, whole, which finalises", last_vote, None, ""),
        line("finalize", finalize, Some(60_000), "OP Succinct resolve 85k"),
    ]
}

fn inbox_lines(lab: &mut Lab) -> Vec<Line> {
    let first = lab.deposit();
    let second = lab.deposit();
    // A chain that has lived: places of the queue have been written before, and what is overdue
    // has been taken.
    for deposits in [2, 8, 8] {
        lab.world.chain.warp(24);
        let duty = BatchHeader { deposits, ..lab.world.header(2, DataRef::None) };
        lab.world.submit(&duty, Bytes::new()).ok();
        for _ in 0..8 {
            lab.deposit();
        }
    }
    lab.world.chain.warp(24);
    let duty = BatchHeader { deposits: 8, ..lab.world.header(2, DataRef::None) };
    lab.world.submit(&duty, Bytes::new()).ok();
    let mut lines = vec![
        line("deposit, the first of a rollup", first, None, ""),
        line("deposit into a place of the queue not used before", second, None, ""),
    ];
    for blobs in 0..=6u64 {
        let hash = |i: u64| {
            let mut hash = keccak256(i.to_be_bytes()).0;
            hash[0] = 1;
            Hash(hash)
        };
        let data =
            if blobs == 0 { DataRef::None } else { DataRef::Blobs((0..blobs).map(hash).collect()) };
        lab.world.chain.warp(24);
        let header = lab.world.header(2, data);
        let gas = lab.world.submit(&header, Bytes::new()).ok().gas;
        let what = format!("submitBatch, {blobs} blobs");
        lines.push(Line { what, gas, goal: Some(110_000 + 8_000 * blobs), peer: "" });
    }
    lines.push(line("deposit", lab.deposit(), Some(45_000), ""));
    lines
}

/// A withdrawal of ETH, proven against a state of so many accounts and messages.
fn withdrawal(accounts: usize, messages: u64, at_once: bool) -> u64 {
    let mut lab = Lab::new();
    lab.deposit();
    let message = Message {
        chainId: lab.world.params.chain.chainId,
        nonce: messages / 2,
        kind: 0,
        sender: ALICE,
        to: ALICE,
        token: Address::ZERO,
        amount: U256::from(10).pow(U256::from(17)),
        destination: Address::ZERO,
        gas: 0,
        data: Bytes::new(),
    };
    let slot = |nonce: u64| keccak256((U256::from(nonce), U256::ZERO).abi_encode());
    let mut storage: BTreeMap<B256, U256> = (0..messages)
        .map(|n| (slot(n), U256::from_be_bytes(keccak256(n.to_be_bytes()).0)))
        .collect();
    let hash = message_hash(&message, lab.world.chain.chain_id(), lab.bridge);
    storage.insert(slot(message.nonce), U256::from_be_bytes(hash.0));
    storage.insert(B256::with_last_byte(1), U256::from(messages));
    let plain = Account {
        nonce: 1,
        balance: U256::from(1u64 << 60),
        code_hash: keccak256([]),
        storage: BTreeMap::new(),
    };
    let mut state: BTreeMap<Address, Account> = (1..accounts as u64)
        .map(|n| (Address::from_slice(&keccak256(n.to_be_bytes())[12..]), plain.clone()))
        .collect();
    state.insert(OUTBOX, Account { storage, ..plain });
    let proof = prove_slot(&state, OUTBOX, slot(message.nonce));

    let header = Header { state_root: proof.state_root, number: 2, ..Header::default() };
    let claim = lab.claim(Hash(header.hash_slow().0));
    lab.vote(&claim, 0);
    lab.vote(&claim, 1);
    lab.world.chain.warp(100);
    let (inbox, mut rlp) = (lab.world.at.inbox, Vec::new());
    header.encode(&mut rlp);
    let bridge = lab.bridge;
    let (claim, header) = ((&claim).into(), Bytes::from(rlp));
    if at_once {
        let call = Bridge::withdrawWithClaimCall {
            inbox,
            claim,
            header,
            accountProof: proof.account,
            message,
            storageProof: proof.storage,
        };
        return lab.world.chain.send(ALICE, bridge, &call).ok().gas;
    }
    let block_hash = claim_block(&claim);
    let prove = Bridge::proveOutboxCall { inbox, claim, header, accountProof: proof.account };
    lab.world.chain.send(ALICE, bridge, &prove).ok();
    let call =
        Bridge::withdrawCall { inbox, blockHash: block_hash, message, storageProof: proof.storage };
    lab.world.chain.send(ALICE, bridge, &call).ok().gas
}

fn claim_block(claim: &tern_contracts::bridge::Bridge::Claim) -> B256 {
    claim.blockHash
}

/// As `spec/bridge.md` writes it.
fn message_hash(m: &Message, l1_chain: u64, bridge: Address) -> B256 {
    let mut bytes = keccak256("tern.message.v1").to_vec();
    bytes.extend(l1_chain.to_be_bytes());
    bytes.extend(bridge);
    bytes.extend(m.chainId.to_be_bytes());
    bytes.extend(OUTBOX);
    bytes.extend(m.nonce.to_be_bytes());
    bytes.push(m.kind);
    bytes.extend(m.sender);
    bytes.extend(m.to);
    bytes.extend(m.token);
    bytes.extend(m.amount.to_be_bytes::<32>());
    bytes.extend(m.destination);
    bytes.extend(m.gas.to_be_bytes());
    bytes.extend(keccak256(&m.data));
    keccak256(bytes)
}

fn lines(million: bool) -> Vec<Line> {
    let mut lines = settlement_lines(&mut Lab::new());
    lines.extend(inbox_lines(&mut Lab::new()));
    let small = "4,096 accounts and 1,024 messages";
    let once = withdrawal(4_096, 1_024, true);
    lines.push(line(&format!("withdrawal of ETH, whole, {small}"), once, Some(160_000), ""));
    let later = withdrawal(4_096, 1_024, false);
    lines.push(line(
        &format!("withdrawal of ETH, its outbox proven before, {small}"),
        later,
        None,
        "",
    ));
    if million {
        let large = "1,000,000 accounts and messages";
        let once = withdrawal(1_000_000, 1_000_000, true);
        lines.push(line(&format!("withdrawal of ETH, whole, {large}"), once, None, ""));
    }
    lines
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

fn table(lines: &[Line]) -> String {
    let mut out = String::from(
        "# Gas\n\nWhole transactions by Osaka's rules in revm: 21,000, calldata with EIP-7623's floor, and\n\
         the execution of the committed bytecode. Lanes are doubles that answer at once: what a real\n\
         lane's proof costs comes on top of a vote. Blobs' own gas is not counted. Written by\n\n    \
         make gas\n\n| transaction | gas | goal | elsewhere |\n|---|---:|---:|---|\n",
    );
    for line in lines {
        let goal = line.goal.map(grouped).unwrap_or_default();
        let _ = writeln!(out, "| {} | {} | {goal} | {} |", line.what, grouped(line.gas), line.peer);
    }
    out
}

/// With TERN_GAS=write the table is written; without, it must be what is committed.
#[test]
fn gas_is_what_the_table_says_and_within_its_goals() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let path = &format!("{here}/../../bench/gas.md");
    let write = std::env::var("TERN_GAS").is_ok_and(|mode| mode == "write");
    let lines = lines(write);
    let table = table(&lines);
    if write {
        std::fs::write(path, &table).expect("the table can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    for line in table.lines() {
        assert!(committed.contains(line), "bench/gas.md lacks: {line}\nRun:  make gas\n{table}");
    }
    let over: Vec<_> =
        lines.iter().filter(|line| line.goal.is_some_and(|goal| line.gas > goal)).collect();
    let over: Vec<_> = over.iter().map(|line| format!("{}: {}", line.what, line.gas)).collect();
    assert_eq!(over.len(), OVER, "over their goals: {over:?}");
}
