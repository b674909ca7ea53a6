//! What whoever follows an invitation's link is shown. The invited address is not: the link may have been passed on.

use askama::Template;
use axum::{Extension, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_engine::{
    credentials::PASSWORD_CHARACTERS,
    invitations::{Followed, Over, Shown, Way},
};

use super::Visit;
use crate::{
    App, HttpError,
    arrival::Arrival,
    pages::{self, Frame, filters},
    sign_in::{Segment, start},
};

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'p> {
    frame: Frame,
    /// Where the page is, and its forms are below it.
    action: String,
    shown: &'p Shown,
    until: String,
    next: Next<'p>,
    full_name: &'p str,
    mistake: Option<&'p str>,
}

/// What the person does next.
enum Next<'p> {
    /// Accept or decline.
    Answer,
    /// Come as somebody else than this one.
    SwitchAccount(&'p str),
    /// Sign in through the company; whether the person may decline without.
    SingleSignOn(bool),
    /// Sign in.
    SignIn,
    /// Make an account, with a password of so many characters.
    NewAccount(usize),
}

#[derive(Template)]
#[template(path = "invitation_over.html")]
struct OverPage<'p> {
    frame: Frame,
    title: &'p str,
    text: &'p str,
    trace_id: String,
}

/// `GET /invitations/{token}`.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    show(&app, arrival, &visit, StatusCode::OK, "", None)
}

/// The page of a visit; what is over is told kindly, with a TraceID for whoever is asked about it.
pub(super) fn show(
    app: &App,
    arrival: Arrival,
    visit: &Visit,
    status: StatusCode,
    full_name: &str,
    mistake: Option<&str>,
) -> Result<Response, HttpError> {
    let shown = match &visit.followed {
        Some(Followed::Open(shown)) => shown,
        Some(Followed::Over(Over::Accepted { is_member: true })) => {
            return pages::see_other(&format!("{}/account", app.base_url()));
        }
        Some(Followed::Over(over)) => return self::over(app, arrival, Some(*over)),
        None => return over(app, arrival, None),
    };
    let next = match &shown.way {
        Way::Answer => Next::Answer,
        Way::SwitchAccount => {
            Next::SwitchAccount(visit.person.as_ref().map_or("", |(_, account)| account.username.as_str()))
        }
        Way::SingleSignOn(sso) => Next::SingleSignOn(sso.email.is_some()),
        Way::SignIn => Next::SignIn,
        Way::NewAccount => Next::NewAccount(PASSWORD_CHARACTERS),
    };
    let frame = Frame::of(app);
    let action = format!("{}{}", frame.base, visit.path);
    let until = shown.expires.to_string().chars().take(10).collect();
    let page = InvitationPage { frame, action, shown, until, next, full_name, mistake };
    Ok(start::with_leave(app, pages::page(status, &page)?))
}

fn over(app: &App, arrival: Arrival, over: Option<Over>) -> Result<Response, HttpError> {
    let (status, title, text) = match over {
        Some(Over::Accepted { .. }) => (
            StatusCode::GONE,
            "This invitation was accepted",
            "An invitation works once. If you accepted it, sign in and go on; if you did not, ask whoever invited you.",
        ),
        Some(Over::Declined) => (
            StatusCode::GONE,
            "This invitation was declined",
            "If you have changed your mind, ask whoever invited you to do so again.",
        ),
        Some(Over::Expired) => (
            StatusCode::GONE,
            "This invitation has expired",
            "An invitation works for 14 days. Ask whoever invited you to send it again.",
        ),
        Some(Over::Cancelled) => (
            StatusCode::GONE,
            "This invitation was taken back",
            "Ask whoever invited you if you think that this is a mistake.",
        ),
        None => (
            StatusCode::NOT_FOUND,
            "This link leads to no invitation",
            "If the invitation was sent more than once, use the link in the newest mail, and copy all of it. Otherwise ask \
             whoever invited you to send it again.",
        ),
    };
    tracing::info!(request = %arrival.id, ?over, "a link of an invitation that is over was followed");
    pages::page(status, &OverPage { frame: Frame::of(app), title, text, trace_id: arrival.id.to_string() })
}
