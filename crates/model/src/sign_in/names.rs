//! Under which names an IdP states what (SSO-4).

use serde::{Deserialize, Serialize};

/// The names that are accepted for each attribute, the first one that is present and not empty counts. Each connection can
/// set its own; absent keys are the defaults of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttributeNames {
    /// The email address; without one, the Subject's NameID counts.
    pub email: Vec<String>,
    /// The full name in one.
    pub full_name: Vec<String>,
    /// The given name, which makes the full name together with the family name.
    pub given_name: Vec<String>,
    /// The family name.
    pub family_name: Vec<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// The organization.
    pub organization: Vec<String>,
    /// The team.
    pub team: Vec<String>,
    /// The role.
    pub role: Vec<String>,
    /// The session's length in minutes.
    pub session_minutes: Vec<String>,
}

/// The claims of WS-Federation, under which Entra ID and AD FS state most things.
macro_rules! claim {
    ($name:literal) => {
        concat!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/", $name)
    };
}

impl Default for AttributeNames {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            email: names(&[claim!("nameidentifier"), claim!("upn"), claim!("emailaddress"), "email"]),
            full_name: names(&[claim!("name"), "name"]),
            given_name: names(&[claim!("givenname"), "given_name"]),
            family_name: names(&[claim!("surname"), "family_name"]),
            groups: names(&[
                "http://schemas.xmlsoap.org/claims/Group",
                "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
                "Groups",
                "groups",
            ]),
            organization: names(&["dockerOrg"]),
            team: names(&["dockerTeam"]),
            role: names(&["dockerRole"]),
            session_minutes: names(&["dockerSessionMinutes"]),
        }
    }
}
