//! Plans (MIG-2): made, looked at, applied, discarded.

use std::sync::Arc;

use muster_engine::{
    EngineError, Env, Origin,
    declare::Secrets,
    plans::{self, Effect, Made, Means, Organization, Place, Plan, PlanState, Proposal},
};
use muster_http::ScimDocuments;
use muster_model::{AccountId, PlanId, RequestId};
use muster_store::Conn;
use serde::{Deserialize, Serialize};

use super::{AdminError, Applied, Change, Installation, apply};
use crate::declaration::{Declaration, from_engine, to_engine};

/// How many members of a plan are shown unless more are asked for.
pub(crate) const SHOWN: usize = 1_000;
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

/// A plan in a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlanLine {
    pub(crate) id: PlanId,
    /// `declaration` or `adoption`.
    pub(crate) kind: String,
    /// `made`, `applying` or `applied`.
    pub(crate) state: String,
    pub(crate) created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied: Option<String>,
    /// How many people's places it changes.
    pub(crate) members: usize,
}

/// A plan with what it would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlanView {
    #[serde(flatten)]
    pub(crate) line: PlanLine,
    /// What changes other than people's places.
    pub(crate) settings: Vec<Change>,
    /// Each organization in figures.
    pub(crate) organizations: Vec<Organization>,
    /// Whose place changes.
    pub(crate) people: Vec<MemberLine>,
    /// How many people to pass over to see the next ones; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<usize>,
    /// How many accounts get another name or other values.
    pub(crate) values: usize,
}

/// One person's place in one organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MemberLine {
    /// The email, or the username of who has none.
    pub(crate) who: String,
    pub(crate) organization: String,
    pub(crate) effects: Vec<Effect>,
    pub(crate) before: Option<Place>,
    pub(crate) after: Option<Place>,
}

pub(super) fn run(installation: &Installation, request: PlanRequest) -> Result<Planned, AdminError> {
    match request {
        PlanRequest::Make { declaration, prune } => {
            let proposal = Proposal::Declaration { declaration: to_engine(&declaration)?, prune };
            let made = make(installation, proposal)?;
            view(installation, made, 0).map(Box::new).map(Planned::Plan)
        }
        PlanRequest::List => {
            let plans = installation.store.read_blocking(|conn| plans::plans(conn, LISTED))?;
            Ok(Planned::Plans(plans.iter().map(line).collect()))
        }
        PlanRequest::Show { id, from } => {
            let plan = known(id, installation.store.read_blocking(move |conn| plans::plan(conn, id)))?;
            view(installation, plan, from).map(Box::new).map(Planned::Plan)
        }
        PlanRequest::Apply { id } => {
            let (plan, applied) = apply_all(installation, id)?;
            let plan = Box::new(view(installation, plan, 0)?);
            Ok(Planned::Done { plan, applied: applied.map(Box::new) })
        }
        PlanRequest::Discard { id } => {
            known(id, installation.store.write_blocking(move |tx| plans::discard(tx, id)))?;
            Ok(Planned::Discarded(id))
        }
    }
}

/// Rehearses a proposal and keeps what came of it.
pub(super) fn make(installation: &Installation, proposal: Proposal) -> Result<Plan, AdminError> {
    let id = PlanId(fresh(installation, None)().new_id());
    let fresh = fresh(installation, Some(id));
    let secrets = made_secrets(&proposal)?.map(|made| made.hashes()).unwrap_or_default();
    let mut runs = Vec::new();
    for batch in 0..proposal.batches() {
        let (proposal, secrets, fresh) = (proposal.clone(), secrets.clone(), fresh.clone());
        runs.push(
            installation
                .store
                .rehearse_blocking(move |tx| plans::run(tx, &mut fresh(), &proposal, batch, means(&secrets)))?,
        );
    }
    let made = Made::new(&fresh(), id, &proposal, &runs)?;
    let plan = made.plan().clone();
    installation.store.write_blocking(move |tx| plans::keep(tx, &made))?;
    Ok(plan)
}

