//! Which contracts there will be, where, and by which calls. Pure: no chain is asked.

use alloy_primitives::{Address, B256, Bytes, U256, address, b256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use tern_contracts::Artifact;
use tern_l1::Call;

use crate::{
    Config, DeployError,
    abi::{
        Bridge,
        RollupFactory::{self, RollupAddresses, RollupParams},
        Safe, SafeProxyFactory,
    },
    code::artifact,
};

/// The contract that deploys by CREATE2 at the same address on every chain.
pub const CREATE2_DEPLOYER: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// The hash of the creation code of the proxy that OpenZeppelin's `Create3` puts between.
const CREATE3_PROXY: B256 =
    b256!("57a34f6e879358dd76825d6700df87013ad6a3fb43c0d0c602f70a8772c153bd");

/// One transaction of a deployment.
#[derive(Debug, Clone)]
pub struct Step {
    /// What people call it: the contract's name.
    pub name: &'static str,
    /// The contract that it puts there, or tells something.
    pub address: Address,
    /// The transaction.
    pub call: Call,
    /// What shows that it is done.
    pub goal: Goal,
}

/// What a step leads to.
#[derive(Debug, Clone)]
pub enum Goal {
    /// There is code at its address.
    Code {
        /// The compiled contract.
        artifact: &'static Artifact,
        /// The constructor's arguments.
        arguments: Vec<u8>,
    },
    /// The bridge at its address knows this inbox.
    Registered(Address),
}

/// Everything about a deployment that follows from the configuration.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// As the factory takes it.
    pub params: RollupParams,
    /// The name of the parameters, which decides the rollup's addresses.
    pub params_hash: B256,
    /// The rollup's own contracts.
    pub rollup: RollupAddresses,
    /// What all rollups of this L1 share.
    pub shared: Shared,
    /// The council's Safe.
    pub council: Address,
    /// What to deploy, in order.
    pub steps: Vec<Step>,
}

/// What all rollups of an L1 share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the contracts' names")]
pub struct Shared {
    pub safe_singleton: Address,
    pub safe_proxy_factory: Address,
    pub safe_fallback_handler: Address,
    pub bridge: Address,
    pub status: Address,
    pub rollup_factory: Address,
}

impl Plan {
    /// Computes all addresses and calls. The configuration must be within its bounds, and name
    /// its block 0 (`Config::with_genesis`).
    pub fn new(mut config: Config) -> Result<Self, DeployError> {
        config.check_bounds()?;
        if config.chain.genesis_hash.is_none() {
            return Err(DeployError::NoGenesis);
        }
        let mut steps = Vec::new();
        let shared = shared_steps(&mut steps)?;
        let council = match config.council.safe {
            Some(safe) => safe,
            None => {
                let step = safe_step(&config, &shared)?;
                let address = step.address;
                steps.push(step);
                address
            }
        };
        if let Some(attestor) = config.lanes.dev_attestor {
            let [zk, tee] = dev_lane_steps(attestor);
            (config.lanes.zk, config.lanes.tee) = (zk.address, tee.address);
            steps.extend([zk, tee]);
        }
        let params = config.params(shared.bridge, council);
        let params_hash = keccak256(params.abi_encode());
        let rollup = addresses(shared.rollup_factory, params_hash);
        let arguments = (params.clone(), rollup.clone()).abi_encode_params();
        for (part, artifact) in tern_contracts::parts().iter().enumerate() {
            let call = RollupFactory::deployCall {
                part: part as u8,
                p: params.clone(),
                creationCode: artifact.creation.clone(),
            };
            steps.push(Step {
                name: artifact.name,
                address: places(&rollup)[part],
                call: Call::new(artifact.name, shared.rollup_factory, call.abi_encode()),
                goal: Goal::Code { artifact, arguments: arguments.clone() },
            });
        }
        let call = Bridge::registerCall { inbox: rollup.inbox };
        steps.push(Step {
            name: "Registration",
            address: shared.bridge,
            call: Call::new("Registration", shared.bridge, call.abi_encode()),
            goal: Goal::Registered(rollup.inbox),
        });
        Ok(Self { config, params, params_hash, rollup, shared, council, steps })
    }
}

