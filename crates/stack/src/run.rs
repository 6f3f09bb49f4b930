//! Bringing a stack up, keeping it up, taking it down.

use std::{
    future::Future,
    path::PathBuf,
    time::{Duration, Instant},
};

use tern_deploy::{Bound, Config, Event, Files as RollupFiles};
use tern_l1::{Key, L1};
use tern_node_api::NodeClient;
use tern_rollup::{Rollup, write_whole};

use crate::{
    Chain, Endpoints, L1Endpoints, Node, Options, Role, StackError, account,
    accounts::ACCOUNTS,
    anvil::{self, Files as L1Files},
    folder::{Folder, State},
    fund::{GIFT, fund},
    parts::{BATCHER, FOLLOWER, Layout, SEQUENCER, VOTER},
    ports::{self, Wanted},
    progress::Progress,
    supervisor::{self, Part, Place, Running},
};

/// How long a part may take until it answers.
const READY: Duration = Duration::from_secs(90);
/// The development L1.
const L1_PART: &str = "l1";
/// What a part is asked while it comes up.
const LOOK: Duration = Duration::from_millis(50);

/// Runs a stack until `stop` is done. `ready` is called once, when all parts answer.
///
/// Whatever ends it, everything it started is stopped, in order. It may be killed at any instant:
/// the next run with the same folder goes on. Must run on a thread that lives as long as the
/// process, because the parts end with the thread that started them.
pub async fn run(
    options: Options,
    ready: impl FnOnce(&Endpoints),
    stop: impl Future<Output = ()>,
) -> Result<(), StackError> {
    let progress = Progress::new();
    let mut stack = Stack::prepare(&options, progress.clone())?;
    let up = async {
        let endpoints = stack.up(&options).await?;
        ready(&endpoints);
        stack.hold().await
    };
    let result = tokio::select! {
        result = up => result,
        () = stop => Ok(()),
    };
    progress.note("stopping everything");
    stack.down().await;
    progress.note("all is stopped; the same command goes on from here");
    result
}

/// What runs, and what it needs.
struct Stack {
    folder: Folder,
    state: State,
    layout: Layout,
    place: Place,
    anvil: PathBuf,
    l1_files: L1Files,
    running: Vec<Running>,
    /// Whether there was a run before.
    resumed: bool,
}

impl Stack {
    /// Everything that can be wrong without starting anything.
    fn prepare(options: &Options, progress: Progress) -> Result<Self, StackError> {
        let anvil = anvil::find(options.anvil.as_deref())?;
        let folder = Folder::open(&options.folder)?;
        if options.fresh {
            folder.clear()?;
        }
        let before = folder.state()?;
        let wanted = Wanted { l1: options.l1_port, sequencer: options.port };
        let ports = ports::choose(wanted, before.map(|state| state.ports))?;
        let state = before.map_or_else(|| State::new(ports), |state| State { ports, ..state });
        folder.remember(&state)?;
        let resumed = before.is_some_and(|state| state.funded);
        let how = if resumed { "goes on" } else { "is new" };
        progress.step(&format!("the folder {} {how}", folder.path().display()));
        let place = Place {
            logs: folder.make("logs")?,
            processes: folder.make("run")?,
            tern: options.tern.clone(),
            progress,
        };
        let layout = Layout::new(&folder, ports, options.block_time, options.l1_block_time);
        let l1_files = L1Files::new(&folder.make("l1")?);
        Ok(Self { folder, state, layout, place, anvil, l1_files, running: Vec::new(), resumed })
    }

    async fn up(&mut self, options: &Options) -> Result<Endpoints, StackError> {
        let l1 = self.start_l1().await?;
        let rollup = self.deploy(&l1).await?;
        for (name, role) in [("sequencer.key", Role::Sequencer), ("voter.key", Role::DevVoter)] {
            self.folder.secret(name, account(role).dev_key)?;
        }
        self.start(SEQUENCER)?;
        self.start(FOLLOWER)?;
        let first_block_after = self.first_block().await?;
        self.start(BATCHER)?;
        if options.voter {
            self.start(VOTER)?;
        }
        self.follower_ready().await?;
        self.bind(&rollup).await?;
        let endpoints = self.endpoints(&rollup, first_block_after);
        self.publish(&endpoints)?;
        Ok(endpoints)
    }

