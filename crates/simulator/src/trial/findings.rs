//! What a server did wrong: kinds, with the RFC that says so, and the first example of each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::idp::Idp;
use crate::step::Method;
use crate::transport::{Request, Response};

/// Characters of a body that an example shows.
const SHOWN: usize = 600;
/// Kinds of findings that are told apart; more are counted with the last.
const KINDS: usize = 300;

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $name:ident, $slug:literal, $grave:literal, $title:literal, $section:literal;)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $($(#[doc = $doc])* $name,)*
        }

        impl Fault {
            /// The name for programs.
            pub fn slug(self) -> &'static str {
                match self { $(Fault::$name => $slug,)* }
            }

            /// What is wrong, for people.
            pub fn title(self) -> &'static str {
                match self { $(Fault::$name => $title,)* }
            }

            /// Who says so.
            pub fn section(self) -> &'static str {
                match self { $(Fault::$name => $section,)* }
            }

            /// Whether it fails the trial; otherwise it is worth a remark.
            pub fn is_grave(self) -> bool {
                match self { $(Fault::$name => $grave,)* }
            }
        }
    };
}

faults! {
    /// Somebody deactivated has access.
    StillActive, "still-active", true, "a deactivated user is active", "RFC 7643 §4.1.1";
    /// Somebody reactivated has none.
    NotActive, "not-active", true, "an active user is inactive", "RFC 7643 §4.1.1";
    /// What was acknowledged is not there.
    LostUpdate, "lost-update", true, "an acknowledged change is not there", "RFC 7644 §3.5";
    /// Somebody is missing from the list.
    NotListed, "not-listed", true, "a resource is missing from the list", "RFC 7644 §3.4.2";
    /// A page repeats what another had.
    ListedTwice, "listed-twice", true, "a resource is listed more than once", "RFC 7644 §3.4.2.4";
    /// The total is not the number of resources.
    TotalResults, "total-results", true, "totalResults is not the number of resources", "RFC 7644 §3.4.2";
    /// There is more than was made.
    NotOurs, "unexpected-resource", true, "a resource is listed that was not made, or was deleted", "RFC 7644 §3.6";
    /// A member is missing.
    MemberMissing, "member-missing", true, "an acknowledged member is missing from the group", "RFC 7644 §3.5.2.1";
    /// There is a member too many.
    MemberExtra, "member-extra", true, "a removed member is in the group", "RFC 7644 §3.5.2.2";
    /// A member that does not exist.
    MemberGone, "member-gone", false, "a deleted user is still a member", "RFC 7643 §4.2";
    /// What was deleted answers.
    DeletedAnswers, "deleted-answers", true, "a deleted resource still answers", "RFC 7644 §3.6";
    /// One name was given twice.
    Duplicate, "duplicate-accepted", true, "a name that must be unique was given twice", "RFC 7644 §3.3, RFC 7643 §4.1.1";
    /// Another id than the one asked for, or one that another has.
    WrongId, "wrong-id", true, "the id is wrong", "RFC 7643 §3.1";
    /// The answer is not what was sent.
    Answer, "wrong-answer", true, "the answer differs from what was sent", "RFC 7644 §3.3, §3.5";
    /// A filter misses what is there.
    Filter, "filter", true, "a filter finds the wrong resources", "RFC 7644 §3.4.2.2";
    /// A filter on a name minds the letter case.
    FilterCase, "filter-case", true, "a filter on userName minds the letter case", "RFC 7643 §2.2, §4.1.1";
    /// A request that had to succeed did not.
    Refused, "refused", true, "a request was refused that had to succeed", "RFC 7644 §3.2";
    /// A 5xx.
    ServerError, "server-error", true, "the server failed", "RFC 9110 §15.6";
    /// Nothing came.
    NoAnswer, "no-answer", true, "no answer came", "RFC 9110 §9.2.2";
    /// Not JSON.
    NotJson, "not-json", true, "the body is not JSON", "RFC 7644 §3.8";
    /// The list is not a list.
    List, "list-form", true, "a list is not a ListResponse", "RFC 7644 §3.4.2";
    /// An error without the error's schema or status.
    ErrorBody, "error-body", true, "an error is not a SCIM error", "RFC 7644 §3.12";
    /// The wrong scimType.
    ScimType, "scim-type", false, "an error has another scimType than is due", "RFC 7644 §3.12";
    /// A secret was returned.
    Secret, "password-returned", true, "a password was returned", "RFC 7643 §4.1.1, §7";
    /// A cursor goes wrong.
    Cursor, "cursor", true, "cursor pagination goes wrong", "RFC 9865 §2";
    /// No Location.
    Location, "location", true, "a created resource has no Location, or not that of its meta", "RFC 7644 §3.3";
    /// No schemas.
    Schemas, "schemas", true, "a resource does not name its schema", "RFC 7643 §3";
    /// No meta.
    Meta, "meta", false, "a resource has no meta.resourceType", "RFC 7643 §3.1";
    /// ETag and version differ.
    EntityTag, "entity-tag", false, "ETag and meta.version differ", "RFC 7644 §3.14";
    /// The content type.
    ContentType, "content-type", false, "the content type is not application/scim+json", "RFC 7644 §3.1";
    /// Throttling without saying how long.
    RetryAfter, "retry-after", false, "a request was put off without Retry-After", "RFC 9110 §10.2.3";
    /// A change was put off for longer than the trial waits.
    Held, "held", false, "a change was put off for longer than the trial waits", "RFC 9110 §15.6.4";
}

