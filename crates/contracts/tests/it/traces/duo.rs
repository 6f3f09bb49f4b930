//! The contracts and the model, taken through the same steps and compared after each.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use tern_contracts::{
    CouncilPowers, Inbox, LaneRegistry, Settlement, from_alloy, lane_registry, settlement, to_alloy,
};
use tern_protocol::{ChainId, ConfigHash, Hash, rule};
use tern_settlement::{
    Call, Caller, Conflict, Delays, DevFault, Lane, Lanes, Platform, Proof, ProposalState, Refusal,
    Rules, State, Terms, Verifier, World as Around,
};

use super::claims::{Batches, Stories};
use crate::{
    doubles::{TraceGames, TracePlatformLane, TraceProofLane},
    evm::Outcome,
    world::{COUNCIL, Codes, DEPLOYER, GENESIS, World, params, terms},
};

/// One step, as both machines are told it.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "traces are short")]
pub(crate) enum Act {
    /// Time passes.
    Wait(u64),
    /// The sequencer submits a batch of so many blocks.
    Batch(u16),
    Around(Around),
    Call(Caller, Call),
}

/// Both machines.
#[derive(Clone)]
pub(crate) struct Duo {
    pub(crate) world: World,
    pub(crate) model: State,
    pub(crate) batches: Batches,
    /// What was said so far, with the blocks in it.
    pub(crate) stories: Stories,
    pub(crate) verifiers: [Vec<Verifier>; 4],
    pub(crate) config: ConfigHash,
}

/// Whoever holds money in a trace.
pub(crate) const ACTORS: [Address; 4] = [
    Address::repeat_byte(0xa1),
    Address::repeat_byte(0xa2),
    Address::repeat_byte(0xa3),
    Address::repeat_byte(0xa4),
];

pub(crate) fn seconds(value: alloy_primitives::aliases::U40) -> u64 {
    value.to()
}

impl Duo {
    /// A rollup whose seats are filled as `seats` says, and whose TEE votes need so many platforms.
    pub(crate) fn new(
        seats: [bool; 4],
        tee_threshold: usize,
        fault: Option<DevFault>,
        codes: &Codes,
    ) -> Self {
        let mut chain = World::l1();
        for actor in ACTORS {
            chain.fund(actor, U256::from(1u64 << 60));
        }
        let verifiers = deploy_lanes(&mut chain, tee_threshold);
        let mut params = params();
        let seat = |lane: usize| if seats[lane] { verifiers[lane].first().copied() } else { None };
        let lanes = Lanes { zk: seat(0), tee: seat(1), op: seat(2), zk2: seat(3) };
        let address = |v: Option<Verifier>| v.map(|v| to_alloy(&v.address)).unwrap_or_default();
        params.lanes.zk = address(lanes.zk);
        params.lanes.tee = address(lanes.tee);
        params.lanes.op = address(lanes.op);
        params.lanes.zk2 = address(lanes.zk2);
        let mut world = World::deploy_codes(chain, params, codes);
        let config = world.chain.view(world.at.inbox, &Inbox::configHashCall {});
        let config = ConfigHash(Hash(config.0));
        let rules = Arc::new(rules(&world, config, lanes, tee_threshold));
        let now = world.chain.now();
        let model = match fault {
            None => State::new(rules, now),
            Some(fault) => State::with_dev_fault(rules, now, fault),
        };
        let batches = vec![(Default::default(), 0)];
        Self { world, model, batches, stories: BTreeMap::new(), verifiers, config }
    }

    pub(crate) fn now(&self) -> u64 {
        self.world.chain.now()
    }

    /// Takes both through the act. Says whether they accepted it, or how they disagree.
    pub(crate) fn step(&mut self, act: &Act) -> Result<Result<(), Refusal>, String> {
        let said = match act {
            Act::Wait(seconds) => {
                self.world.chain.warp(*seconds);
                Ok(())
            }
            Act::Batch(blocks) => {
                let acc = self.world.batch(*blocks);
                let last = self.batches.last().map_or(0, |(_, block)| *block);
                self.batches.push((acc, last + u64::from(*blocks)));
                self.model.happen(&Around::Batch { acc, blocks: *blocks });
                Ok(())
            }
            Act::Around(around) => {
                self.model.happen(around);
                self.happen(around);
                Ok(())
            }
            Act::Call(by, call) => {
                let now = self.now();
                let said = self.model.apply(now, *by, call).map(|_| ());
                let outcome = self.send(*by, call);
                if said.is_ok() != outcome.success {
                    return Err(format!(
                        "the model says {said:?}, the contracts {}",
                        describe(&outcome)
                    ));
                }
                said
            }
        };
        super::compare::compare(self)?;
        Ok(said)
    }

