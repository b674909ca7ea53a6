//! Sessions: who is signed in where, since when, through what, and until when (SES).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AccountId, ClientId, ConnectionId, RequestId, SessionId, Source, Timestamp, Version};

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

/// What sets when a session ends at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// What kind of client it is for (SES-1).
    Kind,
    /// The minutes that the IdP states at sign-in (SES-2).
    SignIn,
    /// The minutes that the directory states (SES-2).
    Directory,
    /// The end of the IdP's own session (SES-2).
    IdentityProvider,
}

impl Limit {
    const ALL: [Self; 4] = [Self::Kind, Self::SignIn, Self::Directory, Self::IdentityProvider];

    /// The word in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::SignIn => "sign-in",
            Self::Directory => "directory",
            Self::IdentityProvider => "identity-provider",
        }
    }

    /// The inverse of [`Limit::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == text)
    }

    /// Whose minutes these are.
    #[must_use]
    pub fn of_minutes(source: Source) -> Self {
        if source == Source::Scim { Self::Directory } else { Self::SignIn }
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
    /// The product that it was begun for, if it is of no browser.
    pub client: Option<ClientId>,
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
    /// What sets that.
    pub limit: Limit,
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
        self.idle_end().map_or(self.absolute_end, |end| end.min(self.absolute_end))
    }

    fn idle_end(&self) -> Option<Timestamp> {
        let idle = self.idle_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        idle.map(|seconds| self.last_used.after(Duration::from_secs(seconds)))
    }

    /// Whether it ends for want of use before its time is over, as it stands.
    #[must_use]
    pub fn ends_idle(&self) -> bool {
        self.idle_end().is_some_and(|end| end < self.absolute_end)
    }

    /// When it ended, and why; `None` while it lives (SES-3). What ended by itself is not ended again by anybody.
    #[must_use]
    pub fn ending(&self, now: Timestamp) -> Option<(Timestamp, &str)> {
        let by_itself = if self.ends_idle() { Ended::Idle } else { Ended::TimeOver };
        match &self.ended {
            Some((at, reason)) if *at <= self.expires() => Some((*at, reason)),
            Some(_) => Some((self.expires(), by_itself.as_str())),
            None if self.expires() <= now => Some((self.expires(), by_itself.as_str())),
            None => None,
        }
    }

    /// Why it is over at `now`; `None` while it lives (SES-3).
    #[must_use]
    pub fn over(&self, now: Timestamp) -> Option<&str> {
        self.ending(now).map(|(_, reason)| reason)
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
    /// The product that it was begun for gave it back.
    GivenBack,
    /// A token of it was used twice: somebody else may have had it.
    TokenReused,
    /// The product that it was begun for is here no more.
    ClientEnded,
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
            Self::GivenBack => "signed out in the application",
            Self::TokenReused => "a token of it was used twice: somebody else may have had it",
            Self::ClientEnded => "the application is no more",
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
            client: None,
            device: String::new(),
            idp: None,
            trace: None,
            created,
            last_used: created,
            authenticated: created,
            absolute_end: created.after(kind.life()),
            limit: Limit::Kind,
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

    #[test]
    fn ses_3_what_ended_by_itself_keeps_its_reason() {
        let ended = Some((days(2), Ended::Deactivated.as_str().to_owned()));
        let late = Session { ended: ended.clone(), ..session(ClientKind::Web) };
        assert_eq!(late.ending(days(3)), Some((days(1), "its time was over")));
        let unused = Session { last_used: days(70), ended: None, ..session(ClientKind::Desktop) };
        assert_eq!(unused.ending(days(89)), None);
        assert_eq!(unused.ending(days(90)), Some((days(90), "its time was over")));
        let unused = Session { ended, ..session(ClientKind::Desktop) };
        assert_eq!(unused.ending(days(40)), Some((days(2), "deactivated by the identity provider")));
        let unused = Session { ended: Some((days(31), "late".to_owned())), ..unused };
        assert_eq!(unused.ending(days(40)), Some((days(30), "not used for too long")));
    }
}
