//! `apply`, `export`, `token` and `explain` on a database that no server holds.

use std::fs;

use base64::Engine;
use serde_json::json;

use crate::process::{DECLARATION, Folder, errors};

#[test]
fn applying_twice_changes_nothing_the_second_time() {
    let folder = Folder::new();
    let first = folder.apply(DECLARATION);
    assert!(!first["changes"].as_array().unwrap().is_empty());
    let okta = &first["connections"]["okta"];
    assert!(okta["scim"]["token"].as_str().unwrap().starts_with("mst_scim_"));
    assert!(first["sign_in_links"]["owner@example.com"].is_string());
    let second = folder.apply(DECLARATION);
    assert_eq!(second["changes"], json!([]));
    assert_eq!(second["connections"]["okta"]["id"], okta["id"]);
    assert!(second["connections"]["okta"]["scim"].get("token").is_none());
    assert!(second.get("sign_in_links").is_none());
    let text = folder.succeed(&["apply", folder.path().join("muster.toml").to_str().unwrap()]);
    assert!(text.contains("nothing to change"), "{text}");
}

#[test]
fn mig_2_a_plan_writes_nothing() {
    let folder = Folder::new();
    let file = folder.write("muster.toml", DECLARATION);
    let plan = folder.json(&["apply", file.to_str().unwrap(), "--plan"]);
    assert_eq!(plan["plan"], true);
    assert!(plan["connections"]["okta"]["scim"].get("token").is_none(), "a plan's token opens nothing");
    assert_eq!(folder.succeed(&["export"]).trim(), "");
    let done = folder.json(&["apply", file.to_str().unwrap()]);
    assert_eq!(plan["changes"].as_array().unwrap().len(), done["changes"].as_array().unwrap().len());
}

#[test]
fn what_is_exported_applies_to_the_same() {
    let folder = Folder::new();
    let saml = "[connection.saml]\nmetadata_file = \"idp.xml\"\nencryption = true\n";
    let mapping = "[[connection.mapping]]\npattern = \"eng *\"\norganization = \"moby\"\nteam = \"engineers\"\n";
    folder.write("idp.xml", &idp_metadata());
    folder.apply(&format!("{DECLARATION}\n{mapping}\n{saml}"));
    let exported = folder.succeed(&["export"]);
    assert!(
        exported.contains("entity_id = \"https://idp.example\"") && exported.contains("certificates"),
        "{exported}"
    );
    assert_eq!(folder.apply(&exported)["changes"], json!([]));
    let other = Folder::new();
    other.apply(&exported);
    assert_eq!(other.succeed(&["export"]), exported);
}

/// Metadata of a SAML identity provider, with a certificate of its own.
pub(crate) fn idp_metadata() -> String {
    let made = rcgen::generate_simple_self_signed(["idp.example".to_owned()]).unwrap();
    let certificate = base64::engine::general_purpose::STANDARD.encode(made.cert.der());
    format!(
        "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' entityID='https://idp.example'><IDPSSODescriptor \
         protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'><KeyDescriptor><KeyInfo \
         xmlns='http://www.w3.org/2000/09/xmldsig#'><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data>\
         </KeyInfo></KeyDescriptor><SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' \
         Location='https://idp.example/sso'/></IDPSSODescriptor></EntityDescriptor>"
    )
}

#[test]
fn an_identity_provider_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    for (saml, expected) in [
        ("entity_id = \"https://idp.example\"", "saml.sso_url"),
        ("metadata = \"<html/>\"", "the metadata cannot be used"),
        ("entity_id = \"i\"\nsso_url = \"https://i.example\"\ncertificates = [\"MIIB\"]", "certificate 1"),
        ("metadata_url = \"file:///etc/passwd\"", "this is no address"),
    ] {
        let file = folder.write("muster.toml", &format!("{DECLARATION}\n[connection.saml]\n{saml}\n"));
        let refused = folder.run(&["apply", file.to_str().unwrap()]);
        assert!(!refused.status.success() && errors(&refused).contains(expected), "{saml}: {}", errors(&refused));
    }
}

#[test]
fn pruning_removes_what_the_file_does_not_name() {
    let folder = Folder::new();
    folder.set_up();
    let less = "[[organization]]\nname = \"moby\"\n\n[[domain]]\nname = \"example.com\"\norganization = \"moby\"\n";
    let file = folder.write("less.toml", less);
    let text = folder.succeed(&["apply", file.to_str().unwrap(), "--prune"]);
    assert!(text.contains("would change") && text.contains("whale"), "the plan is shown first: {text}");
    let exported = folder.succeed(&["export"]);
    assert!(!exported.contains("whale") && !exported.contains("okta") && exported.contains("moby"), "{exported}");
}

#[test]
fn tokens_are_made_rotated_and_revoked() {
    let folder = Folder::new();
    folder.set_up();
    let made = folder.run(&["token", "create", "okta", "--label", "second", "--days", "7"]);
    assert!(made.status.success(), "{}", errors(&made));
    let token = String::from_utf8(made.stdout).unwrap();
    assert!(token.starts_with("mst_scim_") && token.lines().count() == 1, "a script can keep it");
    let rotated = folder.json(&["token", "rotate", "okta", "--overlap", "0"]);
    let live = |tokens: &serde_json::Value| {
        let all = tokens["tokens"].as_array().unwrap();
        all.iter().filter(|token| token["live"] == true).map(|token| token["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((rotated["tokens"].as_array().unwrap().len(), live(&rotated).len()), (3, 1));
    let id = live(&rotated)[0].clone();
    let revoked = folder.json(&["token", "revoke", "okta", id.as_str().unwrap()]);
    assert!(live(&revoked).is_empty());
    let unknown = folder.run(&["token", "list", "otka"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(errors(&unknown).contains("did you mean `okta`?"), "{}", errors(&unknown));
}

#[test]
fn refusals_say_what_to_change_and_store_nothing() {
    let folder = Folder::new();
    for (wrong, right, expected, code) in [
        ("seats = 100000", "seets = 100000", "muster.toml:4:1: unknown key `seets`: did you mean `seats`?", 2),
        ("name = \"example.com\"", "name = \"gmail.com\"", "public mail domain", 1),
        ("default_organization = \"moby\"", "default_organization = \"acme\"", "the connection does not cover it", 1),
        ("owners = [\"owner@example.com\"]", "owners = [\"owner\"]", "`owners = \"owner\"`", 2),
    ] {
        let file = folder.write("muster.toml", &DECLARATION.replace(wrong, right));
        let output = folder.run(&["apply", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(code), "{}", errors(&output));
        assert!(errors(&output).contains(expected), "{} does not say {expected}", errors(&output));
    }
    let missing = folder.run(&["apply", "nowhere.toml"]);
    assert!(errors(&missing).contains("nowhere.toml cannot be read"), "{}", errors(&missing));
    assert_eq!(folder.succeed(&["export"]).trim(), "");
    let nobody = folder.run(&["explain", "nobody@example.com"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(errors(&nobody).contains("there is no account `nobody@example.com`"));
    assert!(!fs::exists(folder.path().join("data/master.key")).unwrap(), "administration needs no key");
}
