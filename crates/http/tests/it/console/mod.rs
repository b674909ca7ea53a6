//! The console, in a browser without scripts, in memory.

mod account;
mod charts;
mod company;
mod connections;
mod domains;
mod invitations;
mod members;
mod organization;
mod others;
mod signed_in;
mod teams;
mod tokens;
mod webhooks;

use axum::{Router, body::Body};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, Response};
use http_body_util::BodyExt;
use muster_engine::sessions;
use muster_model::{Account, Organization, Role, session::ClientKind};
use muster_testkit::browser::{Browser, Page, Transport};
use tower::ServiceExt;

use crate::support::Server;

/// Where we are. Plain http on loopback, so that cookies need no TLS.
pub(crate) const HERE: &str = "http://127.0.0.1:8080";

/// An installation with people.
pub(crate) struct Site {
    pub(crate) server: Server,
}

/// In memory.
#[derive(Clone)]
pub(crate) struct Memory(Router);

impl Transport for Memory {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let (head, body) = self.0.clone().oneshot(request.map(Body::from)).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { server: Server::at(HERE) }
    }

    pub(crate) fn moby(&self) -> &Organization {
        &self.server.organizations[0]
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser<Memory> {
        Browser::new(Memory(self.server.router.clone()))
    }

    /// A browser in which somebody is signed in.
    pub(crate) fn signed_in(&self, account: &Account) -> Browser<Memory> {
        let mut browser = self.browser();
        browser.set_cookie(HERE, &session_of(&self.server, account));
        browser
    }

    /// A browser in which an owner of moby is signed in.
    pub(crate) fn owner(&self) -> Browser<Memory> {
        self.with_role("olga@example.com", Role::Owner)
    }

    /// A browser in which somebody with this role in moby is signed in.
    pub(crate) fn with_role(&self, email: &str, role: Role) -> Browser<Memory> {
        let account = self.server.member(self.moby(), email, role);
        self.signed_in(&account)
    }

    /// A browser in which somebody is signed in who is in no organization.
    pub(crate) fn stranger(&self) -> Browser<Memory> {
        self.signed_in(&self.server.world.account("stranger@example.com", true))
    }
}

/// A session of somebody's: what sets its cookie.
pub(crate) fn session_of(server: &Server, account: &Account) -> String {
    let mut secret = [0; 32];
    muster_crypto::random(&mut secret).unwrap();
    let text = URL_SAFE_NO_PAD.encode(secret);
    let (hash, id) = (muster_crypto::sha256(text.as_bytes()), account.id);
    let begun = server.world.by_hand(move |tx, env| {
        let begin = sessions::Begin {
            hash,
            kind: ClientKind::Web,
            device: "Firefox on Linux".to_owned(),
            idp: None,
            not_after: None,
            replaces: None,
        };
        sessions::begin(tx, env, id, None, begin).map(drop)
    });
    begun.unwrap();
    format!("muster={text}; Path=/; HttpOnly; SameSite=Lax")
}

/// The address of a page of moby.
pub(crate) fn at(path: &str) -> String {
    format!("{HERE}/console/orgs/moby{path}")
}

/// Demands that a page is what it is for an owner.
pub(crate) fn shown(page: &Page) {
    assert_eq!(page.status, 200, "{}", page.words());
}

/// Every page of moby: its address, and what a plain member is told there.
const PAGES: &[(&str, u16)] = &[
    ("", 200),
    ("/members", 200),
    ("/members/~olga", 200),
    ("/members/~olga/remove", 403),
    ("/teams", 200),
    ("/teams/backend", 200),
    ("/teams/backend/delete", 403),
    ("/invitations", 403),
    ("/domains", 403),
    ("/domains/example.com", 403),
    ("/domains/example.com/audit", 403),
    ("/domains/example.com/remove", 403),
    ("/sessions", 403),
    ("/activity", 403),
    ("/settings", 403),
    ("/tokens", 403),
];

