//! Signing in through an OpenID provider, from the address to the account page.

use muster_crypto::Secret;
use muster_model::{
    ConnectionId,
    connection::{ClientAuthentication, Oidc, SingleSignOn},
};
use serde_json::{Value, json};

use crate::{
    openid_provider::OpenIdProvider,
    support::{Answer, BASE_URL, Server},
};

/// A server whose only connection is to this provider.
struct Site {
    server: Server,
    provider: OpenIdProvider,
}

/// A browser that was sent to the provider.
struct Sent {
    cookie: String,
    state: String,
    nonce: String,
    address: String,
}

impl Site {
    async fn new(change: impl Fn(&mut Oidc) + Send + 'static) -> Self {
        let (server, provider) = (Server::new(), OpenIdProvider::start());
        let issuer = provider.issuer.clone();
        server.world.settings(server.connection, move |settings| {
            let mut oidc = Oidc { issuer: issuer.clone(), client_id: "muster".to_owned(), ..Oidc::default() };
            change(&mut oidc);
            settings.sso = Some(SingleSignOn::Oidc(Box::new(oidc)));
        });
        assert!(server.app.keep_client_secret(server.connection, &Secret::new("s3cret")).await.unwrap());
        Self { server, provider }
    }

    async fn begin(&self) -> Answer {
        let form = "email=ada%40example.com";
        let sending = self.server.to("POST", "/signin").header("content-type", "application/x-www-form-urlencoded");
        sending.header("origin", BASE_URL).bytes(form).send().await
    }

    async fn sent(&self) -> Sent {
        let answer = self.begin().await.due(303);
        let address = answer.header("location").to_owned();
        assert!(address.starts_with(&format!("{}/authorize?", self.provider.issuer)), "{address}");
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let parameter = |name| parameter(&address, name);
        Sent { cookie, state: parameter("state"), nonce: parameter("nonce"), address }
    }

    /// Claims that the provider would honestly answer with.
    fn claims(&self, sent: &Sent) -> Value {
        use muster_engine::Surroundings as _;
        let now = self.server.world.clock.now().seconds();
        json!({
            "iss": self.provider.issuer, "aud": "muster", "sub": "u1", "iat": now, "exp": now + 300, "nonce": sent.nonce,
            "email": "ada@example.com", "name": "Ada Lovelace", "groups": ["moby:backend"], "sid": "provider-session",
        })
    }

    async fn back(&self, cookie: &str, query: &str) -> Answer {
        self.server.to("GET", &format!("/sso/oidc/callback?{query}")).header("cookie", cookie).send().await
    }

    async fn account(&self, answer: &Answer) -> Answer {
        let cookie = answer.header("set-cookie").split(';').next().unwrap();
        self.server.to("GET", "/account").header("accept", "application/json").header("cookie", cookie).send().await
    }

    fn connection(&self) -> ConnectionId {
        self.server.connection
    }
}

