//! Drives any SCIM base URL with one workload and checks every answer.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints its result")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum as _};
use muster_bench::error::Error;
use muster_bench::prepare;
use muster_bench::process::{self, MemoryWatch};
use muster_bench::state::State;
use muster_bench::target::Target;
use muster_bench::workload::{self, Measurement, Settings, Workload};

/// Measures one workload against a SCIM server. Exit code 1 if any answer was wrong.
///
/// Example: load --url http://127.0.0.1:8080/scim/v2 --token T --state run.tsv prepare get filter
#[derive(Parser)]
#[command(name = "load", verbatim_doc_comment)]
struct Arguments {
    /// `prepare`, or what to measure: create, get, filter, patch-active, patch-noop, group-add-one, page-first,
    /// page-deep, page-walk, list-index, list-cursor, list-group, fixed. Several run one after the other.
    #[arg(required = true)]
    workloads: Vec<String>,
    /// SCIM base URL.
    #[arg(long, default_value = "http://127.0.0.1:8080/scim/v2")]
    url: String,
    /// Bearer token.
    #[arg(long, default_value = "", env = "MUSTER_LOAD_TOKEN", hide_env_values = true)]
    token: String,
    /// Connections.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// Seconds to measure.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Seconds to run before measuring.
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    /// Users that `prepare` fills the server up to.
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// Sizes of the groups that `prepare` makes.
    #[arg(long, value_delimiter = ',', default_value = "100,100000")]
    groups: Vec<usize>,
    /// Names of those groups begin so; their size follows.
    #[arg(long, default_value = "moby:group-")]
    group_prefix: String,
    /// The group that `group-add-one` adds to, by its size.
    #[arg(long, default_value_t = 100)]
    group_size: usize,
    /// Resources on a page.
    #[arg(long, default_value_t = 100)]
    page_size: usize,
    /// File that remembers what was created, for the next run.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The server's process: its highest memory is printed, too.
    #[arg(long)]
    server_pid: Option<u32>,
    /// Print one JSON object a workload.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(errors) => {
            eprintln!("load: {errors} wrong answers");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("load: {}", error.chain());
            ExitCode::FAILURE
        }
    }
}

/// Runs all workloads and returns how many answers were wrong.
fn run(arguments: &Arguments) -> Result<usize, Error> {
    let target = Target::new(&arguments.url, &arguments.token)?;
    let settings = Settings {
        clients: arguments.clients.max(1),
        warmup: Duration::from_secs_f64(arguments.warmup.clamp(0.0, 3600.0)),
        duration: Duration::from_secs_f64(arguments.seconds.clamp(0.1, 3600.0)),
        page_size: arguments.page_size,
        group_size: arguments.group_size,
    };
    let mut state = arguments.state.as_deref().map_or_else(|| Ok(State::default()), State::load)?;
    let mut errors = 0;
    for name in &arguments.workloads {
        let memory = arguments.server_pid.map(|process| (process::memory(process), MemoryWatch::begin(process)));
        let measured = measure(name, &target, &settings, arguments, &mut state);
        let memory = memory.map(|(before, watch)| (before, watch.end()));
        if let Some(path) = &arguments.state {
            state.save(path)?;
        }
        if let Some(measurement) = measured? {
            errors += measurement.errors;
            print(&measurement, arguments.json);
        }
        if let Some((before, highest)) = memory {
            let [before, highest] = [before, highest].map(|kibibytes| kibibytes as f64 / 1024.0);
            eprintln!("{name}: the server had {before:.1} MiB before, {highest:.1} MiB at most");
        }
    }
    Ok(errors)
}

fn measure(
    name: &str,
    target: &Target,
    settings: &Settings,
    arguments: &Arguments,
    state: &mut State,
) -> Result<Option<Measurement>, Error> {
    if name == "prepare" {
        let created = prepare::users(target, arguments.users, settings, state)?;
        for size in arguments.groups.iter().filter(|size| **size <= arguments.users) {
            prepare::group(target, &arguments.group_prefix, *size, state)?;
        }
        return Ok(created);
    }
    let workload = Workload::from_str(name, true)
        .map_err(|_| Error::Unprepared(format!("`{name}` is not a workload, see --help")))?;
    workload::run(target, workload, settings, state).map(Some)
}

fn print(measurement: &Measurement, json: bool) {
    if json {
        if let Ok(line) = serde_json::to_string(measurement) {
            println!("{line}");
        }
        return;
    }
    let Measurement { workload, clients, summary, beside, errors, examples } = measurement;
    let name = workload.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    println!(
        "{name:<14} {clients:>3} clients {:>9.0}/s  p50 {:>7} µs  p90 {:>7} µs  p99 {:>7} µs  max {:>8} µs  {errors} wrong of {}",
        summary.per_second, summary.p50, summary.p90, summary.p99, summary.max, summary.requests
    );
    if *beside > 0 {
        println!("  beside them {beside} other requests");
    }
    for example in examples {
        println!("  wrong: {example}");
    }
}
