//! The three executors on five kinds of blocks, with witness, beside plain execution by
//! the same EVM without.

// What the macros define needs no documentation.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tern_bench::{Plain, PlainEthrex, PlainEvm, PlainRevm};
use tern_stf::{Executor, Keccak, Witness, WitnessLimits};
use tern_stf_ethrex::EthrexExecutor;
use tern_stf_evm::EvmExecutor;
use tern_stf_revm::RevmExecutor;
use tern_workload::{Chain, Kind};

const ACCOUNTS: usize = 4_096;

fn benchmarks(criterion: &mut Criterion) {
    let revm = RevmExecutor;
    let ethrex = EthrexExecutor;
    let evm = <EvmExecutor>::default();
    let chain = Chain::new(&revm, ACCOUNTS, 100).expect("the genesis is valid");
    let all: [&dyn Executor; 3] = [&revm, &ethrex, &evm];
    for kind in Kind::ALL {
        let count = match kind {
            Kind::Transfers | Kind::Tokens => 100,
            Kind::Storage | Kind::Hashing | Kind::Precompiles | Kind::Carrying => 10,
        };
        let inputs = chain.inputs_of(kind, count);
        let built =
            tern_stf::cross_build(&all, chain.spec(), chain.head_hash(), &inputs, chain.archive())
                .expect("the executors agree");
        assert!(built.skipped.is_empty() && built.receipts.iter().all(|receipt| receipt.success));
        let gas = built.header.gas_used;
        let witness = chain.witness(&all, &built.block).expect("the block is valid").to_bytes();

        let mut group = criterion.benchmark_group(kind.name());
        group.throughput(Throughput::Elements(gas));
        let mut lane = |executor: &dyn Executor, keccak: Keccak| {
            group.bench_function(format!("{}/witness", executor.name()), |bencher| {
                bencher.iter(|| {
                    let witness = Witness::from_bytes(&witness, &WitnessLimits::default());
                    let preimages = witness.expect("it was just made").into_preimages(keccak);
                    executor
                        .check(chain.spec(), &built.block, &preimages)
                        .expect("the block is valid")
                });
            });
        };
        lane(&revm, tern_stf_revm::keccak);
        lane(&ethrex, tern_stf_ethrex::keccak);
        lane(&evm, tern_stf_evm::keccak);

        let plain: [(&str, Box<dyn Plain>); 3] = [
            ("revm", Box::new(PlainRevm::new(&chain))),
            ("ethrex", Box::new(PlainEthrex::new(&chain))),
            ("evm", Box::new(PlainEvm::new(&chain))),
        ];
        for (name, plain) in plain {
            if (name, kind) == ("evm", Kind::Precompiles) {
                continue;
            }
            assert_eq!(plain.execute(&built.header, &inputs), gas, "{name} on {}", kind.name());
            group.bench_function(format!("{name}/plain"), |bencher| {
                bencher.iter(|| plain.execute(&built.header, &inputs));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = executors;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(4));
    targets = benchmarks
}
criterion_main!(executors);
