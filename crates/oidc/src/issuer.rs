//! Who may speak for a connection, and what a shared issuer must state beside (SSO-1).

use url::Url;

use crate::{
    error::{IssuerError, SignInError},
    json::{self, Object},
};

/// Google's issuer: one for every company and every private person.
const GOOGLE: &str = "https://accounts.google.com";
/// Where Entra ID issues for many tenants, in its clouds.
const ENTRA_HOSTS: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoft.com",
    "sts.windows.net",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
];
/// The tenants of Entra ID that are none: everybody's, all companies', all private people's.
const ENTRA_SHARED: &[&str] = &["common", "organizations"];
/// Private people at Microsoft, by name and by id.
const ENTRA_PERSONAL: &[&str] = &["consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"];

/// An issuer, as its metadata and its ID tokens must name it, with the pinned tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    identifier: String,
    url: Url,
    pin: Option<Pin>,
}

/// A claim that must be what it was set to at every sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pin {
    claim: Claim,
    tenant: String,
}

/// Which claim states the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Google: the company's primary domain.
    Hd,
    /// Entra ID: the tenant's id.
    Tid,
    /// Another issuer: whichever of the two it states.
    Either,
}

impl Issuer {
    /// An issuer as the connection's settings name it. Entra ID's `common` and `organizations` become the pinned tenant's own
    /// issuer: that is what its ID tokens say, and its sign-in page lets nobody else in.
    ///
    /// # Errors
    ///
    /// [`IssuerError`] if it is no issuer, or a shared one without a tenant.
    pub fn new(issuer: &str, tenant: Option<&str>) -> Result<Self, IssuerError> {
        let address = || IssuerError::Address(issuer.chars().take(200).collect());
        let url = Url::parse(issuer).map_err(|_| address())?;
        let plain =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "https" | "http") || !plain || url.host_str().is_none() {
            return Err(address());
        }
        let tenant = tenant.map(str::trim).filter(|tenant| !tenant.is_empty()).map(str::to_lowercase);
        let shared = |what| IssuerError::Shared { issuer: issuer.to_owned(), what };
        if issuer.trim_end_matches('/') == GOOGLE {
            let tenant = tenant.ok_or_else(|| shared("the primary domain of your Google Workspace"))?;
            return Ok(Self { identifier: GOOGLE.to_owned(), url, pin: Some(Pin { claim: Claim::Hd, tenant }) });
        }
        if url.host_str().is_some_and(|host| ENTRA_HOSTS.contains(&host)) {
            return Self::entra(issuer, &url, tenant);
        }
        let pin = tenant.map(|tenant| Pin { claim: Claim::Either, tenant });
        Ok(Self { identifier: issuer.to_owned(), url, pin })
    }

    fn entra(issuer: &str, url: &Url, tenant: Option<String>) -> Result<Self, IssuerError> {
        let named = url.path().split('/').nth(1).unwrap_or_default().to_lowercase();
        let is_personal = |tenant: &str| ENTRA_PERSONAL.contains(&tenant);
        if is_personal(&named) || tenant.as_deref().is_some_and(is_personal) {
            return Err(IssuerError::Personal);
        }
        if !ENTRA_SHARED.contains(&named.as_str()) {
            let pin = tenant.map(|tenant| Pin { claim: Claim::Tid, tenant });
            return Ok(Self { identifier: issuer.to_owned(), url: url.clone(), pin });
        }
        let what = "the directory (tenant) ID of your Entra ID, such as `8d0a1f2e-...`";
        let tenant = tenant
            .filter(|tenant| is_guid(tenant))
            .ok_or_else(|| IssuerError::Shared { issuer: issuer.to_owned(), what })?;
        let mut own = url.clone();
        own.set_path(&url.path().replacen(url.path().split('/').nth(1).unwrap_or_default(), &tenant, 1));
        let identifier = own.as_str().trim_end_matches('/').to_owned();
        Ok(Self { identifier, url: own, pin: Some(Pin { claim: Claim::Tid, tenant }) })
    }

    /// How ID tokens must name it, to the letter.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The tenant that people must be of.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.pin.as_ref().map(|pin| pin.tenant.as_str())
    }

    /// Where its metadata is (OpenID Connect Discovery §4).
    pub(crate) fn discovery_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.identifier.trim_end_matches('/'))
    }

    /// Whether plain http will do for its endpoints, because it does for itself. Whether it may be reached so is for the
    /// client that sends requests to say.
    pub(crate) fn is_plain_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// What Google's sign-in page is told, so that it offers the company's accounts only.
    pub(crate) fn hosted_domain(&self) -> Option<&str> {
        self.pin.as_ref().filter(|pin| pin.claim == Claim::Hd).map(|pin| pin.tenant.as_str())
    }

    /// The host of an issuer at Entra ID, and the tenant's id there.
    pub(crate) fn entra_tenant(&self) -> Option<(&str, &str)> {
        let host = self.url.host_str().filter(|host| ENTRA_HOSTS.contains(host))?;
        let named = self.url.path().split('/').nth(1)?;
        let tenant = self.tenant().unwrap_or(named);
        is_guid(tenant).then_some((host, tenant))
    }

    /// Checks the pinned claim of an ID token.
    pub(crate) fn check_tenant(&self, claims: &Object) -> Result<(), SignInError> {
        let Some(Pin { claim, tenant }) = &self.pin else { return Ok(()) };
        let names: &[&str] = match claim {
            Claim::Hd => &["hd"],
            Claim::Tid => &["tid"],
            Claim::Either => &["tid", "hd"],
        };
        let stated: Vec<&str> = names.iter().filter_map(|name| json::text(claims, name)).collect();
        if !stated.is_empty() && stated.iter().all(|stated| stated.eq_ignore_ascii_case(tenant)) {
            return Ok(());
        }
        Err(SignInError::Tenant { expected: tenant.clone(), found: stated.first().map(|found| (*found).to_owned()) })
    }
}

