//! Which value was taken: constraint names of both engines, in one table.

use std::fmt;

/// A value that must be unique, or the name of a constraint that no caller tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unique {
    /// An account's email.
    AccountEmail,
    /// An account's username.
    AccountUsername,
    /// An organization's name.
    OrganizationName,
    /// A company's name.
    CompanyName,
    /// A team's name within its organization.
    TeamName,
    /// A domain's name.
    DomainName,
    /// `userName` within a connection.
    DirectoryUserName,
    /// `externalId` of a user within a connection.
    DirectoryUserExternalId,
    /// `displayName` of a group within a connection.
    GroupDisplayName,
    /// A connection's name.
    ConnectionName,
    /// An OpenID client's name.
    ClientName,
    /// A webhook's name within its organization, or the installation.
    WebhookName,
    /// The number of a signing key.
    SigningKeyNumber,
    /// The hash of a token.
    TokenHash,
    /// The hash of a session's secret.
    SessionHash,
    /// An identity provider's subject within a connection.
    Subject,
    /// Another constraint, by name.
    Other(String),
}

/// `<table>_<columns>_key`, as PostgreSQL names it and as SQLite's message is read.
const NAMES: &[(&str, Unique)] = &[
    ("accounts_email_key_key", Unique::AccountEmail),
    ("accounts_username_key", Unique::AccountUsername),
    ("organizations_name_key", Unique::OrganizationName),
    ("companies_name_key", Unique::CompanyName),
    ("team_names_pkey", Unique::TeamName),
    ("domains_name_key", Unique::DomainName),
    ("directory_users_connection_user_name_key_key", Unique::DirectoryUserName),
    ("directory_users_connection_external_id_key", Unique::DirectoryUserExternalId),
    ("directory_groups_connection_display_name_key_key", Unique::GroupDisplayName),
    ("connections_name_key", Unique::ConnectionName),
    ("oauth_clients_name_key", Unique::ClientName),
    ("webhooks_organization_name_key", Unique::WebhookName),
    ("webhooks_name_key", Unique::WebhookName),
    ("signing_keys_number_key", Unique::SigningKeyNumber),
    ("tokens_hash_key", Unique::TokenHash),
    ("sessions_hash_key", Unique::SessionHash),
    ("subjects_pkey", Unique::Subject),
];

impl Unique {
    /// Reads the name of a constraint (`<table>_<columns>_key` or `<table>_pkey`).
    pub(crate) fn from_constraint(name: &str) -> Unique {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| Unique::Other(name.to_owned()), |(_, unique)| unique.clone())
    }

    /// Reads SQLite's list of columns (`accounts.email_key` or `teams.organization, teams.name_key` or `index 'name'`).
    pub(crate) fn from_columns(columns: &str, primary: bool) -> Unique {
        if let Some(index) = columns.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
            return Unique::from_constraint(index);
        }
        let mut name = String::new();
        for column in columns.split(", ") {
            let (table, column) = column.split_once('.').unwrap_or(("", column));
            if name.is_empty() {
                name.push_str(table);
            }
            if !primary {
                name.push('_');
                name.push_str(column);
            }
        }
        name.push_str(if primary { "_pkey" } else { "_key" });
        Unique::from_constraint(&name)
    }
}

impl fmt::Display for Unique {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Unique::AccountEmail => "the email",
            Unique::AccountUsername => "the username",
            Unique::OrganizationName => "the organization's name",
            Unique::CompanyName => "the company's name",
            Unique::TeamName => "the team's name",
            Unique::DomainName => "the domain",
            Unique::DirectoryUserName => "`userName`",
            Unique::DirectoryUserExternalId => "`externalId`",
            Unique::GroupDisplayName => "`displayName`",
            Unique::ConnectionName => "the connection's name",
            Unique::ClientName => "the application's name",
            Unique::WebhookName => "the webhook's name",
            Unique::SigningKeyNumber => "the signing key's number",
            Unique::TokenHash => "the token",
            Unique::SessionHash => "the session",
            Unique::Subject => "the subject",
            Unique::Other(name) => return write!(out, "a value under `{name}`"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_words_give_the_same_meaning() {
        let cases = [
            ("accounts.email_key", false, Unique::AccountEmail),
            ("team_names.organization, team_names.name", true, Unique::TeamName),
            ("index 'tokens_hash_key'", false, Unique::TokenHash),
            ("grants.account, grants.team", true, Unique::Other("grants_pkey".to_owned())),
            ("t.a, t.b", false, Unique::Other("t_a_b_key".to_owned())),
        ];
        for (columns, primary, expected) in cases {
            assert_eq!(Unique::from_columns(columns, primary), expected, "{columns}");
        }
        for (name, unique) in NAMES {
            assert_eq!(Unique::from_constraint(name), *unique);
        }
    }
}
