//! What the shell names, found; or a refusal that says what was probably meant.

use muster_engine::{EngineError, authority, companies, organizations};
use muster_model::{Account, AccountId, AccountState, CompanyId, Connection, Email, Organization, Team};
use muster_store::Conn;

use super::{AdminError, Installation};

/// The connection of this name.
pub(super) fn connection(conn: &mut Conn<'_>, name: &str) -> Result<Connection, EngineError> {
    conn.connection_by_name(name)?.ok_or_else(|| EngineError::not_found("connection", name))
}

/// The connection of this name; one that is not there is refused with the nearest one.
pub(super) fn known_connection(installation: &Installation, name: &str) -> Result<Connection, AdminError> {
    let wanted = name.to_owned();
    let found = installation.store.read_blocking(move |conn| connection(conn, &wanted));
    found.map_err(|error| explained(installation, name, error))
}

/// A connection that is not there, as a refusal that names the nearest one; anything else as it is.
pub(super) fn explained(installation: &Installation, name: &str, error: EngineError) -> AdminError {
    match error {
        EngineError::NotFound { kind: "connection", .. } => no_connection(installation, name),
        other => other.into(),
    }
}

/// A refusal that names the nearest connection.
pub(super) fn no_connection(installation: &Installation, name: &str) -> AdminError {
    let names = installation.store.read_blocking::<_, EngineError, _>(|conn| {
        let mut names = Vec::new();
        for id in conn.connection_ids()? {
            names.extend(conn.connection(id)?.map(|connection| connection.name));
        }
        Ok(names)
    });
    let names = match names {
        Ok(names) => names,
        Err(error) => return error.into(),
    };
    let hint = match crate::toml_text::nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "state one in a file and run `muster apply FILE`".to_owned(),
        None => format!("there are {}", names.join(", ")),
    };
    AdminError::Missing { kind: "connection", name: name.to_owned(), hint }
}

/// An address as it was typed.
pub(super) fn email(text: &str) -> Result<Email, AdminError> {
    Email::parse(text.trim()).map_err(|error| AdminError::Wrong(error.to_string()))
}

/// The id after which a list goes on.
pub(super) fn after(text: Option<&str>) -> Result<AccountId, AdminError> {
    let Some(text) = text else { return Ok(AccountId(uuid::Uuid::nil())) };
    let wrong =
        |_| AdminError::Wrong(format!("`--after {text}` is not an id: use the one that the last page ended with"));
    text.parse().map_err(wrong)
}

/// The organization of this name, present or former.
pub(super) fn organization(installation: &Installation, name: &str) -> Result<Organization, AdminError> {
    let asked = name.to_owned();
    let found = installation.store.snapshot_blocking(move |conn| authority::named(conn, asked.trim()))?;
    found.ok_or_else(|| no_organization(installation, name))
}

/// A refusal that names the nearest organization.
fn no_organization(installation: &Installation, name: &str) -> AdminError {
    let all = installation.store.snapshot_blocking::<_, EngineError, _>(|conn| Ok(conn.organizations()?));
    let names: Vec<String> = match all {
        Ok(all) => all.into_iter().map(|organization| organization.name).collect(),
        Err(error) => return error.into(),
    };
    let hint = match crate::toml_text::nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "make one with `muster org create NAME`".to_owned(),
        None => "`muster org list` lists them".to_owned(),
    };
    AdminError::Missing { kind: "organization", name: name.to_owned(), hint }
}

/// The company of this name, present or former.
pub(super) fn company(installation: &Installation, name: &str) -> Result<CompanyId, AdminError> {
    let asked = name.trim().to_owned();
    let found = installation.store.snapshot_blocking(move |conn| companies::named(conn, &asked))?;
    found.map(|company| company.id).ok_or_else(|| AdminError::Missing {
        kind: "company",
        name: name.to_owned(),
        hint: "companies are stated in the file of `muster apply`; `muster export` shows them".to_owned(),
    })
}

/// The team of this name.
pub(super) fn team(installation: &Installation, organization: &Organization, name: &str) -> Result<Team, AdminError> {
    let (at, asked) = (organization.clone(), name.to_owned());
    let found = installation.store.snapshot_blocking(move |conn| organizations::team_named(conn, &at, &asked));
    match found {
        Err(EngineError::NotFound { .. }) => {
            let id = organization.id;
            let teams = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| Ok(conn.teams(id)?))?;
            let hint = match crate::toml_text::nearest(name, teams.iter().map(|team| team.name.as_str())) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("`muster team list {}` lists them", organization.name),
            };
            Err(AdminError::Missing { kind: "team", name: name.to_owned(), hint })
        }
        found => Ok(found?),
    }
}

/// The account of this email, username or id.
pub(super) fn account(installation: &Installation, who: &str) -> Result<Account, AdminError> {
    let asked = who.trim().to_lowercase();
    let found = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        if let Ok(id) = asked.parse::<AccountId>() {
            return Ok(conn.account(id)?);
        }
        match Email::parse(&asked) {
            Ok(email) => Ok(conn.account_by_email(&email)?),
            Err(_) => Ok(conn.account_by_username(&asked)?),
        }
    })?;
    found.filter(|account| account.state != AccountState::Erased).ok_or_else(|| AdminError::Missing {
        kind: "account",
        name: who.to_owned(),
        hint: "name an email, a username or an account's id; invite who has none with `muster org invite`".to_owned(),
    })
}
