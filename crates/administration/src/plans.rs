//! Plans (MIG-2): made, looked at, applied.

use std::{collections::BTreeSet, sync::Arc};

use muster_engine::{
    EngineError, Env,
    authority::Action,
    plans::{self, Made, Means, Plan, PlanState, Proposal},
};
use muster_model::{AccountId, Connection, Email, PlanId, RequestId};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AdministrationError, Administrator,
    administrator::Behalf,
    applying::{self, Applied},
    change::Change,
    declaration::{connection_from_engine, from_engine},
};

/// How many members of a plan are shown unless more are asked for.
pub const SHOWN: usize = 1_000;

/// A plan in a line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanLine {
    /// Stable; what applying it changes is filed under this as the TraceID.
    #[schema(value_type = String, format = Uuid)]
    pub id: PlanId,
    /// `declaration`, `settings` or `adoption`.
    #[schema(example = "settings")]
    pub kind: String,
    /// `made`, `applying` with how far it is, or `applied`.
    #[schema(example = "made")]
    pub state: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// When its last batch was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub applied: Option<String>,
    /// How many people's places it changes.
    pub members: usize,
}

/// A plan with what it would do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// The plan in a line.
    #[serde(flatten)]
    pub line: PlanLine,
    /// What changes other than people's places.
    pub settings: Vec<Change>,
    /// Each organization in figures.
    pub organizations: Vec<Figures>,
    /// Whose place changes.
    pub people: Vec<MemberLine>,
    /// How many people to pass over to see the next ones; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
    /// How many accounts get another name or other values.
    pub values: usize,
}

/// What a plan comes to for one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Its name.
    #[schema(example = "moby")]
    pub name: String,
    /// How many seats it has; none is unlimited, or not yours to know.
    pub seats: Option<i64>,
    /// How many were taken, by members and invitations; not told of organizations that are not yours.
    pub taken_before: Option<i64>,
    /// How many are taken then.
    pub taken_after: Option<i64>,
    /// Who comes in.
    pub added: usize,
    /// Who is out.
    pub removed: usize,
    /// Whose teams change.
    pub moved: usize,
    /// Whose role changes.
    pub role_changed: usize,
    /// Whose management by a connection changes (SCIM-6).
    pub management_changed: usize,
}

/// One person's place in one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberLine {
    /// The email, or the username of whose email is none of yours to know.
    #[schema(example = "ada@example.com")]
    pub who: String,
    /// Where.
    #[schema(example = "moby")]
    pub organization: String,
    /// What happens: `added`, `removed`, `moved`, `role-changed`, `management-changed`, `other`.
    #[schema(value_type = Vec<String>, example = json!(["moved"]))]
    pub effects: Vec<plans::Effect>,
    /// The place before; none, if there had never been one.
    #[schema(value_type = Option<Place>)]
    pub before: Option<plans::Place>,
    /// The place then.
    #[schema(value_type = Option<Place>)]
    pub after: Option<plans::Place>,
}

impl MemberLine {
    /// Leaves out what others than the plan's connection have given in an organization that is not the reader's (TEN-3): teams
    /// that stay as they are.
    fn cut(&mut self) {
        if let (Some(before), Some(after)) = (&mut self.before, &mut self.after) {
            let stay: BTreeSet<String> = before.teams.intersection(&after.teams).cloned().collect();
            before.teams.retain(|team| !stay.contains(team));
            after.teams.retain(|team| !stay.contains(team));
        }
    }
}

/// A place, as descriptions have it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of the engine's type, which knows nothing of descriptions")]
struct Place {
    /// `active`, `waiting`, `kept`, `asleep` or `ended`.
    state: String,
    /// The effective role.
    #[schema(example = "member")]
    role: String,
    /// Teams, by name.
    teams: Vec<String>,
    /// The connections that manage the membership, by name.
    managed_by: Vec<String>,
}

impl From<plans::Organization> for Figures {
    fn from(of: plans::Organization) -> Self {
        Self {
            name: of.name,
            seats: of.seats,
            taken_before: Some(of.taken_before),
            taken_after: Some(of.taken_after),
            added: of.added,
            removed: of.removed,
            moved: of.moved,
            role_changed: of.role_changed,
            management_changed: of.management_changed,
        }
    }
}

