//! `explain`: who is this, why is it where it is (PRE-2).

use muster_administration::explanation::{self, Explanation};
use muster_engine::EngineError;
use muster_model::{Account, domain::Holder};

use super::{AdminError, Installation, named};

pub(super) fn explain(
    installation: &Installation,
    who: &str,
    organization: Option<&str>,
) -> Result<Explanation, AdminError> {
    let account = account(installation, who)?;
    let Some(name) = organization else {
        return Ok(installation.store.snapshot_blocking(move |conn| explanation::explain(conn, account.id))?);
    };
    let organization = named::organization(installation, name)?;
    let result = installation.store.snapshot_blocking(move |conn| {
        let connections = conn.connections_held_by(Holder::Organization(organization.id))?.into_iter().collect();
        explanation::of_member(conn, &organization, &account.username, &connections)
    });
    match result {
        Err(EngineError::NotFound { .. }) => Err(AdminError::Missing {
            kind: "member",
            name: who.to_owned(),
            hint: format!("`muster org members {name}` lists them"),
        }),
        result => Ok(result?),
    }
}

/// Whom an address, a username or an id names.
fn account(installation: &Installation, who: &str) -> Result<Account, AdminError> {
    named::account(installation, who).map_err(|error| match error {
        AdminError::Missing { name, .. } => AdminError::Missing {
            kind: "account",
            name,
            hint: "check the address; accounts begin with an invitation, a sign-in or a push".to_owned(),
        },
        other => other,
    })
}
