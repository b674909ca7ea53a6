//! The endpoints of SAML.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::IntoResponse,
};

use super::{
    backchannel,
    pages::Message,
    reply::{Reply, page, parameters, redirect, session},
    sign_in,
};
use crate::sso::{
    Algorithm, Fault, IdentityProvider, SsoError,
    saml::{self, AuthnRequest, Carried, Said, Sender, SignIn},
    state::{Asked, Pending},
};

/// `GET /saml/metadata`.
pub(super) async fn metadata(State(provider): State<IdentityProvider>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/samlmetadata+xml"), (header::CACHE_CONTROL, "no-store")];
    (headers, provider.metadata())
}

/// `GET /saml/sso`: an authentication request by redirect.
pub(super) async fn ask_by_redirect(
    State(provider): State<IdentityProvider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let query = query.unwrap_or_default();
    ask(&provider, &headers, Carried::by_redirect(&query)?, login_hint(&query))
}

/// `POST /saml/sso`: an authentication request as a form.
pub(super) async fn ask_by_form(
    State(provider): State<IdentityProvider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    ask(&provider, &headers, Carried::by_form(&parameters(&body))?, login_hint(&query.unwrap_or_default()))
}

/// Whom the application expects, as Okta and Entra ID read it beside a request.
fn login_hint(query: &str) -> Option<String> {
    parameters(query.as_bytes()).into_iter().find(|(name, _)| name == "login_hint").map(|(_, value)| value)
}

fn ask(provider: &IdentityProvider, headers: &HeaderMap, carried: Carried, hint: Option<String>) -> Reply {
    let request = AuthnRequest::read(&carried.xml)?;
    let application = provider.saml_application(&request.issuer)?;
    require_signature(&carried, &application, application.signs_requests)?;
    request.require_destination(&provider.at(saml::SIGN_IN_PATH))?;
    let acs_url = request.acs_url(&application)?;
    let asked = Asked::Saml(SignIn {
        application,
        acs_url,
        authn_context: request.authn_contexts.first().cloned(),
        request: Some(request.id),
        relay_state: carried.relay_state,
    });
    let pending = Pending { asked, hint: request.subject.or(hint) };
    if request.is_passive {
        // Nobody may be shown a page: whoever is signed in, or nobody.
        let known = session(headers).and_then(|name| provider.state().sessions.get(&name).cloned());
        return match known.filter(|_| !request.force_authn) {
            Some(known) => sign_in::respond(provider, headers, &pending, &known.profile, None),
            None => sign_in::respond(provider, headers, &pending, &crate::sso::Profile::default(), Some(Fault::Denied)),
        };
    }
    sign_in::begin(provider, pending)
}

/// Verifies a signature that can be verified, and demands one where there must be one.
fn require_signature(
    carried: &Carried,
    application: &crate::sso::SamlApplication,
    is_required: bool,
) -> Result<(), SsoError> {
    if carried.is_signed() && !application.signing_certificates.is_empty() {
        return carried.verify(&application.signing_certificates);
    }
    if is_required {
        return Err(SsoError::Refused(format!(
            "the message of `{}` is not signed, and its metadata says that it would be",
            application.entity_id
        )));
    }
    Ok(())
}

/// `POST /saml/start`: a sign-in that no application asked for.
pub(super) async fn start(State(provider): State<IdentityProvider>, body: Bytes) -> Reply {
    let fields = parameters(&body);
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let application = provider.saml_application(&field("application").unwrap_or_default())?;
    let acs_url = application.acs_urls.first().cloned();
    let acs_url = acs_url.ok_or_else(|| SsoError::Refused("the application has no address".to_owned()))?;
    let relay_state = field("relay_state").filter(|state| !state.is_empty());
    let asked = Asked::Saml(SignIn { application, acs_url, request: None, relay_state, authn_context: None });
    sign_in::begin(&provider, Pending { asked, hint: None })
}

/// `GET /saml/slo`: a logout message by redirect.
pub(super) async fn logout_by_redirect(
    State(provider): State<IdentityProvider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    logout(&provider, &headers, &Carried::by_redirect(&query.unwrap_or_default())?)
}

/// `POST /saml/slo`: a logout message as a form.
pub(super) async fn logout_by_form(State(provider): State<IdentityProvider>, headers: HeaderMap, body: Bytes) -> Reply {
    logout(&provider, &headers, &Carried::by_form(&parameters(&body))?)
}

fn logout(provider: &IdentityProvider, headers: &HeaderMap, carried: &Carried) -> Reply {
    let request = match saml::read_logout(&carried.xml)? {
        Said::Response { is_success } if !carried.is_request => {
            return next_sign_out(provider, headers, is_success);
        }
        Said::Request(request) if carried.is_request => request,
        _ => return Err(SsoError::Refused("a request came as a response, or the reverse".to_owned()).into()),
    };
    let application = provider.saml_application(&request.issuer)?;
    require_signature(carried, &application, !application.signing_certificates.is_empty())?;
    let to = application.logout_url.clone().ok_or_else(|| {
        SsoError::Refused(format!("the application `{}` has no address for logout messages", application.entity_id))
    })?;
    match &request.session_index {
        Some(index) => drop(provider.state().sessions.remove(index)),
        None => {
            let is_other = |participant: &saml::Participant| {
                participant.entity_id != application.entity_id || participant.name_id != request.name_id
            };
            provider.state().sessions.retain(|session| session.participants.iter().all(is_other));
        }
    }
    let keys = provider.keys();
    let entity_id = provider.entity_id();
    let sender = sender(&entity_id, keys.present().of(application.algorithm), provider);
    redirect(&saml::logout_response(&to, &request.id, carried.relay_state.as_deref(), &sender)?)
}

fn sender<'s>(entity_id: &'s str, key: &'s crate::sso::keys::SigningKey, provider: &IdentityProvider) -> Sender<'s> {
    Sender { entity_id, key, now: provider.now() }
}

/// `POST /sign-out`: ends the session here and at each application.
pub(super) async fn sign_out(State(provider): State<IdentityProvider>, headers: HeaderMap) -> Reply {
    let name = session(&headers).unwrap_or_default();
    let known = provider.state().sessions.get(&name).cloned();
    if let Some(known) = known {
        backchannel::tell(&provider, &name, &known).await;
    }
    next_sign_out(&provider, &headers, true)
}

/// Tells the next application of the session, if there is one.
fn next_sign_out(provider: &IdentityProvider, headers: &HeaderMap, is_success: bool) -> Reply {
    let name = session(headers).unwrap_or_default();
    loop {
        let participant = {
            let mut state = provider.state();
            let next = state.sessions.get_mut(&name).and_then(|session| session.participants.pop());
            if next.is_none() {
                state.sessions.remove(&name);
            }
            next
        };
        let Some(participant) = participant else { break };
        let Ok(application) = provider.saml_application(&participant.entity_id) else { continue };
        let Some(to) = application.logout_url.clone() else { continue };
        let keys = provider.keys();
        let entity_id = provider.entity_id();
        let sender = sender(&entity_id, keys.present().of(Algorithm::Rsa), provider);
        return redirect(&saml::logout_request(&to, &participant, &name, &sender)?);
    }
    let text = if is_success {
        "You are signed out here, and at every application that takes logout messages."
    } else {
        "You are signed out here. An application said that it could not end its session."
    };
    page(&Message { title: "Signed out", text }, &[])
}
