//! A browser without a screen, to walk through sign-ins: it keeps cookies, follows redirects, and finds and submits forms.
//!
//! It does by itself what a browser does and a server may rely on, and nothing else: no scripts run, so a page that works
//! here works without them.
//!
//! - Cookies: see `cookies`. A refused cookie is silently not kept, as in a browser.
//! - `Origin` goes with each POST, and is `null` where the page's `Referrer-Policy` makes a browser hide it.
//! - `Sec-Fetch-Site`, `-Mode`, `-Dest` and `-User` go with each request, as for a navigation.
//! - `form-action` of the page's Content-Security-Policy is heeded: a form that a browser would not send panics.
//! - Redirects are followed, at most [`REDIRECTS`] of them; 307 and 308 keep method and body.
//!
//! How requests travel is a [`Transport`]: routers in memory, or sockets (`Sockets`, feature `sockets`).

mod cookies;
mod html;
mod page;
mod policy;
#[cfg(feature = "sockets")]
mod sockets;

use http::{Method, Request, Response, StatusCode, Uri, header};

pub use self::{
    html::{Element, Form},
    page::Page,
};
#[cfg(feature = "sockets")]
pub use sockets::Sockets;

use self::cookies::{Jar, Navigation};

/// How many redirects are followed, one after the other.
pub const REDIRECTS: usize = 10;

/// Carries a request to the server that its absolute URI names.
pub trait Transport {
    /// The answer, with the whole body.
    fn send(&self, request: Request<Vec<u8>>) -> impl Future<Output = Response<Vec<u8>>>;
}

impl<F: AsyncFn(Request<Vec<u8>>) -> Response<Vec<u8>>> Transport for F {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        self(request).await
    }
}

/// One person's browser.
pub struct Browser<T> {
    transport: T,
    cookies: Jar,
    follows: bool,
    headers: Vec<(&'static str, String)>,
}

impl<T: Transport> Browser<T> {
    /// A browser that was never used.
    pub fn new(transport: T) -> Self {
        Self { transport, cookies: Jar::default(), follows: true, headers: Vec::new() }
    }

    /// Whether redirects are followed; they are unless told otherwise.
    pub fn follow_redirects(&mut self, follows: bool) {
        self.follows = follows;
    }

    /// Sends a header with each request from now on, such as `Accept-Language`.
    pub fn header(&mut self, name: &'static str, value: &str) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
    }

    /// The value of the cookie of this name that a request to `url` would carry.
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.value(&parsed(url), name)
    }

    /// Puts a cookie there as if the server at `url` had set it; `set_cookie` is the header's value.
    pub fn set_cookie(&mut self, url: &str, set_cookie: &str) {
        self.cookies.set(&parsed(url), set_cookie);
    }

    /// Forgets all cookies, as a new private window has none.
    pub fn forget_cookies(&mut self) {
        self.cookies = Jar::default();
    }

    /// Goes to an address that was typed in.
    pub async fn get(&mut self, url: &str) -> Page {
        self.navigate(Method::GET, parsed(url), None, Vec::new()).await
    }

    /// Follows a link of a page; a relative address is the page's.
    pub async fn follow(&mut self, page: &Page, link: &str) -> Page {
        self.navigate(Method::GET, page.resolve(link), Some(page), Vec::new()).await
    }

    /// Follows the redirect that a page is, where redirects are not followed by themselves.
    pub async fn follow_redirect(&mut self, page: &Page) -> Page {
        let location = page.location().expect("the page is no redirect");
        self.follow(page, &location).await
    }

