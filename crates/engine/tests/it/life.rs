//! A year of simulated life ends in exactly the state that a small model of the rules predicts.
//!
//! The model knows the contract and nothing of the engine. The answers are compared at every event, the states every
//! day. Some seeds run always. `MUSTER_LIFE_SEEDS=100..200` runs those instead;
//! `MUSTER_LIFE_SEED=7` runs one, and compares the states after each event.

mod chance;
mod events;
mod model;
mod play;
mod year;

use events::{Event, Seen, Why};
use model::Model;
use play::Play;
use year::Year;

/// Hours between two events, so that a day's events are not one burst to the mass-change guard.
const BETWEEN: u64 = 2;
/// How often the ledger is replayed, in days.
const REPLAYED: u16 = 183;

fn live(seed: u64, each_event: bool) {
    let (mut year, mut model, mut play) = (Year::new(seed), Model::new(), Play::new());
    while let Some(today) = year.next_day() {
        let mut hours = 0;
        let mut done = Vec::new();
        for event in today.events {
            let (expected, came) = (model.apply(&event), play.apply(&event));
            done.push(event.clone());
            let told = || told(seed, &year, &done);
            assert_eq!(came, expected, "the engine's answer (left), the model's (right){}", told());
            if each_event {
                list(&year, &event, expected);
                compare(&play, &model, told);
            }
            match expected {
                Ok(()) => year.learn(&event),
                Err(Why::Held) => year.learn_held(&event),
                Err(_) => {}
            }
            if !today.hurried {
                hours += BETWEEN;
                pass(BETWEEN, &mut model, &play);
            }
        }
        compare(&play, &model, || told(seed, &year, &done));
        pass(24_u64.saturating_sub(hours), &mut model, &play);
        if year.day().is_multiple_of(REPLAYED) {
            play.replay();
        }
    }
}

#[expect(clippy::print_stdout, reason = "for who looks for what went wrong in a year")]
fn list(year: &Year, event: &Event, expected: Result<(), Why>) {
    println!("day {} {event:?}: {expected:?}", year.day());
}

fn pass(hours: u64, model: &mut Model, play: &Play) {
    model.pass(hours);
    play.pass(hours);
}

/// Where in the year it happened.
fn told(seed: u64, year: &Year, done: &[Event]) -> String {
    let events: Vec<_> = done.iter().map(|event| format!("  {event:?}")).collect();
    format!("\nMUSTER_LIFE_SEED={seed}, day {}:\n{}\n", year.day(), events.join("\n"))
}

fn compare(play: &Play, model: &Model, told: impl Fn() -> String) {
    let (came, expected) = (play.seen(), model.seen());
    if came == expected {
        return;
    }
    panic!("the engine and the model differ:\n{}{}", differences(&came, &expected).join("\n"), told());
}

fn differences(came: &Seen, expected: &Seen) -> Vec<String> {
    let mut all = Vec::new();
    let mut differ = |what: String, came: String, expected: String| {
        if came != expected {
            all.push(format!("{what}: {came}, but the rules say {expected}"));
        }
    };
    for key in came.places.keys().chain(expected.places.keys()) {
        let [came, expected] = [came, expected].map(|seen| format!("{:?}", seen.places.get(key)));
        differ(format!("{} in {}", key.1, key.0), came, expected);
    }
    differ("seats".into(), format!("{:?}", came.seats), format!("{:?}", expected.seats));
    for (n, (came, expected)) in came.users.iter().zip(&expected.users).enumerate() {
        differ(format!("user {n}"), format!("{came:?}"), format!("{expected:?}"));
    }
    for (n, (came, expected)) in came.groups.iter().zip(&expected.groups).enumerate() {
        differ(format!("group {n}"), format!("{came:?}"), format!("{expected:?}"));
    }
    all.dedup();
    all
}

/// The seeds that `MUSTER_LIFE_SEEDS` or `MUSTER_LIFE_SEED` asks for; `usual`, if neither does.
fn seeds(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let read = |name: &str| std::env::var(name).ok();
    if let Some(one) = read("MUSTER_LIFE_SEED") {
        let one = one.parse().unwrap();
        return one..one + 1;
    }
    match read("MUSTER_LIFE_SEEDS") {
        Some(range) => {
            let (from, to) = range.split_once("..").unwrap();
            from.parse().unwrap()..to.parse().unwrap()
        }
        None => usual,
    }
}

#[test]
fn scim_5_a_year_of_life_ends_as_the_rules_say() {
    let each_event = std::env::var("MUSTER_LIFE_SEED").is_ok();
    // A year is some thousand commits, which SQLite in memory has for nothing.
    let usual = if std::env::var("MUSTER_TEST_POSTGRES").is_ok() { 1..2 } else { 1..9 };
    let seeds = std::sync::Mutex::new(seeds(usual));
    let next = || seeds.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) = next() {
                    live(seed, each_event);
                }
            });
        }
    });
}
