//! The drift check: what is stored against what the IdP last said.

use muster_administration::drift::Drift;
use muster_model::DirectoryUserId;

use super::{AdminError, Installation, named};

pub(super) fn run(
    installation: &Installation,
    name: &str,
    after: Option<&str>,
    repair: bool,
) -> Result<Drift, AdminError> {
    let after = DirectoryUserId(named::after(after)?.0);
    let connection = named::known_connection(installation, name)?;
    Ok(installation.administrator().drift(connection.id, after, repair, muster_administration::drift::TOLD)?)
}
