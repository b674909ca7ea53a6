//! Whatever a browser carries to the callback, what is read of it is there once, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_oidc::Callback;

fuzz_target!(|query: &str| {
    if let Ok(callback) = Callback::parse(query) {
        assert!(!callback.state().is_empty());
        let again = format!("{query}&state=twice");
        assert!(Callback::parse(&again).is_err());
    }
});
