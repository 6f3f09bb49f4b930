//! What a withdrawal waits for: a pure function of what the contracts' views answer.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! answers {
    ($(#[$doc:meta])* $name:ident, $what:literal, $($variant:ident = $number:literal: $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "each says itself in words")]
        pub enum $name { $($variant),* }

        impl TryFrom<u8> for $name {
            type Error = crate::WalletError;
            fn try_from(number: u8) -> Result<Self, crate::WalletError> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    other => Err(crate::view::unknown($what, other)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),* })
            }
        }
    };
}

answers! {
    /// How far a claim is, as `Status.claim` says.
    ClaimState, "Status.claim",
    Unknown = 0: "nobody proposed it or voted for it",
    Pending = 1: "something before it is not final",
    Voting = 2: "voting",
    Final = 3: "final",
    Dead = 4: "dead: it conflicts with what is final",
}

answers! {
    /// What stands between a claim and finality, as `Status.claim` says.
    ClaimReason, "Status.claim",
    None = 0: "nothing is in the way",
    AwaitsParent = 1: "proofs agree; a claim before it is not final",
    AwaitsVotes = 2: "0 of the 2 proofs it needs",
    AwaitsSecond = 3: "1 of the 2 proofs it needs",
    OnProbation = 4: "2 proofs agree, but both lanes are on probation",
    WindowOpen = 5: "its proposal may still be challenged",
    MatchesOpen = 6: "its proposal is being challenged",
    OpNotStood = 7: "its window is over, nobody said so on L1 yet",
    LaneFrozen = 8: "the lanes that could vote are frozen",
    Contradiction = 9: "a lane that voted contradicted itself",
    VersionOver = 10: "the version that proposed it was replaced",
    NeedsFinalize = 11: "proofs agree; only the call of finalize is missing",
}

answers! {
    /// What to do for a claim, as `Status.claim` says.
    ClaimAction, "Status.claim",
    None = 0: "nothing",
    Propose = 1: "propose it",
    Vote = 2: "a lane must vote",
    Stand = 3: "call stand",
    Finalize = 4: "call finalize",
    Wait = 5: "wait",
    Reclaim = 6: "the proposer may take its bond back",
}

answers! {
    /// How far a withdrawal is, as `Bridge.status` says.
    PayState, "Bridge.status",
    Waiting = 0: "waiting",
    Ready = 1: "claimable",
    Failed = 2: "failed",
    Done = 3: "paid",
}

answers! {
    /// Why a withdrawal is not paid, as `Bridge.status` says.
    PayReason, "Bridge.status",
    None = 0: "nothing is in the way",
    UnknownChain = 1: "the chain is not registered with the bridge",
    UnknownClaim = 2: "no claim covers it yet",
    ClaimDead = 3: "its claim is dead, another became final",
    ClaimNotFinal = 4: "its claim is not final",
    DelayNotOver = 5: "final; the bridge's delay is not over",
    NotProven = 6: "ready to be proven and paid",
    CallFailed = 7: "the receiver's call failed",
}

answers! {
    /// What to do for a withdrawal, as `Bridge.status` says.
    PayAction, "Bridge.status",
    None = 0: "nothing",
    Register = 1: "register the chain",
    NameAnotherClaim = 2: "wait for a claim",
    AwaitFinality = 3: "wait for finality",
    AwaitDelay = 4: "wait for the delay",
    Withdraw = 5: "claim it",
    Retry = 6: "try again with more gas",
}

/// What the views say of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimView {
    /// How far it is.
    pub state: ClaimState,
    /// What stands in its way.
    pub reason: ClaimReason,
    /// When the next action can first succeed; zero if that is now, or not a matter of time.
    pub earliest: u64,
    /// The next action.
    pub action: ClaimAction,
}

/// What the bridge says of a withdrawal under a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PayView {
    /// How far it is.
    pub state: PayState,
    /// Why it is not paid.
    pub reason: PayReason,
    /// When the next action may first be taken; zero if that cannot be told.
    pub earliest: u64,
    /// The next action.
    pub action: PayAction,
}

