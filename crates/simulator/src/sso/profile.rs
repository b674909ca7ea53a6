//! What is said of a person.

use crate::Directory;

/// Which kind of name the Subject of an assertion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameIdKind {
    /// The email address, which changes when the person's does.
    #[default]
    Email,
    /// A name that stays whatever changes.
    Persistent,
}

impl NameIdKind {
    /// Its URI (saml-core-2.0 §8.3).
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Email => "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            Self::Persistent => "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        }
    }
}

/// A person as the identity provider describes them. What is empty is not said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The identity provider's own name for the person, which never changes.
    pub subject: String,
    /// The email address.
    pub email: String,
    /// The first name.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// The groups; `None` if the attribute is not sent, which is not the same as none.
    pub groups: Option<Vec<String>>,
    /// `dockerOrg`.
    pub organization: String,
    /// `dockerTeam`.
    pub team: String,
    /// `dockerRole`.
    pub role: String,
    /// `dockerSessionMinutes`.
    pub session_minutes: String,
    /// What the Subject of a SAML assertion is.
    pub name_id: NameIdKind,
}

impl Profile {
    /// The full name.
    #[must_use]
    pub fn full_name(&self) -> String {
        [self.given_name.as_str(), &self.family_name].join(" ").trim().to_owned()
    }

    /// What the Subject of an assertion holds.
    #[must_use]
    pub fn name_id(&self) -> &str {
        match self.name_id {
            NameIdKind::Email => &self.email,
            NameIdKind::Persistent => &self.subject,
        }
    }

    /// Everybody in a directory, with the groups that they are in.
    #[must_use]
    pub fn everybody(directory: &Directory) -> Vec<Profile> {
        let groups = |key: &String| {
            let groups = directory.groups.iter().filter(|group| group.members.contains(key));
            groups.map(|group| group.display_name.clone()).collect()
        };
        let profile = |person: &crate::directory::Person| Profile {
            subject: person.key.clone(),
            email: person.email.clone(),
            given_name: person.given_name.clone(),
            family_name: person.family_name.clone(),
            groups: Some(groups(&person.key)),
            role: person.role.clone().unwrap_or_default(),
            ..Profile::default()
        };
        directory.people.iter().map(profile).collect()
    }
}
