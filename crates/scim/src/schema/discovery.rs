//! The discovery documents (RFC 7644 §4), made from the tables. They hold no nulls and no empty lists: Entra refuses both.

use serde_json::{Map, Value, json};

use super::attribute::{Attribute, Type};
use super::{Capabilities, DOCKER_USER_URN, ResourceType, Schema};
use crate::list;

const CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// `/ServiceProviderConfig`. `base_url` is without a slash at its end, here and below.
#[must_use]
pub fn service_provider_config(capabilities: &Capabilities, base_url: &str) -> Value {
    let mut config = Map::new();
    config.insert("schemas".into(), json!([CONFIG_URN]));
    if let Some(uri) = &capabilities.documentation_uri {
        config.insert("documentationUri".into(), json!(uri));
    }
    let bulk = capabilities.bulk;
    let mut pagination = json!({
        "cursor": capabilities.cursor_timeout.is_some(),
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": capabilities.default_page_size,
        "maxPageSize": capabilities.max_page_size,
    });
    if let (Some(seconds), Some(pagination)) = (capabilities.cursor_timeout, pagination.as_object_mut()) {
        pagination.insert("cursorTimeout".into(), json!(seconds));
    }
    let features = [
        ("patch", json!({"supported": true})),
        (
            "bulk",
            json!({
                "supported": bulk.is_some(),
                "maxOperations": bulk.map_or(0, |bulk| bulk.max_operations),
                "maxPayloadSize": bulk.map_or(0, |bulk| bulk.max_payload_size),
            }),
        ),
        ("filter", json!({"supported": true, "maxResults": capabilities.filter_max_results})),
        ("changePassword", json!({"supported": false})),
        ("sort", json!({"supported": true})),
        ("etag", json!({"supported": true})),
        ("pagination", pagination),
        (
            "authenticationSchemes",
            json!([{
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "The API token of the connection, as a bearer token",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": true,
            }]),
        ),
        ("meta", meta("ServiceProviderConfig", &format!("{base_url}/ServiceProviderConfig"))),
    ];
    config.extend(features.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(config)
}

/// `/ResourceTypes`.
#[must_use]
pub fn resource_types(base_url: &str) -> Value {
    listed(ResourceType::ALL.iter().map(|each| resource_type(*each, base_url)))
}

/// `/ResourceTypes/{name}`; find the type with [`ResourceType::named`].
#[must_use]
pub fn resource_type(resource_type: ResourceType, base_url: &str) -> Value {
    let name = resource_type.as_str();
    let mut document = Map::new();
    document.insert("schemas".into(), json!([RESOURCE_TYPE_URN]));
    document.insert("id".into(), json!(name));
    document.insert("name".into(), json!(name));
    document.insert("endpoint".into(), json!(resource_type.endpoint()));
    document.insert("description".into(), json!(resource_type.core().description));
    document.insert("schema".into(), json!(resource_type.core().urn));
    let extensions = resource_type.extensions();
    if !extensions.is_empty() {
        let extensions = extensions.iter().map(|schema| json!({"schema": schema.urn, "required": false})).collect();
        document.insert("schemaExtensions".into(), Value::Array(extensions));
    }
    document.insert("meta".into(), meta("ResourceType", &format!("{base_url}/ResourceTypes/{name}")));
    Value::Object(document)
}

/// `/Schemas`. `organizations` are those that `dockerOrg` may name: clients make values from what is published.
#[must_use]
pub fn schema_documents(base_url: &str, organizations: &[&str]) -> Value {
    listed(served().map(|schema| schema_json(schema, base_url, organizations)))
}

/// `/Schemas/{urn}`, in any case; `None` if there is no such schema. `organizations` as for [`schema_documents`].
#[must_use]
pub fn schema_document(urn: &str, base_url: &str, organizations: &[&str]) -> Option<Value> {
    let schema = served().find(|schema| schema.urn.eq_ignore_ascii_case(urn))?;
    Some(schema_json(schema, base_url, organizations))
}

fn served() -> impl Iterator<Item = &'static Schema> {
    ResourceType::ALL.iter().flat_map(|each| std::iter::once(each.core()).chain(each.extensions().iter().copied()))
}

