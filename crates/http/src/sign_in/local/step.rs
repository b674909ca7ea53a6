//! What a page and its browser show of something that was begun here: a key, which the page has, and a cookie.

use http::{HeaderMap, HeaderValue};
use muster_engine::credentials::ceremonies::{Binding, LIVES};

use super::secret;
use crate::{
    App, HttpError,
    browser::{Cookies, Form, Secret},
};

/// The field of a form that names what it goes on with.
pub(in crate::sign_in) const FIELD: &str = "step";

/// Something that begins in a browser.
pub(in crate::sign_in) struct Step {
    /// What the page is to have.
    pub(in crate::sign_in) key: Secret,
    /// What the browser is to have.
    pub(in crate::sign_in) cookie: Option<HeaderValue>,
    /// By what it is known.
    pub(in crate::sign_in) binding: Binding,
}

impl Step {
    /// In the browser that sends these headers.
    pub(in crate::sign_in) fn begin(app: &App, headers: &HeaderMap) -> Result<Self, HttpError> {
        let cookies = Cookies::new(app.base_url());
        // Several windows of one browser share what binds them.
        let browser = match cookies.step(headers).and_then(Secret::read) {
            Some(browser) => browser,
            None => secret()?,
        };
        let key = secret()?;
        let binding = Binding { key: key.hash(), browser: browser.hash() };
        Ok(Self { key, cookie: cookies.set_step(browser.expose(), LIVES.as_secs()), binding })
    }
}

/// The hash of what binds steps to the browser that sends these headers.
pub(in crate::sign_in) fn browser(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    Some(Cookies::new(app.base_url()).step(headers).and_then(Secret::read)?.hash())
}

/// By what that is known with which a form goes on whose key is in this field; `None` for what we never gave.
pub(in crate::sign_in) fn binding(app: &App, headers: &HeaderMap, form: &Form, field: &str) -> Option<Binding> {
    let key = form.text(field).and_then(Secret::read)?;
    Some(Binding { key: key.hash(), browser: browser(app, headers)? })
}
