//! Adoption (MIG-1): who could be adopted, and a plan for some of them.

use std::sync::Arc;

use muster_engine::{
    EngineError, Refusal,
    adoption::{self, Candidate, Hindrance, Pick},
    authority::Action,
    directory::Documents,
    plans::{Plan, Proposal},
};
use muster_model::{Connection, ConnectionId, DirectoryUserId, Email, OrganizationId};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AdministrationError, Administrator};

/// Who could be adopted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Candidates {
    /// The connection.
    #[schema(example = "okta")]
    pub connection: String,
    /// Who; all of one directory user are on one page.
    pub candidates: Vec<CandidateLine>,
    /// The directory user after which the next page goes on; none at the end.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub next: Option<DirectoryUserId>,
}

/// A membership that a connection's directory has found, and does not manage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CandidateLine {
    /// The person's SCIM user.
    #[schema(value_type = String, format = Uuid)]
    pub user: DirectoryUserId,
    /// The address, where it is yours to know.
    #[schema(value_type = Option<String>)]
    pub email: Option<Email>,
    /// The account's username.
    pub username: String,
    /// Where.
    #[schema(example = "moby")]
    pub organization: String,
    /// `member`, `editor` or `owner`.
    #[schema(example = "member")]
    pub role: String,
    /// What the membership rests on now, such as `invitation`.
    pub sources: Vec<String>,
    /// Since when the person is in.
    #[schema(format = DateTime)]
    pub joined: String,
    /// Whether the directory has the person active: adopting somebody whom it has not ends the membership.
    pub active: bool,
    /// What stands in the way of adopting in bulk: `owner`, `inactive` or `elsewhere`.
    #[schema(value_type = Option<String>, example = "owner")]
    pub hindrance: Option<Hindrance>,
}

/// Whom a plan adopts.
#[derive(Debug, Clone, PartialEq)]
pub enum Adopted {
    /// Everybody whom nothing hinders, in one organization or in all that the connection covers.
    Everybody {
        /// The organization's name.
        organization: Option<String>,
    },
    /// People, by address, in one organization or in all that the connection covers.
    People {
        /// Their addresses.
        emails: Vec<Email>,
        /// The organization's name.
        organization: Option<String>,
    },
    /// Memberships: each a SCIM user, and the name of an organization.
    Memberships(Vec<(DirectoryUserId, String)>),
}

impl Adopted {
    /// These people, or everybody whom nothing hinders, if there are none.
    #[must_use]
    pub fn people_or_everybody(emails: Vec<Email>, organization: Option<String>) -> Self {
        if emails.is_empty() { Self::Everybody { organization } } else { Self::People { emails, organization } }
    }
}

impl Administrator {
    /// A page of the members who could be adopted, in one organization or in all that the connection covers.
    ///
    /// # Errors
    ///
    /// Not found; refused for an organization that is not covered; the store's.
    pub fn adoptable(
        &self,
        id: ConnectionId,
        organization: Option<&str>,
        after: DirectoryUserId,
        limit: usize,
    ) -> Result<Candidates, AdministrationError> {
        let (now, behalf, documents) = (self.surroundings.now(), self.behalf, Arc::clone(&self.documents));
        let organization = organization.map(str::to_owned);
        self.store.scan_blocking(move |conn| {
            let connection = behalf.connection(conn, now, id, Action::ReadConnections)?;
            let organization = covered(&connection, organization.as_deref())?;
            let page = adoption::candidates(conn, &connection, documents.as_ref(), organization, after, limit)?;
            let line = |candidate: Candidate| CandidateLine {
                user: candidate.user,
                email: candidate.email.filter(|email| behalf.sees_all() || connection.owns(email)),
                username: candidate.username,
                organization: candidate.organization_name,
                role: candidate.role.as_str().to_owned(),
                sources: candidate.sources.iter().map(|source| source.as_str().to_owned()).collect(),
                joined: candidate.joined.to_string(),
                active: candidate.active,
                hindrance: candidate.hindrance,
            };
            let candidates = page.candidates.into_iter().map(line).collect();
            Ok(Candidates { connection: connection.name, candidates, next: page.next })
        })
    }

    /// A plan to adopt them.
    ///
    /// # Errors
    ///
    /// Refused for who cannot be adopted, and where there is nobody; not found; the store's.
    pub fn plan_adoption(&self, id: ConnectionId, whom: Adopted) -> Result<Plan, AdministrationError> {
        let (now, behalf, documents) = (self.surroundings.now(), self.behalf, Arc::clone(&self.documents));
        let picks = self.store.scan_blocking(move |conn| {
            let connection = behalf.connection(conn, now, id, Action::ChangeConnections)?;
            let documents = documents.as_ref();
            Ok::<_, AdministrationError>(match &whom {
                Adopted::Everybody { organization } => {
                    let organization = covered(&connection, organization.as_deref())?;
                    everybody(conn, &connection, documents, organization)?
                }
                Adopted::People { emails, organization } => {
                    let organization = covered(&connection, organization.as_deref())?;
                    let found = adoption::named(conn, &connection, documents, organization, emails)?;
                    singled_out(&found, emails.len() == 1)?
                }
                Adopted::Memberships(places) => {
                    let placed = |(user, name): &(DirectoryUserId, String)| {
                        Ok::<_, EngineError>((*user, covered_organization(&connection, name)?))
                    };
                    let places = places.iter().map(placed).collect::<Result<Vec<_>, _>>()?;
                    let found = adoption::pointed_at(conn, &connection, documents, &places)?;
                    singled_out(&found, places.len() == 1)?
                }
            })
        })?;
        if picks.is_empty() {
            let text = "there is nobody to adopt: the list of who could be says who is hindered, and why".to_owned();
            return Err(EngineError::from(Refusal::Invalid(text)).into());
        }
        self.make_plan(&Proposal::Adoption { connection: id, picks })
    }
}

/// Everybody whom nothing hinders.
fn everybody(
    conn: &mut Conn<'_>,
    connection: &Connection,
    documents: &dyn Documents,
    organization: Option<OrganizationId>,
) -> Result<Vec<Pick>, EngineError> {
    let mut picks = Vec::new();
    let mut after = DirectoryUserId(Uuid::nil());
    loop {
        let page = adoption::candidates(conn, connection, documents, organization, after, adoption::AT_ONCE)?;
        picks.extend(
            page.candidates.iter().filter(|candidate| candidate.hindrance.is_none()).map(|one| pick(one, false)),
        );
        match page.next {
            Some(next) => after = next,
            None => return Ok(picks),
        }
    }
}

/// Those who were named, if nothing stands in the way; an owner only if named singly.
fn singled_out(candidates: &[Candidate], is_single: bool) -> Result<Vec<Pick>, EngineError> {
    let mut picks = Vec::new();
    for candidate in candidates {
        let owner = candidate.hindrance == Some(Hindrance::Owner);
        let hindered = match candidate.hindrance {
            Some(Hindrance::Elsewhere) => true,
            Some(Hindrance::Owner) => !is_single,
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
    name.map(|name| covered_organization(connection, name)).transpose()
}

fn covered_organization(connection: &Connection, name: &str) -> Result<OrganizationId, EngineError> {
    connection.covered_by_name(name).map(|covered| covered.id).ok_or_else(|| {
        let names: Vec<_> = connection.organizations.iter().map(|covered| covered.name.as_str()).collect();
        let text = format!(
            "connection `{}` does not cover organization `{name}`: it covers {}",
            connection.name,
            names.join(", ")
        );
        Refusal::Invalid(text).into()
    })
}
