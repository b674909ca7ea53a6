//! Sites and origins, as browsers compare them.

use http::Uri;

/// The origin of an address: scheme, host and port.
pub(super) fn origin(url: &Uri) -> String {
    format!("{}://{}", url.scheme_str().unwrap_or_default(), url.authority().map_or("", |authority| authority.as_str()))
}

/// Whether two addresses are of one site: one scheme, and one registrable domain, for which the last two labels are taken.
pub(super) fn is_same_site(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme() && site(one) == site(other)
}

/// What `Sec-Fetch-Site` says.
pub(super) fn fetch_site(from: Option<&Uri>, to: &Uri) -> &'static str {
    match from {
        None => "none",
        Some(from) if origin(from) == origin(to) => "same-origin",
        Some(from) if is_same_site(from, to) => "same-site",
        Some(_) => "cross-site",
    }
}

fn site(url: &Uri) -> &str {
    let host = url.host().unwrap_or_default();
    let is_address = host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_address {
        return host;
    }
    let second = host.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    &host[second..]
}
