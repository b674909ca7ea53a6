//! Sessions: who is signed in where, since when, through what, and until when (SES).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AccountId, ConnectionId, RequestId, SessionId, Timestamp, Version};

/// What kind of client a session is for; its life differs (SES-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// A browser.
    Web,
    /// A program on somebody's machine.
    Desktop,
}

impl ClientKind {
    /// The word in SQL and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Desktop => "desktop",
        }
    }

    /// The inverse of [`ClientKind::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Web, Self::Desktop].into_iter().find(|kind| kind.as_str() == text)
    }

    /// After how long a session ends at the latest, unless something shorter is said (SES-1).
    #[must_use]
    pub fn life(self) -> Duration {
        match self {
            Self::Web => Duration::from_secs(24 * 3_600),
            Self::Desktop => Duration::from_secs(90 * 24 * 3_600),
        }
    }

    /// After how long without use a session ends; `None` if it does not (SES-1).
    #[must_use]
    pub fn idle(self) -> Option<Duration> {
        match self {
            Self::Web => None,
            Self::Desktop => Some(Duration::from_secs(30 * 24 * 3_600)),
        }
    }
}

/// Somebody being signed in somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Stable id; the secret that opens it is known only as a hash.
    pub id: SessionId,
    /// Who.
    pub account: AccountId,
    /// Through which connection; `None` for a password, a link or a break-glass code.
    pub connection: Option<ConnectionId>,
    /// For what kind of client.
    pub kind: ClientKind,
    /// What the person recognises it by, such as `Firefox on Linux`.
    pub device: String,
    /// What the IdP calls it, for a logout there.
    pub idp: Option<IdpSession>,
    /// The sign-in that began it, whose trace tells why it was let in.
    pub trace: Option<RequestId>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the hour.
    pub last_used: Timestamp,
    /// When the person last showed who they are: at its beginning, or since.
    pub authenticated: Timestamp,
    /// When it ends at the latest.
    pub absolute_end: Timestamp,
    /// After how many seconds without use it ends.
    pub idle_seconds: Option<i64>,
    /// When it was ended, and why (SES-3).
    pub ended: Option<(Timestamp, String)>,
    /// Counts changes.
    pub version: Version,
}

/// A session as the IdP knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IdpSession {
    /// The IdP's name for the person: a NameID, or `sub`.
    pub subject: String,
    /// What kind of name that is, a URI; SAML only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// In whose realm the name is unique; SAML only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_qualifier: Option<String>,
    /// For which service provider the name was made; SAML only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sp_name_qualifier: Option<String>,
    /// The session there: SAML's `SessionIndex`, OIDC's `sid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The ID token with which it began, sealed, in Base64; OIDC only. It tells the provider which session to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl Session {
    /// When it ends if nobody uses it any more.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        let idle = self.idle_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let idle_end = idle.map(|seconds| self.last_used.after(Duration::from_secs(seconds)));
        idle_end.map_or(self.absolute_end, |end| end.min(self.absolute_end))
    }

    /// Why it is over at `now`; `None` while it lives (SES-3).
    #[must_use]
    pub fn over(&self, now: Timestamp) -> Option<&str> {
        match &self.ended {
            Some((_, reason)) => Some(reason),
            None if self.absolute_end <= now => Some(Ended::TimeOver.as_str()),
            None if self.expires() <= now => Some(Ended::Idle.as_str()),
            None => None,
        }
    }
}

/// Why sessions end, in the words that the person and the administrator see (SES-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// The person signed out.
    SignedOut,
    /// The person ended it from another session.
    EndedByPerson,
    /// Somebody signed in in the same browser (SEC-4).
    Replaced,
    /// The IdP asked for it (Single Logout).
    SignedOutAtIdp,
    /// An owner ended it.
    EndedByOwner,
    /// The operator ended it.
    EndedByOperator,
    /// The directory deactivated or deleted the person (SES-4).
    Deactivated,
    /// The password was changed.
    PasswordChanged,
    /// Single sign-on is enforced for the person (SES-4).
    Enforced,
    /// Its time was over.
    TimeOver,
    /// It was not used for too long.
    Idle,
    /// The account was closed.
    AccountClosed,
}

impl Ended {
    /// The words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed out",
            Self::EndedByPerson => "ended by the person from another session",
            Self::Replaced => "replaced by a new sign-in in the same browser",
            Self::SignedOutAtIdp => "signed out at the identity provider",
            Self::EndedByOwner => "ended by an owner",
            Self::EndedByOperator => "ended by the operator",
            Self::Deactivated => "deactivated by the identity provider",
            Self::PasswordChanged => "the password was changed",
            Self::Enforced => "single sign-on was enforced",
            Self::TimeOver => "its time was over",
            Self::Idle => "not used for too long",
            Self::AccountClosed => "the account was closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn session(kind: ClientKind) -> Session {
        let created = Timestamp(0);
        Session {
            id: SessionId(Uuid::nil()),
            account: AccountId(Uuid::nil()),
            connection: None,
            kind,
            device: String::new(),
            idp: None,
            trace: None,
            created,
            last_used: created,
            authenticated: created,
            absolute_end: created.after(kind.life()),
            idle_seconds: kind.idle().map(|idle| idle.as_secs() as i64),
            ended: None,
            version: 1,
        }
    }

    fn days(days: u64) -> Timestamp {
        Timestamp(0).after(Duration::from_secs(days * 24 * 3_600))
    }

    #[test]
    fn ses_1_a_browser_is_signed_in_for_a_day() {
        let session = session(ClientKind::Web);
        assert_eq!(session.expires(), days(1));
        assert_eq!(session.over(Timestamp(days(1).0 - 1)), None);
        assert_eq!(session.over(days(1)), Some("its time was over"));
    }

    #[test]
    fn ses_1_a_desktop_is_signed_in_for_90_days_or_30_without_use() {
        let mut session = session(ClientKind::Desktop);
        assert_eq!(session.over(days(30)), Some("not used for too long"));
        session.last_used = days(29);
        assert_eq!(session.over(days(30)), None);
        session.last_used = days(89);
        assert_eq!(session.expires(), days(90));
        assert_eq!(session.over(days(90)), Some("its time was over"));
    }

    #[test]
    fn ses_3_what_was_ended_says_why() {
        let ended = Some((Timestamp(1), Ended::SignedOut.as_str().to_owned()));
        assert_eq!(Session { ended, ..session(ClientKind::Web) }.over(Timestamp(2)), Some("signed out"));
    }
}
