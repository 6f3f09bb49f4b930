//! Anyone consumes the queues when the sequencer is silent.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use serde_json::json;
use tern_batcher::{BatcherError, relief};
use tern_contracts::Inbox;

use crate::l1::{World, run, stranger};

#[test]
fn relief_takes_what_is_due_of_anyone_after_the_silence_and_of_nobody_before() {
    run(async {
        let world = World::new().await;
        let key = stranger();
        let deposit = Inbox::depositCall { to: Address::repeat_byte(7) }.abi_encode();
        let value = U256::from(10_u64.pow(16));
        world.send(&key, value, deposit).await;
        let error = relief(&world.l1, &world.rollup, &key).await.expect_err("too early");
        assert!(matches!(error, BatcherError::NotSequencer { .. }), "{error}");

        // Longer than the silence and the time that an entry may wait.
        world.rpc("anvil_mine", json!(["0x140"])).await;
        world.rpc("evm_setAutomine", json!([true])).await;
        world.mine(2).await;
        let done = relief(&world.l1, &world.rollup, &key).await.expect("it is accepted");
        assert_eq!((done.index, done.deposits, done.forced), (0, 1, 0));
        assert_eq!(world.tip().await.0, 1);
        assert_eq!(world.view(Inbox::depositQueueCall {}).await.next, 1);
    });
}
