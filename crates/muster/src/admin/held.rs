//! What the mass-change guard holds, and what is decided about it (MIG-3).

use muster_administration::{Administrator, held::Held};
use muster_http::{Approval, Settled};
use muster_model::{Actor, Connection, HeldChangeId};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, named};

/// What about a connection's held requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldRequest {
    /// Which there are.
    List {
        /// Also those that are decided.
        all: bool,
        /// How many are shown at most.
        limit: usize,
    },
    /// One, with what was sent.
    Show {
        /// Which.
        id: HeldChangeId,
    },
    /// Do them.
    Approve {
        /// These; all, if there are none.
        ids: Vec<HeldChangeId>,
        /// How much may end beyond the limit.
        lift: Option<i64>,
    },
    /// Discard them.
    Reject {
        /// These; all, if there are none.
        ids: Vec<HeldChangeId>,
    },
}

pub(super) fn run(installation: &Installation, name: &str, request: HeldRequest) -> Result<Held, AdminError> {
    let connection = named::known_connection(installation, name)?;
    let administrator = installation.administrator();
    match request {
        HeldRequest::List { all, limit } => Ok(administrator.held(connection.id, all, limit)?),
        HeldRequest::Show { id } => show(installation, &administrator, &connection, id),
        HeldRequest::Approve { ids, lift } => {
            let approval = Approval { connection: connection.id, only: ids, lift, actor: Actor::Operator };
            let settled = installation.with_app(async |app| app.approve_held(approval).await)??;
            let settled = settled.into_iter().map(Settled::after).collect();
            Ok(administrator.held_after(connection.id, settled)?)
        }
        HeldRequest::Reject { ids } => Ok(administrator.reject_held(connection.id, &ids)?),
    }
}

fn show(
    installation: &Installation,
    administrator: &Administrator,
    connection: &Connection,
    id: HeldChangeId,
) -> Result<Held, AdminError> {
    let (mut held, recorded) = administrator.held_one(connection.id, id)?;
    if let (Some(line), Some(recorded)) = (held.held.first_mut(), recorded) {
        let body = installation.with_app(async |app| app.logged_body(&recorded))??;
        line.body = body.and_then(|body| serde_json::from_slice(&body).ok());
    }
    Ok(held)
}
