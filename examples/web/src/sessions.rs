//! Who is signed in, in memory: a cookie has nothing but a random id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, header};
use openidconnect::CsrfToken;

use crate::muster::{Begun, Person};

/// The cookie's name.
const COOKIE: &str = "notes";

/// Everybody who has a cookie.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

/// What is known of a browser.
#[derive(Clone)]
pub(crate) enum Session {
    /// It was sent to Muster.
    Begun(Arc<Begun>),
    /// It came back. One request at a time has the tokens: two must not exchange the same refresh token.
    SignedIn(Arc<tokio::sync::Mutex<Person>>),
}

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a request.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<Session> {
        self.all().get(id(headers)?).cloned()
    }

    /// Ends the session of a request; what it was.
    pub(crate) fn end(&self, headers: &HeaderMap) -> Option<Session> {
        self.all().remove(id(headers)?)
    }

    /// Begins a session under a new id, in the place of the request's own; the cookie to set.
    pub(crate) fn begin(&self, headers: &HeaderMap, session: Session, is_https: bool) -> String {
        let new = CsrfToken::new_random_len(32).into_secret();
        let mut all = self.all();
        if let Some(old) = id(headers) {
            all.remove(old);
        }
        all.retain(|_, session| !matches!(session, Session::Begun(begun) if begun.is_abandoned()));
        all.insert(new.clone(), session);
        let secure = if is_https { "; Secure" } else { "" };
        // Lax: it comes along when Muster leads back here, and not with forms of other sites.
        format!("{COOKIE}={new}; Path=/; HttpOnly; SameSite=Lax{secure}")
    }

    /// Ends the sessions of people of whom this holds.
    pub(crate) async fn end_those(&self, holds: impl Fn(&Person) -> bool) {
        for (id, person) in self.people() {
            if holds(&*person.lock().await) {
                self.all().remove(&id);
            }
        }
    }

    /// Has the people of whom this holds looked up anew before they see another page.
    pub(crate) async fn look_again(&self, holds: impl Fn(&Person) -> bool) {
        for (_, person) in self.people() {
            let mut person = person.lock().await;
            if holds(&person) {
                person.fresh_until = None;
            }
        }
    }

    fn people(&self) -> Vec<(String, Arc<tokio::sync::Mutex<Person>>)> {
        let all = self.all();
        let signed_in = all.iter().filter_map(|(id, session)| match session {
            Session::SignedIn(person) => Some((id.clone(), Arc::clone(person))),
            Session::Begun(_) => None,
        });
        signed_in.collect()
    }
}

/// The id in a request's cookie.
fn id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split("; ")).find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))
}
