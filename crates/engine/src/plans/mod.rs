//! Plans (MIG-2, MIG-1): what a change would do, found out by doing it and rolling back; kept, so that exactly that can
//! be applied later, and refused when the state has changed since.
//!
//! [`run`] does a proposal, or one batch of it, in a transaction. A caller that rolls that back has rehearsed it, and
//! keeps what came of it ([`Made`], [`keep`]); [`apply`] does the same again, compares, and lets the transaction commit.

mod fingerprint;
mod outcome;

use std::time::Duration;

use muster_model::{ConnectionId, PlanId, Timestamp};
use muster_store::{Conn, PlanRow, StoreError, Tx, packing};
use serde::{Deserialize, Serialize};

pub(crate) use outcome::Names;
pub use outcome::{Effect, Member, Organization, Outcome, Place, outcome};

use crate::{
    EngineError, Env, Refusal,
    adoption::{self, Pick},
    declare::{self, Applied, Declaration, Secrets},
    directory::Documents,
    transact,
};

/// How long a plan is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposal {
    /// Making the database say what a declaration says.
    Declaration {
        /// What it says.
        declaration: Declaration,
        /// Nothing else either.
        prune: bool,
    },
    /// Other settings for one connection.
    Settings {
        /// Which.
        connection: ConnectionId,
        /// All of its settings as they shall be.
        stated: Box<declare::Connection>,
    },
    /// Taking members under management.
    Adoption {
        /// Whose.
        connection: ConnectionId,
        /// Which.
        picks: Vec<Pick>,
    },
}

impl Proposal {
    /// In how many transactions it is done. A declaration is one; members are adopted at most
    /// [`AT_ONCE`](adoption::AT_ONCE) at a time.
    #[must_use]
    pub fn batches(&self) -> usize {
        match self {
            Self::Declaration { .. } | Self::Settings { .. } => 1,
            Self::Adoption { picks, .. } => picks.len().div_ceil(adoption::AT_ONCE).max(1),
        }
    }

    /// The one connection that it is about, if it is about one.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Declaration { .. } => None,
            Self::Settings { connection, .. } | Self::Adoption { connection, .. } => Some(*connection),
        }
    }
}

/// What doing a proposal needs beside the transaction.
#[derive(Clone, Copy)]
pub struct Means<'m> {
    /// Hashes of secrets for what turns out to need one.
    pub secrets: &'m Secrets,
    /// What directories said.
    pub documents: &'m dyn Documents,
}

/// What came of one batch.
#[derive(Debug, Clone)]
pub struct Run {
    /// What happened to whom.
    pub outcome: Outcome,
    /// Stands for everything that happened.
    pub fingerprint: [u8; 32],
    /// What applying a declaration answers.
    pub applied: Option<Applied>,
}

/// A kept plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its id; the ledger files what it did under this as the request.
    pub id: PlanId,
    /// What is to be done.
    pub proposal: Proposal,
    /// What that would do.
    pub outcome: Outcome,
    /// Where it is in its life.
    pub state: PlanState,
    /// When it was made.
    pub created: Timestamp,
    /// When its last batch was applied.
    pub applied: Option<Timestamp>,
    fingerprints: Vec<[u8; 32]>,
}

/// Where a plan is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PlanState {
    /// Nothing was done yet.
    Made,
    /// Some of its batches are done; applying it goes on after them.
    Applying {
        /// How many batches.
        done: usize,
    },
    /// All of it was done.
    Applied,
}

/// Does one batch of a proposal. `env` is [`watched`](Env::watched), and its request is the plan's id.
///
/// # Errors
///
/// What the change itself is refused for; the store's.
pub fn run(
    tx: &mut Tx<'_>,
    env: &mut Env,
    proposal: &Proposal,
    batch: usize,
    means: Means<'_>,
) -> Result<Run, EngineError> {
    let applied = match proposal {
        Proposal::Declaration { declaration, prune } => {
            Some(declare::apply(tx, env, declaration, *prune, means.secrets, means.documents)?)
        }
        Proposal::Settings { stated, .. } => {
            let declaration = Declaration { connections: vec![stated.as_ref().clone()], ..Declaration::default() };
            Some(declare::apply(tx, env, &declaration, false, means.secrets, means.documents)?)
        }
        Proposal::Adoption { connection, picks } => {
            let id = *connection;
            let connection = tx.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
            let picks = picks.chunks(adoption::AT_ONCE).nth(batch).unwrap_or_default();
            transact(tx, env, |tx, env| adoption::adopt(tx, env, &connection, means.documents, picks))?;
            None
        }
    };
    let outcome = outcome(tx, env)?;
    let fingerprint = fingerprint::fingerprint(env, &outcome.members)?;
    Ok(Run { outcome, fingerprint, applied })
}

