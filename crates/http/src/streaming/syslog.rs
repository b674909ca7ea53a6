//! Messages to a syslog server: [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424), over UDP (RFC 5426), TCP with counted
//! octets (RFC 6587 §3.4.1), or TLS (RFC 5425).

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::NotSent;
use crate::ActivityLine;

/// Facility 13 (log audit), severity 6 (informational): RFC 5424 §6.2.1.
const PRIORITY: u8 = 13 * 8 + 6;
/// How long reaching the server may take, and then each step of sending.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of one datagram: what UDP over IPv4 carries, less its headers.
const DATAGRAM: usize = 65_507;
/// The most characters of a host's name (RFC 5424 §6).
const HOST: usize = 255;

/// A syslog server.
#[derive(Clone)]
pub struct Syslog {
    way: Way,
    host: String,
    port: u16,
}

#[derive(Clone)]
enum Way {
    Udp,
    Tcp,
    Tls(TlsConnector, ServerName<'static>),
}

/// Why a syslog server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SyslogError {
    /// It is no address.
    #[error("`{0}` is not the address of a syslog server: use udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT")]
    Address(String),
    /// The authorities that it is believed by cannot be read.
    #[error("the certificates of the authorities cannot be used: {0}")]
    Authorities(String),
}

impl Syslog {
    /// A server at `udp://HOST[:514]`, `tcp://HOST[:601]` or `tls://HOST[:6514]`. Its certificate must be from one of
    /// `authorities`, in PEM, or without them from one that the operating system trusts.
    ///
    /// # Errors
    ///
    /// [`SyslogError`], if the address or the authorities cannot be read.
    pub fn new(address: &str, authorities: Option<&[u8]>) -> Result<Self, SyslogError> {
        let (scheme, host, port) = parts(address)?;
        let way = match scheme {
            Scheme::Udp => Way::Udp,
            Scheme::Tcp => Way::Tcp,
            Scheme::Tls(name) => Way::Tls(TlsConnector::from(Arc::new(client(authorities)?)), name),
        };
        Ok(Self { way, host, port })
    }

    /// Whether an address is one that [`Syslog::new`] takes.
    ///
    /// # Errors
    ///
    /// [`SyslogError`], if it is not.
    pub fn check(address: &str) -> Result<(), SyslogError> {
        parts(address).map(drop)
    }

    /// Sends a message for each entry, from the server of this name.
    pub(super) async fn send(&self, from: &str, lines: &[ActivityLine]) -> Result<(), NotSent> {
        let failed = |error: io::Error| NotSent(format!("{self} does not take messages: {error}"));
        match &self.way {
            Way::Udp => {
                let datagrams = lines.iter().map(|line| datagram(from, line)).collect::<Result<Vec<_>, _>>()?;
                self.send_datagrams(&datagrams).await.map_err(failed)
            }
            Way::Tcp | Way::Tls(..) => {
                let mut text = Vec::new();
                for line in lines {
                    let message = message(from, line, &super::json(line)?);
                    text.extend_from_slice(format!("{} {message}", message.len()).as_bytes());
                }
                self.send_text(&text).await.map_err(failed)
            }
        }
    }

    async fn send_datagrams(&self, datagrams: &[String]) -> io::Result<()> {
        let to = self.resolve().await?;
        let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(to).await?;
        for datagram in datagrams {
            within(socket.send(datagram.as_bytes())).await?;
        }
        Ok(())
    }

    async fn send_text(&self, text: &[u8]) -> io::Result<()> {
        let to = self.resolve().await?;
        let stream = within(TcpStream::connect(to)).await?;
        match &self.way {
            Way::Tls(connector, name) => {
                let stream = within(connector.connect(name.clone(), stream)).await?;
                deliver(stream, text).await
            }
            Way::Udp | Way::Tcp => deliver(stream, text).await,
        }
    }

    async fn resolve(&self) -> io::Result<SocketAddr> {
        let mut addresses = within(lookup_host((self.host.as_str(), self.port))).await?;
        addresses.next().ok_or_else(|| io::Error::other("its name has no address"))
    }
}

