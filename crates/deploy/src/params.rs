//! From what people write to what the factory takes, and what it must keep.

use alloy_primitives::{
    Address, B256, U256,
    aliases::{U40, U96},
};
use tern_protocol::{BatchLimits, ChainId, RollupConfig};

use crate::{
    Config, DeployError,
    abi::RollupFactory::{
        ChainParams, DelayParams, GovernanceParams, InboxParams, LaneParams, RollupParams, Terms,
    },
    units::{Seconds, Tokens, Wei},
};

impl Config {
    /// The parameters as the factory takes them. Call `check_bounds` first.
    pub fn params(&self, bridge: Address, council: Address) -> RollupParams {
        RollupParams {
            chain: self.chain_params(),
            inbox: self.inbox_params(),
            terms: self.terms(),
            delays: self.delay_params(),
            lanes: LaneParams {
                zk: self.lanes.zk,
                tee: self.lanes.tee,
                op: self.lanes.op,
                zk2: self.lanes.zk2,
            },
            governance: self.governance_params(council),
            bridge,
            salt: self.salt,
        }
    }

    /// Zero as long as it is not known; a plan is only made of what has it.
    fn genesis_hash(&self) -> B256 {
        self.chain.genesis_hash.unwrap_or_default()
    }

    /// What decides the blocks, with the inbox that L1 gives it.
    pub fn rollup_config(&self, inbox: Address) -> RollupConfig {
        let limits = &self.chain.limits;
        RollupConfig {
            chain_id: ChainId(self.chain.chain_id),
            l1_chain_id: ChainId(self.l1.chain_id),
            inbox: tern_protocol::Address(inbox.into_array()),
            genesis_hash: tern_protocol::Hash(self.genesis_hash().0),
            gas_limit: self.chain.gas_limit,
            fee_recipient: tern_protocol::Address(self.chain.fee_recipient.into_array()),
            extra_data: self.chain.extra_data.to_vec(),
            limits: BatchLimits {
                blocks: limits.blocks,
                anchors: limits.anchors,
                blobs: limits.blobs,
                decoded_bytes: limits.decoded_bytes,
                transactions: limits.transactions,
                deposits: limits.deposits,
                forced: limits.forced,
                forced_bytes: limits.forced_bytes,
                forced_gas: limits.forced_gas,
            },
        }
    }

    /// W: how long a user may need to leave by force.
    pub const fn exit_time(&self) -> u64 {
        self.inbox.forced_wait.0
            + self.inbox.silence.0
            + self.proposals.max_window.0
            + self.delays.longest_game.0
            + self.delays.bridge_delay.0
    }

    fn chain_params(&self) -> ChainParams {
        let limits = &self.chain.limits;
        ChainParams {
            chainId: self.chain.chain_id,
            genesisHash: self.genesis_hash(),
            gasLimit: self.chain.gas_limit,
            feeRecipient: self.chain.fee_recipient,
            extraData: self.chain.extra_data.clone(),
            maxBlocks: limits.blocks,
            maxAnchors: limits.anchors,
            maxBlobs: limits.blobs,
            maxDecodedBytes: limits.decoded_bytes,
            maxTransactions: limits.transactions,
            maxDeposits: limits.deposits,
            maxForced: limits.forced,
            maxForcedBytes: limits.forced_bytes,
            maxForcedGas: limits.forced_gas,
        }
    }

    fn inbox_params(&self) -> InboxParams {
        let inbox = &self.inbox;
        InboxParams {
            sequencer: inbox.sequencer,
            silence: inbox.silence.onchain(),
            forcedWait: inbox.forced_wait.onchain(),
            maxAnchorAge: inbox.max_anchor_age,
            maxForcedSize: inbox.max_forced_size,
            forcedFee: inbox.forced_fee.onchain(),
            minDeposit: (inbox.min_deposit.0 / U256::from(GWEI)).saturating_to(),
        }
    }

