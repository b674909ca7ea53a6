//! `muster demo`: a temporary server, two simulated IdPs that provision their directories into it, and one to sign in at.

mod effect;
mod folder;
mod show;
mod sign_in;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
};

use muster_simulator::{
    Directory, Idp, Length, Report,
    client::{Client, ClientError},
};
use muster_store::Migrate;
use tokio::{net::TcpListener, task::spawn_blocking};

use crate::{
    admin::{self, AdminError, Answer, Applied, Installation, Request},
    config::Config,
    declaration::{self, ReadError},
    output::OutputError,
    serve::{self, Opened, Running, ServeError, Stop},
};
use folder::Folder;
use sign_in::{SignIn, SignInError};

/// Where the demonstration listens, if the port is free.
const PORT: u16 = 8080;
/// What it begins with.
const DECLARATION: &str = include_str!("demo.toml");
/// Who owns the organizations.
const OWNER: &str = "owner@example.com";

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The folder for the temporary database.
    #[error("a temporary folder cannot be made")]
    Folder(#[source] io::Error),
    /// The declaration.
    #[error(transparent)]
    Declaration(#[from] ReadError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The administration.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The simulated IdP.
    #[error("the simulated identity provider cannot start")]
    Client(#[from] ClientError),
    /// The simulated IdP to sign in at.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A setting that it would not heed.
    #[error("`--{0}` says nothing to `muster demo`, which is a temporary server of its own: {1}")]
    Setting(&'static str, &'static str),
    /// A task of the demonstration panicked.
    #[error("a part of the demonstration failed")]
    Panicked,
}

/// A simulated IdP at work on one connection.
struct Run {
    connection: &'static str,
    idp: Idp,
    directory: fn() -> Directory,
}

/// What the simulated IdPs do.
const RUNS: [Run; 2] = [
    Run { connection: "okta", idp: Idp::Okta, directory: Directory::example },
    Run { connection: "entra", idp: Idp::Entra, directory: Directory::acquired },
];

/// Refuses flags of settings that the demonstration would pass over. Those of the environment and of a file are for other
/// commands as well.
pub(crate) fn refuse_settings(flag: impl Fn(&str) -> Option<String>) -> Result<(), DemoError> {
    const OWN: &str = "leave it out, or use `muster serve`";
    let refused = [("data-dir", OWN), ("database", OWN), ("listen", "choose its port with `--port`")];
    match refused.into_iter().find(|(name, _)| flag(name).is_some()) {
        Some((name, advice)) => Err(DemoError::Setting(name, advice)),
        None => Ok(()),
    }
}

/// Runs the demonstration until SIGTERM or SIGINT. Without `port`, the usual one or another that is free.
pub(crate) fn demo(config: &Config, port: Option<u16>, json: bool) -> Result<(), DemoError> {
    let folder = Folder::new().map_err(DemoError::Folder)?;
    let mut config = config.clone();
    config.database.url = None;
    config.keys.master_key_file = None;
    config.server.data_dir = folder.path().to_owned();
    config.operations.listen = None;
    config.mail.logged = config.mail.url.is_none();
    config.outbound = sign_in::allowed();
    let opened = Opened::new(&config, Migrate::Run)?;
    let runtime = serve::runtime().map_err(ServeError::System)?;
    runtime.block_on(async {
        let mut stop = Stop::listen().map_err(ServeError::System)?;
        let running = Running::start(&config, listener(port, PORT).await?, opened).await?;
        let sign_in = SignIn::start(listener(None, running.address.port().saturating_add(1)).await?)?;
        let presenting = async {
            let presented = present(&running, &sign_in, folder.path(), json).await;
            if presented.is_ok() {
                std::future::pending::<()>().await;
            }
            presented
        };
        let result = tokio::select! {
            failed = presenting => failed,
            () = stop.asked_for() => Ok(()),
        };
        running.stop().await?;
        result
    })
}

/// Declares, provisions, and shows what came of it.
async fn present(running: &Running, sign_in: &SignIn, folder: &std::path::Path, json: bool) -> Result<(), DemoError> {
    let installation = &running.installation;
    let mut declaration = Box::new(declaration::parse("demo.toml", DECLARATION)?);
    sign_in.state(&mut declaration);
    let request = Request::Apply { declaration, prune: false, plan: false };
    let Answer::Applied(applied) = perform(installation, request).await? else { return Ok(()) };
    sign_in.answer(&applied).await.map_err(SignInError::from)?;
    let mut reports = BTreeMap::new();
    for Run { connection, idp, directory } in RUNS {
        let Some((base_url, token)) = scim(&applied, connection) else { continue };
        let client = Client::new(base_url, token)?;
        let report: Report = muster_simulator::run(idp, &client, &directory(), Length::Short).await;
        reports.insert(connection, report);
    }
    if json {
        return Ok(show::json(&applied, &installation.base_url, sign_in)?);
    }
    let people = effect::people(installation).await?;
    Ok(show::text(&applied, &installation.base_url, sign_in, folder, &reports, &people)?)
}

async fn perform(installation: &Installation, request: Request) -> Result<Answer, DemoError> {
    let installation = installation.clone();
    let done = spawn_blocking(move || admin::run(&installation, request)).await;
    Ok(done.map_err(|_| DemoError::Panicked)??)
}

/// The SCIM base URL and the token of a connection.
fn scim<'a>(applied: &'a Applied, connection: &str) -> Option<(&'a str, &'a str)> {
    let scim = applied.connections.get(connection)?.scim.as_ref()?;
    Some((&scim.base_url, scim.token.as_deref()?))
}

/// The port that is asked for, or the usual one, or, if somebody has that, another.
async fn listener(port: Option<u16>, usual: u16) -> Result<TcpListener, ServeError> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match (serve::listen(local(port.unwrap_or(usual)), "--port").await, port) {
        (Err(_), None) => serve::listen(local(0), "--port").await,
        (bound, _) => bound,
    }
}
