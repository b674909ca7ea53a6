use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;
use crate::schema::ENTERPRISE_USER_URN;

const LIMITS: Bulk = Bulk { max_operations: 10, max_payload_size: 1_000 };

fn request(operations: Value) -> BulkRequest {
    let body = json!({"schemas": [BULK_REQUEST_URN], "Operations": operations});
    BulkRequest::from_value(body, &LIMITS, &mut Notes::default()).unwrap()
}

fn post(bulk_id: &str, data: Value) -> Value {
    json!({"method": "POST", "path": if data.get("members").is_some() { "/Groups" } else { "/Users" }, "bulkId": bulk_id, "data": data})
}

fn managed_by(bulk_id: &str) -> Value {
    json!({ENTERPRISE_USER_URN: {"manager": {"value": format!("bulkId:{bulk_id}")}}})
}

fn members(bulk_ids: &[&str]) -> Value {
    json!({"members": bulk_ids.iter().map(|id| json!({"value": format!("bulkId:{id}")})).collect::<Vec<_>>()})
}

#[test]
fn scim_2_what_is_no_bulk_request_is_refused_as_a_whole() {
    let refused = |body: Value| BulkRequest::from_value(body, &LIMITS, &mut Notes::default()).unwrap_err().status();
    for body in [
        json!([]),
        json!({}),
        json!({"Operations": {}}),
        json!({"Operations": [], "failOnErrors": "1"}),
        json!({"Operations": [], "failOnErrors": -1}),
        json!({"Operations": [], "failOnErrors": 1.5}),
    ] {
        assert_eq!(refused(body.clone()), 400, "{body}");
    }
    assert_eq!(refused(json!({"Operations": vec![Value::Null; 11]})), 413);
    let read = |body: Value| BulkRequest::from_value(body, &LIMITS, &mut Notes::default()).unwrap().fail_on_errors;
    assert_eq!(read(json!({"Operations": [], "failOnErrors": 0})), Some(1));
    assert_eq!(read(json!({"operations": [], "FAILONERRORS": 3})), Some(3));
    assert_eq!(read(json!({"Operations": [], "failOnErrors": null})), None);
}

#[test]
fn scim_2_a_malformed_operation_fails_alone() {
    let bad = [
        json!(7),
        json!({}),
        json!({"method": "GET", "path": "/Users/x"}),
        json!({"method": "POST", "path": "/Users", "data": {}}),
        json!({"method": "POST", "path": "/Users", "bulkId": "", "data": {}}),
        json!({"method": "POST", "path": "/Users", "bulkId": 7, "data": {}}),
        json!({"method": "POST", "path": "/Users/x", "bulkId": "a", "data": {}}),
        json!({"method": "POST", "path": "/Users", "bulkId": "a"}),
        json!({"method": "PUT", "path": "/Users", "data": {}}),
        json!({"method": "PATCH", "path": "/Users/x", "data": []}),
        json!({"method": "DELETE", "path": "/Users/x", "version": 3}),
        json!({"method": "DELETE", "path": "/Users/x", "version": "3"}),
    ];
    let paths = [
        "",
        "/",
        "/Bulk",
        "/Me",
        "/users/x",
        "/Users/x/y",
        "/Users/..",
        "/Users/../Groups/x",
        "/Users/x?attributes=id",
        "https://elsewhere.example/Users/x",
        "//elsewhere.example/Users/x",
        "/Users/a%2Fb",
        "/Users/a b",
        "/Users/a#b",
    ];
    let paths = paths.map(|path| json!({"method": "DELETE", "path": path}));
    for operation in bad.iter().chain(&paths) {
        let error = request(json!([operation])).operations[0].work.clone().unwrap_err();
        assert_eq!(error.status(), 400, "{operation}");
    }
    for operation in [
        json!({"method": "delete", "path": "Users/x", "version": null}),
        json!({"method": "DELETE", "path": "/Groups/x/", "version": "W/\"3\""}),
        json!({"Method": "Patch", "Path": "/Users/bulkId:é", "Data": {}}),
        post("a", json!({})),
    ] {
        assert!(request(json!([operation])).operations[0].work.is_ok(), "{operation}");
    }
    let twice = request(json!([post("a", json!({})), post("a", json!({}))]));
    assert!(twice.operations[0].work.is_ok() && twice.operations[1].work.is_err());
}

#[test]
fn scim_2_references_are_found_wherever_resources_refer_to_each_other() {
    let patch = |operation: Value| json!({"method": "PATCH", "path": "/Groups/g", "data": {"Operations": [operation]}});
    let reference = json!("bulkId:x");
    let manager = format!("{ENTERPRISE_USER_URN}:manager");
    for operation in [
        post("a", json!({"members": [{"VALUE": reference, "type": "User"}]})),
        post("a", managed_by("x")),
        post("a", json!({ENTERPRISE_USER_URN: {"manager": reference}})),
        post("a", json!({ENTERPRISE_USER_URN: {"manager": [{"value": reference}]}})),
        post("a", json!({manager.clone(): {"value": reference}})),
        json!({"method": "DELETE", "path": "/Users/bulkId:x"}),
        patch(json!({"op": "add", "path": "members", "value": [{"value": reference}]})),
        patch(json!({"op": "add", "Path": "Members", "value": {"value": reference}})),
        patch(json!({"op": "add", "value": {"members": [{"value": reference}]}})),
        patch(json!({"op": "remove", "path": "members[value eq \"bulkId:x\"]"})),
        patch(json!({"op": "replace", "path": manager, "value": {"value": reference}})),
        patch(json!({"op": "replace", "path": format!("{manager}.value"), "value": reference})),
    ] {
        let request = request(json!([operation]));
        let work = request.operations[0].work.as_ref().unwrap();
        assert_eq!(work.references(), ["x"], "{operation}");
        let ready = work.resolve(&mut |_| Ok(Reference::Id("ID".to_owned()))).unwrap();
        let whole = format!("{:?} {}", ready.id, ready.data);
        assert!(whole.contains("ID") && !whole.contains("bulkId:"), "{whole}");
        assert!(ready.left_out.is_empty());
    }
    for operation in [
        post("a", json!({"displayName": "bulkId:x", "emails": [{"value": "bulkId:x"}]})),
        post("a", json!({"members": [{"value": "bulkId:", "display": "bulkId:x"}]})),
        patch(json!({"op": "replace", "path": "displayName", "value": "bulkId:x"})),
    ] {
        let request = request(json!([operation]));
        let work = request.operations[0].work.as_ref().unwrap();
        assert!(work.references().is_empty(), "{operation}");
        assert!(work.resolve(&mut |_| panic!("nothing refers")).is_ok());
    }
}

