//! What each contract is asked, and what it must answer.

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};

use crate::{
    DeployError, Plan, Seconds, Tokens, Wei,
    abi::{
        Bridge, CouncilPowers, DevLane, Governance, Inbox, LaneRegistry, RollupFactory, Safe,
        Settlement, Timelock, Token,
    },
    check::Reader,
    plan::places,
};

const GOVERNANCE: Option<&str> = Some("governance");
const COUNCIL: Option<&str> = Some("the council");

/// The end of the Safe's lists.
const SENTINEL: Address = address!("0000000000000000000000000000000000000001");
fn time<T>(seconds: T) -> Seconds
where
    u64: TryFrom<T>,
{
    Seconds(u64::try_from(seconds).unwrap_or(u64::MAX))
}

fn hexed(bytes: B256) -> Bytes {
    Bytes::copy_from_slice(bytes.as_slice())
}

fn list(addresses: &[Address]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "none".into() } else { texts.join(", ") }
}

impl Reader<'_> {
    /// The Safe obeys these owners, so many of them, and nobody else.
    pub(crate) async fn council(&mut self, plan: &Plan) -> Result<(), DeployError> {
        self.contract = "Council";
        let (at, council) = (plan.council, &plan.config.council);
        // The Safe keeps its owners in an order of its own.
        let sorted = |owners: &[Address]| {
            let mut owners = owners.to_vec();
            owners.sort();
            list(&owners)
        };
        let owners = self.ask(at, Safe::getOwnersCall {}).await?;
        self.row_changed_by(
            COUNCIL,
            "owners",
            sorted(&council.owners),
            owners.map(|owners| sorted(&owners)),
        );
        let threshold = self.ask(at, Safe::getThresholdCall {}).await?;
        self.row_changed_by(COUNCIL, "threshold", U256::from(council.threshold), threshold);
        let call = Safe::getModulesPaginatedCall { start: SENTINEL, pageSize: U256::from(10) };
        let modules = self.ask(at, call).await?;
        self.row_changed_by(
            COUNCIL,
            "modules (they act without signatures)",
            "none".into(),
            modules.map(|modules| list(&modules.array)),
        );
        let guard = self.storage(at, keccak256("guard_manager.guard.address")).await?;
        self.row_changed_by(COUNCIL, "guard", Address::ZERO, Some(Address::from_word(guard)));
        if plan.config.council.safe.is_none() {
            let singleton = self.storage(at, B256::ZERO).await?;
            let singleton = Some(Address::from_word(singleton));
            self.row_changed_by(COUNCIL, "singleton", plan.shared.safe_singleton, singleton);
            let handler = Some(Address::from_word(
                self.storage(at, keccak256("fallback_manager.handler.address")).await?,
            ));
            let expected = plan.shared.safe_fallback_handler;
            self.row_changed_by(COUNCIL, "fallback handler", expected, handler);
        }
        Ok(())
    }

    /// The factory makes these parts, at these addresses.
    pub(crate) async fn factory(&mut self, plan: &Plan) -> Result<(), DeployError> {
        self.contract = "RollupFactory";
        let at = plan.shared.rollup_factory;
        for (part, artifact) in tern_contracts::parts().iter().enumerate() {
            let found = self.ask(at, RollupFactory::codeHashCall { part: part as u8 }).await?;
            let what = format!("code hash of {}", artifact.name);
            self.row(&what, artifact.creation_hash(), found);
        }
        let found = self.ask(at, RollupFactory::addressesCall { p: plan.params.clone() }).await?;
        let found = found.map(|found| list(&places(&found)));
        self.row("addresses of the parts", list(&places(&plan.rollup)), found);
        Ok(())
    }

    pub(crate) async fn governance(&mut self, plan: &Plan) -> Result<(), DeployError> {
        let (a, g) = (&plan.rollup, &plan.config.governance);
        self.contract = "Token";
        let supply = self.ask(a.token, Token::totalSupplyCall {}).await?;
        let all = g.holders.iter().fold(U256::ZERO, |sum, holder| sum + holder.amount.0);
        self.row("supply", Tokens(all), supply.map(Tokens));

        self.contract = "Timelock";
        let delay = self.ask(a.timelock, Timelock::getMinDelayCall {}).await?;
        self.row("delay", g.timelock_delay, delay.map(time));
        let [proposer, canceller, executor] =
            ["PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"].map(keccak256);
        for (role, account, has, what) in [
            (proposer, a.governance, true, "governance proposes"),
            (proposer, Address::ZERO, false, "anyone proposes"),
            (proposer, plan.council, false, "the council proposes"),
            (canceller, a.governance, true, "governance cancels"),
            (canceller, plan.council, false, "the council cancels"),
            (executor, Address::ZERO, true, "anyone executes what is ready"),
            (B256::ZERO, a.timelock, true, "it is its own admin"),
            (B256::ZERO, a.governance, false, "governance is its admin"),
            (B256::ZERO, plan.council, false, "the council is its admin"),
            (B256::ZERO, plan.shared.rollup_factory, false, "the factory is its admin"),
        ] {
            let call = Timelock::hasRoleCall { role, account };
            let found = self.ask(a.timelock, call).await?;
            self.row(what, has, found);
        }

        self.contract = "Governance";
        let at = a.governance;
        let found = self.ask(at, Governance::timelockCall {}).await?;
        self.row("timelock", a.timelock, found);
        let found = self.ask(at, Governance::tokenCall {}).await?;
        self.row("token", a.token, found);
        let found = self.ask(at, Governance::votingDelayCall {}).await?;
        self.row_changed_by(GOVERNANCE, "voting delay", g.voting_delay, found.map(time));
        let found = self.ask(at, Governance::votingPeriodCall {}).await?;
        self.row_changed_by(GOVERNANCE, "voting period", g.voting_period, found.map(time));
        let found = self.ask(at, Governance::proposalThresholdCall {}).await?.map(Tokens);
        self.row_changed_by(GOVERNANCE, "proposal threshold", g.proposal_threshold, found);
        let found = self.ask(at, Governance::quorumNumerator_1Call {}).await?;
        let expected = U256::from(g.quorum_percent);
        self.row_changed_by(GOVERNANCE, "quorum in per cent", expected, found);

        self.contract = "CouncilPowers";
        let found = self.ask(a.powers, CouncilPowers::TIMELOCKCall {}).await?;
        self.row("timelock", a.timelock, found);
        let found = self.ask(a.powers, CouncilPowers::REGISTRYCall {}).await?;
        self.row("registry", a.registry, found);
        let found = self.ask(a.powers, CouncilPowers::SETTLEMENTCall {}).await?;
        self.row("settlement", a.settlement, found);
        let found = self.ask(a.powers, CouncilPowers::councilCall {}).await?;
        self.row_changed_by(GOVERNANCE, "council", plan.council, found);
        Ok(())
    }

    pub(crate) async fn lanes(&mut self, plan: &Plan) -> Result<(), DeployError> {
        self.contract = "LaneRegistry";
        let (at, a) = (plan.rollup.registry, &plan.rollup);
        let found = self.ask(at, LaneRegistry::POWERSCall {}).await?;
        self.row("powers", a.powers, found);
        let found = self.ask(at, LaneRegistry::TIMELOCKCall {}).await?;
        self.row("timelock", a.timelock, found);
        let found = self.ask(at, LaneRegistry::SETTLEMENTCall {}).await?;
        self.row("settlement", a.settlement, found);
        let found = self.ask(at, LaneRegistry::exitTimeCall {}).await?;
        self.row("exit time W", Seconds(plan.config.exit_time()), found.map(time));
        self.delays(plan).await?;
        let board = self.ask(at, LaneRegistry::boardCall {}).await?;
        let found = board.map(|board| if board.phase == 0 { "three lanes" } else { "TEE retired" });
        self.row_changed_by(GOVERNANCE, "phase", "three lanes", found);
        let lanes = &plan.config.lanes;
        for (lane, (name, verifier)) in
            [("ZK", lanes.zk), ("TEE", lanes.tee), ("OP", lanes.op), ("ZK2", lanes.zk2)]
                .into_iter()
                .enumerate()
        {
            let seat = |version: u16, frozen: bool, verifier: Address| match version {
                0 => "empty".to_owned(),
                _ if frozen => format!("version {version}, frozen, {verifier}"),
                _ => format!("version {version}, {verifier}"),
            };
            let expected = seat(u16::from(!verifier.is_zero()), false, verifier);
            let found = self.ask(at, LaneRegistry::activeCall { lane: lane as u8 }).await?;
            let found = found.map(|f| seat(f.seat.version, f.seat.frozen, f.verifier));
            self.row_changed_by(COUNCIL, &format!("lane {name}"), expected, found);
            if !verifier.is_zero() {
                self.lane(plan, name, verifier).await?;
            }
        }
        Ok(())
    }

    /// What a lane says of itself. One for development says `dev`, and belongs on a development
    /// chain only.
    async fn lane(
        &mut self,
        plan: &Plan,
        name: &str,
        verifier: Address,
    ) -> Result<(), DeployError> {
        let system = self.ask(verifier, DevLane::proofSystemIdCall {}).await?;
        let dev = system.is_some_and(|system| system.starts_with(b"dev "));
        let kind = |dev| if dev { "dev (it proves nothing)" } else { "a proof system" };
        let attestor = plan.config.lanes.dev_attestor.filter(|_| matches!(name, "ZK" | "TEE"));
        let expected = match attestor {
            Some(_) => true,
            // Whatever the file names is what its author wants, but not where it is worth something.
            None => dev && tern_l1::is_development(plan.config.l1.chain_id),
        };
        let found = system.map(|_| kind(dev));
        self.row(&format!("lane {name} is"), kind(expected), found);
        if let Some(attestor) = attestor {
            let found = self.ask(verifier, DevLane::attestorCall {}).await?;
            self.row(&format!("lane {name} (dev) believes"), attestor, found);
        }
        Ok(())
    }

    async fn delays(&mut self, plan: &Plan) -> Result<(), DeployError> {
        let found = self.ask(plan.rollup.registry, LaneRegistry::delaysCall {}).await?;
        let (d, p) = (&plan.config.delays, &plan.config.proposals);
        macro_rules! times {
            ($($what:literal, $expected:expr, $field:ident;)*) => {
                $(self.row($what, $expected, found.as_ref().map(|f| time(f.$field)));)*
            };
        }
        times! {
            "notice", d.notice, notice;
            "lapse", d.lapse, lapse;
            "stall after", d.stall_after, stallAfter;
            "stall at most", d.stall_max, stallMax;
            "emergency window", d.emergency_window, emergencyWindow;
            "probation", d.probation, probation;
            "heartbeat", d.heartbeat, heartbeat;
            "retirement streak", d.retire_streak, retireStreak;
            "longest game", d.longest_game, longestGame;
            "bridge delay", d.bridge_delay, bridgeDelay;
            "least window", p.min_window, minWindow;
            "longest window", p.max_window, maxWindow;
        }
        let wei = |bond| Wei(U256::from(bond));
        self.row("least bond", p.min_bond, found.as_ref().map(|f| wei(f.minBond)));
        self.row("largest bond", p.max_bond, found.as_ref().map(|f| wei(f.maxBond)));
        Ok(())
    }

    pub(crate) async fn inbox(&mut self, plan: &Plan) -> Result<(), DeployError> {
        self.contract = "Inbox";
        let (at, a) = (plan.rollup.inbox, &plan.rollup);
        let expected = plan.config.rollup_config(at).hash();
        let found = self.ask(at, Inbox::configHashCall {}).await?;
        self.row("configuration hash", hexed(B256::from(expected.0.0)), found.map(hexed));
        let found = self.ask(at, Inbox::genesisHashCall {}).await?;
        self.row(
            "genesis hash",
            hexed(plan.config.chain.genesis_hash.unwrap_or_default()),
            found.map(hexed),
        );
        let found = self.ask(at, Inbox::settlementCall {}).await?;
        self.row("settlement", a.settlement, found);
        let found = self.ask(at, Inbox::bridgeCall {}).await?;
        self.row("bridge", plan.shared.bridge, found);
        let found = self.ask(at, Inbox::timelockCall {}).await?;
        self.row("timelock", a.timelock, found);

        let limits = self.ask(at, Inbox::limitsCall {}).await?;
        let c = &plan.config.chain.limits;
        for (what, expected, found) in [
            ("blocks of a batch", c.blocks, limits.as_ref().map(|l| l.blocks)),
            ("anchors of a batch", c.anchors.into(), limits.as_ref().map(|l| l.anchors.into())),
            ("blobs of a batch", c.blobs.into(), limits.as_ref().map(|l| l.blobs.into())),
            ("deposits of a batch", c.deposits, limits.as_ref().map(|l| l.deposits)),
            ("forced of a batch", c.forced, limits.as_ref().map(|l| l.forced)),
        ] {
            self.row(what, expected, found);
        }

        let params = self.ask(at, Inbox::paramsCall {}).await?;
        let (params, i) = (params.as_ref(), &plan.config.inbox);
        let by = Some("governance or the sequencer");
        self.row_changed_by(by, "sequencer", i.sequencer, params.map(|p| p.sequencer));
        self.row("silence", i.silence, params.map(|p| time(p.silence)));
        self.row("forced wait", i.forced_wait, params.map(|p| time(p.forcedWait)));
        self.row("anchor age", i.max_anchor_age, params.map(|p| p.maxAnchorAge));
        self.row("forced size", i.max_forced_size, params.map(|p| p.maxForcedSize));
        let fee = params.map(|p| Wei(U256::from(p.forcedFee)));
        self.row("forced fee", i.forced_fee, fee);
        let gwei = U256::from(1_000_000_000);
        let least = params.map(|p| Wei(U256::from(p.minDeposit) * gwei));
        self.row("least deposit", i.min_deposit, least);
        Ok(())
    }

    pub(crate) async fn settlement(&mut self, plan: &Plan) -> Result<(), DeployError> {
        self.contract = "Settlement";
        let (at, a) = (plan.rollup.settlement, &plan.rollup);
        let found = self.ask(at, Settlement::inboxCall {}).await?;
        self.row("inbox", a.inbox, found);
        let found = self.ask(at, Settlement::registryCall {}).await?;
        self.row("registry", a.registry, found);
        let found = self.ask(at, Settlement::powersCall {}).await?;
        self.row("powers", a.powers, found);
        let found = self.ask(at, Settlement::timelockCall {}).await?;
        self.row("timelock", a.timelock, found);
        let found = self.ask(at, Settlement::currentTermsCall {}).await?.map(|found| found._1);
        let (found, p) = (found.as_ref(), &plan.config.proposals);
        let wei = |bond| Wei(U256::from(bond));
        let bond = found.map(|terms| wei(terms.proposerBond));
        self.row_changed_by(GOVERNANCE, "proposer's bond", p.proposer_bond, bond);
        let bond = found.map(|terms| wei(terms.challengerBond));
        self.row_changed_by(GOVERNANCE, "challenger's bond", p.challenger_bond, bond);
        let window = found.map(|terms| time(terms.window));
        self.row_changed_by(GOVERNANCE, "window", p.window, window);
        Ok(())
    }

    /// The bridge read once who settles this chain, and how long a withdrawal waits.
    pub(crate) async fn bridge(&mut self, plan: &Plan) -> Result<(), DeployError> {
        self.contract = "Bridge";
        let call = Bridge::settlementOfCall { inbox: plan.rollup.inbox };
        let found = self.ask(plan.shared.bridge, call).await?;
        let settlement = found.as_ref().map(|found| found._0);
        self.row("settlement of the inbox", plan.rollup.settlement, settlement);
        let delay = found.as_ref().map(|found| time(found._1));
        self.row("bridge delay", plan.config.delays.bridge_delay, delay);
        Ok(())
    }
}
