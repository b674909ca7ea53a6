//! Every attribute that `/Schemas` serves survives POST, GET, PUT, PATCH add, replace and remove, and can be filtered,
//! sorted and selected by.

use muster_scim::filter::Filter;
use muster_scim::patch::UserPatch;
use muster_scim::path::AttributePath;
use muster_scim::projection::Projection;
use muster_scim::resource::{Incoming, Resource};
use muster_scim::schema::{Attribute, Mutability, ResourceType, SchemaRole, Type};
use muster_scim::sort::{Key, Sort};
use muster_scim::{Notes, RequestError};
use serde_json::{Map, Value, json};

use crate::{answer, message, user};

/// Every writable path of a user: `(path, a value for it)`.
fn writable() -> Vec<(AttributePath, Value)> {
    let mut paths = Vec::new();
    for schema in ResourceType::User.schemas().filter(|schema| schema.role != SchemaRole::Common) {
        for attribute in schema.attributes.iter().filter(|attribute| attribute.mutability == Mutability::ReadWrite) {
            let top = AttributePath::top(schema, attribute);
            paths.push((top, sample(attribute)));
            for sub in attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::ReadWrite) {
                paths.push((top.with(sub), sample(sub)));
            }
        }
    }
    paths
}

fn sample(attribute: &'static Attribute) -> Value {
    let single = match attribute.kind {
        Type::Boolean => json!(true),
        Type::Integer => json!(42),
        Type::DateTime => json!("2011-05-13T04:42:34Z"),
        Type::String | Type::Reference | Type::Binary => json!(attribute.canonical_values.first().unwrap_or(&"sample")),
        Type::Complex => {
            let subs = attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::ReadWrite);
            Value::Object(subs.map(|sub| (sub.name.to_owned(), sample(sub))).collect::<Map<_, _>>())
        }
    };
    if attribute.multi_valued { json!([single]) } else { single }
}

/// The values at a path, in the JSON of a resource.
fn at<'v>(path: &AttributePath, resource: &'v Map<String, Value>) -> Option<&'v Value> {
    let value = path.value_in(resource)?;
    let Some(sub) = path.sub_attribute else { return Some(value) };
    match value {
        Value::Array(values) => values.first()?.get(sub.name),
        value => value.get(sub.name),
    }
}

fn patched(before: &Resource, operation: &Value) -> Result<Resource, RequestError> {
    UserPatch::from_value(message(&json!([operation])), &mut Notes::default())?.apply(before, &mut Notes::default())
}

#[test]
fn survives_add_replace_and_remove() {
    for (path, value) in writable() {
        let empty = user(json!({"userName": "ada"}));
        for (op, text) in [("add", path.to_string()), ("replace", path.to_string().to_uppercase())] {
            let after = patched(&empty, &json!({"op": op, "path": text, "value": value})).unwrap();
            assert_eq!(at(&path, after.attributes()), Some(&value), "{op} {text}");
            if path.leaf().required || path.leaf().null_keeps {
                continue;
            }
            for removal in
                [json!({"op": "remove", "path": text}), json!({"op": "replace", "path": text, "value": null})]
            {
                assert_eq!(patched(&after, &removal).unwrap(), empty, "{removal}");
            }
        }
    }
}

#[test]
fn survives_post_put_and_get() {
    for (path, value) in writable().into_iter().filter(|(path, _)| path.sub_attribute.is_none()) {
        let mut body = json!({"userName": "ada"});
        if path.schema.is_extension() {
            body[path.schema.urn] = json!({path.attribute.name: value});
        } else {
            body[path.attribute.name] = value.clone();
        }
        let posted = user(body.clone());
        assert_eq!(at(&path, posted.attributes()), Some(&value), "POST {path}");
        assert_eq!(at(&path, answer(&posted).as_object().unwrap()), Some(&value), "GET {path}");
        let incoming = Incoming::from_value(ResourceType::User, body, &mut Notes::default()).unwrap();
        assert_eq!(at(&path, user(json!({"userName": "bob"})).put(&incoming).attributes()), Some(&value), "PUT {path}");
    }
}

#[test]
fn can_be_filtered_sorted_and_selected() {
    for (path, value) in writable() {
        let after =
            patched(&user(json!({"userName": "ada"})), &json!({"op": "add", "path": path.to_string(), "value": value}));
        let resource = answer(&after.unwrap());
        let types = &[ResourceType::User];
        let holds = |text: &str| Filter::parse(text, types, &mut Notes::default()).unwrap().matches(&resource);
        assert!(holds(&format!("{path} pr")), "{path}");
        if path.leaf().kind != Type::Complex {
            assert!(holds(&format!("{path} eq {value}")), "{path}");
            let sort = Sort::parse(&path.to_string(), false, types).unwrap();
            assert_ne!(sort.key(&resource), Key::Absent, "{path}");
        }
        let mut selected = resource.clone();
        let projection = Projection::from_pairs([("attributes", path.to_string())], types).unwrap();
        projection.apply(ResourceType::User, &mut selected);
        assert_eq!(at(&path, selected.as_object().unwrap()), Some(&value), "{path}");
        assert_eq!(selected.as_object().unwrap().len(), 3, "id, schemas and {path}");
    }
}
