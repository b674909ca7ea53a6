//! The second yardstick: axum and SQLite with nothing between them.
//!
//! It stores ready JSON and gives it back: no schemas, no rules, no ledger, no log. What it does share with a real
//! server is durability: every answered write is on disk (WAL, `synchronous=FULL`), with one thread that commits
//! what has queued up in one transaction, and threads of their own for reading. So the difference to it is what the
//! rules cost, and nothing else.

mod handlers;
mod reader;
mod writer;

use std::path::PathBuf;
use std::process::ExitCode;

use axum::serve::ListenerExt as _;
use clap::Parser;
use tokio::net::TcpListener;

/// Stores and returns SCIM users as they are.
#[derive(Parser)]
#[command(name = "thin")]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8091")]
    listen: String,
    /// Folder of the database.
    #[arg(long)]
    data_dir: PathBuf,
    /// Threads that read.
    #[arg(long, default_value_t = 2)]
    readers: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(&arguments.data_dir)?;
    let path = arguments.data_dir.join("thin.db");
    let writer = writer::start(&path)?;
    let reader = reader::start(&path, arguments.readers)?;
    let router = handlers::router(handlers::Store { writer, reader });
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(&arguments.listen).await?.tap_io(|stream| {
            // Without it an answer in two packets would wait for an acknowledgement; nothing else depends on it.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}

#[expect(clippy::print_stderr, reason = "a program says why it stops")]
fn report(error: &dyn std::error::Error) {
    eprintln!("thin: {error}");
}