/// The first case of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The request, with its body.
    pub request: String,
    /// The answer, with its body.
    pub answer: String,
    /// What is wrong with it.
    pub fault: String,
}

/// All cases of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind.
    pub fault: Fault,
    /// Where: the kind of request, and what in it.
    pub about: String,
    /// Who met it.
    pub idps: BTreeSet<&'static str>,
    /// How often.
    pub count: u64,
    /// The first case.
    pub example: Example,
}

/// All findings, by kind and place.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    kinds: BTreeMap<(Fault, String), Finding>,
}

impl Findings {
    /// Notes a case.
    pub(super) fn note(&mut self, idp: Idp, fault: Fault, about: String, example: impl FnOnce() -> Example) {
        let full = self.kinds.len() >= KINDS;
        let key = (fault, about);
        let key = if full && !self.kinds.contains_key(&key) { (fault, "elsewhere".to_owned()) } else { key };
        let about = key.1.clone();
        let new = || Finding { fault, about, idps: BTreeSet::new(), count: 0, example: example() };
        let finding = self.kinds.entry(key).or_insert_with(new);
        finding.count += 1;
        finding.idps.insert(idp.slug());
    }

    /// Those that fail a trial first, each kind together.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        let grave = self.kinds.values().filter(|finding| finding.fault.is_grave());
        grave.chain(self.kinds.values().filter(|finding| !finding.fault.is_grave()))
    }

    /// Whether there is one that fails the trial.
    pub fn any_grave(&self) -> bool {
        self.kinds.keys().any(|(fault, _)| fault.is_grave())
    }

    /// Whether there is one of this kind.
    pub fn has(&self, fault: Fault) -> bool {
        self.kinds.keys().any(|(found, _)| *found == fault)
    }
}

/// The kind of a request: its method, and its path without ids and values.
pub(crate) fn kind(method: &str, path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let resource = segments.next().unwrap_or_default();
    let id = if segments.next().is_some() { "/{id}" } else { "" };
    let parameter = |name: &str| query.split('&').any(|parameter| parameter.starts_with(name));
    let query = match () {
        () if parameter("filter=") => "?filter",
        () if parameter("cursor") => "?cursor",
        () if parameter("startIndex=") || parameter("count=") => "?count",
        () => "",
    };
    format!("{method} /{resource}{id}{query}")
}

/// Shows a request and its answer.
pub(super) fn example(request: &Request, response: Option<&Response>, fault: String) -> Example {
    let body = request.body.as_ref().map(|body| format!("\n{}", shortened(&body.to_string()))).unwrap_or_default();
    let answer = response.map_or_else(
        || "nothing".to_owned(),
        |response| {
            let body = String::from_utf8_lossy(&response.body);
            format!("{} {}", response.status, shortened(body.trim())).trim_end().to_owned()
        },
    );
    Example { request: format!("{request}{body}"), answer, fault }
}

/// A value as it stands in a message.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| shortened(&value.to_string()))
}

fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let short: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() { format!("{short}...") } else { short }
}

/// Whether a request changes anything.
pub(super) fn writes(request: &Request) -> bool {
    request.method != Method::Get
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Request {
        Request { method, path: path.to_owned(), headers: Vec::new(), body: None }
    }

    #[test]
    fn requests_are_told_apart_by_kind() {
        for (method, path, due) in [
            (Method::Get, "/Users?filter=userName%20eq%20%22a%22&startIndex=1", "GET /Users?filter"),
            (Method::Get, "/Users?startIndex=1&count=100", "GET /Users?count"),
            (Method::Get, "/Users?cursor&count=100", "GET /Users?cursor"),
            (Method::Put, "/Users/7?", "PUT /Users/{id}"),
            (Method::Get, "/ServiceProviderConfig", "GET /ServiceProviderConfig"),
        ] {
            assert_eq!(kind(method.as_str(), path), due);
        }
    }

    #[test]
    fn the_first_example_is_kept_and_the_rest_counted() {
        let mut findings = Findings::default();
        for number in 0..3 {
            let request = request(Method::Get, &format!("/Users/{number}"));
            findings.note(Idp::Okta, Fault::WrongId, kind(request.method.as_str(), &request.path), || {
                example(&request, None, "x".into())
            });
        }
        let found: Vec<&Finding> = findings.iter().collect();
        assert_eq!((found.len(), found[0].count, found[0].example.request.as_str()), (1, 3, "GET /Users/0"));
        assert!(findings.any_grave() && findings.has(Fault::WrongId) && !findings.has(Fault::Meta));
    }
}
