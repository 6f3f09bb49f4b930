//! The two ends: L1 and the rollup.

use std::{fs, io, path::PathBuf};

use alloy_primitives::{Address, B256};
use serde::Deserialize;
use tern_contracts::{Inbox, to_alloy};
use tern_l1::{L1, L1Error};
use tern_node_api::NodeClient;
use tern_rollup::Rollup;

use crate::{
    WalletError,
    view::{hash, view},
};

/// Where to look for the two ends; what is not given comes from the stack's folder.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The URL of an L1 node.
    pub l1: Option<String>,
    /// The URL of a node of the rollup.
    pub l2: Option<String>,
    /// The rollup's description.
    pub rollup: Option<PathBuf>,
    /// The folder of a running `tern up`.
    pub dir: PathBuf,
    /// The most that a unit of gas may cost on either end, in wei; else 500 gwei.
    pub max_fee: Option<u128>,
}

/// L1, the rollup on it, and one of its nodes if one is known.
#[derive(Debug, Clone)]
pub struct Chains {
    /// A node of L1.
    pub l1: L1,
    /// A node of the rollup.
    pub l2: Option<NodeClient>,
    /// The rollup.
    pub rollup: Rollup,
    /// Why a node that was given is not used, where none is needed.
    pub away: Option<String>,
}

#[derive(Deserialize)]
struct Endpoints {
    l1: Http,
    l2: Nodes,
    rollup: PathBuf,
}

#[derive(Deserialize)]
struct Nodes {
    sequencer: Http,
}

#[derive(Deserialize)]
struct Http {
    http: String,
}

impl Sources {
    fn endpoints(&self) -> Result<Option<Endpoints>, WalletError> {
        let path = self.dir.join("endpoints.json");
        let fix = "start tern up again, or give --l1, --l2 and --rollup";
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(WalletError::file(&path, &error, fix)),
        };
        let endpoints = serde_json::from_str(&text).map_err(|error| WalletError::File {
            path,
            reason: error.to_string(),
            fix,
        })?;
        Ok(Some(endpoints))
    }

    fn missing(&self, what: &'static str, option: &'static str) -> WalletError {
        WalletError::NotGiven { what, option, dir: self.dir.clone() }
    }

    /// A node of the rollup.
    pub async fn l2(&self) -> Result<NodeClient, WalletError> {
        let url = match &self.l2 {
            Some(url) => Some(url.clone()),
            None => self.endpoints()?.map(|endpoints| endpoints.l2.sequencer.http),
        };
        let url = url.ok_or_else(|| self.missing("a node of the rollup", "--l2 URL"))?;
        Ok(NodeClient::connect(&url).await?.with_max_fee(self.max_fee()))
    }

    fn max_fee(&self) -> u128 {
        self.max_fee.unwrap_or(tern_l1::MAX_FEE)
    }

    /// Connects to both ends, and holds them to the rollup's description.
    pub async fn connect(&self) -> Result<Chains, WalletError> {
        self.connect_l1(false).await
    }

    /// As `connect`; if `alone`, also where no node of the rollup is known, or the one that is
    /// answers nothing, or nonsense: it must not come between its users and L1.
    pub async fn connect_l1(&self, alone: bool) -> Result<Chains, WalletError> {
        let known = self.endpoints()?;
        let (l2, away) = match self.l2().await {
            Ok(l2) => (Some(l2), None),
            Err(WalletError::NotGiven { .. }) if alone => (None, None),
            Err(error) if alone => (None, Some(error)),
            Err(error) => return Err(error),
        };
        let rollup = match (self.description(known.as_ref()), &l2) {
            (Some(path), _) => Rollup::load(&path)?,
            (None, Some(l2)) => l2.rollup().await?,
            (None, None) => return Err(self.missing("the rollup", "--rollup FILE")),
        };
        let url = self.l1.clone().or(known.map(|known| known.l1.http));
        let url = url.ok_or_else(|| self.missing("an L1 node", "--l1 URL"))?;
        let l1 = L1::connect(&url).await?.with_max_fee(self.max_fee());
        let away = away.map(|error| error.to_string());
        let mut chains = Chains { l1, l2, rollup, away };
        chains.check().await?;
        if let Some(l2) = &chains.l2
            && let Err(error) = held_to(l2, &chains.rollup).await
        {
            if !alone {
                return Err(error);
            }
            (chains.l2, chains.away) = (None, Some(error.to_string()));
        }
        Ok(chains)
    }

    /// A node to send transactions of the rollup to, held to the rollup's description where there
    /// is one. Without one a node of no rollup will do for an address that names its chain: whoever
    /// mistypes a node's URL must not pay on another chain.
    pub async fn node(&self, chain_is_named: bool) -> Result<NodeClient, WalletError> {
        let node = self.l2().await?;
        let known = if self.l2.is_none() { self.endpoints()? } else { None };
        if let Some(path) = self.description(known.as_ref()) {
            held_to(&node, &Rollup::load(&path)?).await?;
            return Ok(node);
        }
        match node.rollup().await {
            Ok(rollup) => node.rpc().expect_chain(rollup.config.chain_id.0)?,
            Err(L1Error::Refused { .. }) if chain_is_named => {}
            Err(L1Error::Refused { host, .. }) => return Err(WalletError::NotARollup(host)),
            Err(error) => return Err(error.into()),
        }
        Ok(node)
    }

    fn description(&self, known: Option<&Endpoints>) -> Option<PathBuf> {
        match (&self.rollup, known) {
            (Some(path), _) => Some(path.clone()),
            // A relative path is as the stack was started, perhaps elsewhere.
            (None, Some(known)) if known.rollup.exists() => Some(known.rollup.clone()),
            (None, Some(_)) => Some(self.dir.join("rollup.json")),
            (None, None) => None,
        }
    }
}

