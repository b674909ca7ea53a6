//! What the shell names, found; or a refusal that says what was probably meant.

use muster_engine::EngineError;
use muster_model::{AccountId, Connection, Email};
use muster_store::Conn;

use super::{AdminError, Installation};

/// The connection of this name.
pub(super) fn connection(conn: &mut Conn<'_>, name: &str) -> Result<Connection, EngineError> {
    conn.connection_by_name(name)?.ok_or_else(|| EngineError::not_found("connection", name))
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
