//! A connection's directory: SCIM users and groups, and what follows from them (SCIM, GRP).
//!
//! - [`users`](create_user): creating, changing, deleting a user;
//! - `provision`: an active user's account and memberships (SCIM-4, SCIM-5), and `admission` into one (SCIM-6, SCIM-9);
//! - `deactivate`: ending and remembering them;
//! - `guests`: people of other domains (SCIM-10);
//! - [`reassert`](reassert()): what was last said, said anew;
//! - `since`: whether a resource was written since something was said (SCIM-11, MIG-3);
//! - [`groups`](create_group): groups, `placement`: what being in one means (GRP-1 to GRP-8), and `moves`: members
//!   following a large group.

pub(crate) mod admission;
mod adopt;
mod deactivate;
mod documents;
mod groups;
mod guests;
mod moves;
mod placement;
mod provision;
mod reassert;
mod since;
mod successor;
mod users;

pub(crate) use adopt::{adopt, placed};
pub use documents::Documents;
pub use groups::{
    GroupChange, MEMBER_CHANGES, MemberChange, change_group, create_group, delete_group, group, members, remap_groups,
};
pub use moves::{INLINE, move_slice, next_move};
pub use reassert::{Inherited, reassert, reassert_all};
pub(crate) use reassert::{restate_row, withdraw_orphan};
pub use since::Unwritten;
pub(crate) use since::hold;
pub use users::{Changed, change_user, create_user, delete_user, user, user_groups};

use muster_model::{Connection, ConnectionState};

use crate::{EngineError, Refusal};

/// Whether the connection takes SCIM calls at all (SCIM-7, SSO-12).
///
/// # Errors
///
/// [`Refusal::ScimDisabled`], [`Refusal::ConnectionInactive`].
pub fn require_scim(connection: &Connection) -> Result<(), EngineError> {
    match connection.state {
        ConnectionState::Active if connection.settings.scim.enabled => Ok(()),
        ConnectionState::Active => Err(Refusal::ScimDisabled(connection.name.clone()).into()),
        ConnectionState::Draft | ConnectionState::Pilot | ConnectionState::Off => {
            Err(Refusal::ConnectionInactive(connection.name.clone()).into())
        }
    }
}
