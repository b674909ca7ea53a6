//! What people read when something went wrong: what, the TraceID, and a way on. What an administrator must know is in the
//! connection's error log (SSO-13), and nothing that would help an attacker is here.

use askama::Template;
use http::StatusCode;
use muster_engine::{EngineError, Refusal};
use muster_model::texts;

use super::Frame;
use super::filters;
use crate::{HttpError, sign_in::trial};

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'p> {
    frame: &'p Frame,
    title: &'p str,
    detail: String,
    trace_id: &'p str,
    way_on: &'p str,
    /// Where that leads.
    onward: String,
}

/// The page of a failure.
pub(crate) fn page(frame: &Frame, error: &HttpError, trace_id: &str) -> String {
    let status = error.status();
    let (title, detail, way_on) = match error {
        HttpError::Engine(EngineError::Refused(refusal)) => {
            of_refusal(refusal, trace_id).unwrap_or_else(|| (title(status), error.public_detail(trace_id), "Go on"))
        }
        // What is wrong with the answer is for the administrator.
        HttpError::SignIn(failure) => match failure.for_people() {
            Some(text) => ("You are not signed in", text.to_owned(), "Start again"),
            None => (
                "You are not signed in",
                "The answer of your identity provider could not be accepted. Contact your company administrator, who \
                 finds the reason under the TraceID."
                    .to_owned(),
                "Start again",
            ),
        },
        HttpError::TestSignIn { error: failure, back } if !failure.status().is_server_error() => {
            let way_on = if back.is_some() { "Back to the connection" } else { "Sign in" };
            ("The test sign-in was refused", trial::failure_text(failure), way_on)
        }
        _ => (title(status), error.public_detail(trace_id), "Go on"),
    };
    let onward = match error {
        HttpError::TestSignIn { back: Some(back), .. } => back.clone(),
        // Whoever is signed in has somewhere to go; whoever is not is led to the sign-in from there.
        _ if way_on == "Go on" => format!("{}/account", frame.base),
        _ => format!("{}/signin", frame.base),
    };
    // Texts of rules name it themselves.
    let trace_id = if detail.contains(trace_id) { "" } else { trace_id };
    let problem = Problem { frame, title, detail, trace_id, way_on, onward };
    problem.render().unwrap_or_else(|_| title.to_owned())
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::FORBIDDEN => "This is not allowed",
        _ => status.canonical_reason().unwrap_or("Something went wrong"),
    }
}

/// The title, the text of the rule, and the way on.
fn of_refusal(refusal: &Refusal, trace_id: &str) -> Option<(&'static str, String, &'static str)> {
    const DENIED: &str = "Access denied";
    const NOT_SIGNED_IN: &str = "You are not signed in";
    const AGAIN: &str = "Start again";
    let own_words = || refusal.to_string();
    Some(match refusal {
        Refusal::DomainNotVerified(domain) => (DENIED, texts::domain_not_verified(domain, trace_id), AGAIN),
        Refusal::NotAssigned(username) => (DENIED, texts::not_assigned(username, trace_id), AGAIN),
        Refusal::NoSeat(_) | Refusal::IdpInitiated(_) => (DENIED, own_words(), AGAIN),
        Refusal::SignInNotFound | Refusal::AnswerUsed => (NOT_SIGNED_IN, texts::NO_SESSION.to_owned(), AGAIN),
        // Why exactly is between the administrator and the directory.
        Refusal::AnotherSubject(_)
        | Refusal::AccountClosed
        | Refusal::EndedByDirectory(_)
        | Refusal::KeptOut(_)
        | Refusal::NotPlaced(_)
        | Refusal::OrganizationNotCovered(_)
        | Refusal::ConnectionInactive(_) => {
            (DENIED, "You have no access through this sign-in. Contact your company administrator.".to_owned(), AGAIN)
        }
        _ => return None,
    })
}