#[tokio::test]
async fn ten_3_pages_are_for_those_whose_role_allows_them() {
    let site = Site::new();
    let (mut owner, mut member, mut stranger) =
        (site.owner(), site.with_role("mona@example.com", Role::Member), site.stranger());
    make_team(&mut owner, "backend").await;
    for (path, for_members) in PAGES {
        let address = at(&site.server.named(path));
        shown(&owner.get(&address).await);
        let page = member.get(&address).await;
        assert_eq!(page.status, *for_members, "{path}: {}", page.words());
        assert!(!page.text.contains("olga@"), "{path} tells a member an address");
        let page = stranger.get(&address).await;
        assert_eq!(page.status, 404, "{path}: {}", page.words());
        assert!(!page.words().contains("olga"), "{path}");
    }
}

#[tokio::test]
async fn whoever_must_sign_in_first_comes_back() {
    let site = Site::new();
    site.owner();
    let mut nobody = site.browser();
    let page = nobody.get(&at("/members?search=ada")).await;
    assert_eq!(page.url.path(), "/signin");
    // The account page, where every sign-in ends, leads back, once.
    let back = nobody.cookie(HERE, "muster-back").unwrap();
    let mut owner = site.signed_in(&site.server.world.account_of("olga@example.com").unwrap());
    owner.set_cookie(HERE, &format!("muster-back={back}; Path=/"));
    assert_eq!(owner.get(&format!("{HERE}/account")).await.url.path(), "/console/orgs/moby/members");
    assert_eq!(owner.get(&format!("{HERE}/account")).await.url.path(), "/account");
}

#[tokio::test]
async fn sec_1_what_ends_a_session_ends_the_console_at_once() {
    let site = Site::new();
    let mut owner = site.owner();
    shown(&owner.get(&at("/members")).await);
    let id = site.server.world.account_of("olga@example.com").unwrap().id;
    site.server
        .world
        .by_hand(move |tx, env| sessions::end_all(tx, env, id, muster_model::session::Ended::EndedByPerson).map(drop))
        .unwrap();
    assert_eq!(owner.get(&at("/members")).await.url.path(), "/signin");
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let site = Site::new();
    let mut owner = site.owner();
    make_team(&mut owner, "backend").await;
    let connection = format!("/connections/{}", site.server.connection);
    for (path, fields) in [
        ("/teams", [("name", "planted")]),
        ("/teams/backend/delete", [("x", "")]),
        ("/domains", [("domain", "planted.example")]),
        ("/domains/example.com/remove", [("x", "")]),
        ("/settings/name", [("name", "planted")]),
        ("/settings/seats", [("seats", "1")]),
        ("/members/~olga/role", [("role", "member")]),
        ("/members/~olga/remove", [("x", "")]),
        ("/members/~olga/sessions/end", [("x", "")]),
        (&format!("{connection}/domains/example.com/leave"), [("x", "")]),
        (&format!("{connection}/domains/example.com/check"), [("x", "")]),
    ] {
        let address = at(&site.server.named(path));
        let page = owner.post_from("https://attacker.example", &address, &fields).await;
        let is_nobody = page.status == 403 || page.url.path() == "/signin";
        assert!(is_nobody, "the cookie does not even come along: {path}: {}", page.words());
        // And if it did:
        owner.header("sec-fetch-site", "cross-site");
        let page = owner.post_from(HERE, &address, &fields).await;
        assert_eq!(page.status, 403, "{path}: {}", page.words());
        owner.header("sec-fetch-site", "same-origin");
    }
    let teams = owner.get(&at("/teams")).await;
    assert!(teams.words().contains("backend") && !teams.words().contains("planted"), "{}", teams.words());
}

/// Makes a team by its form.
pub(crate) async fn make_team(owner: &mut Browser<Memory>, name: &str) -> Page {
    let page = owner.get(&at("/teams")).await;
    let form = page.forms().into_iter().find(|form| form.has("description")).unwrap();
    owner.submit(&page, &form.with("name", name)).await
}