/// Whether a text is a GUID.
pub(crate) fn is_guid(text: &str) -> bool {
    let is_part =
        |(part, length): (&str, usize)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').count() == 5 && text.split('-').zip([8, 4, 4, 4, 12]).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "8d0a1f2e-1111-4222-8333-abcdefabcdef";

    #[test]
    fn sso_1_a_shared_issuer_needs_a_pinned_tenant() {
        let shared = [
            "https://accounts.google.com",
            "https://accounts.google.com/",
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/Organizations/v2.0",
            "https://login.microsoftonline.us/common/v2.0",
        ];
        for issuer in shared {
            for tenant in [None, Some(" ")] {
                assert!(matches!(Issuer::new(issuer, tenant), Err(IssuerError::Shared { .. })), "{issuer}");
            }
        }
        assert!(matches!(
            Issuer::new("https://login.microsoftonline.com/common/v2.0", Some("contoso.com")),
            Err(IssuerError::Shared { .. })
        ));
        for (issuer, tenant) in [
            ("https://login.microsoftonline.com/consumers/v2.0", Some(TENANT)),
            ("https://login.microsoftonline.com/common/v2.0", Some("9188040d-6c67-4c5b-b112-36a304b66dad")),
        ] {
            assert_eq!(Issuer::new(issuer, tenant), Err(IssuerError::Personal));
        }
    }

    #[test]
    fn sso_1_a_pinned_entra_tenant_has_its_own_issuer() {
        let issuer =
            Issuer::new("https://login.microsoftonline.com/common/v2.0", Some(&TENANT.to_uppercase())).unwrap();
        assert_eq!(issuer.identifier(), format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
        assert_eq!(issuer.entra_tenant(), Some(("login.microsoftonline.com", TENANT)));
        let own = Issuer::new(&format!("https://login.microsoftonline.com/{TENANT}/v2.0"), None).unwrap();
        assert_eq!(own.entra_tenant(), Some(("login.microsoftonline.com", TENANT)));
        assert_eq!(Issuer::new("https://idp.example.com", Some(TENANT)).unwrap().entra_tenant(), None);
    }

    #[test]
    fn sso_1_the_pinned_claim_must_be_stated_and_equal() {
        let check = |issuer: &str, tenant: &str, claims: &str| {
            let claims = json::object(claims.as_bytes()).unwrap();
            Issuer::new(issuer, Some(tenant)).unwrap().check_tenant(&claims).is_ok()
        };
        let google = |claims| check("https://accounts.google.com", "Example.com", claims);
        assert!(google(r#"{"hd": "example.com"}"#));
        assert!(!google("{}") && !google(r#"{"hd": "example.org"}"#) && !google(r#"{"hd": ["example.com"]}"#));
        assert!(!google(r#"{"tid": "example.com"}"#));
        let other = |claims| check("https://idp.example.com", "t1", claims);
        assert!(other(r#"{"tid": "t1"}"#) && other(r#"{"hd": "t1"}"#));
        assert!(!other("{}") && !other(r#"{"tid": "t1", "hd": "t2"}"#));
    }

    #[test]
    fn what_is_no_issuer_is_refused() {
        for issuer in [
            "",
            "idp.example.com",
            "ftp://idp.example.com",
            "https://idp.example.com?x=1",
            "https://a:b@idp.example.com",
        ] {
            assert!(matches!(Issuer::new(issuer, None), Err(IssuerError::Address(_))), "{issuer}");
        }
    }
}
