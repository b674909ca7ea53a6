//! Sending the activity log on (ORG-9): to a file, a syslog server, a web server, as the operator set up.
//!
//! Each stream is a duty of its own, so that one that fails keeps no other waiting. A batch counts as sent once its
//! destination has it, as far as that can tell: the disk, the syslog server at the end of its connection, the web server with
//! its answer. What is not known to be there is sent again; entries have ids by which receivers know them again.
//!
//! - `file`: lines of JSON;
//! - `syslog`: RFC 5424 over UDP, TCP or TLS;
//! - `webhook`: Standard Webhooks, through the one client for outbound requests (SEC-3).

mod file;
mod syslog;
mod webhook;

use std::{path::PathBuf, sync::Arc};

use muster_engine::{
    Env, Origin,
    activity::stream::{self, Batch, Health, Next},
};
use muster_model::Stream;
use muster_store::Tx;
use uuid::Uuid;

pub use self::{
    syslog::{Syslog, SyslogError},
    webhook::Webhook,
};
use crate::{ActivityLine, App, HttpError, app::Lane};

/// Where a stream goes.
#[derive(Debug, Clone)]
pub enum Destination {
    /// The end of this file, which is made if it is not there. It is opened anew for each batch, so that it may be renamed at
    /// any time.
    File(PathBuf),
    /// A syslog server.
    Syslog(Syslog),
    /// A web server.
    Webhook(Box<Webhook>),
}

impl Destination {
    /// Which stream this is.
    #[must_use]
    pub fn stream(&self) -> Stream {
        match self {
            Self::File(_) => Stream::File,
            Self::Syslog(_) => Stream::Syslog,
            Self::Webhook(_) => Stream::Webhook,
        }
    }
}

/// Why a batch is not known to have arrived, for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotSent(String);

/// One stream, on one node.
#[derive(Debug, Clone)]
pub(crate) struct Streaming {
    destination: Arc<Destination>,
    node: Uuid,
}

impl Streaming {
    pub(crate) fn new(destination: Destination, node: Uuid) -> Self {
        Self { destination: Arc::new(destination), node }
    }

    fn stream(&self) -> Stream {
        self.destination.stream()
    }
}

/// Sends one batch; whether there was something to send, and it arrived.
pub(crate) async fn slice(app: App, streaming: &Streaming) -> Result<bool, HttpError> {
    let (stream, node) = (streaming.stream(), streaming.node);
    let now = app.surroundings().now();
    match app.read(Lane::Point, move |conn| stream::next(conn, stream, now)).await? {
        Next::Register => {
            write(&app, move |tx, env| stream::register(tx, env, stream)).await?;
            return Ok(false);
        }
        Next::Take => {}
        Next::Wait => return Ok(false),
    }
    if !write(&app, move |tx, env| stream::take(tx, env, node, stream)).await? {
        return Ok(false);
    }
    let batch = app.read(Lane::Scan, move |conn| stream::batch(conn, stream)).await?;
    let delivered = deliver(&app, &streaming.destination, &batch).await;
    match delivered {
        Ok(()) => {
            app.metrics().streamed(stream, batch.entries.len());
            write(&app, move |tx, env| stream::sent(tx, env, node, stream, &batch)).await?;
            Ok(true)
        }
        Err(NotSent(reason)) => {
            tracing::warn!(%stream, reason, "the activity log could not be streamed on; this is tried again");
            app.metrics().stream_failed(stream);
            write(&app, move |tx, env| stream::failed(tx, env, node, stream, &reason)).await?;
            measure(app).await?;
            Ok(false)
        }
    }
}

/// Shows how the streams do; there is never more to do.
pub(crate) async fn measure(app: App) -> Result<bool, HttpError> {
    let health: Vec<Health> = app.read(Lane::Scan, stream::health).await?;
    app.metrics().streams(&health, app.surroundings().now());
    Ok(false)
}

async fn deliver(app: &App, destination: &Destination, batch: &Batch) -> Result<(), NotSent> {
    let lines: Vec<ActivityLine> = batch.entries.iter().cloned().map(ActivityLine::from).collect();
    if lines.is_empty() {
        return Ok(());
    }
    match destination {
        Destination::File(path) => file::append(path.clone(), &lines).await,
        Destination::Syslog(syslog) => syslog.send(host(app.base_url()), &lines).await,
        Destination::Webhook(webhook) => webhook.send(app, &lines).await,
    }
}

/// The host of a URL.
fn host(url: &str) -> &str {
    let rest = url.split("//").nth(1).unwrap_or(url);
    rest.split(['/', ':', '?']).next().unwrap_or(rest)
}

fn json(line: &ActivityLine) -> Result<String, NotSent> {
    line.json().map_err(|error| NotSent(error.to_string()))
}

async fn write<T: Send + 'static>(
    app: &App,
    mut work: impl FnMut(&mut Tx<'_>, &Env) -> Result<T, muster_engine::EngineError> + Send + 'static,
) -> Result<T, HttpError> {
    let surroundings = app.surroundings();
    Ok(app.store().write(move |tx| work(tx, &Env::new(Arc::clone(&surroundings), Origin::SYSTEM))).await?)
}