/// A claim over a withdrawal's block, and both views of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covering {
    /// The claim's last block.
    pub block: u64,
    /// The claim.
    pub claim: ClaimView,
    /// The withdrawal under it.
    pub pay: PayView,
    /// Whether our node has this block, too.
    pub is_ours: bool,
}

/// All that the next step depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The L2 block that has the withdrawal.
    pub block: u64,
    /// The last block whose batch L1 has.
    pub on_l1: u64,
    /// What the bridge says without a claim.
    pub pay: PayView,
    /// Claims over the block, the lowest first, none of them dead.
    pub covering: Vec<Covering>,
}

impl Facts {
    /// The claim that serves: one that can be paid under, else the one whose delay ends first. If
    /// none is final, what our own node says comes first, for anybody can vote for or propose
    /// nonsense.
    fn serving(&self) -> Option<usize> {
        let claims = || self.covering.iter().enumerate();
        let ready = claims().find(|(_, c)| c.pay.action == PayAction::Withdraw);
        let delayed = || {
            claims()
                .filter(|(_, c)| c.pay.action == PayAction::AwaitDelay)
                .min_by_key(|(_, c)| c.pay.earliest)
        };
        let any = || claims().min_by_key(|(_, c)| (!c.is_ours, c.block));
        ready.or_else(delayed).or_else(any).map(|(at, _)| at)
    }

    /// The bridge's word that says most: under the claim that serves, if there is one.
    pub fn view(&self) -> PayView {
        self.serving().map_or(self.pay, |at| self.covering[at].pay)
    }
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Wait.
    Wait(Stage),
    /// Register the chain with the bridge.
    Register,
    /// Keep the proof under this one of the claims while the node has its state, then wait.
    Prove(usize, Stage),
    /// Prove it under this one of the claims and have it paid.
    Pay(usize),
    /// The receiver's call failed: try again with more gas.
    Retry,
    /// All is done.
    Done,
}

/// How far a withdrawal is, and what one trusts who believes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// No block has it.
    Sent,
    /// Another transaction seems to have taken its nonce.
    Replaced(u64),
    /// The sequencer made its block.
    Sequenced(u64),
    /// L1 has all that its block is made of.
    OnL1(u64),
    /// A claim covers it.
    Claimed(ClaimView),
    /// Its claim is final.
    Final(PayView),
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent => f.write_str("sent: waiting for the sequencer"),
            Self::Replaced(nonce) => write!(
                f,
                "another transaction seems to have taken its nonce {nonce}: waiting until L1 has that"
            ),
            Self::Sequenced(block) => {
                write!(f, "sequenced in block {block} (trusts the sequencer): waiting for L1")
            }
            Self::OnL1(block) => write!(
                f,
                "on L1: block {block} is safe (trusts L1 and your node): waiting for a claim"
            ),
            Self::Claimed(claim) => {
                write!(f, "claimed (trusts no proof alone): {}", claim.reason)?;
                at(f, claim.earliest)
            }
            Self::Final(pay) => {
                write!(f, "final (two of three proofs): {}", pay.reason)?;
                at(f, pay.earliest)
            }
        }
    }
}

fn at(f: &mut fmt::Formatter<'_>, earliest: u64) -> fmt::Result {
    if earliest == 0 { Ok(()) } else { write!(f, ", until {}", crate::status::time(earliest)) }
}

