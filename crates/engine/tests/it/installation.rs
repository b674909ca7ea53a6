//! The installation: its key fits or is told apart.

use std::sync::Arc;

use muster_crypto::{MasterKey, Place, Sealer};
use muster_engine::{
    Env, Origin,
    installation::{self, InstallationError},
};
use muster_testkit::World;
use uuid::Uuid;

const PLACE: Place = Place { table: "requests", column: "body", row: Uuid::from_u128(7) };

fn set_up(world: &World, master: &MasterKey) -> Result<Sealer, InstallationError> {
    let (clock, master) = (Arc::clone(&world.clock), master.clone());
    world.store.write_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
        installation::set_up(tx, &mut env, &master)
    })
}

#[test]
fn what_was_sealed_before_opens_after_a_restart() {
    let (world, master) = (World::new(), MasterKey::generate().unwrap());
    assert!(!world.read(installation::exists));
    let sealed = set_up(&world, &master).unwrap().seal(&PLACE, b"secret").unwrap();
    assert!(world.read(installation::exists));
    assert_eq!(set_up(&world, &master).unwrap().open(&PLACE, &sealed).unwrap(), b"secret");
    assert_eq!(world.read(|conn| Ok(conn.data_keys()?)).len(), 1);
}

#[test]
fn another_master_key_is_refused_and_changes_nothing() {
    let (world, master) = (World::new(), MasterKey::generate().unwrap());
    set_up(&world, &master).unwrap();
    let other = set_up(&world, &MasterKey::generate().unwrap());
    assert!(matches!(other, Err(InstallationError::WrongKey)));
    assert!(set_up(&world, &master).is_ok());
}
