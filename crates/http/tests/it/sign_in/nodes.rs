//! Several nodes on one database: each request may come to another one.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, body::Body};
use http::{Request, Response};
use http_body_util::BodyExt;
use muster_testkit::browser::{Browser, Transport};
use tower::ServiceExt;

use super::{ADA, HERE, Site};

/// Our requests go to the nodes in turn.
struct InTurn {
    nodes: [Router; 2],
    idp: Router,
    next: AtomicUsize,
}

impl Transport for InTurn {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let is_ours = request.uri().to_string().starts_with(HERE);
        let router = if is_ours { &self.nodes[self.next.fetch_add(1, Ordering::Relaxed) % 2] } else { &self.idp };
        let (head, body) = router.clone().oneshot(request.map(Body::from)).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

#[tokio::test]
async fn sso_7_any_node_receives_the_answer_and_only_one_accepts_it() {
    let site = Site::new();
    let other = muster_http::router(&site.server.another_node());
    for first in 0..2 {
        let nodes = [site.server.router.clone(), other.clone()];
        let next = AtomicUsize::new(first);
        let mut browser = Browser::new(InTurn { nodes, idp: site.idp.router(), next });
        let page = browser.get(&format!("{HERE}/signin")).await;
        let people = browser.submit(&page, &page.only_form().with("email", ADA)).await;
        let leaving = browser.submit(&people, &people.only_form().by("person", "ada")).await;
        let form = leaving.only_form();
        let account = browser.submit(&leaving, &form).await;
        assert!(account.words().contains(ADA), "{}", account.words());
        for _ in 0..2 {
            let again = browser.submit(&leaving, &form).await;
            assert!(again.words().contains("We couldn't find your session."), "{}", again.words());
        }
        // SES-4: what ends a session on one node holds on the other with the next request.
        browser.submit(&account, &account.form("signout")).await;
        assert_eq!(browser.get(&format!("{HERE}/account")).await.url.path(), "/signin");
        assert_eq!(browser.get(&format!("{HERE}/account")).await.url.path(), "/signin");
    }
}

#[tokio::test]
async fn sso_7_one_answer_brought_many_times_at_once_is_accepted_once() {
    let site = Site::new();
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let form = leaving.only_form();
    let cookie = format!("muster-sign-in={}", browser.cookie(HERE, "muster-sign-in").unwrap());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.fields()).finish();
    let nodes = [site.server.router.clone(), muster_http::router(&site.server.another_node())];
    let posts = (0..16).map(|number| {
        let request = Request::post(&form.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &cookie)
            .body(Body::from(body.clone()))
            .unwrap();
        nodes[number % 2].clone().oneshot(request)
    });
    let answers = futures_util::future::join_all(posts).await;
    let accepted = answers.iter().filter(|answer| answer.as_ref().unwrap().status() == 303).count();
    assert_eq!(accepted, 1);
    let account = site.server.world.account_of(ADA).unwrap().id;
    let sessions = site.server.world.read(move |conn| Ok(conn.sessions_of(account)?));
    assert_eq!(sessions.len(), 1);
}
