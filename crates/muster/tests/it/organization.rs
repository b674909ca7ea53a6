//! `muster org`, `muster team`: organizations, members, invitations and teams from the shell (ORG-1, ORG-3, ORG-7, ACC-3).

use serde_json::{Value, json};

use crate::process::{DECLARATION, Folder, Server, errors};

fn statuses(answer: &Value) -> Vec<&str> {
    answer["people"].as_array().unwrap().iter().map(|person| person["status"].as_str().unwrap()).collect()
}

#[test]
fn acc_3_an_organization_is_made_and_renamed_and_its_former_name_leads_to_it() {
    let folder = Folder::new();
    folder.apply(DECLARATION);
    let made = folder.json(&["org", "create", "narwhal", "--seats", "3"]);
    assert_eq!((&made["organizations"][0]["name"], &made["organizations"][0]["seats"]), (&json!("narwhal"), &json!(3)));
    folder.succeed(&["org", "rename", "narwhal", "orca"]);
    let shown = folder.json(&["org", "show", "narwhal"]);
    assert_eq!(shown["organizations"][0]["name"], "orca");
    let taken = folder.run(&["org", "create", "narwhal"]);
    assert!(taken.status.code() == Some(1) && errors(&taken).contains("choose another"), "{}", errors(&taken));
    folder.succeed(&["org", "seats", "orca", "unlimited"]);
    assert_eq!(folder.json(&["org", "show", "orca"])["organizations"][0]["seats"], Value::Null);
    let wrong = folder.run(&["org", "show", "obra"]);
    assert!(errors(&wrong).contains("did you mean `orca`?"), "{}", errors(&wrong));
    assert_eq!(folder.run(&["org", "seats", "orca", "-1"]).status.code(), Some(2));
    assert!(folder.succeed(&["org", "list"]).contains("moby"));
}

#[test]
fn org_1_roles_are_given_and_taken_but_not_the_last_owners() {
    let folder = Folder::new();
    folder.apply(DECLARATION);
    let last = folder.run(&["org", "set-role", "moby", "owner@example.com", "member"]);
    assert!(errors(&last).contains("is the last owner"), "{}", errors(&last));
    let answer = folder.json(&["org", "members", "moby", "--role", "owner"]);
    let owner = answer["members"][0]["username"].as_str().unwrap();
    assert_eq!(
        (answer["count"].as_i64(), answer["members"][0]["email"].as_str()),
        (Some(1), Some("owner@example.com"))
    );
    assert_eq!(folder.json(&["org", "set-role", "moby", owner, "owner"])["members"][0]["role"], "owner");
    let unknown = folder.run(&["org", "set-role", "moby", "nobody@example.com", "member"]);
    assert!(errors(&unknown).contains("muster org invite"), "{}", errors(&unknown));
    assert_eq!(folder.run(&["org", "remove-member", "moby", owner]).status.code(), Some(1));
}

#[test]
fn acc_1_people_are_listed_page_by_page_and_shown_by_whatever_names_them() {
    let folder = Folder::new();
    folder.apply(DECLARATION);
    folder.apply(&format!("{DECLARATION}\n[[organization]]\nname = \"narwhal\"\nowners = [\"bo@example.com\"]\n"));
    let first = folder.json(&["user", "list", "--limit", "1"]);
    let next = first["next"].as_str().unwrap();
    let rest = folder.json(&["user", "list", "--after", next]);
    let emails = [&first["accounts"][0]["email"], &rest["accounts"][0]["email"]];
    assert_eq!((emails, &rest["next"]), ([&json!("owner@example.com"), &json!("bo@example.com")], &Value::Null));
    let username = first["accounts"][0]["username"].as_str().unwrap();
    for who in ["Owner@example.com", username, first["accounts"][0]["account"].as_str().unwrap()] {
        let shown = folder.json(&["user", "show", who]);
        assert_eq!(shown["accounts"][0]["memberships"], json!(["moby (owner)"]), "{who}");
    }
    assert!(folder.succeed(&["user", "list"]).contains("bo@example.com"));
    let found = folder.json(&["user", "list", "--search", "BO"]);
    let found: Vec<&Value> = found["accounts"].as_array().unwrap().iter().map(|account| &account["email"]).collect();
    assert_eq!(found, ["bo@example.com"], "once, though its username and its address begin so");
    assert_eq!(folder.run(&["user", "show", "nobody"]).status.code(), Some(1));
}