/// A plan that is ready to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    plan: Plan,
    row: PlanRow,
}

impl Made {
    /// What the rehearsal of every batch came to. Packing it takes long where many people are in it, so this is for outside
    /// the transaction.
    ///
    /// # Errors
    ///
    /// When it cannot be packed.
    pub fn new(env: &Env, id: PlanId, proposal: &Proposal, runs: &[Run]) -> Result<Self, EngineError> {
        let mut whole = Outcome::default();
        for run in runs {
            whole.add(&run.outcome);
        }
        let plan = Plan {
            id,
            proposal: proposal.clone(),
            outcome: whole,
            state: PlanState::Made,
            created: env.now(),
            applied: None,
            fingerprints: runs.iter().map(|run| run.fingerprint).collect(),
        };
        let row = plan.to_row()?;
        Ok(Self { plan, row })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// Keeps a plan. Those that nobody needs any more go.
///
/// # Errors
///
/// The store's.
pub fn keep(tx: &mut Tx<'_>, made: &Made) -> Result<(), EngineError> {
    tx.delete_plans_before(made.plan.created.before(KEPT))?;
    Ok(tx.insert_plan(&made.row)?)
}

/// A kept plan.
///
/// # Errors
///
/// Not found; the store's.
pub fn plan(conn: &mut Conn<'_>, id: PlanId) -> Result<Plan, EngineError> {
    let row = conn.plan(id)?.ok_or_else(|| EngineError::not_found("plan", id))?;
    Ok(Plan::from_row(&row)?)
}

/// The kept plans, newest first.
///
/// # Errors
///
/// The store's.
pub fn plans(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Plan>, EngineError> {
    let rows = conn.plans(limit)?;
    Ok(rows.iter().map(Plan::from_row).collect::<Result<_, _>>()?)
}

/// The newest kept plans about one connection before the plan `before`, newest first.
///
/// # Errors
///
/// The store's.
pub fn plans_of(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    before: PlanId,
    limit: i64,
) -> Result<Vec<Plan>, EngineError> {
    let rows = conn.plans_of(connection, before, limit)?;
    Ok(rows.iter().map(Plan::from_row).collect::<Result<_, _>>()?)
}

/// A kept plan about this connection (TEN-3).
///
/// # Errors
///
/// Not found; the store's.
pub fn plan_of(conn: &mut Conn<'_>, connection: ConnectionId, id: PlanId) -> Result<Plan, EngineError> {
    let found = plan(conn, id)?;
    if found.proposal.connection() == Some(connection) {
        return Ok(found);
    }
    Err(EngineError::not_found("plan", id))
}

/// Takes a plan away; what it has done stays.
///
/// # Errors
///
/// Not found; the store's.
pub fn discard(tx: &mut Tx<'_>, id: PlanId) -> Result<(), EngineError> {
    plan(tx, id)?;
    Ok(tx.delete_plan(id)?)
}

/// What applying the next batch of a plan came to.
#[derive(Debug, Clone)]
pub struct Applying {
    /// The plan as it is now; it is done when its state says so.
    pub plan: Plan,
    /// What the batch came to.
    pub run: Run,
}

/// Applies the next batch of a plan. `env` is as for [`run`].
///
/// # Errors
///
/// [`Refusal::PlanStale`] when that would not do what the plan says, or the plan was applied already; what the change
/// itself is refused for; the store's.
pub fn apply(tx: &mut Tx<'_>, env: &mut Env, id: PlanId, means: Means<'_>) -> Result<Applying, EngineError> {
    let row = tx.plan_for_update(id)?.ok_or_else(|| EngineError::not_found("plan", id))?;
    let mut plan = Plan::from_row(&row)?;
    let batch = match plan.state {
        PlanState::Made => 0,
        PlanState::Applying { done } => done,
        PlanState::Applied => {
            return Err(Refusal::PlanStale(format!("plan `{id}` is applied already: make a new one")).into());
        }
    };
    let run = run(tx, env, &plan.proposal, batch, means)?;
    if plan.fingerprints.get(batch) != Some(&run.fingerprint) {
        let differs = plan.outcome.first_difference(&run.outcome);
        let whose = match differs {
            Some(member) => {
                let who = match member.account {
                    Some(account) => tx.account(account)?.map_or_else(|| account.to_string(), |found| found.username),
                    None => "a new account".to_owned(),
                };
                format!(", first of all for `{who}` in organization `{}`", member.organization)
            }
            None => String::new(),
        };
        let text = format!("the state has changed since plan `{id}` was made{whose}: make it again and look at it");
        return Err(Refusal::PlanStale(text).into());
    }
    let done = batch + 1;
    plan.state = if done == plan.proposal.batches() { PlanState::Applied } else { PlanState::Applying { done } };
    plan.applied = Some(env.now());
    tx.update_plan(&plan.to_row()?, row.progress)?;
    Ok(Applying { plan, run })
}

/// All that a kept plan says, for those who look for somebody in it.
///
/// # Errors
///
/// When the row is damaged.
pub(crate) fn texts(row: &PlanRow) -> Result<[serde_json::Value; 2], StoreError> {
    let plan = Plan::from_row(row)?;
    let value = |text: Result<serde_json::Value, serde_json::Error>| text.map_err(StoreError::other);
    Ok([value(serde_json::to_value(&plan.proposal))?, value(serde_json::to_value(&plan.outcome))?])
}

impl Outcome {
    /// Adds what another batch does.
    fn add(&mut self, other: &Self) {
        self.settings.extend(other.settings.iter().cloned());
        self.members.extend(other.members.iter().cloned());
        self.values.extend(other.values.iter().copied());
        for more in &other.organizations {
            match self.organizations.iter_mut().find(|organization| organization.name == more.name) {
                Some(sum) => {
                    sum.taken_after += more.taken_after - more.taken_before;
                    sum.added += more.added;
                    sum.removed += more.removed;
                    sum.moved += more.moved;
                    sum.role_changed += more.role_changed;
                    sum.management_changed += more.management_changed;
                }
                None => self.organizations.push(more.clone()),
            }
        }
    }

    /// Somebody for whom `now` does not do what this said; of a plan in batches, only who is in `now` can be told.
    fn first_difference<'o>(&'o self, now: &'o Self) -> Option<&'o Member> {
        let missing = |member: &&Member, from: &Self| !from.members.contains(member);
        now.members
            .iter()
            .find(|member| missing(member, self))
            .or_else(|| self.members.iter().find(|member| missing(member, now)))
    }
}

impl Plan {
    fn to_row(&self) -> Result<PlanRow, StoreError> {
        let result = serde_json::to_vec(&self.outcome).map_err(StoreError::other)?;
        let inputs = serde_json::to_vec(&self.proposal).map_err(StoreError::other)?;
        let progress = match self.state {
            PlanState::Made => 0,
            PlanState::Applying { done } => done,
            PlanState::Applied => self.proposal.batches(),
        };
        Ok(PlanRow {
            id: self.id,
            connection: self.proposal.connection(),
            inputs: packing::pack(&inputs, None),
            fingerprints: self.fingerprints.concat(),
            result: packing::pack(&result, None),
            progress: i64::try_from(progress).unwrap_or(i64::MAX),
            created: self.created,
            applied: self.applied,
        })
    }

    fn from_row(row: &PlanRow) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt { table: "plans", key: row.id.to_string() };
        let unpack = |packed: &[u8]| packing::unpack(packed, &[]).map_err(|_| corrupt());
        let proposal: Proposal = serde_json::from_slice(&unpack(&row.inputs)?).map_err(|_| corrupt())?;
        let outcome = serde_json::from_slice(&unpack(&row.result)?).map_err(|_| corrupt())?;
        let done = usize::try_from(row.progress).map_err(|_| corrupt())?;
        let state = match done {
            0 => PlanState::Made,
            done if done >= proposal.batches() => PlanState::Applied,
            done => PlanState::Applying { done },
        };
        let (fingerprints, rest) = row.fingerprints.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(corrupt());
        }
        Ok(Self {
            id: row.id,
            proposal,
            outcome,
            state,
            created: row.created,
            applied: row.applied,
            fingerprints: fingerprints.to_vec(),
        })
    }
}
