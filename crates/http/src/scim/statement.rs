//! From SCIM resources to what the engine is told, free of wire format.

use std::sync::Arc;

use muster_engine::{
    EngineError,
    directory::{Documents, GroupChange, MemberChange},
};
use muster_model::{
    DirectoryGroup, DirectoryUser, UserStatement,
    directory::{GroupStatement, MemberId},
};
use muster_scim::{
    RequestError, ResourceType, ScimType,
    patch::{self, MemberCondition},
    resource::{MemberRef, Resource},
};
use muster_store::StoreError;
use serde_json::json;
use uuid::{Uuid, fmt::Hyphenated};

use crate::HttpError;

/// Reads stored users back, for the rules that look at what was said earlier.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScimDocuments;

impl Documents for ScimDocuments {
    fn statement(&self, user: &DirectoryUser) -> Result<UserStatement, EngineError> {
        let resource = stored(ResourceType::User, &user.document, "directory_users", user.id.0)?;
        Ok(UserStatement { active: user.active, document: user.document.clone(), ..self::user(&resource) })
    }

    fn tombstone(&self, user_name: &str) -> String {
        let schemas = [ResourceType::User.core().urn];
        json!({ "schemas": schemas, "userName": user_name, "active": false }).to_string()
    }
}

/// What a user resource states.
pub(super) fn user(resource: &Resource) -> UserStatement {
    let placement = resource.placement();
    UserStatement {
        document: resource.to_document(),
        user_name: resource.user_name().to_owned(),
        external_id: resource.external_id().map(str::to_owned),
        active: resource.active().unwrap_or(true),
        full_name: full_name(resource),
        emails: emails(resource),
        organization: placement.organization.map(str::to_owned),
        team: placement.team.map(str::to_owned),
        role: placement.role.and_then(|role| role.parse().ok()),
        session_minutes: placement.session_minutes,
    }
}

/// `name.formatted`, else given and family name, else `displayName`.
fn full_name(resource: &Resource) -> Option<String> {
    let filled = |name: Option<&str>| name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let parts: Vec<String> = [resource.given_name(), resource.family_name()].into_iter().filter_map(filled).collect();
    filled(resource.formatted_name())
        .or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
        .or_else(|| filled(resource.display_name()))
}

/// The addresses, the primary one first.
fn emails(resource: &Resource) -> Vec<String> {
    let (primary, others): (Vec<_>, Vec<_>) = resource.emails().partition(|email| email.primary);
    primary.into_iter().chain(others).map(|email| email.value.to_owned()).collect()
}

/// What a stored user states after a change. An unchanged one keeps its text, so that nothing is written (SCIM-13).
pub(super) fn changed_user(
    before: &DirectoryUser,
    change: impl FnOnce(&Resource) -> Result<Resource, RequestError>,
) -> Result<UserStatement, HttpError> {
    let stored = stored(ResourceType::User, &before.document, "directory_users", before.id.0)?;
    let mut after = change(&stored)?;
    if after.active().is_none() {
        // SCIM-12: absent is never "false", nor anything else that was not said.
        after.set_active(before.active);
    }
    let mut said = user(&after);
    if after == stored {
        said.document.clone_from(&before.document);
    }
    Ok(said)
}

/// What a group resource states, without its members.
pub(super) fn group(resource: &Resource) -> GroupStatement {
    GroupStatement {
        document: resource.to_document(),
        display_name: resource.display_name().unwrap_or_default().to_owned(),
        external_id: resource.external_id().map(str::to_owned),
    }
}

/// What a change makes of a stored group.
pub(super) fn changed_group(
    before: &DirectoryGroup,
    members: Vec<MemberChange>,
    change: impl FnOnce(&Resource) -> Result<Resource, RequestError>,
) -> Result<GroupChange, HttpError> {
    let stored = stored(ResourceType::Group, &before.document, "directory_groups", before.id.0)?;
    let after = change(&stored)?;
    Ok(GroupChange { statement: (after != stored).then(|| group(&after)), members })
}

fn stored(resource_type: ResourceType, document: &str, table: &'static str, id: Uuid) -> Result<Resource, EngineError> {
    let corrupt = |_| EngineError::Store(StoreError::Corrupt { table, key: id.to_string() });
    Resource::from_document(resource_type, document).map_err(corrupt)
}

/// An id of ours: the hyphenated form, in any case.
pub(super) fn id(text: &str) -> Option<Uuid> {
    (text.len() == Hyphenated::LENGTH).then(|| Uuid::parse_str(text).ok()).flatten()
}

/// The ids of members that come in. What is no id cannot be the id of a user or group.
pub(super) fn member_ids(members: &[MemberRef]) -> Result<Vec<Uuid>, RequestError> {
    let read = |member: &MemberRef| {
        id(&member.value).ok_or_else(|| {
            let named: String = member.value.chars().take(80).collect();
            let detail = format!("member `{named}` is not a user or group of this connection");
            RequestError::bad(ScimType::InvalidValue, detail)
        })
    };
    members.iter().map(read).collect()
}

/// A change among the members, ready to be made any number of times.
#[derive(Debug, Clone)]
pub(super) enum Members {
    Add(Vec<Uuid>),
    Remove(Vec<Uuid>),
    RemoveMatching(Arc<MemberCondition>),
    RemoveAll,
    Replace(Vec<Uuid>),
}

impl Members {
    /// Reads a change. Who is to leave and has no id of ours is not in anyway.
    pub(super) fn read(change: &patch::MemberChange) -> Result<Self, RequestError> {
        Ok(match change {
            patch::MemberChange::Add(members) => Self::Add(member_ids(members)?),
            patch::MemberChange::Remove(ids) => Self::Remove(ids.iter().filter_map(|text| id(text)).collect()),
            patch::MemberChange::RemoveMatching(condition) => Self::RemoveMatching(Arc::new(condition.clone())),
            patch::MemberChange::RemoveAll => Self::RemoveAll,
            patch::MemberChange::Replace(members) => Self::Replace(member_ids(members)?),
        })
    }

    /// The change as the engine takes it.
    pub(super) fn to_engine(&self) -> MemberChange {
        match self {
            Self::Add(ids) => MemberChange::Add(ids.clone()),
            Self::Remove(ids) => MemberChange::Remove(ids.clone()),
            Self::RemoveMatching(condition) => {
                let condition = Arc::clone(condition);
                MemberChange::RemoveMatching(Box::new(move |member| {
                    let (id, kind) = link(member);
                    condition.holds(&id.to_string(), kind, None)
                }))
            }
            Self::RemoveAll => MemberChange::RemoveAll,
            Self::Replace(ids) => MemberChange::Replace(ids.clone()),
        }
    }
}

/// A member's id and what it is.
pub(super) fn link(member: MemberId) -> (Uuid, ResourceType) {
    match member {
        MemberId::User(id) => (id.0, ResourceType::User),
        MemberId::Group(id) => (id.0, ResourceType::Group),
    }
}
