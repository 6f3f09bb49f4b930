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

/// What a unit of gas may cost on either end if nobody says otherwise, in wei.
const MAX_FEE: u128 = 500_000_000_000;

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
        self.max_fee.unwrap_or(MAX_FEE)
    }

    /// Connects to both ends, and holds them to the rollup's description.
    pub async fn connect(&self) -> Result<Chains, WalletError> {
        self.connect_l1(false).await
    }

    /// As `connect`, also if no node of the rollup is known or answers.
    pub async fn connect_l1(&self, alone: bool) -> Result<Chains, WalletError> {
        let known = self.endpoints()?;
        let l2 =
            match self.l2().await {
                Ok(l2) => Some(l2),
                Err(
                    WalletError::NotGiven { .. } | WalletError::Node(L1Error::Unreachable { .. }),
                ) if alone => None,
                Err(error) => return Err(error),
            };
        let path = match (&self.rollup, &known) {
            (Some(path), _) => Some(path.clone()),
            // A relative path is as the stack was started, perhaps elsewhere.
            (None, Some(known)) if known.rollup.exists() => Some(known.rollup.clone()),
            (None, Some(_)) => Some(self.dir.join("rollup.json")),
            (None, None) => None,
        };
        let rollup = match (path, &l2) {
            (Some(path), _) => Rollup::load(&path)?,
            (None, Some(l2)) => l2.rollup().await?,
            (None, None) => return Err(self.missing("the rollup", "--rollup FILE")),
        };
        let url = self.l1.clone().or(known.map(|known| known.l1.http));
        let url = url.ok_or_else(|| self.missing("an L1 node", "--l1 URL"))?;
        let l1 = L1::connect(&url).await?.with_max_fee(self.max_fee());
        let chains = Chains { l1, l2, rollup };
        chains.check().await?;
        Ok(chains)
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
        let want = self.config_hash();
        let same = |got: B256, host: &str| {
            let host = host.to_owned();
            if got == want { Ok(()) } else { Err(WalletError::OtherRollup { host, got, want }) }
        };
        same(view(l1, inbox, Inbox::configHashCall {}).await?, l1.host())?;
        let Some(l2) = &self.l2 else { return Ok(()) };
        l2.rpc().expect_chain(self.l2_chain())?;
        match l2.rollup().await {
            Ok(rollup) => same(hash(rollup.config.hash().0), l2.rpc().host()),
            // An execution client alone does not know its rollup; its chain id must do.
            Err(L1Error::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// How often to look: a development chain makes blocks of its own pace.
pub(crate) fn pace(l1: &L1) -> std::time::Duration {
    let development = tern_l1::is_development(l1.chain_id());
    std::time::Duration::from_millis(if development { 400 } else { 6_000 })
}
