//! From operations to changes that fit the schema.

use serde_json::{Map, Value};

use super::{Op, Operation, immutable};
use crate::dialect::{Note, Notes, shortened};
use crate::error::{RequestError, ScimType};
use crate::filter::Expression;
use crate::json;
use crate::path::{AttributePath, PatchPath};
use crate::resource::check::{self, Shape};
use crate::schema::{Attribute, Mutability, ResourceType, Schema, SchemaRole};

/// A change and the number of the operation that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) number: usize,
    pub(super) change: Change,
}

/// Whether values come in addition to those there, or instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Add,
    Replace,
}

/// One change of a resource. Values are checked; null clears.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// Gives an attribute or sub-attribute a value.
    Set { path: AttributePath, mode: Mode, value: Value },
    /// Gives those values of a multi-valued attribute for which the condition holds a value, or a sub-attribute.
    SetValues {
        attribute: AttributePath,
        condition: Expression,
        sub_attribute: Option<&'static Attribute>,
        mode: Mode,
        value: Value,
    },
    /// Takes an attribute or sub-attribute away.
    Remove { path: AttributePath },
    /// Takes those values (or a sub-attribute of them) away for which the condition holds.
    RemoveValues { attribute: AttributePath, condition: Expression, sub_attribute: Option<&'static Attribute> },
    /// Takes those values away that are like one of these.
    RemoveListed { attribute: AttributePath, listed: Vec<Value> },
    /// Takes an extension away.
    RemoveExtension(&'static Schema),
}

impl Change {
    /// How many values of a multi-valued attribute it carries.
    pub(super) fn values(&self) -> usize {
        match self {
            Self::Set { value, .. } => value.as_array().map_or(0, Vec::len),
            Self::RemoveListed { listed, .. } => listed.len(),
            _ => 0,
        }
    }
}

/// What a path and operation are, and whether they are dealt with elsewhere (`None`): the members of a group are.
pub(super) type Divert<'d> =
    dyn FnMut(PatchPath, Operation, &mut Notes) -> Result<Option<(PatchPath, Operation)>, RequestError> + 'd;

/// Reads one operation, which without a path can be many changes.
pub(super) fn read(
    resource_type: ResourceType,
    operation: Operation,
    notes: &mut Notes,
    divert: &mut Divert<'_>,
) -> Result<Vec<Change>, RequestError> {
    let mut reader = Reader { resource_type, notes, divert, changes: Vec::new() };
    match &operation.path {
        Some(text) => {
            let path = PatchPath::parse(text, resource_type, reader.notes)?;
            reader.at(path, operation)?;
        }
        None => reader.whole(resource_type.core(), operation)?,
    }
    Ok(reader.changes)
}

struct Reader<'r, 'd> {
    resource_type: ResourceType,
    notes: &'r mut Notes,
    divert: &'r mut Divert<'d>,
    changes: Vec<Change>,
}

impl Reader<'_, '_> {
    fn at(&mut self, path: PatchPath, operation: Operation) -> Result<(), RequestError> {
        let Some((path, operation)) = (self.divert)(path, operation, self.notes)? else { return Ok(()) };
        match path {
            PatchPath::Schema(schema) => self.whole(schema, operation),
            PatchPath::Attribute(path) => self.attribute(path, operation),
            PatchPath::Values { attribute, condition, sub_attribute } => {
                self.values(attribute, condition, sub_attribute, operation)
            }
        }
    }

    /// An operation on all attributes of a schema at once: without a path, or with the schema's URN as path.
    fn whole(&mut self, schema: &'static Schema, operation: Operation) -> Result<(), RequestError> {
        let Operation { op, path, value } = operation;
        if op == Op::Remove {
            if !schema.is_extension() {
                let detail = "`remove` needs a `path` that says which attribute";
                return Err(RequestError::bad(ScimType::NoTarget, detail));
            }
            self.changes.push(Change::RemoveExtension(schema));
            return Ok(());
        }
        let object = match value {
            Some(Value::Object(object)) => object,
            Some(Value::Null) if schema.is_extension() => {
                if op == Op::Replace {
                    self.changes.push(Change::RemoveExtension(schema));
                }
                return Ok(());
            }
            Some(other) => {
                let detail =
                    format!("without the path of an attribute, `value` must be an object, not {}", json::kind(&other));
                return Err(check::invalid(detail));
            }
            None => return Err(missing_value(path.as_deref())),
        };
        for (key, value) in object {
            self.key(schema, op, &key, value)?;
        }
        Ok(())
    }

    /// One key of such an operation's value. It may itself be a path; what names no attribute is ignored, as in a body.
    fn key(&mut self, schema: &'static Schema, op: Op, key: &str, value: Value) -> Result<(), RequestError> {
        let path = if schema.is_extension() && !key.contains(':') {
            PatchPath::parse(&format!("{}:{key}", schema.urn), self.resource_type, self.notes)
        } else {
            PatchPath::parse(key, self.resource_type, self.notes)
        };
        let Ok(path) = path else {
            self.notes.push(Note::UnknownAttribute(shortened(key)));
            return Ok(());
        };
        match &path {
            PatchPath::Attribute(path) if path.attribute.is_read_only() => {
                self.notes.push(Note::ReadOnly(path.to_string()));
                return Ok(());
            }
            PatchPath::Schema(named) if named.role == SchemaRole::Core => {
                self.notes.push(Note::UnknownAttribute(shortened(key)));
                return Ok(());
            }
            _ => {}
        }
        let plain = !key.contains(['.', '[', ':']) || matches!(path, PatchPath::Schema(_));
        if !plain {
            self.notes.push(Note::PathAsKey(shortened(key)));
        }
        self.at(path, Operation { op, path: Some(key.to_owned()), value: Some(value) })
    }

    fn attribute(&mut self, path: AttributePath, operation: Operation) -> Result<(), RequestError> {
        if path.is("schemas") {
            // Which schemas a resource has follows from its data.
            self.notes.push(Note::ReadOnly(path.to_string()));
            return Ok(());
        }
        if path.attribute.is_read_only() || path.leaf().is_read_only() {
            return Err(immutable(path, "is read-only"));
        }
        if path.leaf().mutability == Mutability::WriteOnly {
            self.notes.push(Note::Password);
            return Ok(());
        }
        match operation.op {
            Op::Remove => self.remove(path, operation.value),
            Op::Add => self.set(path, Mode::Add, operation),
            Op::Replace => self.set(path, Mode::Replace, operation),
        }
    }

    fn set(&mut self, path: AttributePath, mode: Mode, operation: Operation) -> Result<(), RequestError> {
        let Some(value) = operation.value else { return Err(missing_value(operation.path.as_deref())) };
        match check::value(path, value, Shape::OneOrMany, self.notes)? {
            // Adding nothing changes nothing; replacing by nothing clears.
            None => {}
            Some(Value::Null) if mode == Mode::Add => {}
            Some(value) => self.changes.push(Change::Set { path, mode, value }),
        }
        Ok(())
    }

    fn remove(&mut self, path: AttributePath, value: Option<Value>) -> Result<(), RequestError> {
        let leaf = path.leaf();
        if leaf.required {
            return Err(immutable(path, "is required and cannot be removed"));
        }
        if leaf.null_keeps {
            self.notes.push(Note::NullKept(path.to_string()));
            return Ok(());
        }
        let change = match value {
            Some(value) if !value.is_null() && leaf.multi_valued => {
                self.notes.push(Note::RemovedByValue(path.to_string()));
                Change::RemoveListed { attribute: path, listed: self.listed(path, value)? }
            }
            _ => Change::Remove { path },
        };
        self.changes.push(change);
        Ok(())
    }

    fn listed(&mut self, path: AttributePath, value: Value) -> Result<Vec<Value>, RequestError> {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        let mut listed = Vec::with_capacity(values.len());
        for value in values {
            listed.extend(check::element(path, value, self.notes)?.map(Value::Object));
        }
        Ok(listed)
    }

    fn values(
        &mut self,
        attribute: AttributePath,
        condition: Expression,
        sub_attribute: Option<&'static Attribute>,
        operation: Operation,
    ) -> Result<(), RequestError> {
        let path = sub_attribute.map_or(attribute, |sub_attribute| attribute.with(sub_attribute));
        if attribute.attribute.is_read_only() || path.leaf().is_read_only() {
            return Err(immutable(path, "is read-only"));
        }
        let mode = match operation.op {
            Op::Remove => {
                self.changes.push(Change::RemoveValues { attribute, condition, sub_attribute });
                return Ok(());
            }
            Op::Add => Mode::Add,
            Op::Replace => Mode::Replace,
        };
        let Some(value) = operation.value else { return Err(missing_value(operation.path.as_deref())) };
        let checked = match (sub_attribute, value) {
            (Some(_), value) => check::value(path, value, Shape::OneOrMany, self.notes)?,
            (None, Value::Null) => Some(Value::Null),
            (None, value) => check::element(attribute, value, self.notes)?.map(Value::Object),
        };
        match checked {
            None => {}
            Some(Value::Null) if mode == Mode::Add => {}
            Some(value) => self.changes.push(Change::SetValues { attribute, condition, sub_attribute, mode, value }),
        }
        Ok(())
    }
}

fn missing_value(path: Option<&str>) -> RequestError {
    check::invalid(match path {
        Some(path) => format!("`value` is missing for {}", crate::error::Quoted(path)),
        None => "`value` is missing".to_owned(),
    })
}

/// What a condition says a value must be, if it only says that its `type` or `primary` equals something: then a value that
/// fulfils it can be made ([`crate::dialect::entra`]).
pub(super) fn described(condition: &Expression) -> Option<Map<String, Value>> {
    use crate::filter::{Comparison, Literal, Operator};
    let mut described = Map::new();
    let parts = match condition {
        Expression::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    for part in parts {
        let Expression::Compare(Comparison { path, operator: Operator::Equal, literal }) = part else { return None };
        let name = path.leaf().name;
        let value = match literal {
            Literal::Text(text) if name == "type" => Value::String(text.clone()),
            Literal::Boolean(value) if name == "primary" => Value::Bool(*value),
            _ => return None,
        };
        if described.insert(name.to_owned(), value).is_some() {
            return None;
        }
    }
    Some(described)
}
