//! What happens, in the order in which it came to be known, once the oldest of it is gone (ORG-9); and what webhooks are sent of that.

use std::{sync::Arc, time::Duration};

use muster_engine::{
    EngineError, Env, Refusal, Surroundings,
    activity::Scope,
    events::{self, Feed, Position},
    retention::Policy,
    webhooks::{
        sending::{self, Outcome},
        settings::{self, Made, Stated},
    },
};
use muster_model::{OrganizationId, WebhookId, webhook::DeliveryState};
use muster_store::Tx;
use muster_testkit::{World, person};
use uuid::Uuid;

use crate::passwords::sealer;

const DAY: Duration = Duration::from_hours(24);
const WEEK: Policy = Policy {
    log: Duration::from_hours(24 * 7),
    log_bytes: 1 << 30,
    details: Duration::from_hours(24 * 7),
    activity: Duration::from_hours(24 * 7),
};
const NODE: Uuid = Uuid::from_u128(11);

fn write<T: Send + 'static>(
    world: &World,
    mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
) -> T {
    world.by_hand(move |tx, env| work(tx, env)).unwrap()
}

fn publish(world: &World) -> usize {
    write(world, |tx, env| events::publish(tx, env, NODE)).rows
}

fn read(world: &World, of: OrganizationId, named: &[&str], after: Option<Position>) -> Result<Feed, EngineError> {
    let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
    world.store.read_blocking(move |conn| events::feed(conn, Scope::Organization(of), &named, after, 100))
}

fn refused(result: Result<Feed, EngineError>) -> (String, String) {
    match result.unwrap_err() {
        EngineError::Refused(Refusal::Field { key, text }) => (key, text),
        error => panic!("{error}"),
    }
}

#[test]
fn org_9_whoever_has_read_everything_goes_on_from_there_once_it_is_gone() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, person("ada@example.com")).unwrap();
    publish(&world);
    let first = read(&world, moby.id, &["member.*"], None).unwrap();
    assert_eq!((first.events.len(), first.more), (1, false));
    world.create_user(okta, person("bob@example.com")).unwrap();
    publish(&world);
    let second = read(&world, moby.id, &[], Some(first.next)).unwrap();
    world.advance(DAY * 20);
    world.retain(&WEEK, 1);
    assert_eq!(world.read(|conn| Ok(conn.oldest_event()?)), None, "all of it is gone");
    let nothing = read(&world, moby.id, &[], Some(second.next)).unwrap();
    assert_eq!(nothing, Feed { events: Vec::new(), next: second.next, more: false });
    assert_eq!(read(&world, moby.id, &[], None).unwrap().next, second.next);
    assert!(refused(read(&world, moby.id, &[], Some(first.next))).1.contains("not kept any more"));
    assert!(refused(read(&world, moby.id, &[], Some("9999".parse().unwrap()))).1.contains("no such place"));
    world.create_user(okta, person("cy@example.com")).unwrap();
    publish(&world);
    let third = read(&world, moby.id, &["member.added"], Some(second.next)).unwrap();
    let emails: Vec<_> = third.events.iter().map(|told| told.account.as_ref().unwrap().email.as_deref()).collect();
    assert_eq!(emails, [Some("cy@example.com")]);
}

#[test]
fn what_is_no_event_is_refused() {
    let world = World::new();
    let moby = world.organization("moby");
    for unknown in ["member.gone", "nobody.*", "", "*"] {
        let (key, text) = refused(read(&world, moby.id, &["team.*", unknown], None));
        assert!(key == "events" && text.contains(&format!("`{unknown}` is no event")), "{key}: {text}");
    }
}

#[test]
fn a_message_that_the_ledger_has_no_more_is_given_up_at_once() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let sealer = sealer();
    let id = WebhookId(Uuid::from_u128(7));
    let stated = Stated { name: "app".into(), url: "https://app.example/hook".into(), events: vec!["member.*".into()] };
    let (made, organization) = (Made::seal(&sealer, id, "whsec_AAAA").unwrap(), moby.id);
    write(&world, move |tx, env| settings::create(tx, env, Some(organization), stated.clone(), Some(&made)));
    world.create_user(okta, person("ada@example.com")).unwrap();
    publish(&world);
    world.advance(DAY * 20);
    world.retain(&WEEK, 1);
    assert_eq!(write(&world, |tx, env| sending::take(tx, env, NODE)), Some(id));
    let (now, opener) = (world.clock.now(), Arc::clone(&sealer));
    let due = world.read(move |conn| sending::due(conn, &opener, id, now, &[], 10)).unwrap();
    assert!(due.messages.len() == 1 && due.messages[0].told.is_none(), "{due:?}");
    let failure = Some("the activity log does not have it any more".to_owned());
    let outcome = Outcome { at: now, status: None, failure, retry_after: None };
    let outcomes: Vec<_> = due.messages.into_iter().map(|message| (message, outcome.clone())).collect();
    assert!(write(&world, move |tx, env| sending::note(tx, env, &sealer, NODE, id, &outcomes)));
    let (dead, health) = world.read(move |conn| {
        Ok((conn.deliveries(id, Some(DeliveryState::Dead), None, 10)?, conn.webhook_health(id)?.unwrap_or_default()))
    });
    assert_eq!(dead.len(), 1);
    assert_eq!((health.failures, health.failing_since), (0, None), "the web server was not asked");
}
