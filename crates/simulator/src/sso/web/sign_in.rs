//! Picking a person, editing what is said of them, and answering.

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    pages::{Edit, Message, People, Pick, Send},
    reply::{Reply, begin_session, page, parameters, redirect, sending_page, with_session},
};
use crate::sso::{
    Fault, IdentityProvider, NameIdKind, Profile, Protocol, SsoError, oidc, random,
    saml::{self, Answer},
    state::{Asked, Code, Pending},
};

/// How long a code may be redeemed, in seconds.
const CODE_LIFE: i64 = 60;

/// Remembers who asked, and sends the browser to the list of people.
pub(super) fn begin(provider: &IdentityProvider, pending: Pending) -> Reply {
    let id = random::secret()?;
    provider.state().pending.insert(id.clone(), pending);
    redirect(&format!("/sign-in/{id}"))
}

fn pending(provider: &IdentityProvider, id: &str) -> Result<Pending, SsoError> {
    let found = provider.state().pending.get(id).cloned();
    found.ok_or_else(|| SsoError::Refused("this sign-in is not known: start again from the application".to_owned()))
}

/// `GET /sign-in/{id}`: the list of people, or with `?person=` a form with what is said of one.
pub(super) async fn show(
    State(provider): State<IdentityProvider>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let pending = pending(&provider, &id)?;
    let asked = &pending.asked;
    let query = parameters(query.unwrap_or_default().as_bytes());
    let hint = pending.hint.as_deref();
    if let Some((_, subject)) = query.iter().find(|(name, _)| name == "person") {
        let profile = provider.person(subject).cloned().unwrap_or_else(|| somebody(hint.unwrap_or_default()));
        let protocol = protocol(asked);
        let edit = Edit {
            id: &id,
            application: asked.application(),
            address: asked.address(),
            profile: &profile,
            groups: profile.groups.as_deref().unwrap_or_default().join("\n"),
            is_saml: protocol == Protocol::Saml,
            is_persistent: profile.name_id == NameIdKind::Persistent,
            faults: Fault::of(protocol).collect(),
        };
        return page(&edit, &[asked.address()]);
    }
    let is_expected = |person: &Profile| hint.is_some_and(|hint| hint.eq_ignore_ascii_case(&person.email));
    let mut people: Vec<_> = provider
        .people()
        .iter()
        .map(|person| Pick {
            subject: &person.subject,
            name: person.full_name(),
            email: &person.email,
            groups: person.groups.as_deref().unwrap_or_default().join(", "),
            is_expected: is_expected(person),
        })
        .collect();
    people.sort_by_key(|person| !person.is_expected);
    let stranger = hint.filter(|_| people.iter().all(|person| !person.is_expected));
    page(&People { id: &id, application: asked.application(), people, stranger }, &[asked.address()])
}

fn protocol(asked: &Asked) -> Protocol {
    match asked {
        Asked::Saml(_) => Protocol::Saml,
        Asked::Oidc(_) => Protocol::Oidc,
    }
}

/// Somebody who is not in the directory.
fn somebody(email: &str) -> Profile {
    let subject = email.split('@').next().filter(|name| !name.is_empty()).unwrap_or("somebody");
    Profile { subject: subject.to_owned(), email: email.to_owned(), groups: Some(Vec::new()), ..Profile::default() }
}

/// `POST /sign-in/{id}`: answers the application.
pub(super) async fn answer(
    State(provider): State<IdentityProvider>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let pending = pending(&provider, &id)?;
    let fields = parameters(&body);
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim());
    let profile = match provider.person(field("person")) {
        Some(person) if field("edited").is_empty() => person.clone(),
        _ => edited(&field),
    };
    let fault = Fault::of(protocol(&pending.asked)).find(|fault| fault.key() == field("fault"));
    if field("choice") == "cancel" {
        return respond(&provider, &headers, &pending, &profile, Some(Fault::Denied));
    }
    respond(&provider, &headers, &pending, &profile, fault)
}

/// What the form says of a person.
fn edited<'f>(field: &impl Fn(&'static str) -> &'f str) -> Profile {
    let text = |name| field(name).to_owned();
    let groups = field("groups").lines().map(str::trim).filter(|group| !group.is_empty()).map(str::to_owned);
    let subject = if field("person").is_empty() { somebody(field("email")).subject } else { text("person") };
    Profile {
        subject,
        email: text("email"),
        given_name: text("given_name"),
        family_name: text("family_name"),
        groups: (!field("send_groups").is_empty()).then(|| groups.collect()),
        organization: text("organization"),
        team: text("team"),
        role: text("role"),
        session_minutes: text("session_minutes"),
        name_id: if field("name_id") == "persistent" { NameIdKind::Persistent } else { NameIdKind::Email },
    }
}

/// Answers whoever asked.
pub(super) fn respond(
    provider: &IdentityProvider,
    headers: &HeaderMap,
    pending: &Pending,
    profile: &Profile,
    fault: Option<Fault>,
) -> Reply {
    // Who is denied is not signed in here either.
    let is_denied = fault == Some(Fault::Denied);
    let session = if is_denied { random::message_id()? } else { begin_session(provider, headers, profile)? };
    let response = match &pending.asked {
        Asked::Saml(asked) => respond_in_saml(provider, asked, profile, fault, &session),
        Asked::Oidc(asked) => respond_in_oidc(provider, asked, profile, fault, &session),
    };
    response.map(|response| if is_denied { response } else { with_session(response, &session) })
}

fn respond_in_saml(
    provider: &IdentityProvider,
    asked: &saml::SignIn,
    profile: &Profile,
    fault: Option<Fault>,
    session: &str,
) -> Reply {
    let application = &asked.application;
    let last = provider.state().last.get(&application.entity_id).cloned();
    let response = match last {
        Some(last) if fault == Some(Fault::Replay) => last,
        None if fault == Some(Fault::Replay) => {
            let text = "Sign in once without a fault; what is sent then can be sent again.";
            return page(&Message { title: "Nothing was sent to this application yet", text }, &[]);
        }
        _ => STANDARD.encode(provider.saml_response(&Answer {
            application,
            request: asked.request.as_deref(),
            acs_url: &asked.acs_url,
            profile,
            fault,
            session_index: session,
            authn_context: asked.authn_context.as_deref(),
        })?),
    };
    {
        let mut state = provider.state();
        state.last.insert(application.entity_id.clone(), response.clone());
        let participant = saml::Participant {
            entity_id: application.entity_id.clone(),
            name_id: profile.name_id().to_owned(),
            kind: profile.name_id,
        };
        if let Some(known) = state.sessions.get_mut(session)
            && !known.participants.contains(&participant)
        {
            known.participants.push(participant);
        }
    }
    sending_page(&Send::new(&asked.acs_url, &response, asked.relay_state.as_deref(), fault), &asked.acs_url)
}

fn respond_in_oidc(
    provider: &IdentityProvider,
    asked: &oidc::Authorization,
    profile: &Profile,
    fault: Option<Fault>,
    session: &str,
) -> Reply {
    if fault == Some(Fault::Denied) {
        let text = "the person is not assigned to this application";
        let fields = [("error", "access_denied"), ("error_description", text)];
        return redirect(&asked.answer(provider, fault, &fields));
    }
    let now = provider.now();
    let name = random::secret()?;
    let code = Code {
        asked: asked.clone(),
        profile: profile.clone(),
        fault,
        session: session.to_owned(),
        authenticated: now,
        expires: now.saturating_add(CODE_LIFE),
        is_used: false,
    };
    provider.state().codes.insert(name.clone(), code);
    redirect(&asked.answer(provider, fault, &[("code", &name)]))
}
