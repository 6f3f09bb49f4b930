//! What everybody who works with a rollup reads: `rollup.json` and `genesis.json`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use alloy_primitives::B256;
use tern_contracts::from_alloy;
use tern_l1::{Header, L1};
use tern_protocol::Hash;
use tern_rollup::{Contracts, Deployed, Rollup};

use crate::{Config, DeployError, Genesis, Plan};

/// So many blocks of a real chain are not taken back, so that a rollup's time and the block that
/// it is named after stay.
const SETTLED: u64 = 64;

/// A folder with a rollup's files.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

/// A plan with the block 0 that it is about.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What to deploy.
    pub plan: Plan,
    /// Block 0; none if the configuration only has its hash and the folder has no file of it.
    pub genesis: Option<Genesis>,
}

impl Files {
    /// The folder need not be there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the folder is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What decides the rollup's blocks, and where its contracts are.
    pub fn rollup(&self) -> PathBuf {
        self.folder.join("rollup.json")
    }

    /// Block 0.
    pub fn genesis(&self) -> PathBuf {
        self.folder.join("genesis.json")
    }

    /// The plan of a configuration. Its block 0 is the folder's; else it is made now, if
    /// `may_make`, and nothing is written.
    pub async fn plan(
        &self,
        l1: &L1,
        config: Config,
        may_make: bool,
    ) -> Result<Planned, DeployError> {
        l1.expect_chain(config.l1.chain_id)?;
        config.check_bounds()?;
        let path = self.genesis();
        let other = |reason: String| DeployError::GenesisFile { path: path.clone(), reason };
        let stored = Genesis::load(&path)?;
        if let Some(hash) = config.chain.genesis_hash {
            let got = stored.as_ref().map(Genesis::hash).transpose()?;
            return match got {
                Some(got) if got != hash => {
                    Err(other(format!("its hash is {got}, but chain.genesisHash is {hash}")))
                }
                _ => Ok(Planned { plan: Plan::new(config)?, genesis: stored }),
            };
        }
        let genesis = match stored {
            Some(stored) => {
                let time = stored.timestamp.to();
                if Genesis::new(&config, time)? != stored {
                    return Err(other("it was made of another configuration or program".into()));
                }
                if time > l1.header(None).await?.timestamp {
                    return Err(other("its time has not come yet on this L1".into()));
                }
                stored
            }
            None if may_make => Genesis::new(&config, begin(l1).await?.timestamp)?,
            None => return Err(DeployError::NoGenesis),
        };
        let plan = Plan::new(config.with_genesis(genesis.hash()?))?;
        Ok(Planned { plan, genesis: Some(genesis) })
    }

    /// Writes the files. To be called before anything is sent: what is sent depends on them.
    pub async fn save(&self, l1: &L1, planned: &Planned) -> Result<Rollup, DeployError> {
        fs::create_dir_all(&self.folder)
            .map_err(|source| DeployError::File { path: self.folder.clone(), source })?;
        if let Some(genesis) = &planned.genesis {
            genesis.save(&self.genesis())?;
        }
        let rollup = self.describe(l1, planned).await?;
        rollup.save(&self.rollup())?;
        Ok(rollup)
    }

    async fn describe(&self, l1: &L1, planned: &Planned) -> Result<Rollup, DeployError> {
        let plan = &planned.plan;
        let (a, shared) = (&plan.rollup, &plan.shared);
        let mut rollup = Rollup {
            version: Rollup::VERSION,
            config: plan.config.rollup_config(a.inbox),
            contracts: Contracts {
                settlement: from_alloy(&a.settlement),
                registry: from_alloy(&a.registry),
                status: from_alloy(&shared.status),
                bridge: from_alloy(&shared.bridge),
            },
            deployed: Deployed { number: 0, hash: Hash([0; 32]) },
        };
        let stored = if self.rollup().exists() { Rollup::load(&self.rollup()).ok() } else { None };
        if let Some(stored) = stored {
            rollup.deployed = stored.deployed;
            let known = l1.header(Some(stored.deployed.number)).await;
            if stored == rollup
                && known.is_ok_and(|known| known.hash == B256::from(stored.deployed.hash.0))
            {
                return Ok(stored);
            }
        }
        let before = match &planned.genesis {
            Some(genesis) => not_before(l1, genesis.timestamp.to()).await?,
            None if l1.code(a.inbox).await?.is_empty() => begin(l1).await?,
            // Nobody remembers when: everything is read.
            None => l1.header(Some(0)).await?,
        };
        rollup.deployed = Deployed { number: before.number, hash: Hash(before.hash.0) };
        Ok(rollup)
    }
}

/// A block that stays, and that nothing was deployed in yet.
async fn begin(l1: &L1) -> Result<Header, DeployError> {
    let head = l1.header(None).await?;
    if tern_l1::is_development(l1.chain_id()) {
        return Ok(head);
    }
    Ok(l1.header(Some(head.number.saturating_sub(SETTLED))).await?)
}

/// The first block that is not earlier. The inbox came in it or later, because its address
/// depends on a block 0 of that time. Blocks of a development chain may share a time.
async fn not_before(l1: &L1, time: u64) -> Result<Header, DeployError> {
    let mut found = l1.header(None).await?;
    let (mut low, mut high) = (0, found.number);
    while low < high {
        let middle = low.midpoint(high);
        let header = l1.header(Some(middle)).await?;
        if header.timestamp >= time {
            high = middle;
            found = header;
        } else {
            low = middle + 1;
        }
    }
    Ok(found)
}