/// Runs the steps as a server would, with `bulkId`s as ids: what was run, with what was left out and filled.
fn run(request: &BulkRequest) -> Vec<String> {
    let mut made: HashMap<String, bool> = HashMap::new();
    let mut left_out: HashMap<usize, Vec<String>> = HashMap::new();
    let mut log = Vec::new();
    for step in request.steps() {
        match step {
            Step::Run(index) => {
                let operation = &request.operations[index];
                let name = operation.bulk_id.clone().unwrap_or_default();
                let work = operation.work.as_ref().unwrap();
                let ready = work.resolve(&mut |name| match made.get(name) {
                    Some(_) => Ok(Reference::Id(name.to_owned())),
                    None => Ok(Reference::Later),
                });
                let ready = ready.unwrap();
                log.push(format!("{name}-{}", ready.left_out.join("")));
                left_out.insert(index, ready.left_out);
                made.insert(name, true);
            }
            Step::Fill(index) => {
                let names = &left_out[&index];
                assert!(names.iter().all(|name| made.contains_key(name)));
                let work = request.operations[index].work.as_ref().unwrap();
                let patch = work.fill(names).to_string();
                assert!(names.iter().all(|name| patch.contains(name)), "{patch}");
                log.push(format!("{}+{}", request.operations[index].bulk_id.clone().unwrap(), names.join("")));
            }
        }
    }
    log
}

#[test]
fn scim_2_what_is_referred_to_is_made_first_and_circles_are_closed_afterwards() {
    let cases = [
        (json!([post("a", json!({})), post("b", json!({}))]), vec!["a-", "b-"]),
        (json!([post("g", members(&["a", "b"])), post("a", json!({})), post("b", json!({}))]), vec!["b-", "a-", "g-"]),
        (json!([post("a", managed_by("b")), post("b", managed_by("c")), post("c", json!({}))]), vec!["c-", "b-", "a-"]),
        (json!([post("a", managed_by("b")), post("b", managed_by("a"))]), vec!["b-a", "a-", "b+a"]),
        (json!([post("a", managed_by("a"))]), vec!["a-a", "a+a"]),
        (
            json!([post("a", managed_by("b")), post("b", managed_by("c")), post("c", managed_by("a"))]),
            vec!["c-a", "b-", "a-", "c+a"],
        ),
        (
            json!([post("g", members(&["h", "a"])), post("h", members(&["g"])), post("a", json!({}))]),
            vec!["a-", "h-g", "g-", "h+g"],
        ),
        (
            json!([{"method": "DELETE", "path": "/Users/bulkId:a", "bulkId": "d"}, post("a", json!({}))]),
            vec!["a-", "d-"],
        ),
    ];
    for (operations, ran) in cases {
        assert_eq!(run(&request(operations.clone())), ran, "{operations}");
    }
}

#[test]
fn scim_2_a_chain_as_long_as_the_request_is_ordered() {
    let operations: Vec<Value> =
        (0..1_000).map(|index| post(&index.to_string(), managed_by(&(index + 1).to_string()))).collect();
    let body = json!({"Operations": operations});
    let limits = Bulk { max_operations: 1_000, max_payload_size: 1 };
    let request = BulkRequest::from_value(body, &limits, &mut Notes::default()).unwrap();
    let steps = request.steps();
    assert_eq!((steps.len(), steps[0], steps[999]), (1_000, Step::Run(999), Step::Run(0)));
}

#[test]
fn scim_2_an_answer_has_what_applies_and_nothing_else() {
    let operation = |status, response: Option<&str>| OperationResponse {
        method: Some(Method::Post),
        bulk_id: Some("a\"b".to_owned()),
        location: (status == 201).then(|| "https://x/Users/1".to_owned()),
        version: (status == 201).then(|| "W/\"1\"".to_owned()),
        status,
        response: response.map(str::to_owned),
    };
    let body: Value = serde_json::from_str(&render(&[operation(201, None), operation(409, Some("{}"))])).unwrap();
    assert_eq!(
        body,
        json!({
            "schemas": [BULK_RESPONSE_URN],
            "Operations": [
                {"location": "https://x/Users/1", "method": "POST", "bulkId": "a\"b", "version": "W/\"1\"", "status": "201"},
                {"method": "POST", "bulkId": "a\"b", "status": "409", "response": {}},
            ],
        })
    );
}