    async fn start_l1(&mut self) -> Result<L1, StackError> {
        let (files, port, time) =
            (self.l1_files.clone(), self.layout.ports.l1, self.layout.l1_block_time);
        let part = Part {
            name: L1_PART,
            program: self.anvil.clone(),
            arguments: Box::new(move || files.arguments(port, time)),
        };
        // Whoever stops while it comes up must find it here.
        self.running.push(supervisor::start(part, &self.place)?);
        let l1 = self.connect_l1().await?;
        if !tern_l1::is_development(l1.chain_id()) {
            return Err(StackError::NotDevelopment { chain_id: l1.chain_id() });
        }
        anvil::leave_block_0(&l1).await?;
        anvil::mend_block_hashes(&l1).await?;
        let (url, time) = (self.layout.l1(), self.layout.l1_block_time);
        self.place
            .progress
            .step(&format!("L1 runs: anvil under Osaka rules at {url}, a block each {time} s"));
        Ok(l1)
    }

    async fn connect_l1(&self) -> Result<L1, StackError> {
        let url = self.layout.l1();
        let Some(part) = self.part(L1_PART) else { return Ok(L1::connect(&url).await?) };
        wait(part, "no answer", || async { Ok(L1::connect(&url).await.ok()) }).await
    }

    /// Deploys what is not there, and gives your accounts ETH on the rollup.
    async fn deploy(&mut self, l1: &L1) -> Result<Rollup, StackError> {
        let deployer = Key::parse(account(Role::Deployer).dev_key, "the development key")?;
        let files = RollupFiles::new(self.folder.path());
        let planned = files.plan(l1, Config::dev(l1.chain_id())?, true).await?;
        let rollup = files.save(l1, &planned).await?;
        let missing = tern_deploy::missing(l1, &planned.plan).await?.len();
        if missing > 0 || !self.state.funded {
            anvil::mine_at_once(l1, true, self.layout.l1_block_time).await?;
            tern_deploy::preflight(l1, &planned.plan).await?;
            let mut watch = |_: Event| {};
            tern_deploy::apply(l1, &deployer, &planned.plan, &mut watch).await?;
            self.place
                .progress
                .step(&format!("{missing} contracts deployed, inbox {}", rollup.config.inbox));
            let count = fund(l1, &deployer, &rollup).await?;
            self.place.progress.step(&format!("{GIFT} ETH deposited for each of {count} accounts"));
            anvil::mine_at_once(l1, false, self.layout.l1_block_time).await?;
            // The rollup must not outlive the L1 that it is on.
            self.l1_files.keep(l1).await?;
            self.state.funded = true;
            self.folder.remember(&self.state)?;
        } else {
            self.place
                .progress
                .step(&format!("the contracts are there, inbox {}", rollup.config.inbox));
        }
        Ok(rollup)
    }

    fn start(&mut self, name: &'static str) -> Result<(), StackError> {
        let layout = self.layout.clone();
        let part = Part {
            name,
            program: self.place.tern.clone(),
            arguments: Box::new(move || layout.arguments(name)),
        };
        self.running.push(supervisor::start(part, &self.place)?);
        Ok(())
    }

    fn part(&self, name: &str) -> Option<&Running> {
        self.running.iter().find(|part| part.name == name)
    }