/// A plan that was applied.
#[derive(Debug, Clone)]
pub struct Done {
    /// As it is now.
    pub plan: Plan,
    /// What that came to; of an adoption, the plan says it all.
    pub applied: Option<Applied>,
}

impl Administrator {
    /// Rehearses a proposal and keeps what came of it.
    ///
    /// # Errors
    ///
    /// What the change itself is refused for; not found; the store's.
    pub fn make_plan(&self, proposal: &Proposal) -> Result<Plan, AdministrationError> {
        let id = PlanId(self.fresh(None)().new_id());
        let fresh = self.watched(id);
        let secrets = made_secrets(proposal)?.map(|made| made.hashes()).unwrap_or_default();
        let mut runs = Vec::new();
        for batch in 0..proposal.batches() {
            let (proposal, secrets, fresh) = (proposal.clone(), secrets.clone(), fresh.clone());
            let (behalf, documents) = (self.behalf, Arc::clone(&self.documents));
            runs.push(self.store.rehearse_blocking(move |tx| {
                let mut env = fresh();
                permit(behalf, tx, &env, &proposal)?;
                let means = Means { secrets: &secrets, documents: documents.as_ref() };
                Ok::<_, AdministrationError>(plans::run(tx, &mut env, &proposal, batch, means)?)
            })?);
        }
        let made = Made::new(&fresh(), id, proposal, &runs)?;
        let plan = made.plan().clone();
        self.store.write_blocking::<_, EngineError, _>(move |tx| plans::keep(tx, &made))?;
        Ok(plan)
    }

    /// Applies every batch of a plan that is not applied yet.
    ///
    /// # Errors
    ///
    /// Not found; refused when that would not do what the plan says; the store's.
    pub fn apply_plan(&self, base_url: &str, id: PlanId) -> Result<Done, AdministrationError> {
        let plan = self.store.read_blocking(move |conn| plans::plan(conn, id))?;
        let made = made_secrets(&plan.proposal)?;
        let secrets = made.as_ref().map(applying::Made::hashes).unwrap_or_default();
        loop {
            let (fresh, secrets, proposal) = (self.watched(id), secrets.clone(), plan.proposal.clone());
            let (behalf, documents) = (self.behalf, Arc::clone(&self.documents));
            let done = self.store.write_blocking(move |tx| {
                let mut env = fresh();
                permit(behalf, tx, &env, &proposal)?;
                let means = Means { secrets: &secrets, documents: documents.as_ref() };
                Ok::<_, AdministrationError>(plans::apply(tx, &mut env, id, means)?)
            })?;
            if done.plan.state != PlanState::Applied {
                continue;
            }
            let stated = match &plan.proposal {
                Proposal::Declaration { declaration, .. } => Some(from_engine(declaration.clone())),
                Proposal::Settings { stated, .. } => Some(crate::declaration::Declaration {
                    connections: vec![connection_from_engine(stated.as_ref().clone())],
                    ..crate::declaration::Declaration::default()
                }),
                Proposal::Adoption { .. } => None,
            };
            let applied = match (stated, &made, done.run.applied) {
                (Some(stated), Some(made), Some(applied)) => {
                    Some(applying::answer(base_url, &stated, applied, made, false, self.behalf))
                }
                _ => None,
            };
            return Ok(Done { plan: done.plan, applied });
        }
    }

