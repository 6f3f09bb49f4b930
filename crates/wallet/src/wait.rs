//! Waiting, for days where it must be.

use std::time::Duration;

use tern_l1::L1;

use crate::{Event, WalletError, Watch};

/// Looks until there is something to return.
pub(crate) async fn until<T>(
    l1: &L1,
    watch: Watch<'_>,
    mut look: impl AsyncFnMut(Watch<'_>) -> Result<Option<T>, WalletError>,
) -> Result<T, WalletError> {
    loop {
        if let Some(found) = patient(look(&mut *watch).await, watch)? {
            return Ok(found);
        }
        tokio::time::sleep(pace(l1)).await;
    }
}

/// What passes is said, and is nothing more than nothing found: the chains go on meanwhile.
pub(crate) fn patient<T>(
    looked: Result<Option<T>, WalletError>,
    watch: Watch<'_>,
) -> Result<Option<T>, WalletError> {
    match looked {
        Err(error) if error.passes() => {
            watch(Event::Waits(format!("{error}; trying again")));
            Ok(None)
        }
        looked => looked,
    }
}

/// How often to look: a development chain makes blocks of its own pace.
fn pace(l1: &L1) -> Duration {
    Duration::from_millis(if tern_l1::is_development(l1.chain_id()) { 400 } else { 6_000 })
}

#[cfg(test)]
mod tests {
    use tern_l1::L1Error;

    use super::*;

    #[test]
    fn a_proxys_bad_hour_ends_no_wait_and_what_somebody_must_change_does() {
        let mut said = vec![];
        let watch: Watch<'_> = &mut |event| said.push(event);
        let (role, host) = (String::from("L1 node"), String::from("http://l1"));
        let method = String::from("eth_call");
        let busy = L1Error::NotANode {
            host: host.clone(),
            method: method.clone(),
            reason: "HTTP status 429".into(),
        };
        let refused = |message: &str| L1Error::Refused {
            role: role.clone(),
            host: host.clone(),
            method: method.clone(),
            message: message.into(),
        };
        let limit = refused("limit exceeded");
        for error in [busy, limit] {
            assert_eq!(patient::<()>(Err(error.into()), watch).expect("it passes"), None);
        }
        let missing = refused("the method tern_messageProof does not exist/is not available");
        for error in [missing.into(), WalletError::CallFailed(0)] {
            assert!(patient::<()>(Err(error), watch).is_err());
        }
        assert_eq!(said.len(), 2);
    }
}
