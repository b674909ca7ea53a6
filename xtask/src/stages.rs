//! The full check: a table of stages, fast ones first.

use std::{
    num::NonZero,
    time::{Duration, Instant},
};

use crate::{
    Failure, arrows, browser, conformance,
    postgres::Server,
    process::{cargo, run as run_command},
    tests::Tests,
};

/// A part of the full check.
struct Stage {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<(), Failure>,
}

/// Every stage, in order. Add yours here.
const STAGES: &[Stage] = &[
    Stage { name: "format", what: "the code is formatted", run: format },
    Stage { name: "arrows", what: "crates depend on each other as they may", run: arrows::check },
    Stage { name: "clippy", what: "no lint speaks", run: clippy },
    Stage { name: "doc", what: "the documentation builds without warnings", run: doc },
    Stage { name: "test", what: "unit and integration tests, on SQLite", run: test },
    Stage { name: "postgres", what: "the suites that need a PostgreSQL server", run: postgres },
    Stage { name: "browser", what: "the pages in headless Chromium", run: browser::check },
    Stage {
        name: "conformance",
        what: "independent SCIM suites and an identity provider, on SQLite and PostgreSQL",
        run: conformance::check,
    },
];

/// What runs on a PostgreSQL server: package, test target, and under which isolation, where the tests do not choose it.
const ON_POSTGRES: &[(&str, &str, &str)] = &[
    ("muster-store", "postgres", "each"),
    ("muster-engine", "it", "read-committed"),
    ("muster-engine", "it", "serializable"),
    ("muster-http", "it", "read-committed"),
    ("muster", "it", "read-committed"),
];

/// How many tests run at once on a server, for each processor: most of the time they wait for it.
const AT_ONCE: usize = 2;

/// Prints the stages.
pub(crate) fn list() {
    for stage in STAGES {
        println!("{:<12} {}", stage.name, stage.what);
    }
}

/// Runs the stages named in `only`, or all, until one fails, and prints how long each took.
pub(crate) fn run(only: &[&str]) -> Result<(), Failure> {
    if let Some(unknown) = only.iter().find(|name| STAGES.iter().all(|stage| stage.name != **name)) {
        return Err(format!("there is no stage `{unknown}`: see `cargo xtask test --list`").into());
    }
    let mut done: Vec<(&str, Duration)> = Vec::new();
    let chosen = STAGES.iter().filter(|stage| only.is_empty() || only.contains(&stage.name));
    for stage in chosen {
        println!("\n== {}: {}", stage.name, stage.what);
        let start = Instant::now();
        let result = (stage.run)();
        done.push((stage.name, start.elapsed()));
        if let Err(failure) = result {
            summarize(&done, "failed");
            return Err(format!("stage `{}`: {failure}", stage.name).into());
        }
    }
    summarize(&done, "ok");
    Ok(())
}

fn summarize(done: &[(&str, Duration)], last: &str) {
    println!();
    for (number, (name, time)) in done.iter().enumerate() {
        let outcome = if number + 1 == done.len() { last } else { "ok" };
        println!("{name:<12} {:>7.1} s  {outcome}", time.as_secs_f64());
    }
}

fn format() -> Result<(), Failure> {
    run_command(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<(), Failure> {
    run_command(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // No part of "all targets", because they need a server or a browser to run.
    let tests = ["--test", "postgres", "--test", "browser"];
    run_command(cargo(&["clippy", "--workspace"]).args(tests).args(["--", "-D", "warnings"]))
}

fn doc() -> Result<(), Failure> {
    run_command(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn test() -> Result<(), Failure> {
    run_command(&mut cargo(&["test", "--workspace"]))
}

fn postgres() -> Result<(), Failure> {
    let tests = Tests::build()?;
    let server = Server::start()?;
    let threads = AT_ONCE * std::thread::available_parallelism().map_or(1, NonZero::get);
    for (package, target, isolation) in ON_POSTGRES {
        let start = Instant::now();
        let mut command = tests.command(package, target)?;
        command.arg(format!("--test-threads={threads}"));
        command.env("MUSTER_TEST_POSTGRES", server.url()).env("MUSTER_TEST_ISOLATION", isolation);
        run_command(&mut command)?;
        println!("{package} ({isolation}): {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