    fn happen(&mut self, around: &Around) {
        let (to, data) = match around {
            Around::Batch { .. } => return,
            Around::Revoked { verifier, platform } => {
                let settlement = self.world.at.settlement;
                let call = TracePlatformLane::setRevokedCall { settlement, platform: platform.0 };
                (verifier, call.abi_encode())
            }
            Around::Answers { verifier, answers } => {
                (verifier, TracePlatformLane::setSilentCall { yes: !answers }.abi_encode())
            }
        };
        let (from, to, data) = (DEPLOYER, Some(to_alloy(to)), data.into());
        self.world.chain.run(crate::evm::Tx { from, to, data, ..Default::default() }).ok();
    }

    fn send(&mut self, by: Caller, call: &Call) -> Outcome {
        use Settlement as S;
        let registry = self.world.at.registry;
        match call {
            Call::Propose { claim, parent, value } => {
                let (claim, value) = (claim.into(), U256::from(*value));
                match parent {
                    None => self.settlement(by, value, &S::proposeCall { claim }),
                    Some(parent) => {
                        let parent = parent.into();
                        self.settlement(by, value, &S::proposeOnCall { claim, parent })
                    }
                }
            }
            Call::Vote { lane, claim, proof } => {
                let (lane, claim, proof) = (*lane as u8, claim.into(), proof_bytes(proof));
                self.settlement(by, U256::ZERO, &S::voteCall { lane, claim, proof })
            }
            Call::Stand { claim, number } => {
                let (claim, number) = (claim.into(), *number);
                self.settlement(by, U256::ZERO, &S::standCall { claim, number })
            }
            Call::Finalize { claim } => {
                let claim = claim.into();
                self.settlement(by, U256::ZERO, &S::finalizeCall { claim })
            }
            Call::Contradict { lane, conflict } => {
                let (lane, conflict) = (*lane as u8, conflict_abi(conflict));
                self.settlement(by, U256::ZERO, &S::contradictCall { lane, _1: conflict })
            }
            Call::ContradictFinal { conflict } => {
                let conflict = conflict_abi(conflict);
                self.settlement(by, U256::ZERO, &S::contradictFinalCall(conflict))
            }
            Call::Arbitrate { conflict, choose_op } => {
                let (conflict, choose) = (conflict_abi(conflict), *choose_op);
                if by == Caller::Powers {
                    let conflict = powers_conflict(&conflict);
                    let call = CouncilPowers::arbitrateCall { conflict, chooseOp: choose };
                    return self.world.chain.send_as(COUNCIL, self.world.at.powers, &call);
                }
                let call = S::arbitrateCall { _0: conflict, chooseOp: choose };
                self.settlement(by, U256::ZERO, &call)
            }
            Call::MatchOpened { claim, number } => {
                let (claim, number) = (claim.into(), *number);
                self.settlement(by, U256::ZERO, &S::matchOpenedCall { claim, number })
            }
            Call::MatchClosed { id, number, defended, challenger } => {
                let (id, challenger) = (id.0.0.into(), to_alloy(challenger));
                let (number, defended) = (*number, *defended);
                let call = S::matchClosedCall { id, number, defended, challenger };
                self.settlement(by, U256::ZERO, &call)
            }
            Call::Reclaim { claim, number } => {
                let (claim, number) = (claim.into(), *number);
                self.settlement(by, U256::ZERO, &S::reclaimCall { claim, number })
            }
            Call::WithdrawCredit { to } => {
                let to = to_alloy(to);
                self.settlement(by, U256::ZERO, &S::withdrawCreditCall { to })
            }
            Call::SetTerms(new) => {
                let bond = |wei: u128| u64::try_from(wei).expect("traces use small bonds");
                let new = terms(bond(new.proposer_bond), bond(new.challenger_bond), new.window);
                let terms = settlement::Settlement::Terms {
                    proposerBond: new.proposerBond,
                    challengerBond: new.challengerBond,
                    window: new.window,
                };
                self.settlement(by, U256::ZERO, &S::setTermsCall { terms })
            }
            Call::Schedule { lane, verifier } => {
                let (lane, verifier) = (*lane as u8, to_alloy(&verifier.address));
                self.council(by, &LaneRegistry::scheduleCall { lane, verifier })
            }
            Call::Cancel { lane } => {
                self.council(by, &LaneRegistry::cancelCall { lane: *lane as u8 })
            }
            Call::InstallTee { verifier } => {
                let verifier = to_alloy(&verifier.address);
                self.council(by, &LaneRegistry::installTeeCall { verifier })
            }
            Call::EmergencyReplace { lane, verifier } => {
                let (lane, verifier) = (*lane as u8, to_alloy(&verifier.address));
                self.council(by, &LaneRegistry::emergencyReplaceCall { lane, verifier })
            }
            Call::Activate { lane } => self.call(
                by,
                registry,
                U256::ZERO,
                &LaneRegistry::activateCall { lane: *lane as u8 },
            ),
            Call::AnnounceTeeRetirement => {
                self.call(by, registry, U256::ZERO, &LaneRegistry::announceTeeRetirementCall {})
            }
            Call::RetireTee => self.call(by, registry, U256::ZERO, &LaneRegistry::retireTeeCall {}),
        }
    }

