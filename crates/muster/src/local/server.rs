//! The server's side.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use muster_http::App;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::{JoinHandle, spawn_blocking},
};

use super::{Call, LINE, Reply, embedded, socket};
use crate::{
    admin::{self, Installation},
    config::Config,
    error,
};

/// How long a caller may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// The open socket; closing it removes the file.
pub(crate) struct Socket {
    path: PathBuf,
    task: JoinHandle<()>,
}

/// What every call needs.
struct Server {
    installation: Installation,
    app: App,
    database: PathBuf,
    owner: u32,
}

impl Socket {
    /// Listens in the data folder, if the database is the embedded one.
    ///
    /// The caller holds the database's lock, so a socket that is there was left behind.
    pub(crate) fn open(config: &Config, installation: &Installation, app: &App) -> io::Result<Option<Self>> {
        let Some(database) = embedded(config) else { return Ok(None) };
        let path = socket(config);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&path)?.uid();
        let (installation, app) = (installation.clone(), app.clone());
        let server = Arc::new(Server { installation, app, database, owner });
        let task = tokio::spawn(accept(listener, server));
        Ok(Some(Self { path, task }))
    }

    /// Takes no more calls.
    pub(crate) fn close(self) {
        self.task.abort();
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "the socket of the shell commands is left behind");
        }
    }
}

async fn accept(listener: UnixListener, server: Arc<Server>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &server).await {
                        tracing::warn!(%error, "a shell command was not answered");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a shell command could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: UnixStream, server: &Server) -> io::Result<()> {
    let caller = stream.peer_cred()?.uid();
    if caller != server.owner {
        tracing::warn!(caller, "a shell command of another user was turned away");
        return Ok(());
    }
    let (read, mut write) = stream.into_split();
    let mut line = Vec::new();
    let reading = async { BufReader::new(read.take(LINE)).read_until(b'\n', &mut line).await };
    tokio::time::timeout(PATIENCE, reading).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let reply = match serde_json::from_slice::<Call>(&line) {
        Ok(call) => answer(call, server).await,
        Err(error) => Reply::failed(format!("the server is of another version than this command: {error}")),
    };
    let mut line = serde_json::to_vec(&reply)?;
    if line.len() as u64 >= LINE {
        line = serde_json::to_vec(&Reply::failed(
            "it was done, but there is more to tell than can be passed on: ask for less of it, or for a shorter range"
                .to_owned(),
        ))?;
    }
    line.push(b'\n');
    write.write_all(&line).await?;
    write.shutdown().await
}

async fn answer(call: Call, server: &Server) -> Reply {
    if call.database != server.database {
        return Reply::OtherDatabase;
    }
    let installation = server.installation.clone();
    let done = spawn_blocking(move || admin::run(&installation, call.request)).await;
    server.app.forget_connections();
    match done {
        Ok(Ok(answer)) => Reply::Done(Box::new(answer)),
        Ok(Err(why)) => Reply::Refused { is_usage: why.is_usage(), why: error::chain(&why) },
        Err(_) => Reply::failed("the server failed: its log says more".to_owned()),
    }
}
