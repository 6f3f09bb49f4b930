use tern_deploy::{Config, Plan, apply, missing, preflight, simulate};

use crate::node::{anvil, connect, dev_key, run};

fn plan() -> Plan {
    Plan::new(Config::dev(31_337).expect("the dev configuration is right"))
        .expect("and within bounds")
}

#[test]
fn everything_is_deployed_once() {
    run(async {
        let anvil = anvil(&[]);
        let l1 = connect(&anvil).await;
        let (key, plan) = (dev_key(), plan());
        preflight(&l1, &plan).await.expect("a development node has what it takes");
        let left = missing(&l1, &plan).await.expect("it answers");
        let simulated = simulate(&l1, key.address(), &left).await.expect("it would work");
        eprintln!("{simulated:?}");
        let applied =
            apply(&l1, &key, &plan, &mut |event| eprintln!("{event:?}")).await.expect("it works");
        eprintln!("{applied:?}");
    });
}
