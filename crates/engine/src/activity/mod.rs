//! The activity log (ORG-9): the ledger as people read it.
//!
//! A ledger row is a transaction; an entry is one change in it, with who acted, from where, on what, and what was different.
//! Whoever reads sees what concerns them alone (TEN-3): an owner the organization's own changes and those of its connections,
//! a person their own, the operator all. The rest of a row, and what other organizations' sources say of an account, is left
//! out.
//!
//! - `catalogue`: every event with its label;
//! - `scope`: what of a row somebody sees;
//! - `page`: newest first, page by page;
//! - [`stream`]: oldest first, to whoever wants all of it, for ever.

mod catalogue;
mod page;
mod scope;
pub mod stream;

use muster_model::{
    Actor, LedgerId, RequestId, Rule, Source, Timestamp,
    ledger::{Event, Kind},
};
use uuid::Uuid;

pub use self::{
    catalogue::{Action, Family, catalogue, described, description},
    page::{NoPlace, Place, page},
    scope::{Scope, account_scope},
};
pub(crate) use self::{
    page::Reader,
    scope::{Sight, said_id},
};
use crate::describe::Field;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The transaction.
    pub id: LedgerId,
    /// Which of its changes, from 0.
    pub number: usize,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub action: Event,
    /// To what kind of thing.
    pub kind: Kind,
    /// To which one.
    pub target: Uuid,
    /// What that is called, or was.
    pub name: String,
    /// Who acted.
    pub actor: Actor,
    /// What that is called: an address, a username, or the word for the kind.
    pub actor_name: String,
    /// From where it came.
    pub source: Source,
    /// Through which connection, by name.
    pub connection: Option<String>,
    /// The rule that decided.
    pub rule: Rule,
    /// In which request; its details may have expired.
    pub trace: Option<RequestId>,
    /// What is different.
    pub fields: Vec<Field>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// An event's name, or the beginning of several, such as `team` for all of them.
    pub action: Option<String>,
    /// What the actor is called, or its id; compared without case.
    pub actor: Option<String>,
    /// A part of what the target is called; compared without case.
    pub name: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

impl Filter {
    fn takes_action(&self, event: Event) -> bool {
        let name = event.as_str();
        self.action
            .as_deref()
            .is_none_or(|wanted| name == wanted || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.')))
    }

    fn takes(&self, entry: &Entry) -> bool {
        let is_by = |wanted: &String| {
            entry.actor_name.to_lowercase() == wanted.to_lowercase()
                || entry.actor.id().is_some_and(|id| id.to_string() == wanted.to_lowercase())
        };
        let is_named = |wanted: &String| entry.name.to_lowercase().contains(&wanted.to_lowercase());
        self.actor.as_ref().is_none_or(is_by)
            && self.name.as_ref().is_none_or(is_named)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at < to)
    }
}
