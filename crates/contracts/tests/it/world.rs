//! A rollup on an L1 in memory: the real contracts, deployed by the real factory, with doubles
//! for the lanes.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::Encodable;
use alloy_sol_types::SolValue;
use tern_contracts::{
    Inbox, RollupFactory,
    rollup_factory::RollupFactory::{
        ChainParams, DelayParams, GovernanceParams, InboxParams, LaneParams, RollupAddresses,
        RollupParams, Terms,
    },
};
use tern_protocol::{Anchor, BatchAcc, BatchHeader, BatchIndex, DataRef, Hash, Timestamp};

use crate::evm::{Chain, Outcome, Tx};

/// Who deploys.
pub(crate) const DEPLOYER: Address = Address::repeat_byte(0xd0);
/// Who submits batches.
pub(crate) const SEQUENCER: Address = Address::repeat_byte(0x5e);
/// A contract in the council's place, in whose name tests call.
pub(crate) const COUNCIL: Address = Address::repeat_byte(0xc0);
/// A contract in the bridge's place, where a test needs no bridge.
pub(crate) const NO_BRIDGE: Address = Address::repeat_byte(0xb1);
pub(crate) const GENESIS: B256 = B256::repeat_byte(0x11);

/// A rollup.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) params: RollupParams,
    pub(crate) at: RollupAddresses,
}

/// The creation codes of a rollup's parts, in the factory's order.
pub(crate) type Codes = [Bytes; 7];

/// The committed ones.
pub(crate) fn codes() -> Codes {
    std::array::from_fn(|part| tern_contracts::parts()[part].creation.clone())
}

/// Parameters with delays so short that a test passes them often.
pub(crate) fn params() -> RollupParams {
    RollupParams {
        chain: ChainParams {
            chainId: 4242,
            genesisHash: GENESIS,
            gasLimit: 30_000_000,
            feeRecipient: Address::repeat_byte(0xfe),
            extraData: Bytes::new(),
            maxBlocks: 1024,
            maxAnchors: 4,
            maxBlobs: 6,
            maxDecodedBytes: 1 << 20,
            maxTransactions: 10_000,
            maxDeposits: 64,
            maxForced: 16,
            maxForcedBytes: 131_072,
            maxForcedGas: 10_000_000,
        },
        inbox: InboxParams {
            sequencer: SEQUENCER,
            silence: unsigned(10),
            forcedWait: unsigned(10),
            maxAnchorAge: 8191,
            maxForcedSize: 65_536,
            forcedFee: unsigned(1_000_000_000_000),
            minDeposit: 1_000,
        },
        terms: terms(1_000, 600, 60),
        delays: DelayParams {
            notice: unsigned(50),
            lapse: unsigned(100),
            stallAfter: unsigned(150),
            stallMax: unsigned(80),
            emergencyWindow: unsigned(120),
            probation: unsigned(50),
            heartbeat: unsigned(300),
            retireStreak: unsigned(200),
            longestGame: unsigned(40),
            bridgeDelay: unsigned(10),
            minWindow: unsigned(20),
            maxWindow: unsigned(100),
            minBond: unsigned(500),
            maxBond: unsigned(5_000),
        },
        lanes: LaneParams {
            zk: Address::ZERO,
            tee: Address::ZERO,
            op: Address::ZERO,
            zk2: Address::ZERO,
        },
        governance: GovernanceParams {
            council: COUNCIL,
            timelockDelay: unsigned(100),
            votingDelay: unsigned(10),
            votingPeriod: 100,
            proposalThreshold: U256::from(1),
            quorumPercent: 10,
            holders: vec![DEPLOYER],
            amounts: vec![U256::from(1_000_000)],
        },
        bridge: NO_BRIDGE,
        salt: B256::ZERO,
    }
}

/// Bonds and window.
pub(crate) fn terms(proposer: u64, challenger: u64, window: u64) -> Terms {
    Terms {
        proposerBond: unsigned(proposer),
        challengerBond: unsigned(challenger),
        window: unsigned(window),
    }
}

/// A number in one of the ABI's odd widths.
pub(crate) fn unsigned<const BITS: usize, const LIMBS: usize>(
    value: u64,
) -> alloy_primitives::Uint<BITS, LIMBS> {
    alloy_primitives::Uint::from(value)
}

impl World {
    /// An L1 on which nothing of a rollup exists yet, with contracts where parameters need some.
    pub(crate) fn l1() -> Chain {
        let mut chain = Chain::new();
        for who in [COUNCIL, NO_BRIDGE] {
            chain.put_code(who, vec![0x00]);
        }
        for who in [DEPLOYER, SEQUENCER] {
            chain.fund(who, U256::from(10).pow(U256::from(24)));
        }
        chain
    }

    /// Deploys the whole rollup through a factory.
    pub(crate) fn deploy(chain: Chain, params: RollupParams) -> Self {
        Self::deploy_codes(chain, params, &codes())
    }

    /// Deploys parts that may not be the committed ones.
    pub(crate) fn deploy_codes(mut chain: Chain, params: RollupParams, codes: &Codes) -> Self {
        let hashes = codes.each_ref().map(alloy_primitives::keccak256).abi_encode();
        let factory = chain.create(DEPLOYER, &RollupFactory::BYTECODE, &hashes);
        let at = chain.view(factory, &RollupFactory::addressesCall { p: params.clone() });
        for (part, code) in (0u8..).zip(codes) {
            let (p, code) = (params.clone(), code.clone());
            let call = RollupFactory::deployCall { part, p, creationCode: code };
            chain.send(DEPLOYER, factory, &call).ok();
        }
        Self { chain, params, at }
    }

    /// The inbox's accumulator and number of batches.
    pub(crate) fn tip(&mut self) -> (u64, BatchAcc) {
        let tip = self.chain.view(self.at.inbox, &Inbox::tipCall {});
        (tip.batches, BatchAcc(Hash(tip.acc.0)))
    }

    /// The header of a batch of blocks a second apart, which ends now.
    pub(crate) fn header(&mut self, blocks: u16, data: DataRef) -> BatchHeader {
        let (index, parent) = self.tip();
        let anchor = self.chain.last();
        BatchHeader {
            parent,
            index: BatchIndex(index),
            block_count: blocks,
            first_timestamp: Timestamp(self.chain.now() + 1 - u64::from(blocks)),
            time_step: 1,
            deposits: 0,
            forced: 0,
            anchors: vec![Anchor {
                from_block: 0,
                number: anchor.number,
                hash: Hash(anchor.hash_slow().0),
            }],
            data,
        }
    }

    /// Submits as the sequencer.
    pub(crate) fn submit(&mut self, header: &BatchHeader, data: Bytes) -> Outcome {
        let blobs = match &header.data {
            DataRef::Blobs(hashes) => hashes.iter().map(|hash| B256::new(hash.0)).collect(),
            _ => Vec::new(),
        };
        let mut anchor = Vec::new();
        self.chain.last().encode(&mut anchor);
        let call = Inbox::submitBatchCall {
            header: header.encode().into(),
            anchorHeaders: vec![anchor.into()],
            data,
        };
        let data = alloy_sol_types::SolCall::abi_encode(&call).into();
        let to = Some(self.at.inbox);
        self.chain.run(Tx { from: SEQUENCER, to, data, blobs, ..Tx::default() })
    }

    /// A batch without data, long enough after the one before.
    pub(crate) fn batch(&mut self, blocks: u16) -> BatchAcc {
        self.chain.warp(u64::from(blocks));
        let header = self.header(blocks, DataRef::None);
        self.submit(&header, Bytes::new()).ok();
        self.tip().1
    }
}
