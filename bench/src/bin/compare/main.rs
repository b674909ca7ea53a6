//! Starts the yardsticks and Muster side by side, runs every workload against each in turn, and prints the table of
//! `docs/performance.md`.
//!
//! Only ratios within one run mean anything: machines differ, and one machine differs from hour to hour. So the
//! servers take turns workload by workload, each round gives a ratio, and the table shows the middle one.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints its result")]

mod cases;
mod machine;
mod postgres;
mod rounds;
mod server;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use muster_bench::error::Error;

/// Compares Muster with what the same stack can do without rules. Exit code 1 if any answer was wrong.
///
/// Example: compare --muster target/release/muster --output docs/performance-table.md
#[derive(Parser)]
#[command(name = "compare", verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// The `muster` program, built for release; without it only the yardsticks run.
    #[arg(long)]
    muster: Option<PathBuf>,
    /// Users before the rounds begin.
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// Users at which `userName eq` is measured first, to see whether it depends on their number.
    #[arg(long, default_value_t = 1_000)]
    few_users: usize,
    /// Rounds; the table shows the middle one.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds measured per workload and round.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Clients, where a workload does not fix them.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// Folder for the databases; put it on the disk that is to be measured. A folder of its own is made inside.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Also run Muster on this PostgreSQL database, which must be empty, and pgbench beside it.
    #[arg(long)]
    postgres: Option<String>,
    /// Write the Markdown here as well.
    #[arg(long)]
    output: Option<PathBuf>,
}

impl Arguments {
    fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.2, 600.0))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let folder = arguments
        .data_dir
        .clone()
        .unwrap_or_else(std::env::temp_dir)
        .join(format!("muster-compare-{}", std::process::id()));
    let result = std::fs::create_dir_all(&folder)
        .map_err(|source| Error::File { path: folder.clone(), source })
        .and_then(|()| compare(&arguments, &folder));
    // What is left of a folder in the way of nobody is no reason to fail.
    let _ = std::fs::remove_dir_all(&folder);
    match result {
        Ok(0) => ExitCode::SUCCESS,
        Ok(errors) => {
            eprintln!("compare: {errors} wrong answers");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("compare: {}", error.chain());
            ExitCode::FAILURE
        }
    }
}

/// Runs everything and returns how many answers were wrong.
fn compare(arguments: &Arguments, folder: &std::path::Path) -> Result<usize, Error> {
    let machine = machine::Machine::read(folder)?;
    let results = rounds::run(arguments, folder)?;
    let markdown = table::markdown(&machine, arguments, &results);
    println!("{markdown}");
    if let Some(path) = &arguments.output {
        std::fs::write(path, &markdown).map_err(|source| Error::File { path: path.clone(), source })?;
    }
    for example in &results.examples {
        eprintln!("wrong: {example}");
    }
    Ok(results.errors)
}

/// Says on standard error what is going on: a run takes minutes.
pub(crate) fn progress(what: &str) {
    eprintln!("{what}");
}
