//! Everything that the simulated IdP does wrong in OpenID Connect, and what is due each time.

use muster_simulator::sso::{Due, Fault, Flavour, OidcApplication, Protocol};

use super::{ADA, HERE, Site, application, steps};

/// What the connection's log says of each fault, with the rule.
fn told(fault: Fault) -> &'static str {
    match fault {
        Fault::WrongAudience => "SSO-1 refused: the ID token is for `another-client`, and must be for `muster` alone",
        Fault::WrongIssuer => "SSO-1 refused: the ID token is issued by `https://another-issuer.example.com`",
        Fault::WrongState => "SSO-7 refused: We couldn't find your session.",
        Fault::WrongNonce => "SSO-7 refused: the `nonce` of the ID token is not that of this sign-in",
        Fault::SkewedClock => "SSO-1 refused: the ID token is of the future (`iat`)",
        Fault::Expired => "SSO-1 refused: the ID token has expired (`exp`)",
        Fault::NoAlgorithm => "SSO-1 refused: the ID token is signed with `none`",
        Fault::Tampered => "SSO-8 refused: the signature of the ID token does not hold",
        Fault::UnknownSigner => "SSO-8 refused: the ID token is signed with the key",
        Fault::MissingEmail => "SSO-5 refused: ",
        Fault::UnverifiedEmail => "SSO-1 refused: the provider says that the address is not verified",
        Fault::Denied => "SSO-1 refused: the provider answers `access_denied`: the person is not assigned",
        Fault::RotatedKey => "SSO-8 checked: the ID token is signed with a key of the provider",
        Fault::MalformedGroups => "GRP-3 Some of the groups assigned to the user are not formatted",
        Fault::Overage => "JIT-3 passed over: the identity provider left the groups out because there are too many",
        other => panic!("{} is no fault of OpenID Connect", other.key()),
    }
}

#[tokio::test]
async fn sso_13_each_fault_of_a_provider_brings_what_is_due_and_a_line_on_the_log() {
    for fault in Fault::of(Protocol::Oidc) {
        let site = Site::new().await;
        // Somebody has signed in before, so that the provider's keys are known.
        site.sign_in(&mut site.browser()).await;
        let mut browser = site.browser();
        let page = site.sign_in_wrongly(&mut browser, fault).await;
        let row = site.newest();
        assert!(steps(&row).contains(told(fault)), "{}: {}", fault.key(), steps(&row));
        match fault.due() {
            Due::SignedIn => {
                assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"), "{}", page.words());
                assert!(page.words().contains(ADA), "{}: {}", fault.key(), page.words());
            }
            Due::Refused => {
                assert!(page.status.is_client_error(), "{}: {}", fault.key(), page.words());
                assert_eq!(row.outcome, "refused", "{}", fault.key());
                // The page says what to do, and the administrator finds the rest under its TraceID.
                assert!(page.words().contains(&format!("TraceID: {}", row.id)), "{}: {}", fault.key(), page.words());
                let nobody = browser.get(&format!("{HERE}/account")).await;
                assert_eq!(nobody.url.path(), "/signin", "{}", fault.key());
            }
        }
    }
}

#[tokio::test]
async fn jit_1_no_fault_makes_an_account() {
    for fault in Fault::of(Protocol::Oidc).filter(|fault| fault.due() == Due::Refused) {
        let site = Site::new().await;
        site.sign_in_wrongly(&mut site.browser(), fault).await;
        assert!(!site.is_known(), "{}", fault.key());
    }
}

#[tokio::test]
async fn sso_1_the_tokens_of_each_kind_of_provider_sign_in() {
    for flavour in Flavour::ALL {
        let site = Site::new().await;
        site.provider().register_oidc(OidcApplication { flavour, ..application() });
        let page = site.sign_in(&mut site.browser()).await;
        assert!(page.words().contains("Ada Lindqvist") && page.words().contains("developers"), "{}", page.words());
    }
}

#[tokio::test]
async fn sso_1_a_pinned_tenant_is_checked_at_every_sign_in() {
    for (tenant, is_let_in) in [("example.com", true), ("other.example", false)] {
        let site = Site::with(move |oidc| oidc.tenant = Some(tenant.to_owned())).await;
        site.provider().register_oidc(OidcApplication { flavour: Flavour::Google, ..application() });
        let page = site.sign_in_with(&mut site.browser(), &[]).await;
        assert_eq!(page.url.path() == "/account", is_let_in, "{tenant}: {}", page.words());
    }
}

#[tokio::test]
async fn sso_8_keys_that_were_rotated_are_fetched_again_and_nobody_makes_us_ask_for_each_token() {
    let site = Site::new().await;
    site.sign_in(&mut site.browser()).await;
    site.provider().announce_keys().unwrap();
    site.provider().rotate_keys().unwrap();
    site.sign_in(&mut site.browser()).await;
    // Within the same minute they rotate again: whoever makes up names of keys must not make us ask each time.
    for _ in 0..2 {
        site.provider().announce_keys().unwrap();
        site.provider().rotate_keys().unwrap();
    }
    let page = site.sign_in_with(&mut site.browser(), &[]).await;
    assert!(page.status.is_client_error(), "{}", page.words());
    site.server.world.advance(std::time::Duration::from_secs(61));
    site.sign_in(&mut site.browser()).await;
}
