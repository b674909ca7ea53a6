//! What identity providers send that no RFC asks for: what is understood, for whom, and why.
//!
//! Every parser of this crate takes a [`Notes`] and records in it each thing it understood against the letter of the
//! RFCs, so that the request log can say what arrived and how it was read (SCIM-11, SCIM-12). Nothing is coerced without
//! a note. One module per identity provider says what is tolerated for it and where that is documented; the tolerances
//! themselves apply to everybody, because a token does not say which product is behind it.

pub mod entra;
pub mod google;
pub mod jumpcloud;
mod note;
pub mod okta;
pub mod onelogin;
pub mod ping;

use std::fmt;

pub(crate) use note::shortened;
pub use note::{Note, Notes};

/// The identity provider that a request seems to come from. For the log only: nothing is decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// Google Workspace.
    Google,
    /// PingFederate or PingOne.
    Ping,
    /// None of these, or not recognisable.
    Unknown,
}

impl Dialect {
    /// Guesses from the `User-Agent` and from what the parsers noted. The header counts more.
    #[must_use]
    pub fn notice(user_agent: Option<&str>, notes: &[Note]) -> Self {
        let agent = user_agent.unwrap_or_default().to_ascii_lowercase();
        let by_agent = [
            (okta::AGENT_WORDS, Self::Okta),
            (onelogin::AGENT_WORDS, Self::OneLogin),
            (jumpcloud::AGENT_WORDS, Self::JumpCloud),
            (ping::AGENT_WORDS, Self::Ping),
        ];
        if let Some((_, dialect)) = by_agent.iter().find(|(words, _)| words.iter().any(|word| agent.contains(word))) {
            return *dialect;
        }
        if notes.iter().any(entra::is_sign) {
            Self::Entra
        } else if notes.iter().any(onelogin::is_sign) {
            Self::OneLogin
        } else {
            Self::Unknown
        }
    }

    /// The name, for logs and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Microsoft Entra ID",
            Self::OneLogin => "OneLogin",
            Self::JumpCloud => "JumpCloud",
            Self::Google => "Google Workspace",
            Self::Ping => "Ping Identity",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_more_than_the_manner() {
        let capitalised = [Note::OperationCase("Replace".into())];
        assert_eq!(Dialect::notice(Some("Okta SCIM Client 1.0.0"), &capitalised), Dialect::Okta);
        assert_eq!(Dialect::notice(Some("Mozilla/5.0"), &capitalised), Dialect::Entra);
        assert_eq!(Dialect::notice(None, &[]), Dialect::Unknown);
        let schema = [Note::UnknownSchema("urn:scim:schemas:core:2.0".into())];
        assert_eq!(Dialect::notice(None, &schema), Dialect::OneLogin);
    }
}
