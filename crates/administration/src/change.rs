//! Changes, readable.

use muster_engine::describe::Described;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One change, readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// As the activity log names it.
    #[schema(example = "connection.update")]
    pub event: String,
    /// The kind of thing.
    #[schema(example = "connection")]
    pub kind: String,
    /// Which one.
    #[schema(example = "okta")]
    pub name: String,
    /// Its fields that differ.
    pub fields: Vec<FieldChange>,
}

/// One field's change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Which.
    #[schema(example = "jit")]
    pub name: String,
    /// What it was; `null` for nothing.
    pub old: Value,
    /// What it is then; `null` for nothing.
    pub new: Value,
}

impl From<Described> for Change {
    fn from(described: Described) -> Self {
        let kind = serde_json::to_value(described.kind).ok();
        Self {
            event: described.event.as_str().to_owned(),
            kind: kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            name: described.name,
            fields: described
                .fields
                .into_iter()
                .map(|field| FieldChange { name: field.name, old: field.old, new: field.new })
                .collect(),
        }
    }
}
