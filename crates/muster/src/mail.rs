//! Sending the mail that waits in the database, by SMTP; any node does.

use std::{sync::Arc, time::Duration};

use lettre::{
    Message, SmtpTransport, Transport,
    message::{Mailbox, MultiPart, header::ContentType},
};
use muster_crypto::Sealer;
use muster_engine::{
    EngineError, Env, Origin, Surroundings, credentials,
    mail::{self, Letter},
};
use muster_store::Store;
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{admin::Check, config::Mail, error};

/// How often somebody looks whether there is mail: people wait for it.
const LOOK: Duration = Duration::from_secs(1);
/// How often what is too old is removed, in looks.
const TIDY: u64 = 60;
/// How long the mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where mail goes.
#[derive(Clone)]
enum Way {
    /// To a mail server.
    Server(Box<Mailer>),
    /// To the log, with whatever secrets are in it (`demo`).
    Log,
}

impl Way {
    fn send(&self, letter: &Letter) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Self::Server(mailer) => mailer.send(letter)?,
            Self::Log => tracing::info!(to = %letter.to, subject = letter.subject, "mail:\n{}", letter.text),
        }
        Ok(())
    }
}

/// A mail server.
#[derive(Clone)]
struct Mailer {
    transport: SmtpTransport,
    from: Mailbox,
}

impl Mailer {
    /// What the configuration says; `None` without a mail server. Without a sender it is `muster@` the server's own name.
    fn new(config: &Mail, base_url: &str) -> Option<Self> {
        let transport = SmtpTransport::from_url(config.url.as_ref()?.expose()).ok()?.timeout(Some(PATIENCE)).build();
        let host = base_url.split("//").nth(1).unwrap_or(base_url).split(['/', ':']).next().unwrap_or("localhost");
        let from = config.from.clone().unwrap_or_else(|| format!("Muster <muster@{host}>"));
        match from.parse() {
            Ok(from) => Some(Self { transport, from }),
            Err(_) => {
                tracing::warn!("no mail is sent: set `mail.from` to an address");
                None
            }
        }
    }

    fn send(&self, letter: &Letter) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, letter.to.as_str().parse()?))
            .subject(letter.subject.as_str());
        let message = match &letter.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(letter.text.clone(), html.clone()))?,
            None => message.header(ContentType::TEXT_PLAIN).body(letter.text.clone())?,
        };
        self.transport.send(&message)?;
        Ok(())
    }
}

/// Whether the mail server takes mail from here, as `doctor` tells it.
pub(crate) fn check(config: &Mail, base_url: &str) -> Check {
    const NAME: &str = "SMTP";
    if config.url.is_none() {
        return Check::skipped(NAME, "not configured: no mail is sent, links are shown by the commands that make them");
    }
    let Some(mailer) = Mailer::new(config, base_url) else {
        return Check::problem(NAME, "`mail.url` or `mail.from` cannot be used", "see the message about it");
    };
    match mailer.transport.test_connection() {
        Ok(true) => Check::ok(NAME, "the mail server answers and lets us in"),
        Ok(false) => Check::problem(NAME, "the mail server does not answer as one", "look at `mail.url`"),
        Err(error) => Check::problem(NAME, error::chain(&error), "look at `mail.url`, and at the mail server's log"),
    }
}

/// Sends what there is to send until the server stops. Without a mail server, what waits is only removed when it is too old.
pub(crate) async fn run(
    config: Mail,
    base_url: String,
    store: Store,
    surroundings: Arc<dyn Surroundings>,
    sealer: Arc<Sealer>,
    mut stopped: watch::Receiver<bool>,
) {
    let logged = config.logged.then_some(Way::Log);
    let way = Mailer::new(&config, &base_url).map(|mailer| Way::Server(Box::new(mailer))).or(logged);
    if way.is_none() {
        tracing::info!("no mail is sent: set `mail.url` to a mail server");
    }
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for look in 0_u64.. {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        let done = async {
            if look % TIDY == 0 {
                tidy(&store, &surroundings).await?;
            }
            match &way {
                Some(way) => send_all(way, &store, &surroundings, &sealer).await,
                None => Ok(()),
            }
        };
        if let Err(error) = done.await {
            // The store says itself what is wrong with it.
            tracing::debug!(%error, "mail waits");
        }
    }
}

/// Removes what nobody needs any more: mail that is too old, and counted failures.
async fn tidy(store: &Store, surroundings: &Arc<dyn Surroundings>) -> Result<(), EngineError> {
    let surroundings = Arc::clone(surroundings);
    store
        .write(move |tx| {
            let env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
            mail::forget_old(tx, &env)?;
            credentials::forget_old(tx, &env)
        })
        .await
}

async fn send_all(
    way: &Way,
    store: &Store,
    surroundings: &Arc<dyn Surroundings>,
    sealer: &Arc<Sealer>,
) -> Result<(), EngineError> {
    loop {
        let now = surroundings.now();
        if !store.read(move |conn| mail::is_due(conn, now)).await? {
            return Ok(());
        }
        let (with, opens) = (Arc::clone(surroundings), Arc::clone(sealer));
        let taken = store.write(move |tx| mail::take(tx, &Env::new(Arc::clone(&with), Origin::SYSTEM), &opens)).await?;
        let Some((id, letter)) = taken else { return Ok(()) };
        let sends = way.clone();
        match tokio::task::spawn_blocking(move || sends.send(&letter)).await {
            Ok(Ok(())) => store.write(move |tx| mail::sent(tx, id)).await?,
            // It is tried again in two minutes. Whose it is does not belong into the log.
            Ok(Err(error)) => {
                tracing::warn!(%error, mail = %id, "a mail could not be sent: see what the mail server says");
                return Ok(());
            }
            Err(_) => return Ok(()),
        }
    }
}
