//! ORG-4: records of domains, looked for in a DNS server on loopback, in the background and when somebody asks.

use std::time::Duration;

use muster_engine::domains::{self, Came};
use muster_model::{Domain, DomainState, domain::Holder};
use muster_testkit::DnsServer;

use crate::support::Server;

const NAME: &str = "proven.example";
const MINUTE: Duration = Duration::from_mins(1);

fn add(server: &Server) -> Domain {
    let holder = Holder::Organization(server.organizations[0].id);
    server.world.by_hand(move |tx, env| domains::add(tx, env, holder, NAME)).unwrap()
}

fn state(server: &Server) -> DomainState {
    let holder = Holder::Organization(server.organizations[0].id);
    server.world.read(move |conn| Ok(conn.domain_of(holder, NAME)?)).unwrap().state
}

#[tokio::test]
async fn org_4_a_record_is_found_in_the_background_under_either_name() {
    for name in [domains::record_name(NAME), NAME.to_owned()] {
        let (server, dns) = (Server::new(), DnsServer::start());
        // Its own background would look, too, and knows no resolver.
        server.app.close().await;
        let claim = add(&server);
        let node = server.node_that_asks(&dns);
        dns.set(&name, &["v=spf1 -all", &claim.challenge]);
        assert_eq!(state(&server), DomainState::Pending);
        server.world.advance(MINUTE);
        server.eventually(async || state(&server) == DomainState::Verified).await;
        node.close().await;
    }
}

#[tokio::test]
async fn org_4_whoever_asks_is_told_what_is_seen_now() {
    let (server, dns) = (Server::new(), DnsServer::start());
    let (claim, node) = (add(&server), server.node_that_asks(&dns));
    assert_eq!(node.check_domain(claim.id).await.unwrap(), Some(Came::Missing));
    // One name is not answered: only the record itself tells something.
    dns.fail(NAME);
    let came = node.check_domain(claim.id).await.unwrap();
    assert!(matches!(came, Some(Came::NoAnswer(_))), "{came:?}");
    dns.set(&domains::record_name(NAME), &[&claim.challenge]);
    assert_eq!(node.check_domain(claim.id).await.unwrap(), Some(Came::Verified));
    node.close().await;
}
