//! When sessions end, and what sets that (SES-1, SES-2), in words: on one's own page and on those of owners.

use muster_engine::sessions::Origins;
use muster_model::{
    Session, Timestamp,
    session::{ClientKind, Ended, Limit},
};

use super::texts;

/// A session that is over.
pub(crate) struct Over {
    pub(crate) device: String,
    pub(crate) began: Timestamp,
    /// Through what.
    pub(crate) through: String,
    pub(crate) at: Timestamp,
    pub(crate) why: String,
}

impl Over {
    /// A session that ended then, for this reason.
    pub(crate) fn of(session: &Session, (at, reason): (Timestamp, &str), origins: &Origins) -> Self {
        // What ran out ran out by something.
        let why = if reason == Ended::TimeOver.as_str() || reason == Ended::Idle.as_str() {
            texts::say("session-over", [("reason", reason.into()), ("limit", limit(session, origins).into())])
        } else {
            reason.to_owned()
        };
        Self { device: session.device.clone(), began: session.created, through: through(session, origins), at, why }
    }
}

/// Through which connection a session began, if that is known.
pub(crate) fn through(session: &Session, origins: &Origins) -> String {
    let name = session.connection.and_then(|id| origins.get(&id));
    name.map_or_else(String::new, |name| texts::say("session-through", [("name", name.as_str().into())]))
}

/// What sets when a session ends.
pub(crate) fn limit(session: &Session, origins: &Origins) -> String {
    let idle = session.idle_seconds.filter(|_| session.ends_idle());
    if let Some(seconds) = idle {
        return texts::say("session-limit-idle", [("count", (seconds / 86_400).into())]);
    }
    let name = session.connection.and_then(|id| origins.get(&id)).cloned();
    let name = name.unwrap_or_else(|| texts::text("session-provider"));
    match (session.limit, session.kind) {
        (Limit::Kind, ClientKind::Web) => texts::text("session-limit-web"),
        (Limit::Kind, ClientKind::Desktop) => texts::text("session-limit-desktop"),
        (Limit::SignIn, _) => texts::say("session-limit-sign-in", [("name", name.into())]),
        (Limit::Directory, _) => texts::say("session-limit-directory", [("name", name.into())]),
        (Limit::IdentityProvider, _) => texts::say("session-limit-provider", [("name", name.into())]),
    }
}