fn schema_json(schema: &'static Schema, base_url: &str, organizations: &[&str]) -> Value {
    let attribute_json = |attribute: &Attribute| {
        let mut json = attribute_json(attribute);
        if schema.urn == DOCKER_USER_URN && attribute.name == "dockerOrg" && !organizations.is_empty() {
            json["canonicalValues"] = json!(organizations);
        }
        json
    };
    json!({
        "schemas": [SCHEMA_URN],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": published(schema.attributes).map(attribute_json).collect::<Vec<_>>(),
        "meta": meta("Schema", &format!("{base_url}/Schemas/{}", schema.urn)),
    })
}

fn attribute_json(attribute: &Attribute) -> Value {
    let mut json = Map::new();
    let mut put = |name: &str, value: Value| {
        json.insert(name.to_owned(), value);
    };
    put("name", json!(attribute.name));
    put("type", json!(attribute.kind.as_str()));
    put("multiValued", json!(attribute.multi_valued));
    put("description", json!(attribute.description));
    put("required", json!(attribute.required));
    if matches!(attribute.kind, Type::String | Type::Reference | Type::Binary) {
        put("caseExact", json!(attribute.case_exact));
    }
    put("mutability", json!(attribute.mutability.as_str()));
    put("returned", json!(attribute.returned.as_str()));
    put("uniqueness", json!(attribute.uniqueness.as_str()));
    if !attribute.canonical_values.is_empty() {
        put("canonicalValues", json!(attribute.canonical_values));
    }
    if !attribute.reference_types.is_empty() {
        put("referenceTypes", json!(attribute.reference_types));
    }
    if !attribute.sub_attributes.is_empty() {
        put("subAttributes", published(attribute.sub_attributes).map(attribute_json).collect());
    }
    Value::Object(json)
}

fn published(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| !attribute.unpublished)
}

fn meta(resource_type: &str, location: &str) -> Value {
    json!({"resourceType": resource_type, "location": location})
}

fn listed(resources: impl Iterator<Item = Value>) -> Value {
    let resources: Vec<Value> = resources.collect();
    json!({
        "schemas": [list::LIST_RESPONSE_URN],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Bulk;

    fn has_empty(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(values) => values.is_empty() || values.iter().any(has_empty),
            Value::Object(map) => map.is_empty() || map.values().any(has_empty),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    #[test]
    fn documents_hold_no_nulls_and_no_empty_values() {
        assert!(!has_empty(&schema_documents("https://x/scim/v2", &[])));
        assert!(!has_empty(&resource_types("https://x/scim/v2")));
        assert!(!has_empty(&service_provider_config(&Capabilities::default(), "https://x/scim/v2")));
    }

    #[test]
    fn capabilities_are_switched_in_one_place() {
        let off = service_provider_config(&Capabilities::default(), "");
        assert_eq!(off["bulk"], json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0}));
        assert_eq!(off["pagination"]["cursor"], false);
        assert_eq!(off["pagination"].get("cursorTimeout"), None);
        let on = Capabilities {
            bulk: Some(Bulk { max_operations: 1_000, max_payload_size: 1_048_576 }),
            cursor_timeout: Some(3_600),
            ..Capabilities::default()
        };
        let on = service_provider_config(&on, "");
        assert_eq!(on["bulk"], json!({"supported": true, "maxOperations": 1_000, "maxPayloadSize": 1_048_576}));
        assert_eq!(on["pagination"]["cursorTimeout"], 3_600);
    }

    #[test]
    fn scim_4_what_places_a_user_is_published() {
        let docker = schema_document(&DOCKER_USER_URN.to_uppercase(), "https://x", &["moby"]).unwrap();
        assert_eq!(docker["attributes"][0]["canonicalValues"], json!(["member", "editor", "owner"]));
        assert_eq!(docker["attributes"][1]["canonicalValues"], json!(["moby"]));
        assert_eq!(docker["attributes"][3]["type"], "integer");
        assert_eq!(docker["meta"]["location"], format!("https://x/Schemas/{DOCKER_USER_URN}"));
        assert_eq!(schema_document("urn:unknown", "https://x", &[]), None);
    }
}