    /// Submits a form of a page as it stands.
    pub async fn submit(&mut self, page: &Page, form: &Form) -> Page {
        let mut action = page.resolve(&form.action);
        page.require_form_action(&action);
        let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.fields()).finish();
        if form.method == Method::POST {
            if form.is_multipart {
                return self.navigate(Method::POST, action, Some(page), parts(form)).await;
            }
            return self.navigate(Method::POST, action, Some(page), fields.into_bytes()).await;
        }
        let path = format!("{}?{fields}", action.path());
        let mut parts = action.into_parts();
        parts.path_and_query = Some(path.parse().expect("the form's fields are no query"));
        action = Uri::from_parts(parts).expect("the form's action is no address");
        self.navigate(Method::GET, action, Some(page), Vec::new()).await
    }

    /// Sends a form that is on no page of ours, as an attacker's page at `from` would make the browser do.
    pub async fn post_from(&mut self, from: &str, url: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let page = Page::blank(parsed(from));
        self.navigate(Method::POST, parsed(url), Some(&page), body.into_bytes()).await
    }

    /// Goes somewhere from a page, or from the address bar, and on as redirects say.
    async fn navigate(&mut self, mut method: Method, mut url: Uri, from: Option<&Page>, mut body: Vec<u8>) -> Page {
        let mut is_first = true;
        for _ in 0..=REDIRECTS {
            let page = self.exchange(&method, &url, from, &body, is_first).await;
            let Some(location) = page.location().filter(|_| self.follows) else { return page };
            url = page.resolve(&location);
            if let Some(from) = from
                && method == Method::POST
            {
                // A browser holds a form to the policy on each redirect as well.
                from.require_form_action(&url);
            }
            if !matches!(page.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
                (method, body) = (Method::GET, Vec::new());
            }
            is_first = false;
        }
        panic!("more than {REDIRECTS} redirects, the last to {url}");
    }

    async fn exchange(&mut self, method: &Method, url: &Uri, from: Option<&Page>, body: &[u8], is_first: bool) -> Page {
        let navigation = Navigation { from: from.map(|page| &page.url), is_safe: *method == Method::GET };
        let mut request = Request::builder().method(method).uri(url).header("accept", "text/html");
        if let Some(host) = url.authority() {
            request = request.header(header::HOST, host.as_str());
        }
        let site = policy::fetch_site(from.map(|page| &page.url), url);
        for (name, value) in [("site", site), ("mode", "navigate"), ("dest", "document"), ("user", "?1")] {
            request = request.header(format!("sec-fetch-{name}"), value);
        }
        if *method == Method::POST {
            let origin = from.filter(|_| is_first).map_or("null".to_owned(), |page| page.origin_towards(url));
            request = request.header(header::ORIGIN, origin);
            let in_parts = format!("multipart/form-data; boundary={BOUNDARY}");
            let is_in_parts = body.starts_with(format!("--{BOUNDARY}").as_bytes());
            let content_type = if is_in_parts { &in_parts } else { "application/x-www-form-urlencoded" };
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        if let Some(cookies) = self.cookies.header(url, navigation) {
            request = request.header(header::COOKIE, cookies);
        }
        for (name, value) in &self.headers {
            if let Some(headers) = request.headers_mut() {
                headers.insert(*name, value.parse().expect("the value of a header"));
            }
        }
        let request = request.body(body.to_vec()).expect("the request is well-formed");
        let (head, body) = self.transport.send(request).await.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            self.cookies.set(url, cookie.to_str().expect("a cookie is ASCII"));
        }
        Page {
            url: url.clone(),
            status: head.status,
            headers: head.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

/// What is between the parts of a form that is sent in parts.
const BOUNDARY: &str = "----of-a-form-in-parts";

/// A form as parts (RFC 7578).
fn parts(form: &Form) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in form.fields() {
        let is_file = form.files.contains(name);
        let file = if is_file { "; filename=\"list.csv\"\r\ncontent-type: text/csv" } else { "" };
        body.push_str(&format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!("--{BOUNDARY}--\r\n"));
    body.into_bytes()
}

fn parsed(url: &str) -> Uri {
    let uri: Uri = url.split('#').next().unwrap_or_default().parse().expect("an address");
    assert!(uri.scheme().is_some() && uri.authority().is_some(), "`{url}` is no absolute address");
    uri
}