/// What happens next to a withdrawal.
pub fn next(facts: &Facts) -> Next {
    match facts.pay.state {
        PayState::Done => return Next::Done,
        PayState::Failed => return Next::Retry,
        PayState::Waiting | PayState::Ready => {}
    }
    if facts.pay.action == PayAction::Register {
        return Next::Register;
    }
    if facts.on_l1 < facts.block {
        return Next::Wait(Stage::Sequenced(facts.block));
    }
    let Some(at) = facts.serving() else { return Next::Wait(Stage::OnL1(facts.block)) };
    let serving = &facts.covering[at];
    match serving.pay.action {
        PayAction::Withdraw => Next::Pay(at),
        PayAction::AwaitDelay => Next::Prove(at, Stage::Final(serving.pay)),
        _ => Next::Wait(Stage::Claimed(serving.claim)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pay(state: PayState, reason: PayReason, earliest: u64, action: PayAction) -> PayView {
        PayView { state, reason, earliest, action }
    }

    fn waiting() -> PayView {
        pay(PayState::Waiting, PayReason::UnknownClaim, 0, PayAction::NameAnotherClaim)
    }

    fn voting(block: u64, is_ours: bool, reason: ClaimReason) -> Covering {
        let claim =
            ClaimView { state: ClaimState::Voting, reason, earliest: 0, action: ClaimAction::Vote };
        let pay = pay(PayState::Waiting, PayReason::ClaimNotFinal, 0, PayAction::AwaitFinality);
        Covering { block, claim, pay, is_ours }
    }

    fn settled(block: u64, pay: PayView) -> Covering {
        let claim = ClaimView {
            state: ClaimState::Final,
            reason: ClaimReason::None,
            earliest: 0,
            action: ClaimAction::None,
        };
        Covering { block, claim, pay, is_ours: true }
    }

    fn facts(covering: Vec<Covering>) -> Facts {
        Facts { block: 7, on_l1: 9, pay: waiting(), covering }
    }

    #[test]
    fn each_stage_waits_for_the_next_one() {
        let mut facts = Facts { block: 7, on_l1: 0, pay: waiting(), covering: vec![] };
        assert_eq!(next(&facts), Next::Wait(Stage::Sequenced(7)));
        facts.on_l1 = 7;
        assert_eq!(next(&facts), Next::Wait(Stage::OnL1(7)));
        let claim = voting(9, true, ClaimReason::AwaitsSecond);
        facts.covering = vec![claim];
        assert_eq!(next(&facts), Next::Wait(Stage::Claimed(claim.claim)));
    }

    #[test]
    fn the_bridges_word_comes_before_everything() {
        let mut facts = facts(vec![voting(9, true, ClaimReason::AwaitsVotes)]);
        facts.pay = pay(PayState::Done, PayReason::None, 0, PayAction::None);
        assert_eq!(next(&facts), Next::Done);
        facts.pay = pay(PayState::Failed, PayReason::CallFailed, 1, PayAction::Retry);
        assert_eq!(next(&facts), Next::Retry);
        facts.pay = pay(PayState::Waiting, PayReason::UnknownChain, 1, PayAction::Register);
        assert_eq!(next(&facts), Next::Register);
    }

    #[test]
    fn the_proof_is_kept_while_the_delay_runs_and_the_first_that_is_ready_is_paid_under() {
        let delay = |at| pay(PayState::Waiting, PayReason::DelayNotOver, at, PayAction::AwaitDelay);
        let ready = pay(PayState::Ready, PayReason::NotProven, 50, PayAction::Withdraw);
        let early = settled(8, delay(100));
        let late = settled(12, delay(200));
        assert_eq!(
            next(&facts(vec![late, early])),
            Next::Prove(1, Stage::Final(early.pay)),
            "the delay that ends first"
        );
        let claims = vec![settled(8, ready), settled(12, ready), settled(15, delay(200))];
        assert_eq!(next(&facts(claims.clone())), Next::Pay(0));
        assert_eq!(facts(claims).view(), ready, "what is shown is what is done");
    }

    #[test]
    fn nonsense_that_somebody_proposed_is_not_what_is_shown() {
        let nonsense = voting(7, false, ClaimReason::AwaitsVotes);
        let ours = voting(20, true, ClaimReason::AwaitsSecond);
        let facts = facts(vec![nonsense, ours]);
        assert_eq!(next(&facts), Next::Wait(Stage::Claimed(ours.claim)));
        assert_eq!(facts.view(), ours.pay);
    }

    #[test]
    fn what_a_view_cannot_answer_is_an_error() {
        assert!(ClaimState::try_from(5).is_err() && PayAction::try_from(7).is_err());
        assert_eq!(ClaimReason::try_from(11).expect("known"), ClaimReason::NeedsFinalize);
    }
}
