//! What the identity provider remembers between requests, in memory and not without bound.

use std::collections::VecDeque;

use super::{Fault, Profile, oidc, saml};

/// How many of each kind are remembered; the oldest are forgotten.
const REMEMBERED: usize = 1_000;

/// Things by their secret names.
#[derive(Debug)]
pub(crate) struct Remembered<T>(VecDeque<(String, T)>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Remembered<T> {
    pub(crate) fn insert(&mut self, name: String, thing: T) {
        self.remove(&name);
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((name, thing));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, thing)| thing)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|(known, _)| known == name).map(|(_, thing)| thing)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<T> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        self.0.remove(at).map(|(_, thing)| thing)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.0.retain(|(_, thing)| keep(thing));
    }
}

/// A sign-in that waits for somebody to be picked.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) asked: Asked,
    /// Whom the application expects.
    pub(crate) hint: Option<String>,
}

/// Who asked.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Saml(saml::SignIn),
    Oidc(oidc::Authorization),
}

impl Asked {
    /// What the application is called.
    pub(crate) fn application(&self) -> &str {
        match self {
            Self::Saml(asked) => &asked.application.entity_id,
            Self::Oidc(asked) => &asked.application.client_id,
        }
    }

    /// Where the answer goes.
    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Saml(asked) => &asked.acs_url,
            Self::Oidc(asked) => &asked.redirect_uri,
        }
    }
}

/// Somebody who is signed in here.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) profile: Profile,
    /// When, in seconds since 1970.
    pub(crate) since: i64,
    /// Where they went with it in SAML, so that they can be signed out there.
    pub(crate) participants: Vec<saml::Participant>,
    /// The clients that have tokens of it, by their client IDs.
    pub(crate) clients: Vec<String>,
}

/// A code that waits to be redeemed.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) asked: oidc::Authorization,
    pub(crate) profile: Profile,
    pub(crate) fault: Option<Fault>,
    pub(crate) session: String,
    /// When the person signed in, in seconds since 1970.
    pub(crate) authenticated: i64,
    pub(crate) expires: i64,
    pub(crate) is_used: bool,
}

/// What an access token gives access to.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) code: Code,
    /// The code that it was given for, which takes it away if it is tried again.
    pub(crate) given_for: String,
    pub(crate) expires: i64,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) pending: Remembered<Pending>,
    pub(crate) sessions: Remembered<Session>,
    pub(crate) codes: Remembered<Code>,
    pub(crate) accesses: Remembered<Access>,
    /// Identifiers of client assertions that were seen.
    pub(crate) assertions: Remembered<()>,
    /// The last SAML response to each application, for replays.
    pub(crate) last: Remembered<String>,
}
