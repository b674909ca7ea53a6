//! Project chores.
//!
//! `cargo xtask test` is the one full check; its stages are the table in [`stages`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks on its output")]

mod arrows;
mod browser;
mod conformance;
mod debian;
mod node;
mod postgres;
mod process;
mod stages;
mod tests;

use std::{io, process::ExitCode};

const USAGE: &str = "\
cargo xtask test                  run every stage of the full check
cargo xtask test --only STAGE     run one stage (may be repeated)
cargo xtask test --list           list the stages
cargo xtask postgres              start a throw-away PostgreSQL, print its address, stop it at the end of input";

/// What a chore fails with.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["test", options @ ..] => test(options),
        ["postgres"] => serve_postgres(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("say one of\n\n{USAGE}").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn test(mut options: &[&str]) -> Result<(), Failure> {
    let mut only = Vec::new();
    loop {
        match options {
            [] => return stages::run(&only),
            ["--list"] => {
                stages::list();
                return Ok(());
            }
            ["--only", stage, rest @ ..] => {
                only.push(*stage);
                options = rest;
            }
            [unknown, ..] => return Err(format!("unknown option `{unknown}`; say one of\n\n{USAGE}").into()),
        }
    }
}

fn serve_postgres() -> Result<(), Failure> {
    let server = postgres::Server::start()?;
    println!("MUSTER_TEST_POSTGRES={}", server.url());
    println!("It ends, and its data with it, at the end of input (Ctrl-D).");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
