//! What never changes about one rollup, and the small words of this room.

use tern_protocol::{Address, ChainId, ConfigHash, Hash};

/// Seconds, as a point in time or as a span.
pub type Seconds = u64;
/// An amount of money.
pub type Wei = u128;

/// The seats that vote. `Zk2` counts only once the TEE is retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The zero-knowledge proof.
    Zk,
    /// Trusted hardware.
    Tee,
    /// The optimistic game.
    Op,
    /// The second zero-knowledge proof.
    Zk2,
}

impl Lane {
    /// All of them, in the contracts' order.
    pub const ALL: [Self; 4] = [Self::Zk, Self::Tee, Self::Op, Self::Zk2];
}

/// A version of one lane, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneVersion(pub u16);

/// One machine of trusted hardware, as a lane's contract numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform(pub u16);

/// The contract behind a version, and what it says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verifier {
    /// Where it is.
    pub address: Address,
    /// Whether there is code.
    pub is_contract: bool,
    /// Versions that share it count as one.
    pub proof_system: Hash,
    /// Versions that share it count as one.
    pub executor: Hash,
    /// The longest match of an optimistic version; nothing for other lanes.
    pub longest_game: Seconds,
}

/// Bonds and window of a proposal; a proposal keeps those of its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms {
    /// What a proposer pays.
    pub proposer_bond: Wei,
    /// What a challenger pays, to the games.
    pub challenger_bond: Wei,
    /// How long a proposal must stand.
    pub window: Seconds,
}

/// Delays, and the bounds within which governance may move. See `DelayParams` in
/// `contracts/src/factory/Params.sol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delays {
    /// From the announcement of a version until it is ready, before W is added.
    pub notice: Seconds,
    /// How long a ready version may still be activated.
    pub lapse: Seconds,
    /// Unfinished work older than this is stalled finality.
    pub stall_after: Seconds,
    /// How much longer than its day a version waits for finality at most.
    pub stall_max: Seconds,
    /// How long a contradiction lets the council replace the lane at once.
    pub emergency_window: Seconds,
    /// How long an emergency version is on probation, before W is added.
    pub probation: Seconds,
    /// A lane silent for this long is off.
    pub heartbeat: Seconds,
    /// How long both ZK lanes must have voted before the TEE may retire.
    pub retire_streak: Seconds,
    /// The longest match of any optimistic version.
    pub longest_game: Seconds,
    /// How long a withdrawal waits after its claim is final.
    pub bridge_delay: Seconds,
    /// The least window that governance may set.
    pub min_window: Seconds,
    /// The longest window that governance may set.
    pub max_window: Seconds,
    /// The least bond that governance may set.
    pub min_bond: Wei,
    /// The largest bond that governance may set.
    pub max_bond: Wei,
    /// Of the inbox: seconds after which a queue entry is overdue.
    pub forced_wait: Seconds,
    /// Of the inbox: seconds without a batch after which anyone may submit.
    pub silence: Seconds,
}

impl Delays {
    /// W: what a user needs at most to leave against everybody's will.
    pub fn exit_time(&self) -> Seconds {
        self.forced_wait + self.silence + self.max_window + self.longest_game + self.bridge_delay
    }
}

/// The first versions of the lanes; none leaves a seat empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Lanes {
    /// The ZK lane.
    pub zk: Option<Verifier>,
    /// The TEE lane.
    pub tee: Option<Verifier>,
    /// The optimistic lane.
    pub op: Option<Verifier>,
    /// The second ZK lane.
    pub zk2: Option<Verifier>,
}

impl Lanes {
    /// The first version of one lane.
    pub fn of(&self, lane: Lane) -> Option<Verifier> {
        match lane {
            Lane::Zk => self.zk,
            Lane::Tee => self.tee,
            Lane::Op => self.op,
            Lane::Zk2 => self.zk2,
        }
    }
}

/// What never changes about one rollup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The chain it settles on.
    pub l1_chain: ChainId,
    /// Its settlement contract.
    pub settlement: Address,
    /// Its configuration.
    pub config: ConfigHash,
    /// The hash of block 0.
    pub genesis: Hash,
    /// The terms of the first proposals.
    pub terms: Terms,
    /// Delays and bounds.
    pub delays: Delays,
    /// The lanes' first versions.
    pub lanes: Lanes,
    /// How many platforms that are not revoked a TEE vote needs to be upheld.
    pub tee_threshold: usize,
}
