//! `apply`: a declaration, with the secrets that it turns out to need.

use muster_administration::applying::Applied;

use super::{AdminError, Installation};
use crate::declaration::Declaration;

pub(super) fn apply(
    installation: &Installation,
    declaration: &Declaration,
    prune: bool,
    plan: bool,
) -> Result<Applied, AdminError> {
    let administrator = installation.administrator();
    let (mut applied, unsealed) = administrator.apply(&installation.base_url, declaration, prune, plan)?;
    let has_some = !unsealed.secrets.is_empty() || !unsealed.webhooks.is_empty();
    if has_some && !plan {
        // They are sealed for what is there only now.
        installation.with_app(async |app| app.seal(&unsealed, &mut applied).await)??;
    }
    Ok(applied)
}
