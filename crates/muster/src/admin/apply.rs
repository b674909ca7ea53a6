//! `apply`: a declaration, with the secrets that it turns out to need.

use muster_administration::applying::{Applied, client_secrets};
use muster_http::HttpError;

use super::{AdminError, Installation};
use crate::declaration::Declaration;

pub(super) fn apply(
    installation: &Installation,
    declaration: &Declaration,
    prune: bool,
    plan: bool,
) -> Result<Applied, AdminError> {
    let administrator = installation.administrator();
    let (applied, connections) = administrator.apply(&installation.base_url, declaration, prune, plan)?;
    let secrets = client_secrets(declaration, &connections);
    if !plan && !secrets.is_empty() {
        // They are sealed for their connections, which are there only now.
        installation.with_app(async |app| {
            for (id, secret) in &secrets {
                app.keep_client_secret(*id, secret).await?;
            }
            Ok::<_, HttpError>(())
        })??;
    }
    Ok(applied)
}
