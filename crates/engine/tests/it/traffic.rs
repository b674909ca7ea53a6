//! What charts show: counted by connection and day, added by many nodes, forgotten after 90 days.

use std::time::Duration;

use muster_engine::{
    Surroundings,
    retention::Policy,
    traffic::{self, DAYS, Day, Outcomes, Tally},
};
use muster_model::{ConnectionId, Timestamp};
use muster_store::TrafficKind;
use muster_testkit::World;

const DAY: Duration = Duration::from_hours(24);

fn add(world: &World, counted: &[(ConnectionId, Timestamp, TrafficKind, bool)]) {
    let mut tally = Tally::default();
    for (connection, at, kind, refused) in counted {
        tally.count(*connection, *at, *kind, *refused);
    }
    world.by_hand(move |tx, _| traffic::add(tx, &tally)).unwrap();
}

fn days(world: &World, connections: &[ConnectionId]) -> Vec<Day> {
    let (connections, now) = (connections.to_vec(), world.clock.now());
    world.read(move |conn| traffic::of(conn, &connections, now))
}

#[test]
fn what_came_is_told_by_day_and_only_of_the_connections_that_are_asked_for() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&moby]).build();
    let (today, yesterday) = (world.clock.now(), world.clock.now().before(DAY));
    let sign_in = (okta, today, TrafficKind::SignIn, false);
    add(
        &world,
        &[sign_in, sign_in, (okta, today, TrafficKind::SignIn, true), (okta, yesterday, TrafficKind::Scim, true)],
    );
    // As another node adds to the same day.
    add(&world, &[sign_in, (entra, today, TrafficKind::Scim, false)]);

    let told = days(&world, &[okta]);
    assert_eq!(told.len(), usize::try_from(DAYS).unwrap());
    let last = told[told.len() - 1];
    assert_eq!(last.sign_ins, Outcomes { succeeded: 3, refused: 1 });
    assert_eq!(last.requests, Outcomes::default());
    assert_eq!(told[told.len() - 2].requests, Outcomes { succeeded: 0, refused: 1 });
    assert!(last.begins <= today && today < last.begins.after(DAY));
    assert!(told.windows(2).all(|two| two[0].begins.after(DAY) == two[1].begins));
    assert_eq!(told.iter().map(|day| day.sign_ins.all() + day.requests.all()).sum::<i64>(), 5);

    let both = days(&world, &[okta, entra]);
    assert_eq!(both[both.len() - 1].requests, Outcomes { succeeded: 1, refused: 0 });
    assert!(days(&world, &[]).iter().all(|day| day.sign_ins.all() + day.requests.all() == 0));
}

#[test]
fn days_are_forgotten_after_ninety() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    add(&world, &[(okta, world.clock.now(), TrafficKind::Scim, false)]);
    let rows = |world: &World| world.read(move |conn| Ok(conn.traffic(&[okta], 0)?)).len();
    world.advance(DAY * 89);
    world.retain(&Policy::default(), 1);
    assert_eq!(rows(&world), 1);
    world.advance(DAY * 2);
    world.retain(&Policy::default(), 1);
    assert_eq!(rows(&world), 0);
}

#[test]
fn charts_read_by_an_index_alone() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    add(&world, &[(okta, world.clock.now(), TrafficKind::Scim, false)]);
    let now = world.clock.now();
    let (_, plans) = world.read(move |conn| conn.explained(|conn| traffic::of(conn, &[okta], now)));
    assert_eq!(plans.len(), 1, "one query for a chart: {plans:#?}");
    assert!(plans.iter().all(|plan| plan.whole_scans().is_empty()), "{plans:#?}");
}
