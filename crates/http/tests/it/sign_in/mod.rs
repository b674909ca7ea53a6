//! Signing in, through a browser without a screen, at a simulated IdP, all in memory.

mod account;
mod attacks;
mod idp_initiated;
mod invitation;
mod keys;
mod logout;
mod metadata;
mod nodes;
mod saml;
mod setup;
mod trial;

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{Request, Response};
use http_body_util::BodyExt;
use muster_engine::Surroundings;
use muster_model::{
    ConnectionId, RequestId,
    connection::{Saml, SingleSignOn},
};
use muster_simulator::sso::{Fault, IdentityProvider, Options, Profile, SamlApplication};
use muster_store::RequestRow;
use muster_testkit::browser::{Browser, Page, Transport};
use tower::ServiceExt;

use crate::support::Server;

/// Where we are. Plain http on loopback, so that cookies need no TLS.
const HERE: &str = "http://127.0.0.1:8080";
/// Where the IdP is.
const IDP: &str = "http://127.0.0.1:9200";
/// Ada, as the IdP knows her.
const ADA: &str = "ada.lindqvist@example.com";

/// An installation and an IdP, whose clocks agree.
struct Site {
    server: Server,
    idp: IdentityProvider,
    connection: ConnectionId,
    /// The application of the connection at the IdP.
    application: SamlApplication,
}

/// Both in memory, reached by their addresses.
#[derive(Clone)]
struct Memory {
    here: Router,
    idp: Router,
}

impl Transport for Memory {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let is_here = request.uri().to_string().starts_with(HERE);
        let router = if is_here { self.here.clone() } else { self.idp.clone() };
        let (head, body) = router.oneshot(request.map(Body::from)).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

impl Site {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other settings of the connection.
    fn with(change: impl Fn(&mut Saml) + Send + 'static) -> Self {
        let server = Server::at(HERE);
        let clock = Arc::clone(&server.world.clock);
        let seconds = Arc::new(move || clock.now().seconds());
        let idp = IdentityProvider::new(IDP, Options { clock: seconds, ..Options::default() }).unwrap();
        let connection = server.connection;
        let at = |path: &str| format!("{HERE}/sso/saml/{connection}/{path}");
        let application = SamlApplication::new(&at("acs"), &at("metadata"));
        idp.register_saml(application.clone());
        let site = Self { server, idp, connection, application };
        site.set(change);
        site
    }

    /// The IdP's metadata as settings, and what the test changes of them.
    fn set(&self, change: impl Fn(&mut Saml) + Send + 'static) {
        let now = self.server.world.clock.now().seconds();
        let mut saml = muster_administration::metadata::settings(&self.idp.metadata(), now).unwrap();
        change(&mut saml);
        self.server.world.settings(self.connection, move |settings| {
            settings.scim.enabled = false;
            settings.sso = Some(SingleSignOn::Saml(Box::new(saml.clone())));
        });
    }

    fn memory(&self) -> Memory {
        Memory { here: self.server.router.clone(), idp: self.idp.router() }
    }

    fn browser(&self) -> Browser<Memory> {
        Browser::new(self.memory())
    }

    /// Types an address: the IdP's page.
    async fn begin(&self, browser: &mut Browser<Memory>, email: &str) -> Page {
        let page = browser.get(&format!("{HERE}/signin")).await;
        let page = browser.submit(&page, &page.only_form().with("email", email)).await;
        assert!(page.url.to_string().starts_with(IDP), "{}: {}", page.url, page.words());
        page
    }

    /// Picks the first person at the IdP, edited: the page with the form that leads back.
    async fn pick(&self, browser: &mut Browser<Memory>, people: &Page, edits: &[(&str, &str)]) -> Page {
        let edit = browser.follow(people, &people.link("Edit")).await;
        let form = edits.iter().fold(edit.only_form(), |form, (name, value)| form.with(name, value));
        browser.submit(&edit, &form).await
    }

    /// The whole way for Ada, with edits and a fault at the IdP: what she sees in the end.
    async fn sign_in_with(&self, browser: &mut Browser<Memory>, edits: &[(&str, &str)]) -> Page {
        let people = self.begin(browser, ADA).await;
        let leaving = self.pick(browser, &people, edits).await;
        browser.submit(&leaving, &leaving.only_form()).await
    }

    async fn sign_in(&self, browser: &mut Browser<Memory>) -> Page {
        self.sign_in_with(browser, &[]).await
    }

    async fn sign_in_wrongly(&self, fault: Fault) -> Page {
        self.sign_in_with(&mut self.browser(), &[("fault", fault.key())]).await
    }

    /// The log's row under the TraceID of a page.
    fn logged(&self, page: &Page) -> RequestRow {
        let id: RequestId = page.header("x-request-id").parse().unwrap();
        self.server.world.read(move |conn| Ok(conn.request(id)?)).unwrap()
    }

    /// The newest row of the connection's log.
    fn newest(&self) -> RequestRow {
        let connection = self.connection;
        self.server.world.read(move |conn| Ok(conn.requests(connection, 1)?)).remove(0)
    }

    fn is_known(&self, email: &str) -> bool {
        self.server.world.account_of(email).is_some()
    }

    fn ada(&self) -> Profile {
        self.idp.people()[0].clone()
    }
}

/// What a row's steps say, a line each, with the rule.
fn steps(row: &RequestRow) -> String {
    row.steps.iter().map(|step| format!("{} {}\n", step.rule.id(), step.note)).collect()
}