/// Applies every batch of a plan that is not applied yet.
pub(super) fn apply_all(installation: &Installation, id: PlanId) -> Result<(Plan, Option<Applied>), AdminError> {
    let plan = known(id, installation.store.read_blocking(move |conn| plans::plan(conn, id)))?;
    let made = made_secrets(&plan.proposal)?;
    let secrets = made.as_ref().map(apply::Made::hashes).unwrap_or_default();
    loop {
        let (fresh, secrets) = (fresh(installation, Some(id)), secrets.clone());
        let done = installation.store.write_blocking(move |tx| plans::apply(tx, &mut fresh(), id, means(&secrets)))?;
        if done.plan.state != PlanState::Applied {
            continue;
        }
        let applied = match (&plan.proposal, made, done.run.applied) {
            (Proposal::Declaration { declaration, .. }, Some(made), Some(applied)) => {
                let stated = from_engine(declaration.clone());
                Some(apply::answer(installation, &stated, applied, &made, false))
            }
            _ => None,
        };
        return Ok((done.plan, applied));
    }
}

/// A run of a plan; every time the same but for the time.
fn fresh(installation: &Installation, id: Option<PlanId>) -> impl Fn() -> Env + Clone + Send + 'static {
    let surroundings = Arc::clone(&installation.surroundings);
    let origin = Origin { request: id.map(|id| RequestId(id.0)), ..Origin::OPERATOR };
    move || Env::new(Arc::clone(&surroundings), origin).watched()
}

fn means(secrets: &Secrets) -> Means<'_> {
    Means { secrets, documents: &ScimDocuments }
}

/// Secrets for what a declaration may turn out to need.
fn made_secrets(proposal: &Proposal) -> Result<Option<apply::Made>, AdminError> {
    Ok(match proposal {
        Proposal::Declaration { declaration, .. } => Some(apply::Made::new(declaration)?),
        Proposal::Adoption { .. } => None,
    })
}

/// A plan that is not there, as a refusal that says how to find the right one.
fn known<T>(id: PlanId, result: Result<T, EngineError>) -> Result<T, AdminError> {
    match result {
        Err(EngineError::NotFound { kind: "plan", .. }) => Err(AdminError::Missing {
            kind: "plan",
            name: id.to_string(),
            hint: "see `muster plan list`; plans are kept for 30 days".to_owned(),
        }),
        result => Ok(result?),
    }
}

fn line(plan: &Plan) -> PlanLine {
    PlanLine {
        id: plan.id,
        kind: match plan.proposal {
            Proposal::Declaration { .. } => "declaration",
            Proposal::Adoption { .. } => "adoption",
        }
        .to_owned(),
        state: match plan.state {
            PlanState::Made => "made".to_owned(),
            PlanState::Applying { done } => format!("applying: {done} of {} batches are done", plan.proposal.batches()),
            PlanState::Applied => "applied".to_owned(),
        },
        created: plan.created.to_string(),
        applied: plan.applied.map(|at| at.to_string()),
        members: plan.outcome.members.len(),
    }
}

/// A plan with the names that people have now.
pub(super) fn view(installation: &Installation, plan: Plan, from: usize) -> Result<PlanView, AdminError> {
    let line = line(&plan);
    let all = plan.outcome.members.len();
    let shown: Vec<_> = plan.outcome.members.into_iter().skip(from).take(SHOWN).collect();
    let next = Some(from.saturating_add(shown.len())).filter(|next| *next < all);
    let people = installation.store.read_blocking(move |conn| member_lines(conn, &shown))?;
    Ok(PlanView {
        line,
        settings: plan.outcome.settings.into_iter().map(Change::from).collect(),
        organizations: plan.outcome.organizations,
        people,
        next,
        values: plan.outcome.values.len(),
    })
}

/// Members with the names that they have now.
pub(super) fn member_lines(conn: &mut Conn<'_>, members: &[plans::Member]) -> Result<Vec<MemberLine>, EngineError> {
    let mut lines = Vec::with_capacity(members.len());
    for member in members {
        lines.push(MemberLine {
            who: match member.account {
                Some(account) => name(conn, account)?,
                None => "a new account".to_owned(),
            },
            organization: member.organization.clone(),
            effects: member.effects.clone(),
            before: member.before.clone(),
            after: member.after.clone(),
        });
    }
    Ok(lines)
}

fn name(conn: &mut Conn<'_>, id: AccountId) -> Result<String, EngineError> {
    let account = conn.account(id)?;
    Ok(account
        .map_or_else(|| id.to_string(), |account| account.email.map_or(account.username, |email| email.to_string())))
}