    /// The council's powers pass on what the council says; anyone else tries the registry itself.
    fn council(&mut self, by: Caller, call: &impl SolCall) -> Outcome {
        let (powers, registry) = (self.world.at.powers, self.world.at.registry);
        match by {
            Caller::Powers => self.world.chain.send_as(COUNCIL, powers, call),
            by => self.call(by, registry, U256::ZERO, call),
        }
    }

    fn settlement(&mut self, by: Caller, value: U256, call: &impl SolCall) -> Outcome {
        self.call(by, self.world.at.settlement, value, call)
    }

    fn call(&mut self, by: Caller, to: Address, value: U256, call: &impl SolCall) -> Outcome {
        match by {
            Caller::Account(account) => self.world.chain.pay(to_alloy(&account), to, value, call),
            Caller::Games(games) => self.world.chain.send_as(to_alloy(&games), to, call),
            Caller::Timelock => self.world.chain.send_as(self.world.at.timelock, to, call),
            Caller::Powers => self.world.chain.send_as(self.world.at.powers, to, call),
        }
    }
}

fn rules(world: &World, config: ConfigHash, lanes: Lanes, tee_threshold: usize) -> Rules {
    let (p, d) = (&world.params, &world.params.delays);
    Rules {
        l1_chain: ChainId(world.chain.chain_id()),
        settlement: from_alloy(&world.at.settlement),
        config,
        genesis: Hash(GENESIS.0),
        terms: Terms {
            proposer_bond: p.terms.proposerBond.to(),
            challenger_bond: p.terms.challengerBond.to(),
            window: seconds(p.terms.window),
        },
        delays: Delays {
            notice: seconds(d.notice),
            lapse: seconds(d.lapse),
            stall_after: seconds(d.stallAfter),
            stall_max: seconds(d.stallMax),
            emergency_window: seconds(d.emergencyWindow),
            probation: seconds(d.probation),
            heartbeat: seconds(d.heartbeat),
            retire_streak: seconds(d.retireStreak),
            longest_game: seconds(d.longestGame),
            bridge_delay: seconds(d.bridgeDelay),
            min_window: seconds(d.minWindow),
            max_window: seconds(d.maxWindow),
            min_bond: d.minBond.to(),
            max_bond: d.maxBond.to(),
            forced_wait: seconds(p.inbox.forcedWait),
            silence: seconds(p.inbox.silence),
        },
        lanes,
        tee_threshold,
    }
}

