//! Adoption (MIG-1): who could be adopted, and a plan for some of them.

use muster_administration::adoption::{Adopted, Candidates};
use muster_model::{DirectoryUserId, Email};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, Planned, named};

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

pub(super) fn run(installation: &Installation, request: AdoptRequest) -> Result<Adopting, AdminError> {
    let AdoptRequest { connection, organization, what } = request;
    let administrator = installation.administrator();
    let id = named::known_connection(installation, &connection)?.id;
    match what {
        AdoptWhat::List { after, limit } => {
            let after = DirectoryUserId(named::after(after.as_deref())?.0);
            let found = administrator.adoptable(id, organization.as_deref(), after, limit)?;
            Ok(Adopting::Candidates(found))
        }
        AdoptWhat::Plan { emails } => {
            let emails: Vec<Email> = emails.iter().map(|text| named::email(text)).collect::<Result<_, _>>()?;
            let made = administrator.plan_adoption(id, Adopted::people_or_everybody(emails, organization))?;
            Ok(Adopting::Planned(Planned::Plan(Box::new(administrator.view_plan(made, 0)?))))
        }
    }
}
