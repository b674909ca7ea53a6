//! Identifiers: one type for each kind of thing, so that one can never stand for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        /// Reads the hyphenated form only, in either letter case; anything else is no id of ours.
        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let id = Uuid::parse_str(text)?;
                if text.len() == uuid::fmt::Hyphenated::LENGTH {
                    Ok(Self(id))
                } else {
                    Uuid::parse_str("").map(Self)
                }
            }
        }
    )*};
}

ids! {
    /// A person.
    AccountId;
    /// A parent of organizations.
    CompanyId;
    /// An organization.
    OrganizationId;
    /// A team of one organization.
    TeamId;
    /// A claimed email domain.
    DomainId;
    /// A connection to one identity provider.
    ConnectionId;
    /// What SCIM calls a `User`: one person as one connection's directory states it.
    DirectoryUserId;
    /// What SCIM calls a `Group`, of one connection.
    DirectoryGroupId;
    /// One reason for a membership; never used again once ended, so its history has no gaps.
    GrantId;
    /// An entry of a connection's mapping table (GRP-8).
    MappingId;
    /// An invitation to an organization.
    InvitationId;
    /// A request that the mass-change guard keeps (MIG-3).
    HeldChangeId;
    /// An API, SCIM or access token (not the secret itself).
    TokenId;
    /// An authenticator app, recovery codes or a passkey.
    FactorId;
    /// A browser or desktop session.
    SessionId;
    /// A product that signs people in here: an OpenID client.
    ClientId;
    /// What somebody lets a client do for the length of a session: all tokens of one sign-in there belong to it.
    AuthorizationId;
    /// A web server that is sent what happens.
    WebhookId;
    /// A mail that is to be sent.
    MailId;
    /// An erasure of a person (ACC-2).
    ErasureId;
    /// The order of a sorted list, kept while somebody walks it by cursor.
    WalkId;
    /// A ledger row: one transaction's changes.
    LedgerId;
    /// One request: it is in the logs, the trace and the answer. Shown to people as the TraceID.
    RequestId;
    /// A kept plan; what it does is filed under it as the request.
    PlanId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_read() {
        let text = "0190f5fe-7c2a-7000-8000-0123456789ab";
        assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
        for other in ["", "0190f5fe7c2a700080000123456789ab", "{0190f5fe-7c2a-7000-8000-0123456789ab}", "x"] {
            assert!(other.parse::<AccountId>().is_err(), "{other}");
        }
    }
}
