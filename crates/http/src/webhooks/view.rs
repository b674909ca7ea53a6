//! An event, as webhooks and the feed tell it.

use std::io;

use muster_engine::events::{Told, event_id};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::HttpError;

/// The most bytes of what is different: an event that has more is told without.
const BYTES: usize = 256 * 1_024;

/// Something that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// The same wherever and however often it is told.
    #[schema(example = "evt_0193a1b2-7c2a-7000-8000-0123456789ab.0")]
    id: String,
    /// Where it is in the order of what happened: what `after` takes.
    #[schema(example = "42.0")]
    position: String,
    /// The event.
    #[serde(rename = "type")]
    #[schema(example = "member.removed")]
    kind: String,
    /// When.
    #[schema(format = DateTime)]
    timestamp: String,
    data: EventData,
}

/// What happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EventData {
    /// In which organization, if in one.
    organization: Option<OrganizationRef>,
    /// Whom it is about, if somebody.
    account: Option<AccountRef>,
    target: TargetRef,
    /// Who did it: an address, or `operator`, `system`, `token`.
    actor: String,
    /// `sso`, `scim`, `invitation`, `auto-provision`, `manual`, `replay` or `default`.
    source: String,
    /// Through which connection.
    connection: Option<String>,
    /// The rule that decided.
    rule: String,
    /// In which request.
    trace_id: Option<String>,
    /// What is different.
    changes: Vec<Difference>,
    /// Whether `changes` is left out, because it is too much for one message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    changes_omitted: bool,
}

/// An organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct OrganizationRef {
    #[schema(format = Uuid)]
    id: String,
    name: String,
}

/// Somebody, as they are now: both are null of whoever was erased.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AccountRef {
    /// As `sub` in tokens.
    #[schema(format = Uuid)]
    id: String,
    username: Option<String>,
    email: Option<String>,
}

/// What it happened to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TargetRef {
    /// `account`, `membership`, `team`, `grant`, `connection` and so on.
    kind: &'static str,
    #[schema(format = Uuid)]
    id: String,
    /// What it is called, or was.
    name: String,
}

/// One field, before and after; null where it said nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Difference {
    field: String,
    old: Value,
    new: Value,
}

impl From<Told> for EventView {
    fn from(told: Told) -> Self {
        let (id, position) = (event_id(&told.entry), told.position().to_string());
        let Told { entry, organization, account, .. } = told;
        let fields = entry.fields.into_iter();
        let mut changes: Vec<Difference> =
            fields.map(|field| Difference { field: field.name, old: field.old, new: field.new }).collect();
        let changes_omitted = is_too_long(&changes);
        if changes_omitted {
            changes = Vec::new();
        }
        Self {
            id,
            position,
            kind: entry.action.as_str().to_owned(),
            timestamp: entry.at.to_string(),
            data: EventData {
                organization: organization.map(|(id, name)| OrganizationRef { id: id.to_string(), name }),
                account: account.map(|person| AccountRef {
                    id: person.id.to_string(),
                    username: person.username,
                    email: person.email,
                }),
                target: TargetRef { kind: entry.kind.as_str(), id: entry.target.to_string(), name: entry.name },
                actor: entry.actor_name,
                source: entry.source.as_str().to_owned(),
                connection: entry.connection,
                rule: entry.rule.id().to_owned(),
                trace_id: entry.trace.map(|trace| trace.to_string()),
                changes,
                changes_omitted,
            },
        }
    }
}

impl EventView {
    /// What receivers know it by.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The message's body.
    pub(super) fn json(&self) -> Result<String, HttpError> {
        serde_json::to_string(self)
            .map_err(|error| HttpError::Internal("an event cannot be written", std::sync::Arc::new(error)))
    }
}

/// Whether differences are too much for one message.
fn is_too_long(changes: &[Difference]) -> bool {
    // Counted as it is written, and given up as soon as it is too much.
    serde_json::to_writer(Room(BYTES), changes).is_err()
}

/// Takes so many bytes and keeps none.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
