//! One operation of a bulk request.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::references::{self, Reference};
use crate::error::{Quoted, RequestError, ScimType};
use crate::etag::Tags;
use crate::patch::PATCH_OP_URN;
use crate::schema::{ENTERPRISE_USER_URN, ResourceType};
use crate::{json, limits};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Makes a resource.
    Post,
    /// Replaces what it names of a resource.
    Put,
    /// Changes a resource.
    Patch,
    /// Deletes a resource.
    Delete,
}

impl Method {
    const ALL: [Self; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The HTTP method.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// An operation as it came, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The method, as far as it is one; for the answer.
    pub method: Option<Method>,
    /// What the client calls it.
    pub bulk_id: Option<String>,
    /// What is to be done, or why nothing can be.
    pub work: Result<Work, RequestError>,
}

impl Operation {
    /// The `bulkId` by which others may refer to what it makes, if it makes something.
    #[must_use]
    pub fn makes(&self) -> Option<&str> {
        let work = self.work.as_ref().ok()?;
        if work.method == Method::Post { self.bulk_id.as_deref() } else { None }
    }
}

/// A well-formed operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// What is done.
    pub method: Method,
    /// To what.
    pub resource_type: ResourceType,
    /// The entity tags that the resource must have: the operation's `If-Match`.
    pub version: Option<String>,
    /// The id in the path, or a reference; none in that of a POST.
    target: Option<String>,
    data: Value,
}

/// An operation without references, ready to be run as a request of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The id of the resource; none when it is to be made.
    pub id: Option<String>,
    /// The body; null for DELETE.
    pub data: Value,
    /// The `bulkId`s that were left out.
    pub left_out: Vec<String>,
}

impl Work {
    /// The `bulkId`s that it refers to, each once.
    #[must_use]
    pub fn references(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let in_path = self.target.as_deref().and_then(references::bulk_id);
        let mut note = |bulk_id| {
            if seen.insert(bulk_id) {
                found.push(bulk_id);
            }
        };
        if let Some(bulk_id) = in_path {
            note(bulk_id);
        }
        references::collect(&self.data, &mut note);
        found
    }

    /// The operation with ids in the place of references. `find` tells what a reference stands for.
    ///
    /// # Errors
    ///
    /// What `find` returns; 409 when a path refers to what is not there yet.
    pub fn resolve(
        &self,
        find: &mut dyn FnMut(&str) -> Result<Reference, RequestError>,
    ) -> Result<Ready, RequestError> {
        let id = match self.target.as_deref() {
            None => None,
            Some(target) => Some(match references::bulk_id(target) {
                None => target.to_owned(),
                Some(bulk_id) => match find(bulk_id)? {
                    Reference::Id(id) => id,
                    Reference::Later => return Err(references::unresolved(bulk_id)),
                },
            }),
        };
        let mut ready = Ready { id, data: self.data.clone(), left_out: Vec::new() };
        references::replace(&mut ready.data, &mut ready.left_out, find)?;
        Ok(ready)
    }

    /// The PATCH that gives a resource the references that were left out when it was made.
    #[must_use]
    pub fn fill(&self, ids: &[String]) -> Value {
        let (path, value) = match self.resource_type {
            ResourceType::Group => {
                ("members".to_owned(), ids.iter().map(|id| json!({"value": id})).collect::<Vec<_>>().into())
            }
            // A user has one manager.
            ResourceType::User => (format!("{ENTERPRISE_USER_URN}:manager"), json!({"value": ids.last()})),
        };
        json!({"schemas": [PATCH_OP_URN], "Operations": [{"op": "add", "path": path, "value": value}]})
    }
}

/// Reads the operations of a request.
pub(super) fn read(operations: Vec<Value>) -> Vec<Operation> {
    let mut names = HashSet::new();
    let each = operations.into_iter().map(|operation| {
        let mut operation = match operation {
            Value::Object(operation) => from_object(operation),
            other => failed(format!("an operation is an object, not {}", json::kind(&other))),
        };
        if let Some(bulk_id) = &operation.bulk_id
            && !names.insert(bulk_id.clone())
        {
            let detail = format!("the `bulkId` {} is that of an operation before it", Quoted(bulk_id));
            operation.work = Err(RequestError::bad(ScimType::InvalidValue, detail));
        }
        operation
    });
    each.collect()
}

