//! What came: a page, a redirect, or anything else.

use http::{HeaderMap, StatusCode, Uri, header};

use super::{
    html::{self, Element, Form},
    policy::{fetch_site, origin},
};

/// An answer, and where it came from.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address.
    pub url: Uri,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Page {
    /// An empty page at an address.
    pub(super) fn blank(url: Uri) -> Page {
        Page { url, status: StatusCode::OK, headers: HeaderMap::new(), text: String::new() }
    }

    /// The value of a header; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it redirects to, if it does.
    pub fn location(&self) -> Option<String> {
        let location = self.header(header::LOCATION.as_str());
        (self.status.is_redirection() && !location.is_empty()).then(|| location.to_owned())
    }

    /// What a person reads: text without markup, white space as single spaces.
    pub fn words(&self) -> String {
        html::words(&self.text)
    }

    /// All elements of this name, such as `a` or `h1`.
    pub fn elements(&self, name: &str) -> Vec<Element> {
        html::elements(&self.text).into_iter().filter(|element| element.name == name).collect()
    }

    /// All forms.
    pub fn forms(&self) -> Vec<Form> {
        html::forms(&self.text)
    }

    /// The form that has a field or button of this name, or whose action contains the text.
    pub fn form(&self, named: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.has(named) || form.action.contains(named));
        found.unwrap_or_else(|| {
            panic!("there is no form with `{named}` at {} ({}):\n{}", self.url, self.status, self.text)
        })
    }

    /// The only form.
    pub fn only_form(&self) -> Form {
        let mut forms = self.forms();
        assert_eq!(forms.len(), 1, "{} ({}) has not one form:\n{}", self.url, self.status, self.text);
        forms.remove(0)
    }

    /// The target of the first link whose text contains this.
    pub fn link(&self, text: &str) -> String {
        let links = self.elements("a");
        let found = links.iter().find(|link| link.text.contains(text)).and_then(|link| link.attribute("href"));
        found.unwrap_or_else(|| panic!("there is no link `{text}` at {}:\n{}", self.url, self.text)).to_owned()
    }

    /// The address that a link or an action of this page means.
    pub fn resolve(&self, link: &str) -> Uri {
        let link = link.split('#').next().unwrap_or_default();
        let absolute = if link.contains("://") {
            link.to_owned()
        } else if link.starts_with("//") {
            format!("{}:{link}", self.url.scheme_str().unwrap_or_default())
        } else if link.starts_with('/') {
            format!("{}{link}", origin(&self.url))
        } else if link.is_empty() {
            self.url.to_string()
        } else if link.starts_with('?') {
            format!("{}{}{link}", origin(&self.url), self.url.path())
        } else {
            let folder = self.url.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{}{folder}/{link}", origin(&self.url))
        };
        absolute.parse().unwrap_or_else(|_| panic!("`{link}` is no address"))
    }

    /// What a form of this page says of its origin.
    pub(super) fn origin_towards(&self, to: &Uri) -> String {
        let hidden = match self.header("referrer-policy") {
            "no-referrer" => true,
            "same-origin" => fetch_site(Some(&self.url), to) != "same-origin",
            _ => self.url.scheme_str() == Some("https") && to.scheme_str() != Some("https"),
        };
        if hidden { "null".to_owned() } else { origin(&self.url) }
    }

    /// Panics where the page's policy would keep a browser from sending a form there.
    pub(super) fn require_form_action(&self, to: &Uri) {
        let policy = self.header("content-security-policy");
        let directive = policy.split(';').map(str::trim).find_map(|one| one.strip_prefix("form-action"));
        let Some(sources) = directive else { return };
        let target = origin(to);
        let allows = |source: &str| match source {
            "'self'" => origin(&self.url) == target,
            "*" => true,
            scheme if scheme.ends_with(':') => target.starts_with(scheme),
            source => target == source || to.to_string().split('?').next() == Some(source),
        };
        assert!(
            sources.split_whitespace().any(allows),
            "the policy of {} does not let a form go to {to}: form-action{sources}",
            self.url
        );
    }
}