impl Chains {
    /// The rollup's chain id.
    pub const fn l2_chain(&self) -> u64 {
        self.rollup.config.chain_id.0
    }

    /// The name of the rollup's configuration.
    pub fn config_hash(&self) -> B256 {
        hash(self.rollup.config.hash().0)
    }

    /// The inbox on L1.
    pub fn inbox(&self) -> Address {
        to_alloy(&self.rollup.config.inbox)
    }

    /// The bridge on L1.
    pub fn bridge(&self) -> Address {
        to_alloy(&self.rollup.contracts.bridge)
    }

    /// The settlement contract on L1.
    pub fn settlement(&self) -> Address {
        to_alloy(&self.rollup.contracts.settlement)
    }

    /// A node of the rollup, which `Sources::connect` has found.
    pub fn node(&self) -> Result<&NodeClient, WalletError> {
        self.l2.as_ref().ok_or(WalletError::Offline("what it would be asked for"))
    }

    async fn check(&self) -> Result<(), WalletError> {
        let (l1, inbox) = (&self.l1, self.inbox());
        l1.expect_chain(self.rollup.config.l1_chain_id.0)?;
        if l1.code(inbox).await?.is_empty() {
            return Err(WalletError::NoInbox { host: l1.host().into(), inbox });
        }
        let got = view(l1, inbox, Inbox::configHashCall {}).await?;
        same_rollup(l1.host(), got, self.config_hash())?;
        // Whatever says where the bridge is could name one that answers "paid", or takes approvals.
        let is = |what, got, want| {
            if got == want { Ok(()) } else { Err(WalletError::OtherContract { what, got, want }) }
        };
        is("bridge", self.bridge(), view(l1, inbox, Inbox::bridgeCall {}).await?)?;
        let settlement = view(l1, inbox, Inbox::settlementCall {}).await?;
        is("settlement contract", self.settlement(), settlement)
    }
}

/// Refuses a node of another rollup.
async fn held_to(node: &NodeClient, rollup: &Rollup) -> Result<(), WalletError> {
    node.rpc().expect_chain(rollup.config.chain_id.0)?;
    match node.rollup().await {
        Ok(got) => {
            let [got, want] = [&got, rollup].map(|rollup| hash(rollup.config.hash().0));
            same_rollup(node.rpc().host(), got, want)
        }
        // An execution client alone does not know its rollup; its chain id must do.
        Err(L1Error::Refused { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn same_rollup(host: &str, got: B256, want: B256) -> Result<(), WalletError> {
    let host = host.to_owned();
    if got == want { Ok(()) } else { Err(WalletError::OtherRollup { host, got, want }) }
}
