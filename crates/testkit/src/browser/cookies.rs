//! Cookies as browsers keep them (RFC 6265bis), as far as sign-ins depend on it.
//!
//! Kept: per host without its port, by name and path; `Domain` reaches sub-domains; `Secure` is taken from and sent to https
//! alone, also on loopback, where browsers differ; `SameSite` for navigations (absent is `Lax`; `None` must be `Secure`);
//! the prefixes `__Host-` and `__Secure-`; `Max-Age` of zero or less and `Expires` in 1970 delete. Not kept: the age of cookies
//! (no clock), and `HttpOnly` (no scripts).

use http::Uri;

use super::policy::is_same_site;

/// How a request comes about.
#[derive(Clone, Copy)]
pub(super) struct Navigation<'n> {
    /// The page that leads there; `None` for the address bar.
    pub(super) from: Option<&'n Uri>,
    /// Whether the method is safe, which `Lax` asks for.
    pub(super) is_safe: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// Whether only this very host gets it.
    is_host_only: bool,
    path: String,
    is_secure: bool,
    same_site: SameSite,
}

impl Cookie {
    fn goes_to(&self, url: &Uri) -> bool {
        let host = url.host().unwrap_or_default();
        let is_host = host == self.domain
            || (!self.is_host_only && host.strip_suffix(&self.domain).is_some_and(|rest| rest.ends_with('.')));
        let path = url.path();
        let is_path = path == self.path
            || path.strip_prefix(&self.path).is_some_and(|rest| self.path.ends_with('/') || rest.starts_with('/'));
        is_host && is_path && (!self.is_secure || url.scheme_str() == Some("https"))
    }

    fn may_be_carried(&self, url: &Uri, navigation: Navigation<'_>) -> bool {
        let is_same_site = navigation.from.is_none_or(|from| is_same_site(from, url));
        match self.same_site {
            SameSite::None => true,
            SameSite::Lax => is_same_site || navigation.is_safe,
            SameSite::Strict => is_same_site,
        }
    }
}

/// All cookies of a browser.
#[derive(Default)]
pub(super) struct Jar {
    cookies: Vec<Cookie>,
}

impl Jar {
    /// What goes with a request.
    pub(super) fn header(&self, url: &Uri, navigation: Navigation<'_>) -> Option<String> {
        let mut carried: Vec<_> = self
            .cookies
            .iter()
            .filter(|cookie| cookie.goes_to(url) && cookie.may_be_carried(url, navigation))
            .collect();
        carried.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = carried.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        Some(pairs.join("; ")).filter(|header| !header.is_empty())
    }

    pub(super) fn value(&self, url: &Uri, name: &str) -> Option<String> {
        let found = self.cookies.iter().find(|cookie| cookie.name == name && cookie.goes_to(url));
        found.map(|cookie| cookie.value.clone())
    }

    /// Takes the value of a `Set-Cookie` header, or passes it over where a browser would.
    pub(super) fn set(&mut self, url: &Uri, header: &str) {
        let mut parts = header.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let host = url.host().unwrap_or_default().to_owned();
        let mut cookie = Cookie {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            domain: host.clone(),
            is_host_only: true,
            path: default_path(url.path()),
            is_secure: false,
            same_site: SameSite::Lax,
        };
        let mut is_over = false;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.to_ascii_lowercase().as_str() {
                "secure" => cookie.is_secure = true,
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "domain" if !value.is_empty() => {
                    cookie.domain = value.trim_start_matches('.').to_ascii_lowercase();
                    cookie.is_host_only = false;
                }
                "samesite" if value.eq_ignore_ascii_case("none") => cookie.same_site = SameSite::None,
                "samesite" if value.eq_ignore_ascii_case("strict") => cookie.same_site = SameSite::Strict,
                "max-age" => is_over |= value.parse::<i64>().is_ok_and(|age| age <= 0),
                "expires" => is_over |= value.contains(" 1970 "),
                _ => {}
            }
        }
        if !is_kept(&cookie, url) {
            return;
        }
        let is_same =
            |known: &Cookie| (&known.name, &known.domain, &known.path) == (&cookie.name, &cookie.domain, &cookie.path);
        self.cookies.retain(|known| !is_same(known));
        if !is_over {
            self.cookies.push(cookie);
        }
    }
}