    fn terms(&self) -> Terms {
        Terms {
            proposerBond: self.proposals.proposer_bond.onchain(),
            challengerBond: self.proposals.challenger_bond.onchain(),
            window: self.proposals.window.onchain(),
        }
    }

    fn delay_params(&self) -> DelayParams {
        let (delays, proposals) = (&self.delays, &self.proposals);
        DelayParams {
            notice: delays.notice.onchain(),
            lapse: delays.lapse.onchain(),
            stallAfter: delays.stall_after.onchain(),
            stallMax: delays.stall_max.onchain(),
            emergencyWindow: delays.emergency_window.onchain(),
            probation: delays.probation.onchain(),
            heartbeat: delays.heartbeat.onchain(),
            retireStreak: delays.retire_streak.onchain(),
            longestGame: delays.longest_game.onchain(),
            bridgeDelay: delays.bridge_delay.onchain(),
            minWindow: proposals.min_window.onchain(),
            maxWindow: proposals.max_window.onchain(),
            minBond: proposals.min_bond.onchain(),
            maxBond: proposals.max_bond.onchain(),
        }
    }

    fn governance_params(&self, council: Address) -> GovernanceParams {
        let governance = &self.governance;
        GovernanceParams {
            council,
            timelockDelay: governance.timelock_delay.onchain(),
            votingDelay: governance.voting_delay.onchain(),
            // Bounded by 90 days.
            votingPeriod: governance.voting_period.0.try_into().unwrap_or(u32::MAX),
            proposalThreshold: governance.proposal_threshold.0,
            quorumPercent: governance.quorum_percent,
            holders: governance.holders.iter().map(|holder| holder.address).collect(),
            amounts: governance.holders.iter().map(|holder| holder.amount.0).collect(),
        }
    }
}

const GWEI: u64 = 1_000_000_000;
const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
const TEN_YEARS: u64 = 3_650 * DAY;
const ETHEREUM: u64 = 1;

impl Seconds {
    /// Bounded by ten years, which fit.
    fn onchain(self) -> U40 {
        U40::saturating_from(self.0)
    }
}

impl Wei {
    fn onchain(self) -> U96 {
        U96::saturating_from(self.0)
    }
}

/// Collects what breaks a bound, so that people mend all of it at once.
#[derive(Default)]
struct Bounds(Vec<String>);

impl Bounds {
    fn within<T: Ord + Copy + ToString>(&mut self, field: &str, value: T, least: T, most: T) {
        if value < least || value > most {
            let (value, least, most) = (value.to_string(), least.to_string(), most.to_string());
            self.0.push(format!("{field} is {value}, allowed is {least} to {most}"));
        }
    }

    fn time(&mut self, field: &str, value: Seconds, least: u64, most: u64) {
        self.within(field, value, Seconds(least), Seconds(most));
    }

    fn refuse(&mut self, wrong: bool, text: impl FnOnce() -> String) {
        if wrong {
            self.0.push(text());
        }
    }
}

impl Config {
    /// Refuses what the factory or a constructor would refuse, before anything is sent, in the
    /// words of the configuration file. `Bounds.sol` has the last word.
    pub fn check_bounds(&self) -> Result<(), DeployError> {
        let mut bounds = Bounds::default();
        self.check_chain(&mut bounds);
        self.check_development(&mut bounds);
        self.check_inbox(&mut bounds);
        self.check_proposals(&mut bounds);
        self.check_delays(&mut bounds);
        self.check_council(&mut bounds);
        self.check_governance(&mut bounds);
        if self.l1.chain_id == ETHEREUM {
            self.check_promises(&mut bounds);
        }
        if bounds.0.is_empty() { Ok(()) } else { Err(DeployError::Config(bounds.0)) }
    }