fn failed(detail: String) -> Operation {
    Operation { method: None, bulk_id: None, work: Err(RequestError::bad(ScimType::InvalidSyntax, detail)) }
}

fn from_object(object: Map<String, Value>) -> Operation {
    let (mut method, mut path, mut bulk_id, mut version, mut data) = (None, None, None, None, Value::Null);
    for (name, value) in object {
        match name.to_ascii_lowercase().as_str() {
            "method" => method = Some(value),
            "path" => path = Some(value),
            "bulkid" => bulk_id = Some(value),
            "version" => version = Some(value).filter(|version| !version.is_null()),
            "data" => data = value,
            _ => {}
        }
    }
    let method = method.as_ref().and_then(Value::as_str);
    let known = method.and_then(|word| Method::ALL.into_iter().find(|each| each.as_str().eq_ignore_ascii_case(word)));
    let bulk_id = match bulk_id {
        Some(Value::String(bulk_id)) if !bulk_id.is_empty() && bulk_id.len() <= limits::BULK_ID_BYTES => {
            Ok(Some(bulk_id))
        }
        None | Some(Value::Null) => Ok(None),
        Some(_) => Err(invalid(format!("`bulkId` must be a text of 1 to {} bytes", limits::BULK_ID_BYTES))),
    };
    let name = bulk_id.as_ref().ok().cloned().flatten();
    let work = bulk_id.and_then(|bulk_id| {
        let method = known.ok_or_else(|| {
            invalid(format!("`method` must be POST, PUT, PATCH or DELETE, not {}", Quoted(method.unwrap_or_default())))
        })?;
        if method == Method::Post && bulk_id.is_none() {
            return Err(invalid("`bulkId` is required with POST".to_owned()));
        }
        work(method, path.as_ref().and_then(Value::as_str).unwrap_or_default(), version, data)
    });
    Operation { method: known, bulk_id: name, work }
}

fn work(method: Method, path: &str, version: Option<Value>, data: Value) -> Result<Work, RequestError> {
    let (resource_type, target) = place(path)?;
    match (&target, method) {
        (None, Method::Post) | (Some(_), Method::Put | Method::Patch | Method::Delete) => {}
        (Some(_), Method::Post) => return Err(invalid("POST makes a resource: its path has no id".to_owned())),
        (None, _) => return Err(invalid(format!("the path of {} needs the resource's id", method.as_str()))),
    }
    let version = match version {
        None => None,
        Some(Value::String(version)) => {
            Tags::parse(&version)?;
            Some(version)
        }
        Some(other) => return Err(invalid(format!("`version` must be an entity tag, not {}", json::kind(&other)))),
    };
    let data = match (method, data) {
        (Method::Delete, _) => Value::Null,
        (_, data @ Value::Object(_)) => data,
        (_, other) => {
            let detail = format!("`data` must be an object with {}, not {}", method.as_str(), json::kind(&other));
            return Err(RequestError::bad(ScimType::InvalidSyntax, detail));
        }
    };
    Ok(Work { method, resource_type, version, target, data })
}

/// The type and the id of `/Users/{id}`. Nothing else is reached by a bulk request: no URL, no query, no other endpoint.
fn place(path: &str) -> Result<(ResourceType, Option<String>), RequestError> {
    let malformed = || {
        let detail = format!("`path` must be /Users, /Groups, /Users/{{id}} or /Groups/{{id}}, not {}", Quoted(path));
        RequestError::bad(ScimType::InvalidPath, detail)
    };
    let below = path.strip_prefix('/').unwrap_or(path);
    let (endpoint, id) = below.split_once('/').map_or((below, None), |(endpoint, id)| (endpoint, Some(id)));
    let resource_type = ResourceType::ALL.iter().find(|each| each.endpoint().get(1..) == Some(endpoint));
    let id = id.map(|id| id.strip_suffix('/').unwrap_or(id)).filter(|id| !id.is_empty());
    let acceptable = |id: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
        let refers = references::bulk_id(id).is_some();
        refers || (id.len() <= limits::BULK_ID_BYTES && id.bytes().all(plain) && !id.bytes().all(|byte| byte == b'.'))
    };
    match resource_type {
        Some(resource_type) if id.is_none_or(acceptable) => Ok((*resource_type, id.map(str::to_owned))),
        _ => Err(malformed()),
    }
}

fn invalid(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidValue, detail)
}