fn is_kept(cookie: &Cookie, url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let is_https = url.scheme_str() == Some("https");
    let is_own = host == cookie.domain || host.ends_with(&format!(".{}", cookie.domain));
    let secure = !cookie.is_secure || is_https;
    let same_site = cookie.same_site != SameSite::None || cookie.is_secure;
    let host_prefix =
        !cookie.name.starts_with("__Host-") || (cookie.is_secure && cookie.is_host_only && cookie.path == "/");
    let secure_prefix = !cookie.name.starts_with("__Secure-") || cookie.is_secure;
    is_own && secure && same_site && host_prefix && secure_prefix
}

/// The path of a cookie that names none (RFC 6265 §5.1.4).
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(at) => path[..at].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    fn carried(set: &[&str], at: &str, to: &str, from: Option<&str>, is_safe: bool) -> Option<String> {
        let mut jar = Jar::default();
        set.iter().for_each(|cookie| jar.set(&uri(at), cookie));
        let from = from.map(uri);
        jar.header(&uri(to), Navigation { from: from.as_ref(), is_safe })
    }

    #[test]
    fn cookies_go_to_their_host_and_path() {
        let own = |set, at, to| carried(&[set], at, to, None, true).is_some();
        assert!(own("a=1", "http://127.0.0.1:1/x/y", "http://127.0.0.1:2/x/z"), "the port says nothing");
        assert!(!own("a=1", "http://127.0.0.1:1/x/y", "http://127.0.0.1:1/z"));
        assert!(!own("a=1; Path=/x", "http://a.example/", "http://a.example/xy"));
        assert!(!own("a=1; Path=/", "http://a.example/", "http://b.a.example/"));
        assert!(own("a=1; Path=/; Domain=a.example", "http://a.example/", "http://b.a.example/"));
        assert!(!own("a=1; Path=/; Domain=b.example", "http://a.example/", "http://b.example/"));
    }

    #[test]
    fn secure_cookies_and_prefixes_are_heeded() {
        let kept = |set, at| carried(&[set], at, at, None, true).is_some();
        assert!(kept("a=1; Secure", "https://a.example/") && !kept("a=1; Secure", "http://127.0.0.1:1/"));
        assert!(kept("__Host-a=1; Secure; Path=/", "https://a.example/x"));
        assert!(!kept("__Host-a=1; Path=/", "https://a.example/x"));
        assert!(!kept("__Host-a=1; Secure", "https://a.example/x/y"));
        assert!(!kept("a=1; SameSite=None", "https://a.example/"));
    }

    #[test]
    fn same_site_decides_over_what_comes_from_elsewhere() {
        let (at, elsewhere) = ("https://a.example/", Some("https://idp.other.example2/"));
        let carried = |same_site, from, is_safe| {
            let set = format!("a=1; Secure; Path=/; SameSite={same_site}");
            carried(&[&set], at, at, from, is_safe).is_some()
        };
        assert!(!carried("Lax", elsewhere, false) && carried("Lax", elsewhere, true) && carried("Lax", None, true));
        assert!(!carried("Strict", elsewhere, true) && carried("Strict", Some("https://b.a.example/"), false));
        assert!(carried("None", elsewhere, false));
    }

    #[test]
    fn cookies_are_replaced_and_deleted() {
        let at = "http://a.example/";
        assert_eq!(carried(&["a=1", "b=2", "a=3"], at, at, None, true).as_deref(), Some("b=2; a=3"));
        assert_eq!(carried(&["a=1", "a=; Max-Age=0"], at, at, None, true), None);
        assert_eq!(carried(&["a=1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], at, at, None, true), None);
    }
}
