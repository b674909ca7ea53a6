//! The examples of RFC 7643 §8.

use muster_scim::resource::{Answer, GroupLink, Incoming, MemberLink, Meta, Resource};
use muster_scim::schema::{self, ResourceType};
use muster_scim::{Note, Notes};
use serde_json::Value;

fn vector(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Creates the example and answers it with the example's own id, meta, groups and members.
fn created_and_read(resource_type: ResourceType, example: &Value, notes: &mut Notes) -> Value {
    let incoming = Incoming::parse(resource_type, example.to_string().as_bytes(), notes).unwrap();
    let stored = Resource::create(&incoming);
    let document = stored.to_document();
    let list = |name: &str| example[name].as_array().cloned().unwrap_or_default();
    let (groups, members) = (list("groups"), list("members"));
    let groups: Vec<_> = groups
        .iter()
        .map(|group| GroupLink { id: group["value"].as_str().unwrap(), display: group["display"].as_str().unwrap() })
        .collect();
    let members: Vec<_> = members
        .iter()
        .map(|member| MemberLink {
            id: member["value"].as_str().unwrap(),
            kind: ResourceType::User,
            display: member["display"].as_str(),
        })
        .collect();
    let meta = Meta {
        resource_type,
        created: muster_scim::instant::parse(example["meta"]["created"].as_str().unwrap()).unwrap(),
        last_modified: muster_scim::instant::parse(example["meta"]["lastModified"].as_str().unwrap()).unwrap(),
        version: 7,
        base_url: "https://example.com/v2",
    };
    let id = example["id"].as_str().unwrap();
    let answer = Answer { document: &document, id, groups: &groups, members: &members, meta };
    assert_eq!(answer.location(), example["meta"]["location"]);
    answer.to_value()
}

/// What an answer has that the example cannot: times with milliseconds, our own version, and the kind of each link.
fn without_our_own(mut value: Value) -> Value {
    value.as_object_mut().unwrap().shift_remove("meta");
    for name in ["groups", "members"] {
        for link in value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            link.as_object_mut().unwrap().shift_remove("type");
        }
    }
    value
}

fn comes_back(resource_type: ResourceType, text: &str, adjust: impl FnOnce(&mut Value)) -> Notes {
    let mut expected = vector(text);
    let mut notes = Notes::default();
    let read = created_and_read(resource_type, &expected, &mut notes);
    adjust(&mut expected);
    assert_eq!(without_our_own(read), without_our_own(expected));
    notes
}

#[test]
fn section_8_1_minimal_user() {
    let notes = comes_back(ResourceType::User, include_str!("vectors/minimal_user.json"), |expected| {
        expected["active"] = Value::Bool(true);
    });
    assert!(notes.is_empty());
}

#[test]
fn section_8_2_full_user_comes_back_whole_but_for_the_password() {
    let notes = comes_back(ResourceType::User, include_str!("vectors/full_user.json"), |expected| {
        expected.as_object_mut().unwrap().shift_remove("password");
    });
    assert_eq!(notes.as_slice(), [Note::Password]);
}

#[test]
fn section_8_3_enterprise_user_comes_back_but_for_what_is_read_only() {
    let notes = comes_back(ResourceType::User, include_str!("vectors/enterprise_user.json"), |expected| {
        let manager = &mut expected[schema::ENTERPRISE_USER_URN]["manager"];
        manager.as_object_mut().unwrap().shift_remove("displayName");
    });
    assert!(notes.is_empty());
}

#[test]
fn section_8_4_group() {
    let notes = comes_back(ResourceType::Group, include_str!("vectors/group.json"), |_| {});
    assert!(notes.is_empty());
}

/// Names of attributes and sub-attributes, as `name` or `name.sub`.
fn names(urn: &str) -> Vec<String> {
    let schema = schema::schema_document(urn, "https://example.com/v2", &[]).unwrap();
    let mut names = Vec::new();
    for attribute in schema["attributes"].as_array().unwrap() {
        let name = attribute["name"].as_str().unwrap();
        names.push(name.to_owned());
        for sub_attribute in attribute["subAttributes"].as_array().into_iter().flatten() {
            names.push(format!("{name}.{}", sub_attribute["name"].as_str().unwrap()));
        }
    }
    names.sort();
    names
}

fn sorted(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn section_8_7_1_has_every_attribute_of_users() {
    let plural = |name: &str, subs: &str| {
        let subs = subs.split(' ').map(|sub| format!(" {name}.{sub}"));
        format!(" {name}{}", subs.collect::<String>())
    };
    let mut expected =
        "userName displayName nickName profileUrl title userType preferredLanguage locale timezone active \
         password name name.formatted name.familyName name.givenName name.middleName name.honorificPrefix \
         name.honorificSuffix"
            .to_owned();
    for name in ["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"] {
        expected.push_str(&plural(name, "value display type primary"));
    }
    expected.push_str(&plural("addresses", "formatted streetAddress locality region postalCode country type primary"));
    expected.push_str(&plural("groups", "value $ref display type"));
    assert_eq!(names(schema::USER_URN), sorted(&expected));
}

#[test]
fn section_8_7_1_has_every_attribute_of_enterprise_users_and_groups() {
    assert_eq!(
        names(schema::ENTERPRISE_USER_URN),
        sorted(
            "employeeNumber costCenter organization division department manager manager.value manager.$ref \
             manager.displayName"
        )
    );
    let group = names(schema::GROUP_URN);
    assert_eq!(group, sorted("displayName members members.value members.$ref members.type"));
}

#[test]
fn section_7_every_attribute_has_its_characteristics() {
    for schema in schema::schema_documents("https://example.com/v2", &[])["Resources"].as_array().unwrap() {
        let mut attributes: Vec<&Value> = schema["attributes"].as_array().unwrap().iter().collect();
        while let Some(attribute) = attributes.pop() {
            attributes.extend(attribute["subAttributes"].as_array().into_iter().flatten());
            for name in
                ["name", "type", "multiValued", "description", "required", "mutability", "returned", "uniqueness"]
            {
                assert!(!attribute[name].is_null(), "{name} of {attribute}");
            }
            let kind = attribute["type"].as_str().unwrap();
            assert_eq!(kind == "complex", attribute.get("subAttributes").is_some(), "{attribute}");
            assert_eq!(kind == "reference", attribute.get("referenceTypes").is_some(), "{attribute}");
        }
    }
}
