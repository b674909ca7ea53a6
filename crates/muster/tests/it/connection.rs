//! `muster connection`, on a database that no server holds.

use serde_json::{Value, json};

use crate::{
    administration::idp_metadata,
    process::{DECLARATION, Folder, errors},
};

/// A folder whose connection `okta` signs people in over SAML.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("idp.xml", &idp_metadata());
    folder.apply(&format!("{DECLARATION}\n[connection.saml]\nmetadata_file = \"idp.xml\"\nsign_requests = true\n"));
    folder
}

fn shown(folder: &Folder) -> Value {
    folder.json(&["connection", "show", "okta"])["connections"][0].clone()
}

#[test]
fn sso_8_a_connection_shows_its_identity_provider_and_when_certificates_end() {
    let folder = folder();
    let okta = shown(&folder);
    assert_eq!((&okta["identity_provider"], &okta["protocol"]), (&json!("https://idp.example"), &json!("saml")));
    assert_eq!(okta["certificates"].as_array().unwrap().len(), 1);
    assert_eq!((&okta["warnings"], &okta["metadata"], &okta["keys"]), (&json!([]), &Value::Null, &json!([])));
    let text = folder.succeed(&["connection", "list"]);
    assert!(text.contains("okta") && text.contains("saml"), "{text}");
    let refused = folder.run(&["connection", "show", "octa"]);
    assert!(errors(&refused).contains("did you mean `okta`?"), "{}", errors(&refused));
}

#[test]
fn sso_8_keys_are_added_before_they_sign_and_removed_by_the_beginning_of_their_fingerprint() {
    let folder = folder();
    folder.succeed(&["connection", "key", "add", "okta", "signing"]);
    folder.succeed(&["connection", "key", "add", "okta", "signing", "--days", "7"]);
    let keys = shown(&folder)["keys"].clone();
    let states: Vec<_> = keys.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["next", "in use"]);
    let of = |at: usize| keys[at]["fingerprint"].as_str().unwrap()[..12].to_owned();
    let last = folder.run(&["connection", "key", "remove", "okta", &of(1)]);
    assert!(errors(&last).contains("only signing key that is good now"), "{}", errors(&last));
    folder.succeed(&["connection", "key", "remove", "okta", &of(0)]);
    let unknown = folder.run(&["connection", "key", "remove", "okta", &of(0)]);
    assert!(errors(&unknown).contains("muster connection show okta"), "{}", errors(&unknown));
    assert_eq!(shown(&folder)["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn sso_9_and_jit_8_who_would_be_affected_is_shown_before() {
    let folder = folder();
    let affected = folder.json(&["connection", "affected", "okta"]);
    assert_eq!(affected["by_enforcement"]["accounts"], 1);
    assert_eq!(affected["by_enforcement"]["never_tried"], json!(["owner@example.com"]));
    assert_eq!(affected["without_jit"], json!([]));
    let text = folder.succeed(&["connection", "affected", "okta"]);
    assert!(text.contains("may not be able to: 1\n    owner@example.com"), "{text}");
}

#[test]
fn sso_12_a_test_is_a_link() {
    let folder = folder();
    let answer = folder.json(&["connection", "test", "okta"]);
    assert!(answer["test_url"].as_str().unwrap().contains("/sso/test/"), "{answer}");
}

#[test]
fn sso_8_metadata_that_cannot_be_fetched_is_a_failure_and_the_doctor_tells() {
    let folder = Folder::new();
    let url = "metadata_url = \"http://127.0.0.1:1/metadata\"";
    folder.apply(&format!("{DECLARATION}\n[connection.saml]\n{url}\n"));
    let refused = folder.run(&["connection", "refresh", "okta"]);
    assert!(!refused.status.success() && errors(&refused).contains("could not be fetched"), "{}", errors(&refused));
    let okta = shown(&folder);
    assert!(okta["warnings"][0].as_str().unwrap().contains("was never fetched"), "{okta}");
    let examined = folder.run(&["doctor", "--json"]);
    let text = String::from_utf8_lossy(&examined.stdout).into_owned();
    assert!(text.contains("single sign-on of okta") && text.contains("muster connection refresh okta"), "{text}");
    let none = self::folder();
    let refused = none.run(&["connection", "refresh", "okta"]);
    assert!(errors(&refused).contains("state `metadata_url`"), "{}", errors(&refused));
}

#[test]
fn ses_3_sessions_are_asked_for_by_person_or_by_organization() {
    let folder = folder();
    let of_moby = folder.json(&["session", "list", "--organization", "Moby"]);
    assert_eq!((&of_moby["sessions"], &of_moby["account"]), (&json!([]), &Value::Null));
    let ended = folder.succeed(&["session", "end", "--organization", "moby"]);
    assert!(ended.contains("signed in nowhere"), "{ended}");
    let unknown = folder.run(&["session", "list", "--organization", "mobi"]);
    assert!(errors(&unknown).contains("there is no organization `mobi`"), "{}", errors(&unknown));
    for wrong in [&["session", "list"][..], &["session", "end", "a@example.com", "--organization", "moby"]] {
        assert_eq!(folder.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