    fn check_chain(&self, bounds: &mut Bounds) {
        let chain = &self.chain;
        bounds.within("chain.chainId", chain.chain_id, 1, u64::MAX);
        bounds.within("chain.limits.blocks", chain.limits.blocks, 2, 1_024);
        bounds.refuse(chain.genesis_hash.is_some_and(|hash| hash.is_zero()), || {
            "chain.genesisHash is zero, but must be the hash of the rollup's block 0".into()
        });
        bounds.refuse(chain.genesis_hash.is_none() && self.genesis.is_none(), || {
            "there is neither [genesis], of which block 0 is made, nor chain.genesisHash".into()
        });
        if let Err(error) = self.rollup_config(Address::ZERO).check() {
            bounds.0.push(format!("chain: {error}"));
        }
    }

    /// What nobody may rely on stays where nothing is worth anything.
    fn check_development(&self, bounds: &mut Bounds) {
        let chain_id = self.l1.chain_id;
        if let Some(genesis) = &self.genesis {
            bounds.refuse(genesis.binder.is_zero(), || {
                "genesis.binder is the zero address, but must be who binds the token bridge".into()
            });
            for funded in &genesis.accounts {
                let (address, balance) = (funded.address, funded.balance);
                bounds.refuse(balance.0.is_zero(), || {
                    format!("genesis.accounts gives nothing to {address}: leave it out")
                });
            }
            let funds = !genesis.accounts.is_empty() && !tern_l1::is_development(chain_id);
            bounds.refuse(funds, || {
                format!(
                    "genesis.accounts gives out ETH that nobody deposited, which is for \
                     development only, but L1 is chain {chain_id}"
                )
            });
        }
        let lanes = &self.lanes;
        if let Some(attestor) = lanes.dev_attestor {
            bounds.refuse(!tern_l1::is_development(chain_id), || {
                format!(
                    "lanes.devAttestor makes final what one key signs, which is for development \
                     only, but L1 is chain {chain_id}"
                )
            });
            bounds.refuse(attestor.is_zero(), || {
                "lanes.devAttestor is the zero address, but must be who signs".into()
            });
            bounds.refuse(!lanes.zk.is_zero() || !lanes.tee.is_zero(), || {
                "lanes.devAttestor has lanes.zk and lanes.tee made: leave these two out".into()
            });
        }
    }

    fn check_inbox(&self, bounds: &mut Bounds) {
        let inbox = &self.inbox;
        bounds.refuse(inbox.sequencer.is_zero(), || {
            "inbox.sequencer is the zero address, but must be who submits batches".into()
        });
        bounds.time("inbox.silence", inbox.silence, 0, TEN_YEARS);
        bounds.time("inbox.forcedWait", inbox.forced_wait, 0, TEN_YEARS);
        bounds.within("inbox.maxAnchorAge", inbox.max_anchor_age, 1, 8_191);
        let most = self.chain.limits.forced_bytes.max(1);
        bounds.within("inbox.maxForcedSize", inbox.max_forced_size, 1, most);
        bounds.within("inbox.forcedFee", inbox.forced_fee, Wei(U256::from(1)), most_wei());
        let gwei = U256::from(GWEI);
        let most = Wei(U256::from(u64::MAX) * gwei);
        bounds.within("inbox.minDeposit", inbox.min_deposit, Wei(gwei), most);
        bounds.refuse(inbox.min_deposit.0 % gwei != U256::ZERO, || {
            format!("inbox.minDeposit is {}, but must be whole gwei", inbox.min_deposit)
        });
    }

    fn check_proposals(&self, bounds: &mut Bounds) {
        let p = &self.proposals;
        bounds.time("proposals.maxWindow", p.max_window, 1, TEN_YEARS);
        bounds.time("proposals.minWindow", p.min_window, 1, p.max_window.0);
        bounds.time("proposals.window", p.window, p.min_window.0, p.max_window.0);
        bounds.within("proposals.maxBond", p.max_bond, Wei(U256::from(2)), most_wei());
        bounds.within("proposals.minBond", p.min_bond, Wei(U256::from(2)), p.max_bond);
        bounds.within("proposals.challengerBond", p.challenger_bond, p.min_bond, p.max_bond);
        bounds.within("proposals.proposerBond", p.proposer_bond, p.challenger_bond, p.max_bond);
    }

