//! How somebody who signs in first, by whichever way, finds back to where they were: the path travels with the browser, sealed,
//! and the account page, where every sign-in ends, leads on to it. So nobody but us says where a sign-in leads to (SEC-4).

use askama::Template;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::Place;
use uuid::Uuid;

use crate::{
    App, HttpError,
    browser::Cookies,
    pages::{self, Frame, filters},
};

/// For how long a sign-in finds back, in seconds.
const LIFE: u64 = 1_800;
/// The longest path that a browser is given to carry, in bytes.
const LONGEST: usize = 1_024;
/// Where the path is sealed for.
const PLACE: Place = Place { table: "carried", column: "way_back", row: Uuid::nil() };

/// A response after which the browser finds back to a path of ours, below the base URL, unless that is long.
pub(crate) fn remember(app: &App, response: Response, path: &str) -> Result<Response, HttpError> {
    if path.len() > LONGEST { Ok(response) } else { remember_long(app, response, path) }
}

/// The same of a path that is up to 2,700 bytes long: what a cookie holds once it is sealed.
pub(crate) fn remember_long(app: &App, mut response: Response, path: &str) -> Result<Response, HttpError> {
    let sealed = app.sealer().seal(&PLACE, path.as_bytes()).map_err(HttpError::sealing)?;
    let cookie = Cookies::new(app.base_url()).set_way_back(&URL_SAFE_NO_PAD.encode(sealed), LIFE);
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Where the browser that sends these headers goes on from its account: back to where it came from, once.
pub(super) fn lead(app: &App, headers: &HeaderMap) -> Result<Option<Response>, HttpError> {
    let Some(path) = kept(app, headers) else { return Ok(None) };
    let address = format!("{}{path}", app.base_url());
    // Browsers hold a form to where all redirects after it lead, and a product can be anywhere: a page ends that.
    let onward = if path.starts_with("/oauth2/") {
        pages::page(StatusCode::OK, &OnwardPage { frame: Frame::of(app), address })?
    } else {
        pages::see_other(&address)?
    };
    forgotten(app, onward).map(Some)
}

#[derive(Template)]
#[template(path = "onward.html")]
struct OnwardPage {
    frame: Frame,
    address: String,
}

fn kept(app: &App, headers: &HeaderMap) -> Option<String> {
    let sealed = URL_SAFE_NO_PAD.decode(Cookies::new(app.base_url()).way_back(headers)?).ok()?;
    let path = String::from_utf8(app.sealer().open(&PLACE, &sealed).ok()?).ok()?;
    // One slash: what follows two would be a host.
    (path.starts_with('/') && !path.starts_with("//")).then_some(path)
}

/// A response after which the browser knows of no way back.
pub(crate) fn forgotten(app: &App, mut response: Response) -> Result<Response, HttpError> {
    let cookie = Cookies::new(app.base_url()).clear_way_back();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
