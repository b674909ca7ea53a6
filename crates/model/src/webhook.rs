//! Web servers of products that are sent what happens (interfaces §3), and what came of each message.

use serde::{Deserialize, Serialize};

use crate::{OrganizationId, Timestamp, Version, WebhookId, ledger::Event};

/// A web server that is sent what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Stable id.
    #[serde(skip)]
    pub id: WebhookId,
    /// What people know it by; unique within its organization.
    pub name: String,
    /// Whose events it is sent, and whose owners look after it; everybody's, and the operator's, without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// Where it takes messages.
    pub url: String,
    /// Which events it is sent: their names, or the beginning of several before `.*`; all of them when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// When its secret was made.
    pub secret_made: Timestamp,
    /// When it was switched off, for as long as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Timestamp>,
    /// Why it is off, if nobody switched it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    /// When it was made.
    pub created: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// Why messages are sent to a web server no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenUp {
    /// It answered that it is gone (410).
    Gone,
    /// It took nothing for days.
    Failing,
}

impl GivenUp {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Gone, Self::Failing].into_iter().find(|one| one.as_str() == text)
    }
}

/// Whether a list of events has an event: named, or by a beginning such as `team.*`; an empty list has all.
#[must_use]
pub fn takes(events: &[String], event: Event) -> bool {
    let name = event.as_str();
    let is_one = |wanted: &String| match wanted.strip_suffix(".*") {
        Some(family) => name.strip_prefix(family).is_some_and(|rest| rest.starts_with('.')),
        None => wanted == name,
    };
    events.is_empty() || events.iter().any(is_one)
}

/// What has become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// It is still to be sent.
    Pending,
    /// It was taken.
    Delivered,
    /// It was tried for days, and is sent again only if somebody asks for it.
    Dead,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Dead];

    /// The word in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_whole_or_by_their_beginning() {
        let of = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(takes(&[], Event::MemberAdded));
        assert!(takes(&of(&["member.added"]), Event::MemberAdded));
        assert!(takes(&of(&["team.*"]), Event::TeamMemberAdded));
        assert!(takes(&of(&["team.member.*"]), Event::TeamMemberAdded));
        assert!(!takes(&of(&["team.member.*", "tea.*", "member"]), Event::TeamCreated));
    }
}
