//! SAML: the whole way, and what each fault of an IdP looks like to the person and to the administrator.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use muster_engine::{Surroundings, traffic};
use muster_model::{Role, connection::Binding};
use muster_simulator::sso::{Due, Fault, Flavour, Protocol, SamlApplication, Signs};
use muster_testkit::browser::Transport;
use serde_json::Value;

use super::{ADA, HERE, IDP, Site, steps};
use crate::console::{at, session_of};

#[tokio::test]
async fn sso_3_the_address_leads_to_the_idp_and_back_to_the_account() {
    let site = Site::new();
    let mut browser = site.browser();
    browser.follow_redirects(false);
    let page = browser.get(&format!("{HERE}/signin")).await;
    let away = browser.submit(&page, &page.only_form().with("email", ADA)).await.location().unwrap();
    assert!(away.starts_with(IDP) && away.contains("login_hint=ada.lindqvist%40example.com"), "{away}");
    browser.follow_redirects(true);
    let people = site.begin(&mut browser, ADA).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let account = browser.submit(&leaving, &leaving.only_form()).await;
    assert_eq!(account.url.to_string(), format!("{HERE}/account"));
    let words = account.words();
    for expected in ["Ada Lindqvist", ADA, "moby", "signed in through okta", "This session"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let row = site.newest();
    assert_eq!((row.kind.as_str(), row.outcome.as_str(), row.status), ("sso", "changed", 303));
    let said = steps(&row);
    for expected in ["SSO-8 checked", "SSO-7 checked", "JIT-1 no account has this address", "SES-1 signed in until"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[tokio::test]
async fn the_account_is_json_for_programs() {
    let site = Site::new();
    let mut browser = site.browser();
    site.sign_in_with(&mut browser, &[("groups", "moby:backend"), ("role", "editor")]).await;
    let cookie = browser.cookie(HERE, "muster").unwrap();
    let json = async |cookie: &str| {
        let request = Request::get(format!("{HERE}/account"))
            .header("accept", "application/json")
            .header("cookie", format!("muster={cookie}"));
        let answer = site.memory().send(request.body(Vec::new()).unwrap()).await;
        (answer.status().as_u16(), serde_json::from_slice::<Value>(answer.body()).unwrap())
    };
    let (status, account) = json(&cookie).await;
    assert_eq!((status, &account["email"]), (200, &Value::from(ADA)));
    let moby = &account["organizations"][0];
    assert_eq!((&moby["name"], &moby["role"], &moby["is_guest"]), (&"moby".into(), &"editor".into(), &false.into()));
    assert_eq!(moby["teams"], serde_json::json!(["backend"]));
    assert_eq!(account["session"]["kind"], "web");
    assert!(account["session"]["expires_at"].as_str().unwrap().contains('T'));
    let (status, refused) = json("nobody").await;
    assert_eq!(status, 401);
    assert!(refused["trace_id"].is_string() && account.get("trace_id").is_none());
}

#[tokio::test]
async fn sso_1_every_idp_is_understood_however_it_signs() {
    for flavour in Flavour::ALL {
        for signs in [Signs::Response, Signs::Assertion, Signs::Both] {
            let site = Site::with(|saml| saml.encryption = true);
            // Our metadata is made with the first look at it; Keycloak's kind of IdP encrypts for what it says.
            let mut browser = site.browser();
            let metadata = browser.get(&format!("{HERE}/sso/saml/{}/metadata", site.connection)).await;
            let ours = SamlApplication::from_metadata(&metadata.text).unwrap();
            site.idp.register_saml(SamlApplication { signs, ..ours.flavoured(flavour) });
            let account = site.sign_in(&mut browser).await;
            assert!(account.words().contains("Ada Lindqvist"), "{flavour:?} {signs:?}: {}", account.words());
        }
    }
}

#[tokio::test]
async fn sso_1_signed_requests_and_the_post_binding_work() {
    for binding in [Binding::Redirect, Binding::Post] {
        let site = Site::with(move |saml| {
            saml.sign_requests = true;
            saml.binding = binding;
            saml.force_authn = true;
        });
        let mut browser = site.browser();
        let metadata = browser.get(&format!("{HERE}/sso/saml/{}/metadata", site.connection)).await;
        let ours = SamlApplication::from_metadata(&metadata.text).unwrap();
        assert!(!ours.signing_certificates.is_empty());
        site.idp.register_saml(SamlApplication { signs_requests: true, ..ours });
        let page = browser.get(&format!("{HERE}/signin")).await;
        let mut people = browser.submit(&page, &page.only_form().with("email", ADA)).await;
        if binding == Binding::Post {
            assert!(people.words().contains("127.0.0.1:9200"), "{}", people.words());
            people = browser.submit(&people, &people.only_form()).await;
        }
        let leaving = site.pick(&mut browser, &people, &[]).await;
        let account = browser.submit(&leaving, &leaving.only_form()).await;
        assert!(account.words().contains("Ada Lindqvist"), "{binding:?}: {}", account.words());
    }
}

#[tokio::test]
async fn sso_13_each_fault_of_the_idp_is_on_the_error_log_and_nobody_comes_in() {
    for fault in Fault::of(Protocol::Saml).filter(|fault| fault.due() == Due::Refused && *fault != Fault::Replay) {
        let site = Site::new();
        let page = site.sign_in_wrongly(fault).await;
        assert!(page.status.is_client_error(), "{fault:?}: {} {}", page.status, page.words());
        assert!(!site.is_known(ADA), "{fault:?}");
        assert!(page.header("set-cookie").is_empty(), "{fault:?}");
        let row = site.logged(&page);
        assert_eq!((row.outcome.as_str(), row.kind.as_str()), ("refused", "sso"), "{fault:?}");
        let trace = page.header("x-request-id");
        assert!(page.words().contains(trace), "{fault:?}: {}", page.words());
        assert!(page.words().contains("Start again"), "{fault:?}: {}", page.words());
        // The reason is for the administrator, not for whoever sent it.
        let reason = steps(&row);
        assert!(reason.contains("refused: "), "{fault:?}: {reason}");
        // What was received is there to read, and worth nothing.
        let body = muster_http::logged_body(&site.server.sealer, &row).unwrap().unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let message = body["not_accepted"].as_str().unwrap_or_default();
        assert!(message.contains("Response") || body["name_id"].is_object(), "{fault:?}: {body}");
        assert!(!message.contains("SignatureValue>") || message.contains("SignatureValue>..."), "{fault:?}: {message}");
    }
}

#[tokio::test]
async fn sso_5_and_sso_7_are_told_word_for_word() {
    let site = Site::new();
    let words = site.sign_in_wrongly(Fault::MissingEmail).await.words();
    let expected =
        "The name ID sent by the identity provider is not an email address. Contact your company administrator.";
    assert!(words.contains(expected), "{words}");
    let words = site.sign_in_wrongly(Fault::WrongRequest).await.words();
    assert!(words.contains("We couldn't find your session."), "{words}");
}

#[tokio::test]
async fn sso_6_and_jit_7_are_told_word_for_word_with_the_trace() {
    let site = Site::new();
    let page = site.sign_in_with(&mut site.browser(), &[("email", "ada@elsewhere.example")]).await;
    let trace = page.header("x-request-id").to_owned();
    let expected = format!(
        "Domain 'elsewhere.example' is not verified for your SSO connection. Contact your company administrator. \
         TraceID: {trace}"
    );
    assert!(page.words().contains(&expected), "{}", page.words());
    site.server.world.settings(site.connection, |settings| settings.jit = false);
    let page = site.sign_in(&mut site.browser()).await;
    let trace = page.header("x-request-id").to_owned();
    let expected =
        format!("User '{ADA}' is not assigned to this SSO organization. Contact your administrator. TraceID: {trace}");
    assert!(page.words().contains("Access denied") && page.words().contains(&expected), "{}", page.words());
    assert!(!site.is_known(ADA));
}

#[tokio::test]
async fn scim_9_without_a_seat_the_page_says_so() {
    let site = Site::new();
    let moby = site.server.organizations[0].clone();
    site.server.world.seats(&moby, 0);
    site.server.world.settings(site.connection, move |settings| settings.default_organization = Some(moby.id));
    let page = site.sign_in(&mut site.browser()).await;
    let expected = "Not enough seats in organization 'moby'. Add more seats or contact your administrator.";
    assert!(page.words().contains(expected), "{}", page.words());
}

#[tokio::test]
async fn grp_3_malformed_groups_and_an_overage_let_people_in() {
    for fault in [Fault::MalformedGroups, Fault::Overage] {
        let site = Site::new();
        let page = site.sign_in_wrongly(fault).await;
        assert!(page.words().contains("company"), "{fault:?}: the default team: {}", page.words());
    }
}

#[tokio::test]
async fn sso_8_a_new_certificate_takes_over_beside_the_old_one() {
    let site = Site::new();
    site.idp.announce_keys().unwrap();
    site.set(|_| {});
    assert!(site.sign_in(&mut site.browser()).await.words().contains("Ada Lindqvist"), "the old one");
    site.idp.rotate_keys().unwrap();
    assert!(site.sign_in(&mut site.browser()).await.words().contains("Ada Lindqvist"), "the new one");
}

#[tokio::test]
async fn ses_2_the_sessions_end_at_the_idp_s_word() {
    let site = Site::new();
    let mut browser = site.browser();
    site.sign_in_with(&mut browser, &[("session_minutes", "30")]).await;
    site.server.world.advance(std::time::Duration::from_secs(29 * 60));
    assert!(browser.get(&format!("{HERE}/account")).await.words().contains("Ada Lindqvist"));
    site.server.world.advance(std::time::Duration::from_secs(2 * 60));
    let page = browser.get(&format!("{HERE}/account")).await;
    assert_eq!(page.url.path(), "/signin");
    assert!(page.words().contains("Your session has ended: its time was over"), "{}", page.words());
}

#[tokio::test]
async fn several_connections_over_a_domain_let_the_person_choose() {
    let site = Site::new();
    let moby = site.server.organizations[0].clone();
    let entra = site.server.world.connection("entra", &[&moby]).build();
    let saml = muster_administration::metadata::settings(&site.idp.metadata(), 0).unwrap();
    site.server.world.settings(entra, move |settings| {
        settings.sso = Some(muster_model::connection::SingleSignOn::Saml(Box::new(saml.clone())));
    });
    let mut browser = site.browser();
    let page = browser.get(&format!("{HERE}/signin")).await;
    let choice = browser.submit(&page, &page.only_form().with("email", ADA)).await;
    let (words, of) = (choice.words(), |name: &str| format!("Continue with SSO · {name}"));
    assert!(words.find(&of("okta")).unwrap() < words.find(&of("entra")).unwrap(), "the oldest first: {words}");
    let forms = choice.forms();
    assert_eq!(forms.len(), 2);
    let chosen = forms.iter().find(|form| form.value("connection") == Some(&site.connection.to_string())).unwrap();
    let people = browser.submit(&choice, chosen).await;
    assert!(people.url.to_string().starts_with(IDP));
}

#[tokio::test]
async fn what_is_no_address_says_so_and_keeps_what_was_typed() {
    let site = Site::new();
    let mut browser = site.browser();
    let page = browser.get(&format!("{HERE}/signin")).await;
    let again = browser.submit(&page, &page.only_form().with("email", "nonsense")).await;
    assert_eq!(again.status, 422);
    assert!(again.words().contains("not an email"), "{}", again.words());
    assert_eq!(again.only_form().value("email"), Some("nonsense"));
}

#[tokio::test]
async fn sso_3_whom_we_expect_is_named_in_the_request_only_where_the_idp_reads_it_there() {
    for subject_hint in [false, true] {
        let site = Site::with(move |saml| (saml.subject_hint, saml.binding) = (subject_hint, Binding::Post));
        let mut browser = site.browser();
        let page = browser.get(&format!("{HERE}/signin")).await;
        let leaving = browser.submit(&page, &page.only_form().with("email", ADA)).await;
        let message = STANDARD.decode(leaving.only_form().value("SAMLRequest").unwrap()).unwrap();
        let request = String::from_utf8(message).unwrap();
        let subject = format!("<saml:Subject><saml:NameID>{ADA}</saml:NameID></saml:Subject>");
        assert_eq!(request.contains(&subject), subject_hint, "{request}");
        let people = browser.submit(&leaving, &leaving.only_form()).await;
        assert!(people.url.to_string().starts_with(IDP), "{}", people.words());
    }
}

#[tokio::test]
async fn sign_ins_are_counted_by_day() {
    let site = Site::new();
    site.sign_in(&mut site.browser()).await;
    site.server.world.settings(site.connection, |settings| settings.jit = false);
    let refused = site.sign_in_with(&mut site.browser(), &[("email", "bo@example.com"), ("given_name", "Bo")]).await;
    assert_eq!(refused.status, 403);
    site.server.app.write_reads().await;
    let (connection, now) = (site.connection, site.server.world.clock.now());
    let days = site.server.world.read(move |conn| traffic::of(conn, &[connection], now));
    assert_eq!(days[days.len() - 1].sign_ins, traffic::Outcomes { succeeded: 1, refused: 1 });
}

#[tokio::test]
async fn sso_13_the_log_knows_who_signed_in_and_who_was_refused() {
    let site = Site::new();
    site.sign_in(&mut site.browser()).await;
    let (account, moby) = (site.server.world.account_of(ADA).unwrap().id, site.server.organizations[0].id);
    let seen = site.server.world.read(move |conn| Ok(conn.sign_ins_in(moby, &[account])?));
    assert_eq!(seen.len(), 1, "also where the identity provider states no name that lasts");
    let refused = site.sign_in_with(&mut site.browser(), &[("email", "eve@elsewhere.example")]).await;
    assert_eq!(refused.status, 403, "{}", refused.words());
    assert_eq!(refused.words().matches("TraceID").count(), 1, "{}", refused.words());
    let owner = site.server.member(&site.server.organizations[0], "olga@example.com", Role::Owner);
    let mut browser = site.browser();
    browser.set_cookie(HERE, &session_of(&site.server, &owner));
    for (who, found) in [(ADA, "Signed in"), ("eve@elsewhere.example", "Refused")] {
        let log = browser.get(&at(&format!("/connections/{}/log?user={who}", site.connection))).await;
        assert!(log.words().contains(who), "{who} {found}: {}", log.words());
        assert!(!log.words().contains("/acs"), "{}", log.words());
    }
}
