//! PATCH (RFC 7644 §3.5.2).
//!
//! A message is parsed and checked as a whole before anything is applied: [`UserPatch`] and [`GroupPatch`] hold only
//! operations that fit the schema. Applying them is atomic, because it makes a new [`Resource`]; whether anything changed
//! is seen by comparing it with the old one (SCIM-13).
//!
//! The members of a group are not part of its resource. A [`GroupPatch`] says what changes among them
//! ([`MemberChange`]), so that the cost follows the change and not the group (SCIM-14).

mod apply;
mod change;
mod members;
mod message;

use crate::dialect::Notes;
use crate::error::{RequestError, ScimType};
use crate::json;
use crate::limits;
use crate::path::{AttributePath, PatchPath};
use crate::resource::Resource;
use crate::schema::ResourceType;
use change::Step;
pub use members::{MemberChange, MemberCondition};
use message::{Op, Operation};
use serde_json::Value;

/// The schema URN of a PATCH message.
pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A checked PATCH of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPatch {
    steps: Vec<Step>,
}

impl UserPatch {
    /// Parses and checks a message.
    ///
    /// # Errors
    ///
    /// 400 with `invalidSyntax`, `invalidPath`, `invalidFilter`, `invalidValue`, `mutability` or `noTarget`, naming the
    /// operation; 413 for more than [`limits::PATCH_OPERATIONS`] or [`limits::PATCH_VALUES`].
    pub fn parse(body: &[u8], notes: &mut Notes) -> Result<Self, RequestError> {
        Self::from_value(json::parse(body)?, notes)
    }

    /// Checks a message that is JSON already, such as the `data` of a bulk operation.
    ///
    /// # Errors
    ///
    /// As [`UserPatch::parse`].
    pub fn from_value(message: Value, notes: &mut Notes) -> Result<Self, RequestError> {
        let mut steps = Vec::new();
        for (number, operation) in message::operations(message, notes)? {
            let changes = change::read(ResourceType::User, operation, notes, &mut |path, operation, _| {
                // A user has nothing that is kept apart.
                Ok(Some((path, operation)))
            });
            let changes = changes.map_err(|error| error.within(format_args!("operation {number}")))?;
            steps.extend(changes.into_iter().map(|change| Step { number, change }));
        }
        let values: usize = steps.iter().map(|step| step.change.values()).sum();
        if values > limits::PATCH_VALUES {
            return Err(RequestError::too_large(format!(
                "{values} values are added, replaced or removed, at most {} are taken in one request: send the rest in \
                 further requests",
                limits::PATCH_VALUES
            )));
        }
        Ok(Self { steps })
    }

    /// The user after this patch. Notes the values that were made because a filter matched none.
    ///
    /// # Errors
    ///
    /// 400 `noTarget` when a filter that must match matches nothing, `invalidValue` when the result is no user. The
    /// given resource is untouched in any case.
    pub fn apply(&self, user: &Resource, notes: &mut Notes) -> Result<Resource, RequestError> {
        apply::apply(&self.steps, user, notes)
    }
}

/// A checked PATCH of a group: changes of its own attributes, and changes among its members. Neither sees the other, so
/// only the order within each counts.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPatch {
    steps: Vec<Step>,
    members: Vec<MemberChange>,
}

impl GroupPatch {
    /// Parses and checks a message.
    ///
    /// # Errors
    ///
    /// As [`UserPatch::parse`]; 413 also when more than [`limits::MEMBER_CHANGES`] members are added and removed by name.
    pub fn parse(body: &[u8], notes: &mut Notes) -> Result<Self, RequestError> {
        Self::from_value(json::parse(body)?, notes)
    }

    /// Checks a message that is JSON already, such as the `data` of a bulk operation.
    ///
    /// # Errors
    ///
    /// As [`GroupPatch::parse`].
    pub fn from_value(message: Value, notes: &mut Notes) -> Result<Self, RequestError> {
        let (mut steps, mut members) = (Vec::new(), Vec::new());
        for (number, operation) in message::operations(message, notes)? {
            let changes = change::read(ResourceType::Group, operation, notes, &mut |path, operation, notes| {
                if !is_members(&path) {
                    return Ok(Some((path, operation)));
                }
                members.extend(members::read(path, operation, notes)?);
                Ok(None)
            });
            let changes = changes.map_err(|error| error.within(format_args!("operation {number}")))?;
            steps.extend(changes.into_iter().map(|change| Step { number, change }));
        }
        let named: usize = members.iter().map(MemberChange::named).sum();
        if named > limits::MEMBER_CHANGES {
            return Err(RequestError::too_large(format!(
                "{named} members are added or removed, at most {} are taken in one request: send the rest in further requests",
                limits::MEMBER_CHANGES
            )));
        }
        Ok(Self { steps, members })
    }

    /// The group's own attributes after this patch.
    ///
    /// # Errors
    ///
    /// As [`UserPatch::apply`].
    pub fn apply(&self, group: &Resource, notes: &mut Notes) -> Result<Resource, RequestError> {
        apply::apply(&self.steps, group, notes)
    }

    /// What changes among the members, in this order. Empty when the patch does not name them: they stay.
    #[must_use]
    pub fn member_changes(&self) -> &[MemberChange] {
        &self.members
    }
}

fn is_members(path: &PatchPath) -> bool {
    match path {
        PatchPath::Attribute(path) | PatchPath::Values { attribute: path, .. } => path.attribute.name == "members",
        PatchPath::Schema(_) => false,
    }
}

/// The error of an operation that would change what cannot be changed.
fn immutable(path: AttributePath, why: &str) -> RequestError {
    RequestError::bad(ScimType::Mutability, format!("`{path}` {why}"))
}

#[cfg(test)]
mod tests;