/// Writes everything, says that this was all, and waits for the server to hang up as well: it does once it has read
/// everything. A server that breaks down before resets the connection instead, and then what it had not read is sent again;
/// a connection that stays open would tell neither.
async fn deliver(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &[u8]) -> io::Result<()> {
    within(stream.write_all(text)).await?;
    within(stream.shutdown()).await?;
    let mut ignored = [0; 256];
    loop {
        match within(stream.read(&mut ignored)).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // Many servers hang up over TLS without a word.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

async fn within<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, step).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A message of RFC 5424 §6. The text is JSON without a byte order mark, which few servers expect before it.
fn message(from: &str, line: &ActivityLine, json: &str) -> String {
    let host: String = from.chars().filter(char::is_ascii_graphic).take(HOST).collect();
    let host = if host.is_empty() { "-" } else { &host };
    format!("<{PRIORITY}>1 {} {host} muster - {} - {json}", line.at, line.action)
}

/// A message that fits into a datagram: if it must, without what is different.
fn datagram(from: &str, line: &ActivityLine) -> Result<String, NotSent> {
    let whole = message(from, line, &super::json(line)?);
    if whole.len() <= DATAGRAM {
        return Ok(whole);
    }
    let short = ActivityLine { changes: Vec::new(), changes_omitted: true, ..line.clone() };
    Ok(message(from, line, &super::json(&short)?))
}

/// What an address begins with.
enum Scheme {
    Udp,
    Tcp,
    Tls(ServerName<'static>),
}

fn parts(address: &str) -> Result<(Scheme, String, u16), SyslogError> {
    let wrong = || SyslogError::Address(address.to_owned());
    let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
    let at = |port| place(rest, port).ok_or_else(wrong);
    let (scheme, (host, port)) = match scheme {
        "udp" => (Scheme::Udp, at(514)?),
        "tcp" => (Scheme::Tcp, at(601)?),
        "tls" => {
            let (host, port) = at(6514)?;
            (Scheme::Tls(ServerName::try_from(host.clone()).map_err(|_| wrong())?), (host, port))
        }
        _ => return Err(wrong()),
    };
    Ok((scheme, host, port))
}

/// A host, and the port if it names one.
fn place(text: &str, port: u16) -> Option<(String, u16)> {
    if text.is_empty() || text.contains(['/', '?', '#', '@', ' ']) {
        return None;
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        let port = if after.is_empty() { port } else { after.strip_prefix(':')?.parse().ok()? };
        return host.parse::<std::net::Ipv6Addr>().is_ok().then(|| (host.to_owned(), port));
    }
    match text.split_once(':') {
        Some((host, port)) if !host.is_empty() => Some((host.to_owned(), port.parse().ok()?)),
        Some(_) => None,
        None => Some((text.to_owned(), port)),
    }
}

fn client(authorities: Option<&[u8]>) -> Result<ClientConfig, SyslogError> {
    let failed = |error: &dyn fmt::Display| SyslogError::Authorities(error.to_string());
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(failed(&"there is none"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// As in the configuration.
impl fmt::Display for Syslog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.way {
            Way::Udp => "udp",
            Way::Tcp => "tcp",
            Way::Tls(..) => "tls",
        };
        write!(formatter, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Syslog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> ActivityLine {
        ActivityLine {
            id: "1.0".into(),
            at: "2026-11-23T01:02:03.004Z".into(),
            action: "team.create".into(),
            name: "moby:crew".into(),
            actor: "ada@example.com".into(),
            source: "manual".into(),
            connection: None,
            rule: "ORG-1".into(),
            trace: None,
            changes: Vec::new(),
            changes_omitted: false,
        }
    }

    #[test]
    fn org_9_a_message_is_that_of_rfc_5424() {
        let told = message("muster.example.com", &line(), "{}");
        assert_eq!(told, "<110>1 2026-11-23T01:02:03.004Z muster.example.com muster - team.create - {}");
        assert!(message("", &line(), "{}").contains("Z - muster"));
    }

    #[test]
    fn org_9_addresses_name_a_way_and_a_host() {
        for (address, shown) in [
            ("udp://logs.example", "udp://logs.example:514"),
            ("tcp://127.0.0.1", "tcp://127.0.0.1:601"),
            ("tcp://[::1]:1514", "tcp://::1:1514"),
            ("tls://logs.example:99", "tls://logs.example:99"),
        ] {
            assert_eq!(Syslog::new(address, None).unwrap().to_string(), shown);
        }
        for wrong in
            ["logs.example", "http://logs.example", "udp://", "tcp://a:b", "tcp://[::1", "udp://a/b", "udp://:5"]
        {
            assert!(Syslog::new(wrong, None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn org_9_what_no_datagram_holds_is_told_without_its_changes() {
        let change = crate::FieldLine { field: "members".into(), old: "x".repeat(DATAGRAM).into(), new: "".into() };
        let told = datagram("muster", &ActivityLine { changes: vec![change], ..line() }).unwrap();
        assert!(told.len() < 1_000 && told.contains("\"changes\":[],\"changes_omitted\":true"), "{told}");
    }
}