    fn check_delays(&self, bounds: &mut Bounds) {
        let d = &self.delays;
        for (field, value, least) in [
            ("delays.notice", d.notice, 0),
            ("delays.lapse", d.lapse, 1),
            ("delays.stallAfter", d.stall_after, 0),
            ("delays.stallMax", d.stall_max, 0),
            ("delays.emergencyWindow", d.emergency_window, 0),
            ("delays.probation", d.probation, 0),
            ("delays.heartbeat", d.heartbeat, 1),
            ("delays.retireStreak", d.retire_streak, 0),
            ("delays.longestGame", d.longest_game, 1),
            ("delays.bridgeDelay", d.bridge_delay, 0),
        ] {
            bounds.time(field, value, least, TEN_YEARS);
        }
    }

    fn check_council(&self, bounds: &mut Bounds) {
        let council = &self.council;
        let count = council.owners.len();
        bounds
            .refuse(count == 0, || "council.owners is empty, but the council needs members".into());
        bounds.within("council.threshold", usize::from(council.threshold), 1, count.max(1));
        for (at, owner) in council.owners.iter().enumerate() {
            // The Safe keeps 1 as the end of its list.
            let end = owner.as_slice()[..19] == [0; 19] && owner[19] <= 1;
            bounds.refuse(end, || format!("council.owners has {owner}, which nobody can sign for"));
            bounds.refuse(council.owners[..at].contains(owner), || {
                format!("council.owners has {owner} twice")
            });
        }
    }

    fn check_governance(&self, bounds: &mut Bounds) {
        let g = &self.governance;
        bounds.time("governance.timelockDelay", g.timelock_delay, 0, TEN_YEARS);
        bounds.time("governance.votingDelay", g.voting_delay, 0, 30 * DAY);
        bounds.time("governance.votingPeriod", g.voting_period, 1, 90 * DAY);
        bounds.within("governance.quorumPercent", g.quorum_percent, 1, 100);
        bounds.within("the number of governance.holders", g.holders.len(), 1, 64);
        let most = U256::MAX >> 48;
        let supply = g.holders.iter().fold(U256::ZERO, |sum, h| sum.saturating_add(h.amount.0));
        for holder in &g.holders {
            let (address, amount) = (holder.address, holder.amount);
            bounds.refuse(address.is_zero() || amount.0.is_zero(), || {
                format!("governance.holders gives {amount} to {address}: both must be something")
            });
        }
        bounds.within(
            "all governance.holders' amounts",
            Tokens(supply),
            Tokens(U256::ZERO),
            Tokens(most),
        );
        let (least, most) = (Tokens(U256::ZERO), Tokens(supply));
        bounds.within("governance.proposalThreshold", g.proposal_threshold, least, most);
    }

