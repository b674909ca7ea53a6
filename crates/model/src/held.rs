//! Requests that the mass-change guard keeps until an owner decides (MIG-3).

use crate::{ConnectionId, HeldChangeId, RequestId, Timestamp, Version, guard::OrganizationEndings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A request of an identity provider that would have ended too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChange {
    /// Stable id; in order of arrival.
    pub id: HeldChangeId,
    /// Whose request.
    pub connection: ConnectionId,
    /// Where the request is in the log, with what was sent.
    pub request: RequestId,
    /// The same for the same request sent again, and no way back to what was sent.
    pub fingerprint: [u8; 32],
    /// The directory user or group that it is about; `None` when it would have made one.
    pub resource: Option<Uuid>,
    /// That resource's version when the request came.
    pub resource_version: Option<Version>,
    /// What it would have ended.
    pub endings: Vec<OrganizationEndings>,
    /// Whether the guard was lifted for what it ends, by an approval that may not have come to its end.
    pub lifted: bool,
    /// What became of it.
    pub state: HeldState,
    /// Why, where the state alone does not tell.
    pub note: Option<String>,
    /// Until then nothing ends through the resource without approval.
    pub bars_until: Option<Timestamp>,
    /// When it was held.
    pub created: Timestamp,
    /// When the state became what it is; `None` while held.
    pub decided: Option<Timestamp>,
}

impl HeldChange {
    /// Whether it waits for a decision; one that nobody made in time has expired.
    #[must_use]
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.state == HeldState::Held && self.bars_until.is_some_and(|until| until > now)
    }
}

/// What became of a held request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeldState {
    /// It waits for an owner's decision.
    Held,
    /// An owner approved it, and it was done.
    Applied,
    /// An owner approved it, but the resource was written since.
    Skipped,
    /// An owner approved it, and a rule of today forbids it.
    Refused,
    /// An owner rejected it.
    Rejected,
    /// The identity provider said something newer about the resource, which was done.
    Superseded,
    /// Nobody decided in time.
    Expired,
}

impl HeldState {
    const ALL: [Self; 7] =
        [Self::Held, Self::Applied, Self::Skipped, Self::Refused, Self::Rejected, Self::Superseded, Self::Expired];

    /// The word in SQL and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Applied => "applied",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }

    /// The inverse of [`HeldState::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
