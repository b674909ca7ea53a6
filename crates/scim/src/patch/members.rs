//! Changes among the members of a group.

use serde_json::{Map, Value};

use super::{Op, Operation, immutable};
use crate::dialect::{Note, Notes};
use crate::error::RequestError;
use crate::filter::Expression;
use crate::path::PatchPath;
use crate::resource::check;
use crate::resource::{MemberRef, parse_members};
use crate::schema::ResourceType;

/// One change among the members of a group, for the caller to make without loading them.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberChange {
    /// These become members; who is one already stays.
    Add(Vec<MemberRef>),
    /// The members with these ids leave; who is none is passed over.
    Remove(Vec<String>),
    /// The members for which this holds leave. The only change for which members must be read.
    RemoveMatching(MemberCondition),
    /// All members leave.
    RemoveAll,
    /// These, and nobody else, are the members.
    Replace(Vec<MemberRef>),
}

impl MemberChange {
    /// How many members it adds or removes by name.
    pub(super) fn named(&self) -> usize {
        match self {
            Self::Add(members) => members.len(),
            Self::Remove(ids) => ids.len(),
            Self::RemoveMatching(_) | Self::RemoveAll | Self::Replace(_) => 0,
        }
    }
}

/// A condition on members, such as `type eq "Group"`.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberCondition(Expression);

impl MemberCondition {
    /// Whether it holds for a member.
    #[must_use]
    pub fn holds(&self, id: &str, kind: ResourceType, display: Option<&str>) -> bool {
        let mut member = Map::new();
        member.insert("value".to_owned(), Value::from(id));
        member.insert("type".to_owned(), Value::from(kind.as_str()));
        if let Some(display) = display {
            member.insert("display".to_owned(), Value::from(display));
        }
        self.0.holds_for_value(&Value::Object(member))
    }
}

/// Reads an operation whose path begins with `members`.
pub(super) fn read(
    path: PatchPath,
    operation: Operation,
    notes: &mut Notes,
) -> Result<Option<MemberChange>, RequestError> {
    match path {
        PatchPath::Attribute(path) if path.sub_attribute.is_none() => whole(operation, notes),
        PatchPath::Values { condition, sub_attribute: None, .. } if operation.op == Op::Remove => {
            Ok(Some(match condition.equals_any("value") {
                Some(ids) => MemberChange::Remove(ids.into_iter().map(str::to_owned).collect()),
                None => MemberChange::RemoveMatching(MemberCondition(condition)),
            }))
        }
        PatchPath::Attribute(path) | PatchPath::Values { attribute: path, .. } => {
            Err(immutable(path, "cannot be changed in part: add or remove the member"))
        }
        PatchPath::Schema(_) => Ok(None),
    }
}

fn whole(operation: Operation, notes: &mut Notes) -> Result<Option<MemberChange>, RequestError> {
    let Operation { op, value, .. } = operation;
    match (op, value) {
        (Op::Remove, None | Some(Value::Null)) => Ok(Some(MemberChange::RemoveAll)),
        (Op::Remove, Some(value)) => {
            notes.push(Note::RemovedByValue("members".to_owned()));
            let ids = parse_members(value, notes)?.into_iter().map(|member| member.value).collect();
            Ok(Some(MemberChange::Remove(ids)))
        }
        (Op::Add | Op::Replace, None) => Err(check::invalid("`value` is missing for `members`".to_owned())),
        (Op::Add, Some(value)) => {
            let members = parse_members(value, notes)?;
            Ok((!members.is_empty()).then_some(MemberChange::Add(members)))
        }
        (Op::Replace, Some(value)) => Ok(Some(MemberChange::Replace(parse_members(value, notes)?))),
    }
}
