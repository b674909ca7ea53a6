//! What was acknowledged is there after a `kill -9` at any moment (SCIM-13).

use std::{thread, time::Duration};

use crate::{
    client::Client,
    process::{Folder, Server},
};

const ROUNDS: u64 = 50;
const WRITERS: u64 = 4;

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
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (address, token) = (server.address, token.clone());
                thread::spawn(move || create_until_killed(address, &token, round, writer))
            })
            .collect();
        // A different moment of the writers' work each round.
        thread::sleep(Duration::from_micros(20_000 + round * 1_777));
        server.kill();
        last = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        acknowledged += last.len();
        server = Server::start(&folder);
    }
    assert!(acknowledged > 200, "only {acknowledged} creates were acknowledged: that proves little");
    let mut client = Client::connect(server.address, &token).unwrap();
    let (_, list) = client.send("GET", "/scim/v2/Users?count=0", None).unwrap();
    let stored = usize::try_from(list["totalResults"].as_u64().unwrap()).unwrap();
    // One request of each writer may have been committed without being answered.
    let unanswered = usize::try_from(ROUNDS * WRITERS).unwrap();
    assert!(
        (acknowledged..=acknowledged + unanswered).contains(&stored),
        "{acknowledged} acknowledged, {stored} stored"
    );
    assert!(folder.json(&["explain", last.first().map_or("owner@example.com", String::as_str)])["account"].is_object());
}

fn create_until_killed(address: std::net::SocketAddr, token: &str, round: u64, writer: u64) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let Ok(mut client) = Client::connect(address, token) else { return acknowledged };
    for number in 0.. {
        let name = format!("crash-{round}-{writer}-{number}@example.com");
        match client.create(&name) {
            Ok((201, _)) => acknowledged.push(name),
            Ok((status, body)) => panic!("{status}: {body}"),
            Err(_) => break,
        }
    }
    acknowledged
}
