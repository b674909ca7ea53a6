//! Bulk requests: whatever arrives is taken or refused, and what is taken runs in an order in which references resolve.

use std::collections::HashSet;

use muster_scim::bulk::{BulkRequest, OperationResponse, Reference, Step, render};
use muster_scim::schema::{Bulk, ENTERPRISE_USER_URN};
use muster_scim::{Notes, RequestError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::generate::{any_json, pieces};

const LIMITS: Bulk = Bulk { max_operations: 12, max_payload_size: 1_000 };

fn read(operations: Value) -> Result<BulkRequest, RequestError> {
    BulkRequest::from_value(json!({"Operations": operations}), &LIMITS, &mut Notes::default())
}

/// Users whose managers are each other: any graph in which each has at most one arrow.
fn users() -> impl Strategy<Value = Value> {
    let name = || select(vec!["a", "b", "c", "d", "e", "f"]);
    let user = (name(), prop::option::of(name())).prop_map(|(name, manager)| {
        let manager = manager.map(|manager| json!({"manager": {"value": format!("bulkId:{manager}")}}));
        json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {ENTERPRISE_USER_URN: manager}})
    });
    vec(user, 0..12).prop_map(Value::Array)
}

/// Groups that are members of each other: any graph.
fn groups() -> impl Strategy<Value = Value> {
    let name = || select(vec!["a", "b", "c", "d", "e", "f"]);
    let group = (name(), vec(name(), 0..4)).prop_map(|(name, members)| {
        let members: Vec<Value> = members.into_iter().map(|id| json!({"value": format!("bulkId:{id}")})).collect();
        json!({"method": "POST", "path": "/Groups", "bulkId": name, "data": {"members": members}})
    });
    vec(group, 0..12).prop_map(Value::Array)
}

/// Operations that are nearly right.
fn nearly() -> impl Strategy<Value = Value> {
    let methods = select(vec!["POST", "put", "PATCH", "Delete", "GET", ""]);
    let paths = prop_oneof![
        select(vec!["/Users", "/Groups/bulkId:a", "Users/1", "/Bulk", "/Users/..", ""]).prop_map(str::to_owned),
        pieces(),
    ];
    let operation = (methods, paths, any_json(), any_json(), any_json()).prop_map(|(method, path, id, version, data)| {
        json!({"method": method, "path": path, "bulkId": id, "version": version, "data": data})
    });
    vec(operation, 0..6).prop_map(Value::Array)
}

/// Runs the steps as a server does; every reference must stand for something in the end.
fn run(request: &BulkRequest) {
    let makers: HashSet<&str> = request.operations.iter().filter_map(|operation| operation.makes()).collect();
    let mut made: HashSet<&str> = HashSet::new();
    let mut owed: Vec<Vec<String>> = vec![Vec::new(); request.operations.len()];
    let mut ran = vec![0; request.operations.len()];
    for step in request.steps() {
        match step {
            Step::Run(index) => {
                ran[index] += 1;
                let operation = &request.operations[index];
                let Ok(work) = &operation.work else { continue };
                let ready = work.resolve(&mut |name| match (made.contains(name), makers.contains(name)) {
                    (true, _) => Ok(Reference::Id("id".to_owned())),
                    (false, true) => Ok(Reference::Later),
                    (false, false) => Err(RequestError::new(400, None, "nobody makes it")),
                });
                match ready {
                    Ok(ready) => owed[index] = ready.left_out,
                    Err(error) => assert!([400, 409].contains(&error.status()), "{error:?}"),
                }
                made.extend(operation.makes());
            }
            Step::Fill(index) => {
                assert_eq!(ran[index], 1, "what is filled is there");
                assert!(owed[index].iter().all(|name| made.contains(name.as_str())), "and so is what it gets");
                owed[index].clear();
            }
        }
    }
    assert!(ran.iter().all(|times| *times == 1), "each operation runs once: {ran:?}");
    assert!(owed.iter().all(Vec::is_empty), "nothing that was left out is forgotten");
}

proptest! {
    #[test]
    fn scim_2_references_resolve_whatever_refers_to_what(users in users(), groups in groups()) {
        run(&read(users).unwrap());
        run(&read(groups).unwrap());
    }

    #[test]
    fn scim_2_any_operations_are_taken_or_refused(nearly in nearly(), any in any_json()) {
        for operations in [nearly, any] {
            match read(operations) {
                Ok(request) => run(&request),
                Err(error) => prop_assert!([400, 413].contains(&error.status())),
            }
        }
    }

    #[test]
    fn scim_2_an_answer_is_json_whatever_it_repeats(bulk_id in any::<String>(), status in 200u16..600) {
        let response = OperationResponse {
            method: None, bulk_id: Some(bulk_id.clone()), location: None, version: None, status, response: None,
        };
        let body: Value = serde_json::from_str(&render(&[response])).unwrap();
        prop_assert_eq!(&body["Operations"][0]["bulkId"], &json!(bulk_id));
    }
}
