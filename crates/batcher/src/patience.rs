//! How long to wait, and what is said meanwhile.

use std::time::{Duration, Instant};

use tern_l1::L1Error;

use crate::{BatcherError, Kind, Options, driver::Pace};

/// The longest pause after an error.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// With `Options::once`, how long nothing may succeed.
const ONCE_PATIENCE: Duration = Duration::from_secs(120);
/// As long as the same is wrong, it is said so often.
const SAID_AGAIN: Duration = Duration::from_secs(60);
/// When nothing has moved for so long although something should, the reason is said.
const STILL: Duration = Duration::from_secs(60);
/// When nothing has moved for so long, somebody should look.
const STUCK: Duration = Duration::from_secs(300);
/// So often in a row may somebody have to change something before it is believed, where all was well
/// before: L1 may be reorganised again, and one wrong answer is no state.
const STRIKES: u32 = 4;

/// How long to wait after errors, and whether to go on.
pub(crate) struct Patience {
    pause: Duration,
    shortest: Duration,
    once: bool,
    moved: Instant,
    /// What was said last, and when.
    said: Option<(String, Instant)>,
    /// Since when it has stood still, and what was said of it.
    still: (Instant, Option<(&'static str, Instant)>),
    /// Whether it ever looked without an error, and the lasting errors in a row since.
    strikes: Option<u32>,
}

impl Patience {
    pub(crate) fn new(options: &Options) -> Self {
        let shortest = options.poll.min(LONGEST_PAUSE);
        let (pause, moved) = (shortest, Instant::now());
        let (said, still, strikes) = (None, (moved, None), None);
        Self { pause, shortest, once: options.once, moved, said, still, strikes }
    }

    /// After a look without an error.
    pub(crate) fn reset(&mut self, moved: bool) {
        self.pause = self.shortest;
        self.strikes = Some(0);
        if moved {
            self.moved = Instant::now();
        }
        if self.said.take().is_some() {
            self.still = (Instant::now(), None);
            tracing::info!("the batcher goes on");
        }
    }

    /// It does what it should.
    pub(crate) fn goes_on(&mut self) -> Option<String> {
        self.still = (Instant::now(), None);
        None
    }

    /// Something should move and does not. Says why after a while; after a longer one, also what to
    /// tell whoever asks how it is.
    pub(crate) fn still(&mut self, why: &'static str) -> Option<String> {
        self.still_at(why, Instant::now())
    }

    fn still_at(&mut self, why: &'static str, now: Instant) -> Option<String> {
        let time = now.saturating_duration_since(self.still.0);
        if time < STILL {
            return None;
        }
        let seconds = time.as_secs();
        let known = |(said, at): (&str, Instant)| {
            said == why && now.saturating_duration_since(at) < SAID_AGAIN
        };
        let stuck = time >= STUCK;
        if !self.still.1.is_some_and(known) {
            self.still.1 = Some((why, now));
            if stuck {
                tracing::warn!(why, seconds, "no batch gets on");
            } else {
                tracing::info!(why, seconds, "no batch gets on");
            }
        }
        stuck.then(|| format!("no batch gets on since {seconds} s: {why}"))
    }

    /// With `--once` somebody waits: too long is an error.
    pub(crate) fn check(&self, pace: Pace) -> Result<(), BatcherError> {
        if self.once && self.moved.elapsed() >= ONCE_PATIENCE {
            let reason = match pace {
                Pace::Waiting(why) => why.to_owned(),
                Pace::Moved | Pace::Done => "no block took the transactions".to_owned(),
            };
            return Err(BatcherError::Stuck { seconds: ONCE_PATIENCE.as_secs(), reason });
        }
        Ok(())
    }

    /// Waits after an error that may pass by itself; hands back one that will not.
    pub(crate) async fn after(&mut self, error: BatcherError) -> Result<(), BatcherError> {
        if self.is_lasting(&error) {
            return Err(error);
        }
        let funds =
            matches!(error, BatcherError::L1(L1Error::Funds { .. } | L1Error::FeeCap { .. }));
        if self.once && (funds || self.moved.elapsed() >= ONCE_PATIENCE) {
            return Err(error);
        }
        let text = error.to_string();
        let known = |(said, at): &(String, Instant)| *said == text && at.elapsed() < SAID_AGAIN;
        if self.said.as_ref().is_some_and(known) {
            tracing::debug!(error = %text, pause = ?self.pause, "again");
        } else {
            tracing::warn!(error = %text, pause = ?self.pause, "the batcher waits");
            self.said = Some((text, Instant::now()));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    fn is_lasting(&mut self, error: &BatcherError) -> bool {
        if error.kind() != Kind::Stop {
            return false;
        }
        let of_l1 =
            matches!(error, BatcherError::NotSequencer { .. } | BatcherError::TooLarge { .. });
        match &mut self.strikes {
            Some(strikes) if of_l1 && *strikes < STRIKES => {
                *strikes += 1;
                false
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tern_l1::KeySource;

    use super::*;
    use crate::Post;

    fn patience() -> Patience {
        let options = Options {
            rollup: PathBuf::new(),
            data: PathBuf::new(),
            l1: String::new(),
            node: String::new(),
            key: KeySource::Dev,
            post: Post::Auto,
            in_flight: 1,
            max_fee: 1,
            max_blob_fee: 1,
            poll: Duration::from_millis(1),
            resubmit: 1,
            confirmations: 1,
            once: false,
            http: None,
        };
        Patience::new(&options)
    }

    #[test]
    fn who_stands_still_for_minutes_is_not_well_and_whoever_goes_on_is() {
        let mut patience = patience();
        let start = patience.still.0;
        let mut at = |seconds| patience.still_at("no money", start + Duration::from_secs(seconds));
        assert_eq!((at(5), at(299)), (None, None));
        let said = at(301).expect("it is long");
        assert!(said.contains("301 s") && said.contains("no money"), "{said}");
        assert_eq!(patience.goes_on(), None);
        assert_eq!(patience.still("no money"), None);
    }

    #[test]
    fn a_lasting_error_of_l1_is_believed_when_it_lasts_or_at_the_start() {
        let mut patience = patience();
        let error = BatcherError::TooLarge { index: 1, bytes: 2 };
        assert!(patience.is_lasting(&error), "nothing was well before");
        patience.reset(false);
        for _ in 0..STRIKES {
            assert!(!patience.is_lasting(&error));
        }
        assert!(patience.is_lasting(&error));
        patience.reset(false);
        assert!(!patience.is_lasting(&error));
        assert!(patience.is_lasting(&BatcherError::Ended("encoder")));
    }
}
