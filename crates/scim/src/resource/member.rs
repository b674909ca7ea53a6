//! Members of a group, as a client names them.

use std::collections::HashSet;

use serde_json::Value;

use super::check;
use crate::dialect::Notes;
use crate::error::RequestError;
use crate::json;
use crate::path::AttributePath;
use crate::schema::ResourceType;

/// A member that a client named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemberRef {
    /// The id, as sent. What is no id of a resource is for the caller to refuse.
    pub value: String,
    /// What it is said to be, if it was said.
    pub kind: Option<ResourceType>,
}

/// Reads a list of members, or one member. Each id once, in the order of first mention; null is an empty list.
///
/// `$ref` and `display` are the server's own and ignored.
pub(crate) fn parse_members(value: Value, notes: &mut Notes) -> Result<Vec<MemberRef>, RequestError> {
    let Some(attribute) = ResourceType::Group.core().attribute("members") else { return Ok(Vec::new()) };
    let path = AttributePath::top(ResourceType::Group.core(), attribute);
    let values = match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values,
        value @ Value::Object(_) => vec![value],
        other => {
            let detail = format!("`members` must be an array of objects, not {}", json::kind(&other));
            return Err(check::invalid(detail));
        }
    };
    let mut seen = HashSet::with_capacity(values.len());
    let mut members = Vec::with_capacity(values.len());
    for value in values {
        let checked = check::element(path, value, notes)?;
        let id = checked.as_ref().and_then(|member| member.get("value")?.as_str()).filter(|id| !id.is_empty());
        let Some(id) = id else {
            return Err(check::invalid("a member has no `value`: send the id of the user".to_owned()));
        };
        let kind = checked.as_ref().and_then(|member| ResourceType::named(member.get("type")?.as_str()?));
        if seen.insert(id.to_ascii_lowercase()) {
            members.push(MemberRef { value: id.to_owned(), kind });
        }
    }
    Ok(members)
}
