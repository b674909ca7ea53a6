//! Plans (MIG-2): made, looked at, applied, discarded.

use muster_administration::{
    AdministrationError,
    applying::Applied,
    plans::{PlanLine, PlanView, line},
};
use muster_engine::{
    EngineError,
    plans::{self, Proposal},
};
use muster_model::PlanId;
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation};
use crate::declaration::{Declaration, to_engine};

/// How many plans are listed.
const LISTED: i64 = 100;

/// What about plans.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlanRequest {
    /// What would a file change?
    Make {
        /// The file.
        declaration: Box<Declaration>,
        /// Remove what it does not name.
        prune: bool,
    },
    /// Which there are.
    List,
    /// One of them, its members from the `from`th on.
    Show {
        /// Which.
        id: PlanId,
        /// How many members to pass over.
        from: usize,
    },
    /// Do what it says.
    Apply {
        /// Which.
        id: PlanId,
    },
    /// Take it away.
    Discard {
        /// Which.
        id: PlanId,
    },
}

/// Plans, as they are shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Planned {
    /// One that was made or asked for.
    Plan(Box<PlanView>),
    /// All, newest first.
    Plans(Vec<PlanLine>),
    /// One that was applied; of a declaration, with what `apply` answers.
    Done {
        /// The plan as it is now.
        plan: Box<PlanView>,
        /// What applying the file came to.
        #[serde(skip_serializing_if = "Option::is_none")]
        applied: Option<Box<Applied>>,
    },
    /// One that was taken away.
    Discarded(PlanId),
}

pub(super) fn run(installation: &Installation, request: PlanRequest) -> Result<Planned, AdminError> {
    let administrator = installation.administrator();
    match request {
        PlanRequest::Make { declaration, prune } => {
            let declaration = to_engine(&declaration, administrator.seconds())?;
            let made = administrator.make_plan(&Proposal::Declaration { declaration, prune })?;
            Ok(Planned::Plan(Box::new(administrator.view_plan(made, 0)?)))
        }
        PlanRequest::List => {
            let plans = installation.store.read_blocking(|conn| plans::plans(conn, LISTED))?;
            Ok(Planned::Plans(plans.iter().map(line).collect()))
        }
        PlanRequest::Show { id, from } => {
            let plan = known(id, installation.store.read_blocking(move |conn| plans::plan(conn, id)))?;
            Ok(Planned::Plan(Box::new(administrator.view_plan(plan, from)?)))
        }
        PlanRequest::Apply { id } => {
            let done = known(id, administrator.apply_plan(&installation.base_url, id))?;
            let plan = Box::new(administrator.view_plan(done.plan, 0)?);
            Ok(Planned::Done { plan, applied: done.applied.map(Box::new) })
        }
        PlanRequest::Discard { id } => {
            known(id, installation.store.write_blocking(move |tx| plans::discard(tx, id)))?;
            Ok(Planned::Discarded(id))
        }
    }
}

/// A plan that is not there, as a refusal that says how to find the right one.
fn known<T>(id: PlanId, result: Result<T, impl Into<AdministrationError>>) -> Result<T, AdminError> {
    match result.map_err(Into::into) {
        Err(AdministrationError::Engine(EngineError::NotFound { kind: "plan", .. })) => Err(AdminError::Missing {
            kind: "plan",
            name: id.to_string(),
            hint: "see `muster plan list`; plans are kept for 30 days".to_owned(),
        }),
        result => Ok(result?),
    }
}
