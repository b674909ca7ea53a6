//! What holds for every filter, resource and PATCH that is accepted.

use muster_scim::Notes;
use muster_scim::filter::Filter;
use muster_scim::patch::UserPatch;
use muster_scim::projection::Projection;
use muster_scim::resource::{Incoming, Resource};
use muster_scim::schema::ResourceType;
use muster_scim::sort::Sort;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate::{filter, operations, text, user_body};
use crate::{answer, message, oracle, user};

const USER: &[ResourceType] = &[ResourceType::User];

fn parse(text: &str) -> Filter {
    Filter::parse(text, USER, &mut Notes::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn apply(before: &Resource, operations: &Value) -> Resource {
    let patch = UserPatch::from_value(message(operations), &mut Notes::default()).unwrap();
    patch.apply(before, &mut Notes::default()).unwrap()
}

fn has_nothing_empty(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => !values.is_empty() && values.iter().all(has_nothing_empty),
        Value::Object(object) => !object.is_empty() && object.values().all(has_nothing_empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// What must be true of everything that is stored.
fn assert_sound(resource: &Resource) {
    let value = Value::Object(resource.attributes().clone());
    assert!(has_nothing_empty(&value), "{value}");
    assert!(!resource.user_name().is_empty());
    assert!(resource.emails().filter(|email| email.primary).count() <= 1, "{value}");
    let stored = Resource::from_document(ResourceType::User, &resource.to_document()).unwrap();
    assert_eq!(&stored, resource);
    let read = answer(resource);
    assert_eq!(read["schemas"].as_array().unwrap().len(), resource.schemas().count());
    let mut notes = Notes::default();
    let again = Incoming::parse(ResourceType::User, read.to_string().as_bytes(), &mut notes).unwrap();
    assert!(notes.is_empty(), "what is answered needs no tolerance: {notes:?}");
    assert_eq!(resource.put(&again).to_document(), resource.to_document(), "a PUT of what was read changes nothing");
    assert_eq!(&apply(resource, &json!([{"op": "replace", "value": read}])), resource);
}

proptest! {
    #[test]
    fn a_filter_reads_back_from_its_canonical_text(sketch in filter(), loud: bool) {
        let parsed = parse(&sketch.write(loud));
        let text = parsed.to_string();
        let again = parse(&text);
        prop_assert_eq!(&again, &parsed, "{}", &text);
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(again.canonical_key(), parsed.canonical_key());
    }

    #[test]
    fn a_filter_means_what_the_oracle_says(sketch in filter(), body in user_body()) {
        let resource = answer(&user(body));
        prop_assert_eq!(parse(&sketch.write(false)).matches(&resource), oracle::holds(&sketch, &resource));
    }

    #[test]
    fn a_filters_key_stands_for_its_meaning(sketch in filter(), body in user_body()) {
        let parsed = parse(&sketch.write(true));
        let resource = answer(&user(body));
        prop_assert_eq!(parse(&parsed.canonical_key()).matches(&resource), parsed.matches(&resource));
    }

    #[test]
    fn what_is_created_is_sound(body in user_body()) {
        assert_sound(&user(body));
    }

    #[test]
    fn what_is_put_is_sound(before in user_body(), body in user_body()) {
        let before = user(before);
        let incoming = Incoming::from_value(ResourceType::User, body, &mut Notes::default()).unwrap();
        let after = before.put(&incoming);
        assert_sound(&after);
        prop_assert_eq!(&after.put(&incoming), &after, "a PUT twice is a PUT once");
        for name in before.attributes().keys() {
            prop_assert!(after.attributes().contains_key(name) || incoming.attributes().get(name).is_some_and(Value::is_null));
        }
    }

    #[test]
    fn what_is_patched_is_sound(before in user_body(), operations in operations()) {
        let before = user(before);
        let untouched = before.clone();
        let mut notes = Notes::default();
        if let Ok(patch) = UserPatch::from_value(message(&operations), &mut notes)
            && let Ok(after) = patch.apply(&before, &mut notes)
        {
            assert_sound(&after);
            prop_assert_eq!(patch.apply(&before, &mut Notes::default()).unwrap(), after, "applying again gives the same");
        }
        prop_assert_eq!(before, untouched);
    }

    #[test]
    fn adding_twice_is_adding_once(before in user_body(), more in user_body()) {
        let add = json!([{"op": "add", "value": more}]);
        let once = apply(&user(before), &add);
        prop_assert_eq!(apply(&once, &add), once);
    }

    #[test]
    fn removing_what_was_added_restores(before in user_body(), value in text(), kind in text()) {
        let before = user(before);
        let value = json!({"value": format!("new {value}"), "type": kind});
        let added = apply(&before, &json!([{"op": "add", "path": "emails", "value": [value]}]));
        prop_assert_ne!(&added, &before);
        let removed = apply(&added, &json!([{"op": "remove", "path": "emails", "value": [value]}]));
        prop_assert_eq!(&removed, &before);
        let path = format!("emails[value eq {}]", value["value"]);
        prop_assert_eq!(apply(&added, &json!([{"op": "remove", "path": path}])), before);
    }

    #[test]
    fn a_projection_shows_no_more_than_there_is_and_always_the_id(body in user_body(), names in "[a-zA-Z.,:]{0,30}") {
        let resource = answer(&user(body));
        for parameter in ["attributes", "excludedAttributes"] {
            let projection = Projection::from_pairs([(parameter, &names)], USER).unwrap();
            let mut shown = resource.clone();
            projection.apply(ResourceType::User, &mut shown);
            prop_assert_eq!(&shown["id"], &resource["id"]);
            prop_assert_eq!(&shown["schemas"], &resource["schemas"]);
            for (name, value) in shown.as_object().unwrap() {
                prop_assert!(resource.get(name).is_some());
                prop_assert!(has_nothing_empty(value));
            }
        }
    }

    #[test]
    fn sorting_is_a_total_order(bodies in prop::collection::vec(user_body(), 3), descending: bool) {
        let resources: Vec<Value> = bodies.into_iter().map(|body| answer(&user(body))).collect();
        for by in ["userName", "externalId", "emails", "name.familyName", "active", "meta.created"] {
            let sort = Sort::parse(by, descending, USER).unwrap();
            let keys: Vec<_> = resources.iter().map(|resource| sort.key(resource)).collect();
            let le = |left: usize, right: usize| sort.compare(&keys[left], &keys[right]).is_le();
            prop_assert!(le(0, 1) || le(1, 0));
            prop_assert!(!(le(0, 1) && le(1, 2)) || le(0, 2));
        }
    }
}
