//! `muster simulate scim`, against a server of its own.

use serde_json::Value;

use crate::{
    client::Client,
    process::{DECLARATION, Folder, Server, errors},
};

#[test]
fn scim_2_identity_providers_live_with_the_server_and_leave_nothing_behind() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    // Everybody is unassigned at once, again and again: this server is to let them go.
    let declared = folder.apply(&format!("{DECLARATION}mass_change_guard = false\n"));
    let token = declared["connections"]["okta"]["scim"]["token"].as_str().unwrap();
    let target = format!("http://{}/scim/v2", server.address);
    let simulate = ["simulate", "scim", "--target", &target, "--token", token, "--rate", "0"];
    let play = |extra: &[&str]| folder.run(&[&simulate[..], extra].concat());

    let output = play(&["--users", "40", "--groups", "16", "--days", "2", "--churn", "30%", "--mistakes", "--json"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{verdict:#}");
    assert_eq!((&verdict["passed"], &verdict["left"]), (&Value::Bool(true), &Value::from(0)), "{verdict:#}");
    assert_eq!(verdict["idps"].as_array().unwrap().len(), 8);
    assert!(verdict["compared"]["users"].as_u64().unwrap() >= 40, "{verdict:#}");
    let mut client = Client::connect(server.address, token).unwrap();
    assert_eq!(client.send("GET", "/scim/v2/Users", None).unwrap().1["totalResults"], 0);

    let output = play(&["--idp", "entra", "--users", "5", "--groups", "1", "--days", "0", "--keep", "--run", "kept"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("passed: nothing was found"), "{text}");
    let list = client.send("GET", "/scim/v2/Users", None).unwrap().1;
    assert_eq!(list["totalResults"], 5);
    assert!(list["Resources"][0]["userName"].as_str().unwrap().contains(".kepta@example.com"), "{list}");
}

#[test]
fn scim_2_a_wrong_token_fails_and_a_wrong_address_is_wrong_usage() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    folder.set_up();
    let target = format!("http://{}/scim/v2", server.address);
    let output = folder.run(&["simulate", "scim", "--target", &target, "--token", "mst_scim_wrong"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("check the address and the token"), "{}", errors(&output));
    for wrong in [
        &["--target", "example.com"][..],
        &["--target", &target, "--idp", "adfs"],
        &["--target", &target, "--churn", "500%"],
    ] {
        let output = folder.run(&[&["simulate", "scim", "--token", "x"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    }
}
