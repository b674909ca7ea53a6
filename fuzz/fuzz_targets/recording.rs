//! Whatever was recorded, no address in it is left when people are taken out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_simulator::encode::decode;
use muster_simulator::recording::{Reader, pseudonyms};

/// What is looked for: the beginning of somebody's address.
const SOMEBODY: &str = "zqxjk@";

// The lines of a recording behind its head. Methods and identity providers come from lists of whoever writes one.
fuzz_target!(|lines: &[u8]| {
    let head = b"{\"muster_recording\":1,\"requests\":0,\"personal_data\":\"kept\"}\n";
    let text = [head, lines].concat();
    let Ok(mut reader) = Reader::new(text.as_slice()) else { return };
    let mut requests = Vec::new();
    while let Ok(Some(request)) = reader.next_request() {
        requests.push(request);
    }
    pseudonyms::apply(&mut requests);
    for request in &requests {
        assert!(!decode(&request.path).to_lowercase().contains(SOMEBODY), "{}", request.path);
        let body = serde_json::to_string(&request.body).expect("a body is JSON");
        assert!(!body.to_lowercase().contains(SOMEBODY), "{body}");
    }
});
