//! Where what is asked for is done: here, on the database, or on a server.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use muster_store::Migrate;

use crate::{
    admin::{self, AdminError, Answer, Application, Installation, Request},
    config::Config,
    error::CommandError,
    local::{self, Sent},
    open, progress, remote,
};

/// How long a command waits for a database that somebody else holds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// Where it is done.
pub(crate) enum Place {
    /// On the database that the configuration names, by the operator.
    Here(Box<Config>),
    /// Over a server, by whoever holds a token.
    Server(Box<remote::Client>),
}

impl Place {
    /// The configuration, for what is only done here.
    pub(crate) fn here(&self, what: &str) -> Result<&Config, AdminError> {
        match self {
            Self::Here(config) => Ok(config),
            Self::Server(_) => Err(AdminError::Wrong(format!(
                "{what} is not done over a server: run it where the database is, without `--server`"
            ))),
        }
    }

    /// Asks or changes what is there: as [`Place::perform_or_begin`], but without a database there is nothing to do it on.
    pub(crate) fn perform(&self, request: Request) -> Result<Answer, CommandError> {
        if let Self::Here(config) = self {
            open::require_database(config)?;
        }
        self.perform_or_begin(request)
    }

    /// Does it, or has the server that holds the database do it; a database that is not there yet is made.
    pub(crate) fn perform_or_begin(&self, request: Request) -> Result<Answer, CommandError> {
        progress::while_waiting(request.doing(), || match self {
            Self::Here(config) => here(config, request),
            Self::Server(client) => Ok(remote::run(client, request)?),
        })
    }
}

fn here(config: &Config, mut request: Request) -> Result<Answer, CommandError> {
    let begun = Instant::now();
    let store = loop {
        request = match local::send(config, request)? {
            Sent::Done(answer) => return Ok(answer),
            Sent::Here(request) => request,
        };
        match open::store(config, Migrate::Run) {
            Ok(store) => break store,
            // A server that is starting holds the database, and will listen in a moment; so does another command.
            Err(error) if error.is_unavailable() && local::may_be_held(config) && begun.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(error.into()),
        }
    };
    let installation = Installation {
        store: store.clone(),
        surroundings: Arc::new(open::surroundings(config, &store)),
        base_url: config.base_url(config.server.listen),
        application: Application::Closed(Arc::new(config.clone())),
    };
    let answer = admin::run(&installation, request);
    drop(installation);
    store.close_blocking();
    Ok(answer?)
}
