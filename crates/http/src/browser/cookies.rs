//! The cookies: one opens a session, one binds a sign-in on its way to the browser that began it (SSO-7), one what was begun
//! here in several steps, one leads back to where somebody was, one opens the set-up of a connection (SEC-2), and one tells a
//! device where somebody has signed in with a password (SSO-10).
//!
//! The IdP's answer is a cross-site POST. The session's cookie does not come along with it (`SameSite=Lax`); the binding one
//! must, so it is `SameSite=None`. On plain http, which only loopback may have, browsers take neither `__Host-` nor
//! `Secure`; there another port is the same site, and `Lax` serves.

use http::{HeaderMap, HeaderValue, header};

/// The cookies' names and attributes, which follow from the base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cookies {
    secure: bool,
}

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Session,
    SignIn,
    Step,
    WayBack,
    Device,
    SetUp,
}

impl Cookies {
    /// The cookies of a server under this base URL.
    pub(crate) fn new(base_url: &str) -> Self {
        Self { secure: !is_plain_loopback(base_url) }
    }

    /// The value of the session's cookie.
    pub(crate) fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.value(headers, Name::Session)
    }

    /// The value of the cookie that binds sign-ins to this browser.
    pub(crate) fn sign_in<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.value(headers, Name::SignIn)
    }

    /// The value of the cookie that binds what was begun here in several steps to this browser.
    pub(crate) fn step<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.value(headers, Name::Step)
    }

    /// Gives the cookie that binds what is begun here in several steps to this browser, for so many seconds.
    pub(crate) fn set_step(&self, value: &str, seconds: u64) -> Option<HeaderValue> {
        self.set(Name::Step, value, &format!("; Max-Age={seconds}"))
    }

    /// The value of the cookie that leads back to where somebody was before signing in.
    pub(crate) fn way_back<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.value(headers, Name::WayBack)
    }

    /// Gives the cookie that leads back to where somebody was before signing in, for so many seconds.
    pub(crate) fn set_way_back(&self, value: &str, seconds: u64) -> Option<HeaderValue> {
        self.set(Name::WayBack, value, &format!("; Max-Age={seconds}"))
    }

    /// Takes the cookie away that leads back.
    pub(crate) fn clear_way_back(&self) -> Option<HeaderValue> {
        self.set(Name::WayBack, "", "; Max-Age=0")
    }

    /// The value of the cookie by which a device is known that somebody signed in on (SSO-10).
    pub(crate) fn device<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.value(headers, Name::Device)
    }

    /// Gives the cookie by which this device is known, for a year.
    pub(crate) fn set_device(&self, value: &str) -> Option<HeaderValue> {
        self.set(Name::Device, value, "; Max-Age=31536000")
    }

    /// The value of the cookie by which somebody sets a connection up (SEC-2).
    pub(crate) fn set_up<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.value(headers, Name::SetUp)
    }

    /// Gives the cookie by which somebody sets a connection up, for so many seconds.
    pub(crate) fn give_set_up(&self, value: &str, seconds: u64) -> Option<HeaderValue> {
        self.set(Name::SetUp, value, &format!("; Max-Age={seconds}"))
    }

    /// Gives the session's cookie. It lives as long as the browser at most; the session ends by the server's word.
    pub(crate) fn set_session(&self, value: &str) -> Option<HeaderValue> {
        self.set(Name::Session, value, "")
    }

    /// Takes the session's cookie away.
    pub(crate) fn clear_session(&self) -> Option<HeaderValue> {
        self.set(Name::Session, "", "; Max-Age=0")
    }

    /// Gives the cookie that binds sign-ins to this browser, for so many seconds.
    pub(crate) fn set_sign_in(&self, value: &str, seconds: u64) -> Option<HeaderValue> {
        self.set(Name::SignIn, value, &format!("; Max-Age={seconds}"))
    }

    fn name(self, name: Name) -> &'static str {
        match (name, self.secure) {
            (Name::Session, true) => "__Host-muster",
            (Name::Session, false) => "muster",
            (Name::Device, true) => "__Host-muster-device",
            (Name::Device, false) => "muster-device",
            (Name::SetUp, true) => "__Host-muster-setup",
            (Name::SetUp, false) => "muster-setup",
            (Name::WayBack, true) => "__Host-muster-back",
            (Name::WayBack, false) => "muster-back",
            (Name::Step, true) => "__Host-muster-step",
            (Name::Step, false) => "muster-step",
            (Name::SignIn, true) => "__Host-muster-sign-in",
            (Name::SignIn, false) => "muster-sign-in",
        }
    }

    /// The value of a cookie that came once; one that came twice was planted by somebody.
    fn value(self, headers: &HeaderMap, name: Name) -> Option<&str> {
        let name = self.name(name);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
        let first = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then_some(first)
    }

    fn set(self, name: Name, value: &str, life: &str) -> Option<HeaderValue> {
        let same_site = if name == Name::SignIn && self.secure { "None" } else { "Lax" };
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{life}", self.name(name));
        HeaderValue::from_str(&text).ok()
    }
}

/// Whether the base URL is plain http on this machine, as for trying and testing.
fn is_plain_loopback(base_url: &str) -> bool {
    let Some(rest) = base_url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(base_url: &str) -> String {
        let cookies = Cookies::new(base_url);
        let text = |value: Option<HeaderValue>| value.unwrap().to_str().unwrap().to_owned();
        format!("{}\n{}", text(cookies.set_session("s")), text(cookies.set_sign_in("b", 60)))
    }

    #[test]
    fn cookies_are_bound_to_the_host_except_on_plain_loopback() {
        assert_eq!(
            cookies("https://muster.example.com"),
            "__Host-muster=s; Path=/; HttpOnly; SameSite=Lax; Secure\n\
             __Host-muster-sign-in=b; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=60"
        );
        let plain =
            "muster=s; Path=/; HttpOnly; SameSite=Lax\nmuster-sign-in=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=60";
        for loopback in ["http://127.0.0.1:8080", "http://localhost:80/x", "http://[::1]:9", "http://a.localhost"] {
            assert_eq!(cookies(loopback), plain, "{loopback}");
        }
        for remote in ["http://muster.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1:8080"] {
            assert!(cookies(remote).contains("__Host-"), "{remote}");
        }
    }

    #[test]
    fn sec_4_a_cookie_that_came_twice_is_none() {
        let read = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
            }
            Cookies::new("https://x.example").session(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["a=1; __Host-muster=secret; b=2"]).as_deref(), Some("secret"));
        assert_eq!(read(&["muster=secret"]), None, "not the name of a server behind https");
        assert_eq!(read(&["__Host-muster=one; __Host-muster=two"]), None);
        assert_eq!(read(&["__Host-muster=one", "__Host-muster=one"]), None);
        assert_eq!(read(&["__Host-muster="]), None);
    }
}
