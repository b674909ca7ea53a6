//! `muster simulate`: identity providers against any server.

mod args;
mod progress;
mod show;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use muster_crypto::NoRandomness;
use muster_simulator::{
    client::{Client, ClientError},
    trial::{self, Clock},
};

use crate::{
    output::{self, OutputError},
    serve::Stop,
};

use args::ScimArgs;
pub(crate) use args::SimulateCommand;
use progress::Display;

/// Why a simulation has no good end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    /// The address or the token.
    #[error(transparent)]
    Target(ClientError),
    /// The runtime.
    #[error("the operating system refused")]
    System(#[from] io::Error),
    /// No name for the run.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// What was found.
    #[error("{0}")]
    Found(String),
}

/// The clock by which requests are sent.
struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

/// Plays identity providers.
pub(crate) fn simulate(command: &SimulateCommand, json: bool) -> Result<(), SimulateError> {
    match command {
        SimulateCommand::Scim(args) => scim(args, json),
    }
}

/// Plays identity providers against a SCIM server.
fn scim(args: &ScimArgs, json: bool) -> Result<(), SimulateError> {
    let client = Client::new(&args.target, &args.token).map_err(SimulateError::Target)?;
    let plan = args.plan(suffix()?);
    let stopped = Arc::new(AtomicBool::new(false));
    let display = Display::new(Arc::clone(&stopped));
    // One thread is enough: the work is waiting.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let verdict = runtime.block_on(async {
        let mut stop = Stop::listen()?;
        tokio::spawn(async move {
            stop.asked_for().await;
            stopped.store(true, Ordering::Relaxed);
        });
        Ok::<_, io::Error>(trial::run(&plan, &client, &Ticking(Instant::now()), &display).await)
    })?;
    display.finish();
    if json {
        output::json(&show::json(&verdict))?;
    } else {
        output::line(&show::text(&verdict))?;
    }
    if verdict.passed() { Ok(()) } else { Err(SimulateError::Found(show::conclusion(&verdict))) }
}

/// Letters that tell this run's names from all others'.
fn suffix() -> Result<String, NoRandomness> {
    let mut bytes = [0; 5];
    muster_crypto::random(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect())
}
