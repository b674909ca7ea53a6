//! The OpenID provider, as products and browsers meet it (interfaces §3).

mod attacks;
mod devices;
mod flows;
mod published;
mod sessions;

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Uri;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::openid::clients::{self, Stated};
use muster_model::{
    Account, Client, OrganizationId, Role,
    client::{ClientScope, ClientSettings, GrantType},
    session::ClientKind,
};
use muster_testkit::browser::{Browser, Page};
use serde_json::Value;

use crate::{
    console::{HERE, Memory, Site},
    support::Answer,
};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where the product takes codes.
const CALLBACK: &str = "https://app.example/callback";

/// A product with what it knows.
struct Product {
    client: Client,
    secret: Option<TokenText>,
}

/// An installation with somebody in it.
struct World {
    site: Site,
    ada: Account,
}

fn settings() -> ClientSettings {
    ClientSettings {
        confidential: true,
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec!["https://app.example/bye".to_owned()],
        grants: GrantType::ALL.into_iter().collect(),
        scopes: ClientScope::ALL.into_iter().collect(),
        ..ClientSettings::default()
    }
}

impl World {
    fn new() -> Self {
        let site = Site::new();
        let ada = site.server.member(site.moby(), "ada@example.com", Role::Editor);
        Self { site, ada }
    }

    /// A product of the operator's that keeps a secret.
    fn product(&self) -> Product {
        self.product_with("app", ClientKind::Web, None, settings())
    }

    /// A product that keeps none.
    fn public(&self, kind: ClientKind) -> Product {
        let settings = ClientSettings {
            confidential: false,
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            ..settings()
        };
        self.product_with("tool", kind, None, settings)
    }

    fn product_with(
        &self,
        name: &str,
        kind: ClientKind,
        organization: Option<OrganizationId>,
        settings: ClientSettings,
    ) -> Product {
        let secret = settings.confidential.then(|| TokenText::generate(TokenPrefix::Client).unwrap());
        let hash = secret.as_ref().map(TokenText::hash);
        let stated = Stated { name: name.to_owned(), kind, settings };
        let made = self
            .site
            .server
            .world
            .by_hand(move |tx, env| clients::create(tx, env, organization, stated.clone(), hash.as_ref()));
        Product { client: made.unwrap(), secret }
    }

    /// A browser in which Ada is signed in; it shows where it is sent instead of going there.
    fn browser(&self) -> Browser<Memory> {
        let mut browser = self.site.signed_in(&self.ada);
        browser.follow_redirects(false);
        browser
    }

    /// The address that a product sends the browser to, with these parameters instead of, or beside, the usual ones.
    fn address(&self, product: &Product, changes: &[(&str, &str)]) -> String {
        let id = product.client.id.to_string();
        let redirect_uri = product.client.settings.redirect_uris[0].clone();
        let mut parameters = BTreeMap::from([
            ("client_id", id.as_str()),
            ("response_type", "code"),
            ("scope", "openid profile email organizations"),
            ("redirect_uri", &redirect_uri),
            ("state", "st/ate"),
            ("nonce", "n-0S6"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(changes.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("{HERE}/oauth2/authorize?{query}")
    }

    /// What a product asks of the server itself; with its secret, if it has one.
    async fn ask(&self, product: &Product, path: &str, form: &[(&str, &str)]) -> Answer {
        let id = product.client.id.to_string();
        let mut fields = form.to_vec();
        let mut sending = self.site.server.to("POST", path);
        match &product.secret {
            Some(secret) => {
                let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{}", secret.expose()));
                sending = sending.header("authorization", &format!("Basic {encoded}"));
            }
            None => fields.push(("client_id", &id)),
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        sending.header("content-type", "application/x-www-form-urlencoded").bytes(body).send().await
    }

    async fn redeem(&self, product: &Product, code: &str) -> Answer {
        let redirect_uri = product.client.settings.redirect_uris[0].clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.ask(product, "/oauth2/token", &form).await
    }

    async fn refresh(&self, product: &Product, token: &str) -> Answer {
        self.ask(product, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn userinfo(&self, token: &str) -> Answer {
        self.site.server.to("GET", "/oauth2/userinfo").header("authorization", &format!("Bearer {token}")).send().await
    }

    /// A code that Ada's browser brings back.
    async fn code(&self, browser: &mut Browser<Memory>, product: &Product) -> String {
        let page = browser.get(&self.address(product, &[])).await;
        let answer = brought(&page);
        answer.get("code").unwrap_or_else(|| panic!("{answer:?}")).clone()
    }

    /// Tokens of a whole sign-in.
    async fn tokens(&self, browser: &mut Browser<Memory>, product: &Product) -> Value {
        let code = self.code(browser, product).await;
        self.redeem(product, &code).await.due(200).value()
    }
}

/// What the browser brings back to the product.
#[track_caller]
fn brought(page: &Page) -> BTreeMap<String, String> {
    assert_eq!(page.status, 303, "{}", page.words());
    let location: Uri = page.location().unwrap().parse().unwrap();
    form_urlencoded::parse(location.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Where a page leads on to by itself.
#[track_caller]
fn onward(page: &Page) -> String {
    assert_eq!(page.status, 200, "{}", page.words());
    page.link("Go on")
}

/// The claims of a token, unchecked.
fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}
