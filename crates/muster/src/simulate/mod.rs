//! `muster simulate`: identity providers against any server.

mod args;
mod progress;
mod recording_show;
mod saml;
mod show;

use std::{
    fs::File,
    io::{self, BufReader},
    net::IpAddr,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use muster_crypto::NoRandomness;
use muster_simulator::{
    client::{Client, ClientError},
    recording::{self, RecordingError},
    sso::SsoError,
    trial::{self, Clock, Observer as _},
};

use crate::{
    output::{self, OutputError},
    serve::{ServeError, Stop},
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
    /// The file of a recording.
    #[error("the recording {path} cannot be opened", path = .path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The simulated identity provider.
    #[error(transparent)]
    Sso(#[from] SsoError),
    /// Its listener.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A file of metadata.
    #[error("the metadata {path} cannot be read", path = .path.display())]
    Metadata {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Others could reach it.
    #[error(
        "others can reach {0}, and whoever reaches this identity provider can be anybody: add `--allow-remote` to mean it"
    )]
    Remote(IpAddr),
    /// It would answer nobody.
    #[error("it answers only applications that it knows: name one with `--application`, `--sp-metadata` or `--oidc`")]
    NoApplication,
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
        SimulateCommand::Scim(args) => match &args.recording {
            Some(file) => play(args, file, json),
            None => scim(args, json),
        },
        SimulateCommand::Saml(args) => saml::saml(args, json),
    }
}

/// Plays identity providers against a SCIM server.
fn scim(args: &ScimArgs, json: bool) -> Result<(), SimulateError> {
    let client = Client::new(&args.target, &args.token).map_err(SimulateError::Target)?;
    let plan = args.plan(suffix::<5>()?);
    let verdict = until_stopped(async |display| trial::run(&plan, &client, &Ticking(Instant::now()), display).await)?;
    if json {
        output::json(&show::json(&verdict))?;
    } else {
        output::line(&show::text(&verdict))?;
    }
    if verdict.passed() { Ok(()) } else { Err(SimulateError::Found(show::conclusion(&verdict))) }
}

/// Plays a recording to a SCIM server.
fn play(args: &ScimArgs, file: &Path, json: bool) -> Result<(), SimulateError> {
    let client = Client::new(&args.target, &args.token).map_err(SimulateError::Target)?;
    let opened = File::open(file).map_err(|source| SimulateError::File { path: file.to_owned(), source })?;
    let mut recording = recording::Reader::new(BufReader::new(opened))?;
    let options = args.options();
    let requests = recording.head().requests;
    let verdict = until_stopped(async |display| {
        let watch = |done: usize| {
            display.show("recording".to_owned(), done, requests, u64::try_from(done).unwrap_or(u64::MAX));
            if display.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        recording::play(&mut recording, &client, &Ticking(Instant::now()), options, watch).await
    })??;
    if json {
        output::json(&recording_show::json(&verdict))?;
    } else {
        output::line(&recording_show::text(&verdict))?;
    }
    if verdict.passed() { Ok(()) } else { Err(SimulateError::Found(recording_show::conclusion(&verdict))) }
}

/// Does something that takes long, with a display that tells when the operator has had enough.
fn until_stopped<T>(work: impl AsyncFnOnce(&Display) -> T) -> io::Result<T> {
    let stopped = Arc::new(AtomicBool::new(false));
    let display = Display::new(Arc::clone(&stopped));
    // One thread is enough: the work is waiting.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let mut stop = Stop::listen()?;
        tokio::spawn(async move {
            stop.asked_for().await;
            stopped.store(true, Ordering::Relaxed);
        });
        Ok::<_, io::Error>(work(&display).await)
    })?;
    display.finish();
    Ok(done)
}

/// Random letters, which tell this run's names from all others'.
fn suffix<const LETTERS: usize>() -> Result<String, NoRandomness> {
    let mut bytes = [0; LETTERS];
    muster_crypto::random(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect())
}
