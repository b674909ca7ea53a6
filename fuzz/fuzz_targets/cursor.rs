//! What a cursor stands for reads back as it was written, and no other bytes are read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::list::Mark;

fuzz_target!(|bytes: &[u8]| {
    if let Some(mark) = Mark::from_bytes(bytes) {
        assert_eq!(mark.to_bytes(), bytes);
    }
});
