//! `[[webhook]]`: a web server that is sent what happens (interfaces §3).

use muster_engine::declare;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `[[webhook]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedWebhook)]
pub struct Webhook {
    /// Unique in its organization, or among those of the installation.
    pub name: String,
    /// The organization whose events it is sent; everybody's without, which takes the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Where it takes messages.
    pub url: String,
    /// Which events it is sent, such as `member.suspended`, or `team.*`; all of them without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

pub(super) fn to_engine(stated: &Webhook) -> declare::Webhook {
    declare::Webhook {
        name: stated.name.trim().to_owned(),
        organization: stated.organization.as_ref().map(|name| name.trim().to_lowercase()),
        url: stated.url.clone(),
        events: stated.events.clone(),
    }
}

pub(super) fn from_engine(exported: declare::Webhook) -> Webhook {
    let declare::Webhook { name, organization, url, events } = exported;
    Webhook { name, organization, url, events }
}
