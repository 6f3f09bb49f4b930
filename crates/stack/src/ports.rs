//! Ports: given, remembered or free.

use std::net::{Ipv4Addr, TcpListener};

use serde::{Deserialize, Serialize};

use crate::StackError;

/// Where everything listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Ports {
    pub(crate) l1: u16,
    pub(crate) sequencer: u16,
    pub(crate) follower: u16,
}

/// Which ports the caller wants.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) l1: Option<u16>,
    pub(crate) sequencer: Option<u16>,
}

/// Given ports first, then those of the run before, then free ones.
pub(crate) fn choose(wanted: Wanted, before: Option<Ports>) -> Result<Ports, StackError> {
    // All are held until the last is chosen, so that none is chosen twice.
    let l1 = hold(wanted.l1, before.map(|ports| ports.l1), "the L1", "--l1-port")?;
    let sequencer =
        hold(wanted.sequencer, before.map(|ports| ports.sequencer), "the sequencer", "--port")?;
    let follower = match hold(None, before.map(|ports| ports.follower), "the follower", "--port") {
        // Nobody asked for this very port.
        Err(StackError::Port { .. }) => hold(None, None, "the follower", "--port")?,
        held => held?,
    };
    Ok(Ports { l1: l1.1, sequencer: sequencer.1, follower: follower.1 })
}

fn hold(
    wanted: Option<u16>,
    before: Option<u16>,
    what: &'static str,
    option: &'static str,
) -> Result<(TcpListener, u16), StackError> {
    let port = wanted.or(before).unwrap_or(0);
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let held = bound.and_then(|socket| socket.local_addr().map(|at| (socket, at.port())));
    held.map_err(|source| match port {
        0 => StackError::NoPort(source),
        port => StackError::Port { port, what, option },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_stay_from_run_to_run_unless_others_are_given() {
        let first = choose(Wanted::default(), None).expect("there are free ports");
        let again = choose(Wanted::default(), Some(first)).expect("they are free again");
        assert_eq!(first, again);
        let other = choose(Wanted::default(), None).expect("there are free ports").l1;
        let wanted = Wanted { l1: Some(other), sequencer: None };
        let given = choose(wanted, Some(first)).expect("it is free");
        assert_eq!(given, Ports { l1: other, ..first });
    }

    #[test]
    fn a_taken_port_is_named_with_the_option_that_gives_another() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
        let port = taken.local_addr().expect("it has one").port();
        let wanted = Wanted { l1: None, sequencer: Some(port) };
        let error = choose(wanted, None).expect_err("it is taken").to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"), "{error}");
        let before = Ports { l1: 1, sequencer: 1, follower: port };
        let wanted = Wanted { l1: Some(0), sequencer: Some(0) };
        let ports = choose(wanted, Some(before)).expect("a follower's port is nobody's choice");
        assert_ne!(ports.follower, port);
    }
}