    /// What people on Ethereum were promised.
    fn check_promises(&self, bounds: &mut Bounds) {
        let (d, p, i, g) = (&self.delays, &self.proposals, &self.inbox, &self.governance);
        for (field, value, least, most) in [
            ("delays.notice", d.notice, 30 * DAY, TEN_YEARS),
            ("delays.lapse", d.lapse, DAY, 7 * DAY),
            ("delays.stallAfter", d.stall_after, HOUR, 7 * DAY),
            ("delays.stallMax", d.stall_max, 30 * DAY, 30 * DAY),
            ("delays.emergencyWindow", d.emergency_window, DAY, 30 * DAY),
            ("delays.probation", d.probation, 30 * DAY, TEN_YEARS),
            ("delays.heartbeat", d.heartbeat, 7 * DAY, 7 * DAY),
            ("delays.retireStreak", d.retire_streak, 30 * DAY, TEN_YEARS),
            ("delays.longestGame", d.longest_game, 7 * DAY, 30 * DAY),
            ("delays.bridgeDelay", d.bridge_delay, 0, 7 * DAY),
            ("proposals.minWindow", p.min_window, 7 * DAY, 30 * DAY),
            ("proposals.maxWindow", p.max_window, 7 * DAY, 30 * DAY),
            ("inbox.silence", i.silence, 0, DAY),
            ("inbox.forcedWait", i.forced_wait, 0, DAY),
            ("governance.timelockDelay", g.timelock_delay, 30 * DAY, TEN_YEARS),
            ("governance.votingDelay", g.voting_delay, DAY, 30 * DAY),
            ("governance.votingPeriod", g.voting_period, 3 * DAY, 90 * DAY),
        ] {
            bounds.time(&format!("on Ethereum {field}"), value, least, most);
        }
        let ether = U256::from(GWEI) * U256::from(GWEI);
        for (field, value, most) in [
            ("proposals.maxBond", p.max_bond, ether * U256::from(10)),
            ("inbox.forcedFee", i.forced_fee, ether / U256::from(10)),
            ("inbox.minDeposit", i.min_deposit, ether),
        ] {
            bounds.within(&format!("on Ethereum {field}"), value, Wei(U256::ZERO), Wei(most));
        }
        let least_bond = Wei(ether / U256::from(20));
        bounds.within("on Ethereum proposals.minBond", p.min_bond, least_bond, most_wei());
        bounds.within("on Ethereum inbox.maxAnchorAge", i.max_anchor_age, 64, 8_191);
    }
}

fn most_wei() -> Wei {
    Wei(U256::MAX >> 160)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EXAMPLE;

    fn broken(change: impl Fn(&mut Config)) -> String {
        let mut config = Config::parse(EXAMPLE, "example").expect("the example is right");
        change(&mut config);
        config.check_bounds().expect_err("it is wrong").to_string()
    }

    #[test]
    fn the_examples_keep_the_bounds() {
        Config::parse(EXAMPLE, "example").expect("right").check_bounds().expect("within bounds");
        Config::dev(31_337).expect("right").check_bounds().expect("within bounds");
    }

    #[test]
    fn the_example_keeps_what_ethereum_asks_and_the_dev_configuration_does_not() {
        let mut config = Config::parse(EXAMPLE, "example").expect("right");
        config.l1.chain_id = 1;
        config.check_bounds().expect("the example's delays are long enough for Ethereum");

        let mut config = Config::dev(31_337).expect("right");
        config.l1.chain_id = 1;
        let error = config.check_bounds().expect_err("short delays").to_string();
        for field in ["delays.notice", "proposals.minWindow", "governance.timelockDelay"] {
            assert!(error.contains(field), "{error}");
        }
    }

    #[test]
    fn each_broken_bound_is_named_with_what_is_allowed() {
        type Change<'a> = &'a dyn Fn(&mut Config);
        let many: [(&str, Change<'_>); 8] = [
            ("proposals.window is 1 second, allowed is 7 days", &|c| {
                c.proposals.window = Seconds(1);
            }),
            ("council.threshold is 9, allowed is 1 to 3", &|c| c.council.threshold = 9),
            ("twice", &|c| c.council.owners[1] = c.council.owners[0]),
            ("whole gwei", &|c| c.inbox.min_deposit = Wei(U256::from(1_500_000_001))),
            ("limits.forcedGas", &|c| c.chain.limits.forced_gas = 1),
            ("both 31337", &|c| c.chain.chain_id = 31_337),
            ("governance.proposalThreshold", &|c| {
                c.governance.proposal_threshold = Tokens(U256::MAX);
            }),
            ("inbox.maxForcedSize", &|c| c.inbox.max_forced_size = u32::MAX),
        ];
        for (says, change) in many {
            let error = broken(change);
            assert!(error.contains(says), "{error}");
        }
    }
}