/// Where the bridge of every L1 is.
pub(crate) fn bridge_address() -> Result<Address, DeployError> {
    Ok(create2_step(artifact("Bridge")?, vec![]).address)
}

fn shared_steps(steps: &mut Vec<Step>) -> Result<Shared, DeployError> {
    let mut share = |name, arguments| {
        let step = create2_step(artifact(name)?, arguments);
        let address = step.address;
        steps.push(step);
        Ok::<_, DeployError>(address)
    };
    Ok(Shared {
        safe_singleton: share("Safe", vec![])?,
        safe_proxy_factory: share("SafeProxyFactory", vec![])?,
        safe_fallback_handler: share("CompatibilityFallbackHandler", vec![])?,
        bridge: share("Bridge", vec![])?,
        status: share("Status", vec![])?,
        rollup_factory: share("RollupFactory", tern_contracts::part_code_hashes().abi_encode())?,
    })
}

/// The two lanes of a development chain.
fn dev_lane_steps(attestor: Address) -> [Step; 2] {
    [("DevLane (ZK)", Kind::Zk), ("DevLane (TEE)", Kind::Tee)].map(|(name, kind)| {
        let arguments = (U256::from(kind as u8), attestor).abi_encode_params();
        let step = create2_step(&tern_contracts::DEV_LANE, arguments);
        Step { name, call: Call { what: name.into(), ..step.call }, ..step }
    })
}

/// What a `DevLane` stands in for.
enum Kind {
    Zk,
    Tee,
}

/// The parts in the order of the factory's `Part`.
pub(crate) const fn places(a: &RollupAddresses) -> [Address; 7] {
    [a.token, a.timelock, a.governance, a.powers, a.registry, a.inbox, a.settlement]
}

fn create2_step(artifact: &'static Artifact, arguments: Vec<u8>) -> Step {
    let (name, salt) = (artifact.name, B256::ZERO);
    let code = [artifact.creation.as_ref(), &arguments].concat();
    let address = CREATE2_DEPLOYER.create2(salt, keccak256(&code));
    let data = [salt.as_slice(), &code].concat();
    let call = Call::new(name, CREATE2_DEPLOYER, data);
    Step { name, address, call, goal: Goal::Code { artifact, arguments } }
}

/// The council: a proxy whose address follows from its owners and threshold.
fn safe_step(config: &Config, shared: &Shared) -> Result<Step, DeployError> {
    let setup = Safe::setupCall {
        _owners: config.council.owners.clone(),
        _threshold: U256::from(config.council.threshold),
        to: Address::ZERO,
        data: Bytes::new(),
        fallbackHandler: shared.safe_fallback_handler,
        paymentToken: Address::ZERO,
        payment: U256::ZERO,
        paymentReceiver: Address::ZERO,
    };
    let initializer = setup.abi_encode();
    let nonce = U256::from_be_bytes(config.salt.0);
    let artifact = artifact("SafeProxy")?;
    let arguments = shared.safe_singleton.abi_encode();
    let salt = keccak256([keccak256(&initializer).as_slice(), &nonce.to_be_bytes::<32>()].concat());
    let code = [artifact.creation.as_ref(), &arguments].concat();
    let call = SafeProxyFactory::createProxyWithNonceCall {
        _singleton: shared.safe_singleton,
        initializer: initializer.into(),
        saltNonce: nonce,
    };
    Ok(Step {
        name: "Council",
        address: shared.safe_proxy_factory.create2(salt, keccak256(&code)),
        call: Call::new("Council", shared.safe_proxy_factory, call.abi_encode()),
        goal: Goal::Code { artifact, arguments },
    })
}

fn addresses(factory: Address, params: B256) -> RollupAddresses {
    let at = |part: u8| {
        let salt = keccak256((U256::from(part), params).abi_encode());
        factory.create2(salt, CREATE3_PROXY).create(1)
    };
    RollupAddresses {
        token: at(0),
        timelock: at(1),
        governance: at(2),
        powers: at(3),
        registry: at(4),
        inbox: at(5),
        settlement: at(6),
    }
}
