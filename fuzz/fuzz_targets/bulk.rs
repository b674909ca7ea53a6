//! A bulk request is ordered so that every operation runs once, and what is resolved refers to nothing any more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::Notes;
use muster_scim::bulk::{BulkRequest, Reference, Step};
use muster_scim::schema::Bulk;
use serde_json::{Value, json};

// The bytes are the `Operations`, so that the fuzzer needs not find the frame.
fuzz_target!(|operations: &[u8]| {
    let Ok(operations) = serde_json::from_slice::<Value>(operations) else { return };
    let body = json!({"Operations": operations});
    let limits = Bulk { max_operations: 100, max_payload_size: 1_000_000 };
    let Ok(request) = BulkRequest::from_value(body, &limits, &mut Notes::default()) else { return };
    let mut ran = vec![0; request.operations.len()];
    for step in request.steps() {
        match step {
            Step::Run(index) => {
                ran[index] += 1;
                let Ok(work) = &request.operations[index].work else { continue };
                let ready = work.resolve(&mut |_| Ok(Reference::Id("id".to_owned())));
                assert!(ready.is_ok_and(|ready| ready.left_out.is_empty()));
            }
            Step::Fill(index) => assert_eq!(ran[index], 1),
        }
    }
    assert!(ran.iter().all(|times| *times == 1));
});
