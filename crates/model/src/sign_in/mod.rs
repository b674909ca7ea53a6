//! What an IdP says of a person who signs in, free of protocol: SAML and OIDC both end in a [`SignIn`], and the engine
//! decides what follows.

mod names;
mod read;

pub use names::AttributeNames;
pub use read::{Asserted, read};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Email, Role};

/// What was asserted of one person (SSO-4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The IdP's name for the person that outlives a change of address (JIT-1).
    pub subject: Option<Subject>,
    /// The address, whose domain is not checked yet.
    pub email: Email,
    /// The full name; without one the stored name stays.
    pub full_name: Option<String>,
    /// The groups.
    pub groups: Groups,
    /// `dockerOrg`.
    pub organization: Option<String>,
    /// `dockerTeam`.
    pub team: Option<String>,
    /// `dockerRole`.
    pub role: Option<Role>,
    /// `dockerSessionMinutes`; 1 to 525,600 (SES-2).
    pub session_minutes: Option<i64>,
    /// What was stated and could not be applied: it is reported, and taken as absent (JIT-5).
    pub passed_over: Vec<PassedOver>,
}

/// A person's name at an IdP that outlives a change of address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What kind of name it is.
    pub kind: SubjectKind,
    /// The name, compared to the byte.
    pub value: String,
}

/// What kind of name a [`Subject`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubjectKind {
    /// SAML's persistent NameID.
    NameId,
    /// OIDC's `sub`.
    Sub,
    /// None that lasts: the account's own id, so that it is known when it signed in. No assertion brings it.
    Account,
}

impl SubjectKind {
    /// The word in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NameId => "nameid",
            Self::Sub => "sub",
            Self::Account => "account",
        }
    }
}

/// What an assertion says of groups (JIT-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Groups {
    /// These, and no others: the list replaces what was asserted before, also when it is empty.
    List(Vec<String>),
    /// Nothing that changes anything.
    Unknown(Unknown),
}

/// Why nothing is known of a person's groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unknown {
    /// They are not mentioned.
    Absent,
    /// There are too many to be stated, and a link stands in their place (Entra ID); it is never followed (SEC-3). This is
    /// reported.
    Overage,
}

/// A value that could not be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The attribute's name, as it was stated.
    pub attribute: String,
    /// What was stated; a long value's beginning.
    pub value: String,
    /// What it should have been.
    pub expected: Cow<'static, str>,
}