fn parameter(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').unwrap();
    let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    found.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn sso_1_a_person_signs_in_through_an_openid_provider() {
    let site = Site::new(|_| ()).await;
    let sent = site.sent().await;
    assert_eq!(parameter(&sent.address, "redirect_uri"), format!("{BASE_URL}/sso/oidc/callback"));
    assert_eq!(parameter(&sent.address, "login_hint"), "ada@example.com");
    assert_eq!(parameter(&sent.address, "scope"), "openid profile email");
    site.provider.answer(&site.claims(&sent));
    let answer = site.back(&sent.cookie, &format!("code=c1&state={}", sent.state)).await.due(303);
    assert_eq!(answer.header("location"), format!("{BASE_URL}/account"));
    let account = site.account(&answer).await.due(200).value();
    assert_eq!((&account["email"], &account["full_name"]), (&json!("ada@example.com"), &json!("Ada Lovelace")));
    assert_eq!(site.server.world.teams(&site.server.organizations[0], "ada@example.com"), ["backend"]);
    // The code travelled with PKCE's verifier, and the log keeps neither.
    assert!(site.provider.forms()[0].contains("code_verifier=") && site.provider.forms()[0].contains("code=c1"));
    let row = site.server.logged(&answer).unwrap();
    assert_eq!((row.connection, row.dialect.as_deref()), (Some(site.connection()), Some("oidc")));
    assert_eq!(row.target, "/sso/oidc/callback");
    let received = muster_http::logged_body(&site.server.sealer, &row).unwrap().unwrap();
    let received = String::from_utf8(received).unwrap();
    assert!(received.contains("provider-session") && received.contains("moby:backend"), "{received}");
    assert!(
        !received.contains(&sent.nonce) && !received.contains("at-1") && !received.contains("s3cret"),
        "{received}"
    );
}

#[tokio::test]
async fn sso_7_a_callback_works_once_and_in_its_own_browser_only() {
    let site = Site::new(|_| ()).await;
    let (ada, eve) = (site.sent().await, site.sent().await);
    site.provider.answer(&site.claims(&ada));
    let query = format!("code=c1&state={}", ada.state);
    // Another browser brings it, with the cookie of a sign-in of its own, or with none.
    for cookie in [eve.cookie.as_str(), "x=y"] {
        let refused = site.back(cookie, &query).await;
        assert!(refused.status.is_client_error() && refused.text.contains("find your session"), "{}", refused.text);
        assert_eq!(refused.header("set-cookie"), "");
    }
    assert!(site.provider.forms().is_empty(), "its code was not redeemed for somebody else");
    site.back(&ada.cookie, &query).await.due(303);
    let again = site.back(&ada.cookie, &query).await;
    assert!(again.status.is_client_error(), "{}", again.text);
    for query in ["", "state=x", "code=c1", "code=c1&state=", "code=c1&state=a&state=b"] {
        assert!(site.back(&ada.cookie, query).await.status.is_client_error(), "{query}");
    }
}

#[tokio::test]
async fn sso_7_a_sign_in_waits_for_a_quarter_of_an_hour() {
    let site = Site::new(|_| ()).await;
    let sent = site.sent().await;
    site.server.world.advance(std::time::Duration::from_secs(901));
    site.provider.answer(&site.claims(&sent));
    let late = site.back(&sent.cookie, &format!("code=c1&state={}", sent.state)).await;
    assert!(late.status.is_client_error() && late.text.contains("find your session"), "{}", late.text);
}

#[tokio::test]
async fn sso_13_what_is_wrong_is_on_the_connection_s_log_and_not_on_the_page() {
    let site = Site::new(|oidc| oidc.tenant = Some("t1".to_owned())).await;
    let cases = [
        (json!({"tid": "t1", "aud": "other"}), "must be for `muster`"),
        (json!({"tid": "t1", "nonce": "other"}), "nonce"),
        (json!({"tid": "t2"}), "tenant"),
        (json!({"tid": "t1", "email_verified": false}), "email_verified"),
        (json!({"tid": "t1", "email": "ada"}), "not an email address"),
    ];
    for (changes, told) in cases {
        let sent = site.sent().await;
        let mut claims = site.claims(&sent);
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        site.provider.answer(&claims);
        let refused = site.back(&sent.cookie, &format!("code=c1&state={}", sent.state)).await;
        assert!(refused.status.is_client_error(), "{told}: {}", refused.text);
        assert_eq!(refused.header("set-cookie"), "", "{told}");
        let row = site.server.logged(&refused).unwrap();
        assert_eq!(row.connection, Some(site.connection()));
        assert!(
            format!("{:?} {:?}", row.outcome, row.steps).contains(told),
            "{told}: {:?} {:?}",
            row.outcome,
            row.steps
        );
        assert!(!refused.text.contains("`t1`") && !refused.text.contains("must be for"), "{}", refused.text);
    }
    assert_eq!(site.server.world.account_of("ada@example.com"), None);
}

#[tokio::test]
async fn sso_13_a_provider_that_refuses_is_told_to_the_person_and_the_administrator() {
    let site = Site::new(|_| ()).await;
    let sent = site.sent().await;
    let query = format!("error=access_denied&error_description=Not+assigned&state={}", sent.state);
    let refused = site.back(&sent.cookie, &query).await;
    assert!(refused.text.contains("did not sign you in") && !refused.text.contains("Not assigned"), "{}", refused.text);
    let row = site.server.logged(&refused).unwrap();
    assert!(format!("{:?} {:?}", row.outcome, row.steps).contains("Not assigned"), "{:?}", row.steps);
    assert!(site.provider.forms().is_empty());
}

#[tokio::test]
async fn sec_3_a_provider_in_the_private_network_is_not_asked() {
    let site = Site::new(|oidc| "https://10.0.0.1".clone_into(&mut oidc.issuer)).await;
    let refused = site.begin().await;
    assert!(!refused.status.is_success() && !refused.status.is_redirection(), "{}", refused.text);
    let row = site.server.logged(&refused).unwrap();
    assert!(
        format!("{:?} {:?}", row.outcome, row.steps).contains("no public address"),
        "{:?} {:?}",
        row.outcome,
        row.steps
    );
}

#[tokio::test]
async fn sso_1_a_shared_issuer_without_a_tenant_is_refused() {
    let site = Site::new(|oidc| "https://accounts.google.com".clone_into(&mut oidc.issuer)).await;
    let refused = site.begin().await;
    let row = site.server.logged(&refused).unwrap();
    assert!(format!("{:?} {:?}", row.outcome, row.steps).contains("shared by many companies"), "{:?}", row.steps);
}

#[tokio::test]
async fn sso_1_a_client_secret_is_kept_sealed_and_only_once() {
    let site = Site::new(|_| ()).await;
    let id = site.connection();
    let sealed = site.server.world.read(move |conn| Ok(conn.connection_secret(id)?)).unwrap();
    assert!(!sealed.windows(6).any(|bytes| bytes == b"s3cret"));
    assert!(!site.server.app.keep_client_secret(id, &Secret::new("s3cret")).await.unwrap());
    assert!(site.server.app.keep_client_secret(id, &Secret::new("other")).await.unwrap());
}

#[tokio::test]
async fn sso_1_a_client_may_sign_instead_of_telling_a_secret() {
    let site = Site::new(|oidc| oidc.authentication = ClientAuthentication::PrivateKeyJwt).await;
    let sent = site.sent().await;
    site.provider.answer(&site.claims(&sent));
    site.back(&sent.cookie, &format!("code=c1&state={}", sent.state)).await.due(303);
    let form = &site.provider.forms()[0];
    assert!(form.contains("client_assertion=") && !form.contains("client_secret"), "{form}");
}