/// Contracts for each lane to choose among, some of which share a proof system or an executor;
/// the last of each is no contract at all, and among the games one takes too long.
fn deploy_lanes(chain: &mut crate::evm::Chain, tee_threshold: usize) -> [Vec<Verifier>; 4] {
    let name = |text: &str| keccak256(text);
    let mut deploy = |code: &Bytes, system: &str, executor: &str, third: Option<u64>| {
        let ids = (name(system), name(executor)).abi_encode();
        let third = third.map(|third| U256::from(third).abi_encode()).unwrap_or_default();
        let address = chain.create(DEPLOYER, code, &[ids, third].concat());
        Verifier {
            address: from_alloy(&address),
            is_contract: true,
            proof_system: Hash(name(system).0),
            executor: Hash(name(executor).0),
            longest_game: 0,
        }
    };
    let threshold = Some(tee_threshold as u64);
    let zk = [("p1", "e1"), ("p1", "e4"), ("p3", "e1")]
        .map(|(p, e)| deploy(&TraceProofLane::BYTECODE, p, e, None));
    let zk2 = [("p2", "e2"), ("p1", "e2"), ("p2", "e1"), ("p4", "e3")]
        .map(|(p, e)| deploy(&TraceProofLane::BYTECODE, p, e, None));
    let tee = [("t1", "e5"), ("t2", "e1"), ("p1", "e5")]
        .map(|(p, e)| deploy(&TracePlatformLane::BYTECODE, p, e, threshold));
    let op = [("g1", "e3", 40), ("g2", "e1", 10), ("g3", "e6", 41)].map(|(p, e, longest)| {
        let games = deploy(&TraceGames::BYTECODE, p, e, Some(longest));
        Verifier { longest_game: longest, ..games }
    });
    let nothing = Verifier {
        address: from_alloy(&Address::repeat_byte(0x99)),
        is_contract: false,
        proof_system: Hash::ZERO,
        executor: Hash::ZERO,
        longest_game: 0,
    };
    let with_nothing = |list: &[Verifier]| [list, &[nothing]].concat();
    [with_nothing(&zk), with_nothing(&tee), with_nothing(&op), with_nothing(&zk2)]
}

fn proof_bytes(proof: &Proof) -> Bytes {
    match proof {
        Proof::Valid => vec![1].into(),
        Proof::Invalid => vec![2].into(),
        Proof::Signed(platforms) => {
            let platforms: Vec<u16> = platforms.iter().map(|Platform(number)| *number).collect();
            platforms.abi_encode().into()
        }
    }
}

fn conflict_abi(conflict: &Conflict) -> settlement::Settlement::Conflict {
    let hashes = |list: &[Hash]| list.iter().map(|hash| B256::new(hash.0)).collect::<Vec<_>>();
    settlement::Settlement::Conflict {
        a: conflict.a.iter().map(Into::into).collect(),
        b: conflict.b.iter().map(Into::into).collect(),
        common: conflict.common.0.into(),
        commonNumber: conflict.common_number.0,
        commonPathA: hashes(&conflict.common_path_a),
        commonPathB: hashes(&conflict.common_path_b),
        differNumber: conflict.differ_number.0,
        hashA: conflict.hash_a.0.into(),
        hashB: conflict.hash_b.0.into(),
        pathA: hashes(&conflict.path_a),
        pathB: hashes(&conflict.path_b),
    }
}

/// The same struct under its other name.
fn powers_conflict(
    conflict: &settlement::Settlement::Conflict,
) -> tern_contracts::council_powers::CouncilPowers::Conflict {
    let bytes = conflict.abi_encode();
    SolValue::abi_decode(&bytes).expect("the two ABIs have one struct")
}

/// What the contracts said, with the name of the error if it is known.
pub(crate) fn describe(outcome: &Outcome) -> String {
    if outcome.success {
        return "accept".into();
    }
    format!("refuse with {}", error_name(&outcome.output))
}

pub(crate) fn error_name(output: &[u8]) -> String {
    use alloy_sol_types::SolInterface;
    let of_settlement = settlement::Settlement::SettlementErrors::abi_decode(output);
    let of_registry = lane_registry::LaneRegistry::LaneRegistryErrors::abi_decode(output);
    let of_inbox = tern_contracts::inbox::Inbox::InboxErrors::abi_decode(output);
    match (of_settlement, of_registry, of_inbox) {
        (Ok(error), _, _) => format!("{error:?}"),
        (_, Ok(error), _) => format!("{error:?}"),
        (_, _, Ok(error)) => format!("{error:?}"),
        _ => alloy_primitives::hex::encode(output),
    }
}

/// The contracts' number of a proposal's state.
pub(crate) fn state_number(state: ProposalState) -> u8 {
    match state {
        ProposalState::Live => 1,
        ProposalState::Stood => 2,
        ProposalState::Lost => 3,
        ProposalState::Closed => 4,
    }
}

/// The contracts' number of a verdict.
pub(crate) fn verdict_number(verdict: rule::Verdict) -> u8 {
    match verdict {
        rule::Verdict::NoVote => 0,
        rule::Verdict::NeedsSecond => 1,
        rule::Verdict::OnProbation => 2,
        rule::Verdict::Final => 3,
    }
}

pub(crate) fn lane_of(number: usize) -> Lane {
    Lane::ALL[number % 4]
}
