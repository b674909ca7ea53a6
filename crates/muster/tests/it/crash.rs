//! What was acknowledged is there after a `kill -9` at any moment (SCIM-13).

use crate::{
    client::{Client, Load},
    process::{Folder, Server},
};

const ROUNDS: usize = 50;
const WRITERS: usize = 4;

#[test]
fn scim_13_no_acknowledged_create_is_lost_when_the_server_is_killed_under_load() {
    let folder = Folder::new();
    let token = folder.set_up();
    let mut acknowledged = 0;
    let mut last: Vec<String> = Vec::new();
    let mut server = Server::start(&folder);
    for round in 0..ROUNDS {
        let mut client = Client::connect(server.address, &token).unwrap();
        for name in &last {
            assert!(client.has(name), "round {round}: {name} was acknowledged");
        }
        let load = Load::start(server.address, &token, &format!("crash-{round}"), WRITERS);
        // A different moment of the writers' work each round.
        load.wait_for(1 + round * 7 % 23);
        server.kill();
        last = load.finish();
        acknowledged += last.len();
        server = Server::start(&folder);
    }
    let mut client = Client::connect(server.address, &token).unwrap();
    let (_, list) = client.send("GET", "/scim/v2/Users?count=0", None).unwrap();
    let stored = usize::try_from(list["totalResults"].as_u64().unwrap()).unwrap();
    // One request of each writer may have been committed without being answered.
    let possible = acknowledged..=acknowledged + ROUNDS * WRITERS;
    assert!(possible.contains(&stored), "{acknowledged} acknowledged, {stored} stored");
    assert!(folder.json(&["explain", &last[0]])["account"].is_object(), "commands read it, too");
}
