//! Versions of lanes: which is active, frozen, on probation, announced.

use tern_protocol::rule::Phase;

use crate::{Lane, LaneVersion, Lanes, Seconds, Verifier};

/// One version of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// Its contract.
    pub verifier: Verifier,
    /// Since when it is, or was, active.
    pub activated_at: Seconds,
    /// Installed by emergency: on probation before this.
    pub probation_until: Option<Seconds>,
    /// It contradicted itself.
    pub frozen: bool,
}

/// A version that waits for its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Announced {
    /// Its contract.
    pub verifier: Verifier,
    /// Ready from here on, unless finality is stalled.
    pub ready_at: Seconds,
}

/// One lane's active version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seat {
    /// Its number.
    pub version: LaneVersion,
    /// Whether it contradicted itself.
    pub frozen: bool,
    /// Installed by emergency: on probation before this.
    pub probation_until: Option<Seconds>,
    /// Since when it is active.
    pub activated_at: Seconds,
}

impl Seat {
    /// Whether its time on probation is not over. Probation may last longer: ask
    /// [`State::is_on_probation`](crate::State::is_on_probation).
    pub(crate) fn serves_probation(&self, now: Seconds) -> bool {
        self.probation_until.is_some_and(|until| now < until)
    }
}

/// All lanes, in the order of [`Lane`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registry {
    /// Whether the TEE still votes.
    pub phase: Phase,
    /// From when on the TEE may retire, if that is announced.
    pub retire_at: Option<Seconds>,
    /// Every version of each lane; the last one is active.
    pub versions: [Vec<Version>; 4],
    /// What each lane's council announced.
    pub announced: [Option<Announced>; 4],
    /// Until then, included, each lane may be replaced at once.
    pub emergency_until: [Option<Seconds>; 4],
}

impl Registry {
    pub(crate) fn new(lanes: &Lanes, now: Seconds) -> Self {
        let first = |lane| {
            let version = |verifier| Version {
                verifier,
                activated_at: now,
                probation_until: None,
                frozen: false,
            };
            lanes.of(lane).map(version).into_iter().collect()
        };
        Self {
            phase: Phase::Three,
            retire_at: None,
            versions: Lane::ALL.map(first),
            announced: [None; 4],
            emergency_until: [None; 4],
        }
    }

    /// A lane's active version, frozen or not.
    pub fn seat(&self, lane: Lane) -> Option<Seat> {
        let versions = &self.versions[lane as usize];
        versions.last().map(|version| Seat {
            version: LaneVersion(versions.len() as u16),
            frozen: version.frozen,
            probation_until: version.probation_until,
            activated_at: version.activated_at,
        })
    }

    /// The contract of a lane's active version.
    pub fn verifier(&self, lane: Lane) -> Option<Verifier> {
        self.versions[lane as usize].last().map(|version| version.verifier)
    }

    /// A version by number.
    pub fn version(&self, lane: Lane, number: LaneVersion) -> Option<&Version> {
        self.versions[lane as usize].get(usize::from(number.0).checked_sub(1)?)
    }

    /// Whether the active versions of two lanes share neither proof system nor executor.
    pub fn differ(&self, a: Lane, b: Lane) -> bool {
        match (self.verifier(a), self.verifier(b)) {
            (Some(a), Some(b)) => a.proof_system != b.proof_system && a.executor != b.executor,
            _ => false,
        }
    }

    pub(crate) fn install(
        &mut self,
        lane: Lane,
        verifier: Verifier,
        now: Seconds,
        probation_until: Option<Seconds>,
    ) -> LaneVersion {
        let versions = &mut self.versions[lane as usize];
        versions.push(Version { verifier, activated_at: now, probation_until, frozen: false });
        self.emergency_until[lane as usize] = None;
        LaneVersion(versions.len() as u16)
    }

    /// Freezes the active version; once frozen it cannot freeze again.
    pub(crate) fn freeze(&mut self, lane: Lane, emergency_until: Seconds) -> Option<LaneVersion> {
        let versions = &mut self.versions[lane as usize];
        let number = LaneVersion(versions.len() as u16);
        let version = versions.last_mut().filter(|version| !version.frozen)?;
        version.frozen = true;
        if lane != Lane::Tee {
            self.emergency_until[lane as usize] = Some(emergency_until);
        }
        Some(number)
    }
}
