//! Where people are signed in, and were: when that ends, and why (SES-3).

use std::time::Duration;

use muster_engine::{
    env::Origin,
    sessions::{self, Begin},
};
use muster_model::{Account, Actor, ConnectionId, Role, Session, Source, session::ClientKind};

use super::{HERE, Site, at};

/// Begins a session of a program on somebody's machine.
fn begin(site: &Site, account: &Account, connection: Option<ConnectionId>, device: &str) -> Session {
    let (id, device) = (account.id, device.to_owned());
    let origin = Origin { source: Source::Sso, actor: Actor::System, connection, request: None };
    let begun = site.server.world.change(origin, move |tx, env| {
        let connection = connection.map(|id| tx.connection(id)).transpose()?.flatten();
        let mut hash = [0; 32];
        muster_crypto::random(&mut hash).unwrap();
        let kind = ClientKind::Desktop;
        let begin = Begin { hash, kind, device: device.clone(), idp: None, not_after: None, replaces: None };
        sessions::begin(tx, env, id, connection.as_ref(), begin)
    });
    begun.unwrap()
}

#[tokio::test]
async fn ses_3_a_person_reads_when_sessions_end_and_why_they_did() {
    let site = Site::new();
    let mona = site.server.member(site.moby(), "mona@example.com", Role::Member);
    begin(&site, &mona, Some(site.server.connection), "<b>Laptop</b>");
    let page = site.signed_in(&mona).get(&format!("{HERE}/account")).await;
    let words = page.words();
    assert!(words.contains("after 30 days without use") && words.contains("24 hours after signing in"), "{words}");
    assert!(words.contains("through okta") && words.contains("No session ended in the last 30 days."), "{words}");
    assert!(!page.text.contains("<b>Laptop"), "escaped");
    site.server.world.advance(Duration::from_hours(31 * 24));
    let words = site.signed_in(&mona).get(&format!("{HERE}/account")).await.words();
    assert!(words.contains("not used for too long (after 30 days without use)"), "{words}");
    assert!(!words.contains("its time was over"), "that was a month ago: {words}");
}

#[tokio::test]
async fn ses_3_an_owner_reads_of_members_what_ended_and_why() {
    let site = Site::new();
    let mut owner = site.owner();
    let mona = site.server.member(site.moby(), "mona@example.com", Role::Member);
    begin(&site, &mona, Some(site.server.connection), "Laptop");
    let page = owner.get(&at(&site.server.named("/members/~mona"))).await;
    assert!(page.words().contains("No session ended in the last 30 days."), "{}", page.words());
    owner.submit(&page, &page.form("sessions/end")).await;
    for path in ["/members/~mona", "/sessions?show=ended"] {
        let page = owner.get(&at(&site.server.named(path))).await;
        assert!(page.words().contains("ended by an owner"), "{path}: {}", page.words());
        assert!(page.words().contains("through okta"), "{path}: {}", page.words());
    }
    let live = owner.get(&at("/sessions")).await;
    assert!(!live.words().contains("Laptop"), "{}", live.words());
    assert_eq!(site.signed_in(&mona).get(&at("/sessions?show=ended")).await.status, 403);
    assert_eq!(site.stranger().get(&at("/sessions?show=ended")).await.status, 404);
}

#[tokio::test]
async fn ten_3_an_owner_reads_nothing_of_what_ended_elsewhere() {
    let site = Site::new();
    let mut owner = site.owner();
    let whale = site.server.organizations[1].clone();
    let entra = site.server.world.connection("entra", &[&whale]).build();
    let gus = site.server.member(site.moby(), "gus@elsewhere.org", Role::Member);
    let eve = site.server.member(site.moby(), "eve@example.com", Role::Member);
    for account in [&gus, &eve] {
        begin(&site, account, Some(entra), "Elsewhere");
        let id = account.id;
        site.server
            .world
            .by_hand(move |tx, env| {
                Ok(tx.end_sessions(id, entra, "deactivated by the identity provider", env.now())?)
            })
            .unwrap();
    }
    // Whose address is of no domain that is held here: nothing of it.
    let page = owner.get(&at(&format!("/members/{}", gus.username))).await;
    assert!(!page.words().contains("Elsewhere"), "{}", page.words());
    // Of whose is, that it ended; not what another's directory says.
    let page = owner.get(&at(&site.server.named("/members/~eve"))).await;
    let words = page.words();
    assert!(words.contains("Elsewhere") && words.contains("ended from where it began"), "{words}");
    assert!(!words.contains("entra") && !words.contains("deactivated"), "{words}");
}
