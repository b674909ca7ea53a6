//! Adoption (MIG-1): who could be adopted, and a plan for some of them.

use muster_engine::{
    EngineError, Refusal,
    adoption::{self, Candidate, Hindrance, Page, Pick},
    plans::Proposal,
};
use muster_http::ScimDocuments;
use muster_model::{Connection, DirectoryUserId, Email, OrganizationId};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AdminError, Installation, Planned, named, plan};

/// What about adoption.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AdoptRequest {
    /// The connection's name.
    pub(crate) connection: String,
    /// The organization's name; all that the connection covers, without.
    pub(crate) organization: Option<String>,
    /// What to do.
    pub(crate) what: AdoptWhat,
}

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdoptWhat {
    /// Who could be adopted.
    List {
        /// The directory user after which the page begins.
        after: Option<String>,
        /// How many people a page holds at most.
        limit: usize,
    },
    /// A plan for these people, or for everybody who can be adopted in bulk.
    Plan {
        /// Their addresses.
        emails: Vec<String>,
    },
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Adopting {
    /// Who could be adopted.
    Candidates(Candidates),
    /// A plan.
    Planned(Planned),
}

/// Who could be adopted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Candidates {
    /// The connection.
    pub(crate) connection: String,
    #[serde(flatten)]
    pub(crate) page: Page,
}

pub(super) fn run(installation: &Installation, request: AdoptRequest) -> Result<Adopting, AdminError> {
    let AdoptRequest { connection, organization, what } = request;
    match what {
        AdoptWhat::List { after, limit } => {
            let after = DirectoryUserId(named::after(after.as_deref())?.0);
            let name = connection.clone();
            let page = installation.store.scan_blocking(move |conn| {
                let connection = named::connection(conn, &name)?;
                let organization = covered(&connection, organization.as_deref())?;
                adoption::candidates(conn, &connection, &ScimDocuments, organization, after, limit)
            });
            let page = page.map_err(|error| named::explained(installation, &connection, error))?;
            Ok(Adopting::Candidates(Candidates { connection, page }))
        }
        AdoptWhat::Plan { emails } => {
            let emails: Vec<Email> = emails.iter().map(|text| named::email(text)).collect::<Result<_, _>>()?;
            let name = connection.clone();
            let picked = installation.store.scan_blocking(move |conn| {
                let connection = named::connection(conn, &name)?;
                let organization = covered(&connection, organization.as_deref())?;
                let picks = if emails.is_empty() {
                    everybody(conn, &connection, organization)?
                } else {
                    singled_out(adoption::named(conn, &connection, &ScimDocuments, organization, &emails)?, &emails)?
                };
                Ok::<_, EngineError>((connection.id, picks))
            });
            let (id, picks) = picked.map_err(|error| named::explained(installation, &connection, error))?;
            if picks.is_empty() {
                let text = format!(
                    "there is nobody to adopt: `muster adopt --connection {connection} --list` shows who is hindered, and why"
                );
                return Err(EngineError::from(Refusal::Invalid(text)).into());
            }
            let made = plan::make(installation, Proposal::Adoption { connection: id, picks })?;
            let view = plan::view(installation, made, 0)?;
            Ok(Adopting::Planned(Planned::Plan(Box::new(view))))
        }
    }
}

/// Everybody whom nothing hinders.
fn everybody(
    conn: &mut Conn<'_>,
    connection: &Connection,
    organization: Option<OrganizationId>,
) -> Result<Vec<Pick>, EngineError> {
    let mut picks = Vec::new();
    let mut after = DirectoryUserId(Uuid::nil());
    loop {
        let page = adoption::candidates(conn, connection, &ScimDocuments, organization, after, adoption::AT_ONCE)?;
        picks.extend(
            page.candidates.iter().filter(|candidate| candidate.hindrance.is_none()).map(|one| pick(one, false)),
        );
        match page.next {
            Some(next) => after = next,
            None => return Ok(picks),
        }
    }
}

/// Those who were named, if nothing stands in the way; an owner only if nobody else was.
fn singled_out(candidates: Vec<Candidate>, emails: &[Email]) -> Result<Vec<Pick>, EngineError> {
    let mut picks = Vec::new();
    for candidate in &candidates {
        let owner = candidate.hindrance == Some(Hindrance::Owner);
        let hindered = match candidate.hindrance {
            Some(Hindrance::Elsewhere) => true,
            Some(Hindrance::Owner) => emails.len() > 1,
            Some(Hindrance::Inactive) | None => false,
        };
        if let Some(why) = candidate.hindrance.filter(|_| hindered) {
            let text = format!("`{}` in '{}': {}", candidate.username, candidate.organization_name, why.text());
            return Err(Refusal::Invalid(text).into());
        }
        picks.push(pick(candidate, owner));
    }
    Ok(picks)
}

fn pick(candidate: &Candidate, owner: bool) -> Pick {
    Pick { user: candidate.user, organization: candidate.organization, owner }
}

fn covered(connection: &Connection, name: Option<&str>) -> Result<Option<OrganizationId>, EngineError> {
    let Some(name) = name else { return Ok(None) };
    match connection.covered_by_name(name) {
        Some(covered) => Ok(Some(covered.id)),
        None => {
            let names: Vec<_> = connection.organizations.iter().map(|covered| covered.name.as_str()).collect();
            let text = format!(
                "connection `{}` does not cover organization `{name}`: it covers {}",
                connection.name,
                names.join(", ")
            );
            Err(Refusal::Invalid(text).into())
        }
    }
}
