//! Whether the server is found under the address that links are made of, and what its clock says.

use std::{
    net::{IpAddr, ToSocketAddrs},
    time::{Duration, SystemTime},
};

use axum::http::Uri;
use muster_simulator::{
    client::Client,
    step::Method,
    transport::{Request, Response, Transport},
};

use super::certificate;
use crate::admin::Check;

/// Clocks that differ by more are a problem: signatures and tokens carry times.
const APART: Duration = Duration::from_secs(60);

/// An address of links, in its parts.
struct Address {
    secure: bool,
    /// Without the brackets of IPv6.
    host: String,
    port: u16,
}

/// Everything about the base URL; `running` if a server is known to run.
pub(super) fn base_url(url: &str, running: bool) -> Vec<Check> {
    let Some(address) = Address::parse(url) else {
        return vec![Check::problem("base URL", format!("`{url}` has no host"), "set --base-url")];
    };
    let mut checks = vec![address.resolve()];
    checks.push(match address.secure || address.is_loopback() {
        true => Check::ok("transport", url.to_owned()),
        false => Check::problem(
            "transport",
            format!("{url} is not https"),
            "tokens can be read on the way: put TLS in front, and set --base-url",
        ),
    });
    if address.secure {
        checks.push(certificate::check(&address.host, address.port, SystemTime::now()));
    }
    match ask(url) {
        Err(why) if running => checks.push(Check::problem(
            "base URL",
            format!("{url}/healthz: {why}"),
            "identity providers cannot reach the server there: look at the proxy and its certificate, or set --base-url",
        )),
        Err(why) => checks.push(Check::warning("base URL", format!("{url}/healthz: {why}"), "start `muster serve`")),
        Ok(response) if response.status == 200 && response.header("x-request-id").is_some() => {
            checks.push(Check::ok("base URL", format!("{url} answers")));
            checks.push(clock(response.header("date")));
        }
        Ok(response) => checks.push(Check::problem(
            "base URL",
            format!("{url}/healthz answers {}, and not as Muster does", response.status),
            "something else listens there: set --base-url, or look at the proxy",
        )),
    }
    checks
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let url: Uri = url.parse().ok()?;
        let secure = url.scheme_str()? == "https";
        let host = url.host()?.trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return None;
        }
        let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Some(Self { secure, host, port })
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    fn resolve(&self) -> Check {
        match (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map(|found| found.map(|found| found.ip().to_string()).collect())
        {
            Ok::<Vec<String>, _>(mut found) if !found.is_empty() => {
                found.dedup();
                Check::ok("DNS", format!("{} is {}", self.host, found.join(", ")))
            }
            Ok(_) => Check::problem(
                "DNS",
                format!("{} has no address", self.host),
                "make a record for it, or set --base-url",
            ),
            Err(error) => Check::problem(
                "DNS",
                format!("{}: {error}", self.host),
                "make a record for it, or look at the resolver",
            ),
        }
    }
}

fn ask(url: &str) -> Result<Response, String> {
    let client = Client::new(url, "none").map_err(|error| error.to_string())?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let request = Request { method: Method::Get, path: "/healthz".to_owned(), headers: Vec::new(), body: None };
    runtime.block_on(client.send(&request)).map_err(|error| error.reason)
}

/// Compares this machine's clock with the one behind the base URL; which of two is right, neither can tell.
fn clock(date: Option<&str>) -> Check {
    const NAME: &str = "clock";
    let now = SystemTime::now();
    let apart = |there: SystemTime| there.duration_since(now).unwrap_or_else(|error| error.duration());
    match date.and_then(|date| httpdate::parse_http_date(date).ok()).map(apart) {
        None => Check::skipped(NAME, "the server's answer has no date"),
        Some(apart) if apart > APART => Check::problem(
            NAME,
            format!("the server's clock and this machine's differ by {} s", apart.as_secs()),
            "let both follow NTP",
        ),
        Some(_) => Check::ok(NAME, "the same here and at the server; whether it is right, only NTP knows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let parse = |url| {
            Address::parse(url).map(|address| {
                let local = address.is_loopback();
                (address.secure, address.host, address.port, local)
            })
        };
        assert_eq!(parse("https://muster.example.com"), Some((true, "muster.example.com".into(), 443, false)));
        assert_eq!(parse("http://[::1]:8080/x"), Some((false, "::1".into(), 8080, true)));
        assert_eq!(parse("http://127.0.0.1:9"), Some((false, "127.0.0.1".into(), 9, true)));
        for wrong in ["nothing", "https://", "/healthz", "https://:443"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