#[test]
fn org_3_people_are_invited_from_a_file_and_who_cannot_be_is_told() {
    let folder = Folder::new();
    folder.apply(DECLARATION);
    let list = "\u{feff}Email;Role;Team\r\nada@example.com;editor;writers\r\nnot an address@;;\r\nada@example.com;;\r\n\
                bob@example.com;king;\r\nowner@example.com;;\r\neve@elsewhere.org;;\r\n";
    let file = folder.write("people.csv", list);
    let file = file.to_str().unwrap();
    let tried = folder.json(&["org", "invite", "moby", "--csv", file, "--dry-run"]);
    let expected = ["invitable", "invalid", "duplicate", "invalid", "existing_member", "invitable"];
    assert_eq!(statuses(&tried), expected);
    assert_eq!(folder.json(&["org", "invitations", "moby"])["invitations"], json!([]), "nothing was done");
    let done = folder.json(&["org", "invite", "moby", "--csv", file]);
    assert_eq!(statuses(&done), expected.map(|status| if status == "invitable" { "invited" } else { status }));
    assert!(done["people"][0]["link"].as_str().unwrap().contains("/invitations/mst_invite_"), "no mail is sent here");
    assert!(done["people"][3]["why"].as_str().unwrap().contains("`king` is not a role"));
    let pending = folder.json(&["org", "invitations", "moby"]);
    assert_eq!(pending["invitations"][0]["team"], "writers");
    let again = folder.json(&["org", "resend", "moby", "ada@example.com"]);
    assert_ne!(again["invitations"][0]["link"], done["people"][0]["link"]);
    folder.succeed(&["org", "cancel", "moby", "ada@example.com"]);
    let gone = folder.run(&["org", "cancel", "moby", "ada@example.com"]);
    assert!(errors(&gone).contains("`muster org invitations moby` lists them"), "{}", errors(&gone));
    assert_eq!(folder.json(&["org", "invitations", "moby"])["invitations"].as_array().unwrap().len(), 1);
    let shown = folder.succeed(&["org", "invite", "moby", "ada@example.com", "--team", "two words"]);
    assert!(shown.contains("0 of 1 were invited"), "{shown}");
    let bad = folder.write("bad.csv", "Name,Mail\nAda,ada@example.com\n");
    let refused = folder.run(&["org", "invite", "moby", "--csv", bad.to_str().unwrap()]);
    assert!(refused.status.code() == Some(2) && errors(&refused).contains("no column `email`"), "{}", errors(&refused));
}

#[test]
fn org_7_members_are_exported_with_what_spreadsheets_would_run_made_text() {
    let folder = Folder::new();
    folder.apply(DECLARATION);
    folder.succeed(&["org", "invite", "moby", "eve@elsewhere.org", "--team", "writers"]);
    let csv = folder.succeed(&["org", "export-members", "moby"]);
    let mut lines = csv.lines();
    let header =
        "Name,Username,Email,Type,Role,Teams,Date Joined,Source,Managed By,External ID,First Sign-in,Last Sign-in";
    assert_eq!(lines.next(), Some(header));
    assert!(lines.next().is_some_and(|owner| owner.contains(",owner@example.com,User,Owner,,20")), "{csv}");
    assert!(lines.next().is_some_and(|eve| eve.starts_with(",,eve@elsewhere.org,Invitee,Member,writers,20")), "{csv}");
    let file = folder.path().join("moby.csv");
    folder.succeed(&["org", "export-members", "moby", "--out", file.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), csv);
}

#[test]
fn grp_5_teams_are_made_filled_renamed_and_deleted_while_a_server_runs() {
    let folder = Folder::new();
    folder.apply(DECLARATION);
    let server = Server::start(&folder);
    let made = folder.json(&["team", "create", "moby", "writers", "--description", "Who writes"]);
    assert_eq!(made["teams"][0]["description"], "Who writes");
    folder.succeed(&["team", "add", "moby", "writers", "owner@example.com"]);
    let renamed = folder.json(&["team", "rename", "moby", "writers", "authors"]);
    assert_eq!((&renamed["teams"][0]["name"], &renamed["teams"][0]["size"]), (&json!("authors"), &json!(1)));
    let shown = folder.json(&["team", "show", "moby", "authors"]);
    assert_eq!(shown["teams"][0]["members"][0]["email"], "owner@example.com");
    assert_eq!(folder.json(&["org", "members", "moby"])["members"][0]["teams"], json!(["authors"]));
    folder.succeed(&["team", "remove", "moby", "authors", "owner@example.com"]);
    let page = folder.json(&["team", "list", "moby", "--limit", "1"]);
    assert_eq!(page["next"], page["teams"][0]["name"], "there may be more");
    folder.succeed(&["team", "delete", "moby", "authors"]);
    let gone = folder.run(&["team", "show", "moby", "authors"]);
    assert!(errors(&gone).contains("there is no team `authors`"), "{}", errors(&gone));
    server.terminate();
    assert!(server.wait().0.success());
}

#[test]
fn every_command_has_completions_and_a_manual_page() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(folder.succeed(&["completions", shell]).contains("export-members"), "{shell}");
    }
    assert!(folder.succeed(&["man"]).contains(".TH muster"));
    let pages = folder.path().join("man");
    folder.succeed(&["man", "--out", pages.to_str().unwrap()]);
    let page = std::fs::read_to_string(pages.join("muster-org-invite.1")).unwrap();
    assert!(page.contains("dry\\-run") && page.contains("muster org invite moby"), "{page}");
}