    /// A plan with the names that people have now, and [`SHOWN`] of them from the `from`th on.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn view_plan(&self, plan: Plan, from: usize) -> Result<PlanView, AdministrationError> {
        let line = line(&plan);
        let all = plan.outcome.members.len();
        let shown: Vec<_> = plan.outcome.members.into_iter().skip(from).take(SHOWN).collect();
        let next = Some(from.saturating_add(shown.len())).filter(|next| *next < all);
        let (about, behalf, now) = (plan.proposal.connection(), self.behalf, self.surroundings.now());
        let figures = plan.outcome.organizations;
        let (people, organizations) = self.store.read_blocking::<_, AdministrationError, _>(move |conn| {
            let connection = about.map(|id| conn.connection(id)).transpose().map_err(EngineError::from)?.flatten();
            let mut others = BTreeSet::new();
            for of in &figures {
                if !behalf.owns(conn, now, &of.name)? {
                    others.insert(of.name.clone());
                }
            }
            let mut people = member_lines(conn, &Eyes { behalf, connection: connection.as_ref() }, &shown)?;
            people.iter_mut().filter(|line| others.contains(&line.organization)).for_each(MemberLine::cut);
            let told = |of: &plans::Organization| match others.contains(&of.name) {
                true => Figures { seats: None, taken_before: None, taken_after: None, ..Figures::from(of.clone()) },
                false => Figures::from(of.clone()),
            };
            Ok((people, figures.iter().map(told).collect()))
        })?;
        Ok(PlanView {
            line,
            settings: plan.outcome.settings.into_iter().map(Change::from).collect(),
            organizations,
            people,
            next,
            values: plan.outcome.values.len(),
        })
    }

    /// A run of a plan; every time the same but for the time.
    fn watched(&self, id: PlanId) -> impl Fn() -> Env + Clone + Send + 'static {
        let fresh = self.fresh(Some(RequestId(id.0)));
        move || fresh().watched()
    }
}

/// Whether whoever administers may do this.
fn permit(behalf: Behalf, tx: &mut Tx<'_>, env: &Env, proposal: &Proposal) -> Result<(), AdministrationError> {
    match proposal {
        Proposal::Declaration { declaration, prune } => {
            behalf.may_declare(tx, env.now(), declaration)?;
            if *prune { behalf.may_prune(tx, env.now()) } else { Ok(()) }
        }
        Proposal::Settings { connection, .. } | Proposal::Adoption { connection, .. } => {
            behalf.connection(tx, env.now(), *connection, Action::ChangeConnections).map(drop)
        }
    }
}

/// Secrets for what a declaration may turn out to need.
fn made_secrets(proposal: &Proposal) -> Result<Option<applying::Made>, AdministrationError> {
    Ok(match proposal {
        Proposal::Declaration { declaration, .. } => Some(applying::Made::new(declaration)?),
        Proposal::Settings { stated, .. } => {
            let connections = vec![stated.as_ref().clone()];
            let declaration = muster_engine::declare::Declaration { connections, ..Default::default() };
            Some(applying::Made::new(&declaration)?)
        }
        Proposal::Adoption { .. } => None,
    })
}

/// A plan in a line.
#[must_use]
pub fn line(plan: &Plan) -> PlanLine {
    PlanLine {
        id: plan.id,
        kind: match plan.proposal {
            Proposal::Declaration { .. } => "declaration",
            Proposal::Settings { .. } => "settings",
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

/// Who looks, and through which connection (TEN-3).
pub(crate) struct Eyes<'c> {
    pub(crate) behalf: Behalf,
    pub(crate) connection: Option<&'c Connection>,
}

impl Eyes<'_> {
    /// Whether an address is for these eyes: of a domain that the connection verified.
    pub(crate) fn sees(&self, email: &Email) -> bool {
        self.behalf.sees_all() || self.connection.is_some_and(|of| of.owns(email))
    }

    /// A person's address, where it is for these eyes; else the username.
    pub(crate) fn name(&self, conn: &mut Conn<'_>, id: AccountId) -> Result<String, EngineError> {
        let Some(account) = conn.account(id)? else { return Ok(id.to_string()) };
        let email = account.email.filter(|email| self.sees(email));
        Ok(email.map_or(account.username, |email| email.to_string()))
    }
}

/// Members with the names that they have now.
pub(crate) fn member_lines(
    conn: &mut Conn<'_>,
    eyes: &Eyes<'_>,
    members: &[plans::Member],
) -> Result<Vec<MemberLine>, EngineError> {
    let mut lines = Vec::with_capacity(members.len());
    for member in members {
        lines.push(MemberLine {
            who: match member.account {
                Some(account) => eyes.name(conn, account)?,
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