    /// Waits until the sequencer has made a block in this run. Seconds since the start.
    async fn first_block(&self) -> Result<f32, StackError> {
        let url = self.layout.sequencer();
        let Some(part) = self.part(SEQUENCER) else { return Ok(0.0) };
        let node = wait(part, "no answer", || async { Ok(NodeClient::connect(&url).await.ok()) });
        let node = node.await?;
        self.place.progress.step(&format!("the sequencer answers at {url}"));
        let latest =
            || async { Ok(node.status().await.ok().map(|status| status.heads.latest.number)) };
        // A node that goes on has blocks of the run before.
        let before = if self.resumed { wait(part, "no head", latest).await? } else { 0 };
        let number = wait(part, "no new block", || async {
            Ok(latest().await?.filter(|number| *number > before))
        });
        let number = number.await?;
        let seconds = self.place.progress.seconds();
        self.place
            .progress
            .step(&format!("block {number} of the rollup is made, {seconds:.1} s after the start"));
        Ok(seconds)
    }

    async fn follower_ready(&self) -> Result<(), StackError> {
        let url = self.layout.follower();
        let Some(part) = self.part(FOLLOWER) else { return Ok(()) };
        wait(part, "no answer", || async { Ok(NodeClient::connect(&url).await.ok()) }).await?;
        self.place.progress.step(&format!("the follower, which trusts only L1, answers at {url}"));
        Ok(())
    }

    /// Tells the rollup's token bridge which inbox is the rollup's.
    async fn bind(&self, rollup: &Rollup) -> Result<(), StackError> {
        let binder = Key::parse(account(Role::Binder).dev_key, "the development key")?;
        let l2 = L1::connect(&self.layout.sequencer()).await?;
        if tern_deploy::bind(&l2, &binder, rollup).await? == Bound::Now {
            self.place.progress.step("the token bridge knows its inbox");
        }
        Ok(())
    }

    fn endpoints(&self, rollup: &Rollup, first_block_after: f32) -> Endpoints {
        let l1 = self.layout.l1();
        Endpoints {
            folder: self.folder.path().into(),
            rollup: self.folder.at("rollup.json"),
            genesis: self.folder.at("genesis.json"),
            l1: L1Endpoints {
                chain_id: rollup.config.l1_chain_id.0,
                ws: l1.replacen("http", "ws", 1),
                beacon: l1.clone(),
                http: l1,
                inbox: tern_contracts::to_alloy(&rollup.config.inbox),
                contracts: rollup.contracts,
            },
            l2: Chain {
                chain_id: rollup.config.chain_id.0,
                sequencer: Node::new(self.layout.sequencer()),
                follower: Node::new(self.layout.follower()),
            },
            dev_accounts: ACCOUNTS.to_vec(),
            first_block_after,
        }
    }

    fn publish(&self, endpoints: &Endpoints) -> Result<(), StackError> {
        let path = self.folder.at("endpoints.json");
        let text = serde_json::to_string_pretty(endpoints).map_err(std::io::Error::from);
        text.and_then(|text| write_whole(&path, text.as_bytes()))
            .map_err(|source| StackError::File { path, source })
    }

    /// Keeps the L1's state safe until somebody stops it.
    async fn hold(&self) -> Result<(), StackError> {
        let progress = &self.place.progress;
        // It may just be on its way back.
        let l1 = self.connect_l1().await?;
        self.l1_files.keep_on(&l1, |error| progress.note(&error.to_string())).await;
        Ok(())
    }

    /// The last that was started is the first to stop.
    async fn down(mut self) {
        while let Some(part) = self.running.pop() {
            let name = part.name;
            part.stop().await;
            self.place.progress.note(&format!("the {name} is stopped"));
        }
    }
}

/// Asks until there is an answer, while the part stays up.
async fn wait<T, F>(
    part: &Running,
    waiting: &str,
    mut ask: impl FnMut() -> F,
) -> Result<T, StackError>
where
    F: Future<Output = Result<Option<T>, StackError>>,
{
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        part.check()?;
        if start.elapsed() >= READY {
            let (part, seconds, log) = (part.name, READY.as_secs(), part.log.0.clone());
            return Err(StackError::Slow { part, seconds, waiting: waiting.into(), log });
        }
        tokio::time::sleep(LOOK).await;
    }
}
