//! `muster serve`: everything put together, until the operator says stop.

use std::{io, net::SocketAddr, sync::Arc};

use muster_crypto::Sealer;
use muster_engine::Surroundings;
use muster_http::{App, AppOptions, Limits};
use muster_outbound::SetUpError;
use muster_store::{Migrate, Store};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    admin::{Application, Installation},
    config::{ActivityError, Config, Operations},
    local::Socket,
    mail,
    open::{self, OpenError},
    surroundings::System,
};

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The database or its keys.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An address.
    #[error("cannot listen at {address}: choose another with {setting}")]
    Listen {
        address: SocketAddr,
        setting: &'static str,
        #[source]
        source: io::Error,
    },
    /// The runtime, signals, the listener while in use.
    #[error("the operating system refused")]
    System(#[from] io::Error),
    /// The client for outbound requests.
    #[error("outbound requests cannot be made")]
    Outbound(#[from] SetUpError),
    /// A stream of the activity log.
    #[error(transparent)]
    Activity(#[from] ActivityError),
    /// A task of the server panicked.
    #[error("a part of the server failed: its log says more")]
    Panicked,
}

/// A database and its keys, before anybody is served.
pub(crate) struct Opened {
    store: Store,
    sealer: Sealer,
    surroundings: Arc<dyn Surroundings>,
}

/// A running server.
pub(crate) struct Running {
    /// The address that clients reach.
    pub(crate) address: SocketAddr,
    /// What is administered.
    pub(crate) installation: Installation,
    app: App,
    stop: watch::Sender<bool>,
    socket: Option<Socket>,
    listeners: Vec<JoinHandle<io::Result<()>>>,
    /// Sends mail.
    postman: JoinHandle<()>,
}

/// Runs the server until SIGTERM or SIGINT.
pub(crate) fn serve(config: &Config, migrate: Migrate) -> Result<(), ServeError> {
    // Opened before the runtime starts: the store's threads are its own.
    let opened = Opened::new(config, migrate)?;
    runtime()?.block_on(async {
        let mut stop = Stop::listen()?;
        let listener = listen(config.server.listen, "--listen").await?;
        let running = Running::start(config, listener, opened).await?;
        let url = &running.installation.base_url;
        tracing::info!(address = %running.address, %url, version = env!("CARGO_PKG_VERSION"), "serving");
        stop.asked_for().await;
        tracing::info!("stopping: requests in progress are finished");
        running.stop().await
    })
}

/// The runtime of the server: a thread for each core.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_name("muster").build()
}

/// The operator's wish that the process ends. Heard from the moment this is made.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Listens for SIGTERM and SIGINT.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub(crate) async fn asked_for(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Opened {
    /// Opens the database and checks its key.
    pub(crate) fn new(config: &Config, migrate: Migrate) -> Result<Self, ServeError> {
        let store = open::store(config, migrate)?;
        let sealer = open::sealer(config, &store, &(Arc::new(System::default()) as _))?;
        let surroundings: Arc<dyn Surroundings> = Arc::new(System::with_keys(&sealer));
        Ok(Self { store, sealer, surroundings })
    }
}

impl Running {
    /// Begins to serve whoever comes to this listener.
    pub(crate) async fn start(config: &Config, listener: TcpListener, opened: Opened) -> Result<Self, ServeError> {
        let Opened { store, sealer, surroundings } = opened;
        let sealer = Arc::new(sealer);
        let address = listener.local_addr()?;
        let base_url = config.base_url(address);
        let limits = Limits::default();
        let app = App::new(AppOptions {
            store: store.clone(),
            surroundings: Arc::clone(&surroundings),
            sealer: Arc::clone(&sealer),
            base_url: base_url.clone(),
            limits: limits.clone(),
            outbound: config.outbound()?,
            sends_mail: config.mail.url.is_some(),
        });
        app.start_retention(config.retention);
        app.start_streams(config.activity.destinations()?);
        let application = Application::Serving(app.clone());
        let installation = Installation { store, surroundings, base_url, application };
        // Before anybody is answered: whoever sees the server up can use the shell commands.
        let socket = open_socket(config, &installation, &app);
        let (stop, stopped) = watch::channel(false);
        let mut listeners = Vec::new();
        if let Some(operations) = operations_listener(&config.operations).await? {
            let router = muster_http::operations_router(&app);
            listeners.push(spawn(operations, router, limits.clone(), stopped.clone()));
        }
        let (mail, under) = (config.mail.clone(), installation.base_url.clone());
        let (on, by) = (installation.store.clone(), Arc::clone(&installation.surroundings));
        let postman = tokio::spawn(mail::run(mail, under, on, by, sealer, stopped.clone()));
        listeners.insert(0, spawn(listener, muster_http::router(&app), limits, stopped));
        Ok(Self { address, installation, app, stop, socket, listeners, postman })
    }

    /// Finishes what was accepted, and closes the store.
    pub(crate) async fn stop(self) -> Result<(), ServeError> {
        if let Some(socket) = self.socket {
            socket.close();
        }
        self.stop.send_replace(true);
        let mut result = Ok(());
        for listener in self.listeners {
            let ended = match listener.await {
                Ok(ended) => ended.map_err(ServeError::System),
                Err(_) => Err(ServeError::Panicked),
            };
            result = result.and(ended);
        }
        result = result.and(self.postman.await.map_err(|_| ServeError::Panicked));
        self.app.close().await;
        self.installation.store.close().await;
        result
    }
}

/// The socket for shell commands. The server is of use without it.
fn open_socket(config: &Config, installation: &Installation, app: &App) -> Option<Socket> {
    Socket::open(config, installation, app).unwrap_or_else(|error| {
        tracing::warn!(
            %error,
            "shell commands cannot reach this server: choose a data folder with a shorter path, or one that is writable"
        );
        None
    })
}

fn spawn(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) -> JoinHandle<io::Result<()>> {
    tokio::spawn(async move {
        let shutdown = async move {
            // An error means that the sender is gone: then it is time to stop, too.
            drop(stopped.wait_for(|stopped| *stopped).await);
        };
        muster_http::serve(listener, router, &limits, shutdown).await
    })
}

/// Takes an address; `setting` is what chose it.
pub(crate) async fn listen(address: SocketAddr, setting: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, setting, source })
}

/// The operations listener. Where nobody asked for an address, one that is taken is no reason not to serve.
async fn operations_listener(operations: &Operations) -> Result<Option<TcpListener>, ServeError> {
    let Some(address) = operations.listen else { return Ok(None) };
    match listen(address, "`operations.listen`").await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if operations.asked_for => Err(error),
        Err(_) => {
            tracing::warn!(%address, "the address for metrics is taken: choose another with `operations.listen`");
            Ok(None)
        }
    }
}
