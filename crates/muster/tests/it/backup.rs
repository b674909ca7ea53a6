//! `muster backup` and `muster restore`, with and without a server.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::{
    client::{Client, Load},
    process::{Folder, Server, errors},
};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn scim_13_everybody_acknowledged_before_a_backup_is_in_it_though_others_write_meanwhile() {
    let folder = Folder::embedded();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    let before: Vec<String> = (0..50).map(|number| format!("before-{number}@example.com")).collect();
    for name in &before {
        assert_eq!(client.create(name).unwrap().0, 201);
    }
    let load = Load::start(server.address, &token, "during", 4);
    load.wait_for(20);
    let file = folder.path().join("backup.db");
    let told = folder.json(&["backup", text(&file)]);
    load.wait_for(20);
    server.kill();
    load.finish();
    assert_eq!((told["file"].as_str(), &told["key_fits"]), (Some(text(&file)), &true.into()), "{told}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let users = told["counts"].as_array().unwrap().iter().find(|count| count[0] == "directory_users").unwrap();
    assert!(users[1].as_u64().unwrap() >= 70, "{told}");
    assert!(!folder.path().join("backup.db-wal").exists() && !folder.path().join("backup.db.unfinished").exists());

    let fresh = Folder::embedded();
    fs::create_dir(fresh.path().join("data")).unwrap();
    let restored = fresh.succeed(&["restore", text(&file)]);
    assert!(restored.contains("Put its key file at"), "{restored}");
    fs::copy(folder.path().join("data/master.key"), fresh.path().join("data/master.key")).unwrap();
    let server = Server::start(&fresh);
    let mut client = Client::connect(server.address, &token).unwrap();
    for name in &before {
        assert!(client.has(name), "{name} was acknowledged before the backup");
    }
    assert_eq!(client.create("after@example.com").unwrap().0, 201);
}

#[test]
fn a_backup_overwrites_nothing_unless_told_and_needs_no_server() {
    let folder = Folder::embedded();
    let nothing = folder.run(&["backup", "x.db"]);
    assert!(errors(&nothing).contains("there is no database at"), "{}", errors(&nothing));
    folder.set_up();
    let file = folder.path().join("backup.db");
    folder.succeed(&["backup", text(&file)]);
    let again = folder.run(&["backup", text(&file)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(errors(&again).contains("add --force"), "{}", errors(&again));
    folder.succeed(&["backup", text(&file), "--force"]);
    let page = folder.succeed(&["backup", text(folder.path())]);
    assert!(page.contains("muster-2") && page.contains("master.key was not found"), "named by the time: {page}");
    let postgres = folder.run(&["backup", "x.db", "--database", "postgres://muster@127.0.0.1/muster"]);
    assert!(errors(&postgres).contains("pg_dump"), "{}", errors(&postgres));
    let missing = folder.run(&["backup", "/nowhere/at/all.db"]);
    assert!(errors(&missing).contains("there is no folder /nowhere/at"), "{}", errors(&missing));
}

#[test]
fn a_restore_refuses_a_running_server_a_damaged_file_and_another_key() {
    let folder = Folder::embedded();
    let server = Server::start(&folder);
    folder.set_up();
    let file = folder.path().join("backup.db");
    folder.succeed(&["backup", text(&file)]);
    let refused = |arguments: &[&str], words: &str| {
        let output = folder.run(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).contains(words), "{} does not say {words}", errors(&output));
    };
    refused(&["restore", text(&file)], "add --force");
    refused(&["restore", text(&file), "--force"], "another process holds");
    server.kill();

    let damaged = folder.path().join("damaged.db");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    fs::write(&damaged, bytes).unwrap();
    refused(&["restore", text(&damaged), "--force"], "damaged");
    refused(&["restore", text(&folder.write("text.db", "not a database")), "--force"], "is not a database of Muster");
    let key = folder.path().join("data/master.key");
    let right = fs::read(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    refused(&["restore", text(&file), "--force"], "does not open this backup");
    fs::write(&key, right).unwrap();

    let restored = folder.json(&["restore", text(&file), "--force"]);
    let former = Path::new(restored["former"].as_str().unwrap());
    assert!(former.exists() && restored["key_fits"] == true, "{restored}");
    drop(Server::start(&folder));
}

#[test]
fn a_restore_brings_the_former_state_back() {
    let folder = Folder::embedded();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    client.create("ada@example.com").unwrap();
    let file = folder.path().join("backup.db");
    folder.succeed(&["backup", text(&file)]);
    client.create("late@example.com").unwrap();
    server.terminate();
    assert!(server.wait().0.success());
    folder.succeed(&["restore", text(&file), "--force"]);
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    assert!(client.has("ada@example.com") && !client.has("late@example.com"));
}

#[test]
fn a_backup_never_takes_the_place_of_its_own_database() {
    let folder = Folder::embedded();
    folder.set_up();
    let before = fs::read(folder.path().join("data/muster.db")).unwrap();
    for name in ["data/muster.db", "data/muster.db-wal", "data/../data/muster.db"] {
        let output = folder.run(&["backup", text(&folder.path().join(name)), "--force"]);
        assert!(errors(&output).contains("belongs to the database"), "{name}: {}", errors(&output));
    }
    assert_eq!(fs::read(folder.path().join("data/muster.db")).unwrap(), before);
}

#[test]
fn scim_13_the_log_of_a_database_that_is_gone_is_not_played_into_the_restored_one() {
    let folder = Folder::embedded();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    client.create("ada@example.com").unwrap();
    let file = folder.path().join("backup.db");
    folder.succeed(&["backup", text(&file)]);
    for number in 0..20 {
        client.create(&format!("late-{number}@example.com")).unwrap();
    }
    server.kill();
    let database = folder.path().join("data/muster.db");
    assert!(fs::metadata(folder.path().join("data/muster.db-wal")).unwrap().len() > 0, "what was late is in the log");
    fs::rename(&database, folder.path().join("bad.db")).unwrap();
    let restored = folder.json(&["restore", text(&file)]);
    let former = restored["former"].as_str().unwrap();
    assert!(Path::new(&format!("{former}-wal")).exists(), "the log is kept, too: {restored}");
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    assert!(client.has("ada@example.com") && !client.has("late-0@example.com"));
}
