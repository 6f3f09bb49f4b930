//! The factory's promise: whoever deploys, in whatever order, the parts know each other.

use tern_contracts::{Inbox, LaneRegistry, Settlement};

use crate::world::{GENESIS, World, params};

#[test]
fn a_rollup_deploys_and_its_parts_know_each_other() {
    let mut world = World::deploy(World::l1(), params());
    let at = world.at.clone();
    let chain = &mut world.chain;
    assert_eq!(chain.view(at.settlement, &Settlement::inboxCall {}), at.inbox);
    assert_eq!(chain.view(at.settlement, &Settlement::registryCall {}), at.registry);
    assert_eq!(chain.view(at.settlement, &Settlement::powersCall {}), at.powers);
    assert_eq!(chain.view(at.inbox, &Inbox::settlementCall {}), at.settlement);
    assert_eq!(chain.view(at.inbox, &Inbox::genesisHashCall {}), GENESIS);
    assert_eq!(chain.view(at.registry, &LaneRegistry::SETTLEMENTCall {}), at.settlement);
    world.batch(2);
    assert_eq!(world.tip().0, 1);
}
