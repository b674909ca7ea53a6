//! Signing in at the simulated IdP through OpenID Connect: a browser without a screen, and real sockets between us and the IdP.

mod faults;
mod keys;
mod logout;
mod strangers;
mod traces;

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{Request, Response};
use http_body_util::BodyExt;
use muster_crypto::Secret;
use muster_engine::Surroundings;
use muster_model::{
    ConnectionId,
    connection::{Oidc, SingleSignOn},
};
use muster_simulator::sso::{Fault, IdentityProvider, OidcApplication, Options, Running};
use muster_store::RequestRow;
use muster_testkit::browser::{Browser, Page, Sockets, Transport};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::support::Server;

/// Where we are. Plain http on loopback, so that cookies need no TLS.
const HERE: &str = "http://127.0.0.1:8080";
const CLIENT_ID: &str = "muster";
const CLIENT_SECRET: &str = "not so s:cret";
/// The first person of the IdP's directory.
const ADA: &str = "ada.lindqvist@example.com";

/// An installation and an IdP, whose clocks agree.
struct Site {
    server: Server,
    idp: Running,
    connection: ConnectionId,
}

/// We are in memory, everybody else is on a socket.
struct Here {
    router: Router,
    sockets: Sockets,
}

impl Transport for Here {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        if !request.uri().to_string().starts_with(HERE) {
            return self.sockets.send(request).await;
        }
        let answer = self.router.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (head, body) = answer.into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

impl Site {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings of the connection.
    async fn with(change: impl Fn(&mut Oidc) + Send + 'static) -> Self {
        let server = Server::at(HERE);
        let idp = idp(&server).await;
        idp.provider.register_oidc(application());
        let connection = server.connection;
        set(&server, connection, &idp.provider, change).await;
        Self { server, idp, connection }
    }

    fn provider(&self) -> &IdentityProvider {
        &self.idp.provider
    }

    fn browser(&self) -> Browser<Here> {
        Browser::new(Here { router: self.server.router.clone(), sockets: Sockets::new() })
    }

    /// Types an address: the IdP's page.
    async fn begin(&self, browser: &mut Browser<Here>) -> Page {
        let page = browser.get(&format!("{HERE}/signin")).await;
        let mut page = browser.submit(&page, &page.only_form().with("email", ADA)).await;
        let ours = self.connection.to_string();
        let choice = page.forms().into_iter().find(|form| form.value("connection") == Some(&ours));
        if let Some(choice) = choice {
            page = browser.submit(&page, &choice).await;
        }
        assert!(page.url.to_string().starts_with(self.provider().base_url()), "{}: {}", page.url, page.words());
        page
    }

    /// The whole way for Ada, with edits and a fault at the IdP: what she sees in the end.
    async fn sign_in_with(&self, browser: &mut Browser<Here>, edits: &[(&str, &str)]) -> Page {
        let people = self.begin(browser).await;
        let edit = browser.follow(&people, &people.link("Edit")).await;
        let form = edits.iter().fold(edit.only_form(), |form, (name, value)| form.with(name, value));
        browser.submit(&edit, &form).await
    }

    async fn sign_in(&self, browser: &mut Browser<Here>) -> Page {
        let page = self.sign_in_with(browser, &[]).await;
        assert_eq!(page.url.path(), "/account", "{}", page.words());
        page
    }

    async fn sign_in_wrongly(&self, browser: &mut Browser<Here>, fault: Fault) -> Page {
        self.sign_in_with(browser, &[("fault", fault.key())]).await
    }

    /// The newest row of the connection's log.
    fn newest(&self) -> RequestRow {
        let connection = self.connection;
        self.server.world.read(move |conn| Ok(conn.requests(connection, 1)?)).remove(0)
    }

    fn is_known(&self) -> bool {
        self.server.world.account_of(ADA).is_some()
    }
}

/// An IdP on a socket of its own, with the clock of the server.
async fn idp(server: &Server) -> Running {
    let clock = Arc::clone(&server.world.clock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options { clock: Arc::new(move || clock.now().seconds()), ..Options::default() };
    IdentityProvider::start(listener, options).unwrap()
}

fn application() -> OidcApplication {
    OidcApplication::new(CLIENT_ID, CLIENT_SECRET, &format!("{HERE}/sso/oidc/callback"))
}

/// Points a connection at an IdP.
async fn set(
    server: &Server,
    connection: ConnectionId,
    idp: &IdentityProvider,
    change: impl Fn(&mut Oidc) + Send + 'static,
) {
    let mut oidc = Oidc { issuer: idp.issuer().to_owned(), client_id: CLIENT_ID.to_owned(), ..Oidc::default() };
    change(&mut oidc);
    server.world.settings(connection, move |settings| {
        settings.scim.enabled = false;
        settings.sso = Some(SingleSignOn::Oidc(Box::new(oidc.clone())));
    });
    server.app.keep_client_secret(connection, &Secret::new(CLIENT_SECRET)).await.unwrap();
}

/// What a row's steps say, a line each, with the rule.
fn steps(row: &RequestRow) -> String {
    row.steps.iter().map(|step| format!("{} {}\n", step.rule.id(), step.note)).collect()
}
