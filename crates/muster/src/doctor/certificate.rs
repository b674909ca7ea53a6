//! How long the certificate of the base URL is good, and whether clients trust it.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use x509_cert::{Certificate, der::Decode};

use crate::admin::Check;

const NAME: &str = "certificate";
/// Less than this is a problem: renewals fail unnoticed, and identity providers stop at once.
const SOON: Duration = Duration::from_secs(14 * DAY);
/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;
/// How long each step of the handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the certificate that a server shows for `host` is trusted at `now`, and for how long it still is.
pub(super) fn check(host: &str, port: u16, now: SystemTime) -> Check {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    check_with(host, port, now, roots)
}

fn check_with(host: &str, port: u16, now: SystemTime, roots: RootCertStore) -> Check {
    let seen = match shake_hands(host, port, now, roots) {
        Ok(seen) => seen,
        Err(error) => return Check::skipped(NAME, format!("{host}:{port} shows none: {error}")),
    };
    match (seen.end, seen.distrust) {
        (Some(end), distrust) if end < now + SOON => expiring(host, end, now, distrust),
        (_, Some(why)) => Check::problem(
            NAME,
            format!("{host}'s is not trusted: {why}"),
            "identity providers refuse it: have it issued for this name by an authority that they know, and send the \
             intermediate certificates along",
        ),
        (Some(end), None) => Check::ok(NAME, format!("{host}'s is good for {} more days", days(now, end))),
        (None, None) => Check::skipped(NAME, format!("when {host}'s ends cannot be read")),
    }
}

fn expiring(host: &str, end: SystemTime, now: SystemTime, distrust: Option<String>) -> Check {
    let found = match (end < now, distrust) {
        (true, _) => format!("{host}'s ended {} days ago", days(end, now)),
        (false, None) => format!("{host}'s ends in {} days", days(now, end)),
        (false, Some(why)) => format!("{host}'s ends in {} days, and is not trusted: {why}", days(now, end)),
    };
    Check::problem(NAME, found, "renew it, and see why that did not happen by itself")
}

fn days(from: SystemTime, to: SystemTime) -> u64 {
    to.duration_since(from).map_or(0, |length| length.as_secs() / DAY)
}

/// What a server showed.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// When the first certificate of the chain ends; `None` if none can be read.
    end: Option<SystemTime>,
    /// Why the chain is not trusted.
    distrust: Option<String>,
}

/// Connects until the certificates were shown; nothing is said beyond the handshake.
fn shake_hands(host: &str, port: u16, now: SystemTime, roots: RootCertStore) -> io::Result<Seen> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    // Without any trusted authority there is no verifier; then nothing here is trusted.
    let inner = inner.build().map_err(io::Error::other)?;
    let witness = Arc::new(Witness { inner, now, seen: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        config.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(Arc::clone(&witness) as _);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut session = ClientConnection::new(Arc::new(config.with_no_client_auth()), name).map_err(io::Error::other)?;
    let mut stream = connect(host, port)?;
    let ended = session.complete_io(&mut stream);
    let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    // A handshake that failed after the certificate was shown has shown what is asked for here.
    match (seen, ended) {
        (Some(seen), _) => Ok(seen),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Verifies as any client does, and keeps what it saw. It accepts nothing that the verifier inside refuses.
#[derive(Debug)]
struct Witness {
    inner: Arc<WebPkiServerVerifier>,
    now: SystemTime,
    seen: Mutex<Option<Seen>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let now = UnixTime::since_unix_epoch(self.now.duration_since(UNIX_EPOCH).unwrap_or_default());
        let verified = self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let end = std::iter::once(end_entity).chain(intermediates).filter_map(end_of).min();
        let distrust = verified.as_ref().err().map(ToString::to_string);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen { end, distrust });
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// When a certificate ends.
fn end_of(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let certificate = Certificate::from_der(certificate).ok()?;
    UNIX_EPOCH.checked_add(certificate.tbs_certificate.validity.not_after.to_unix_duration())
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::{ServerConfig, ServerConnection, pki_types::PrivateKeyDer};

    use super::*;
    use crate::admin::Status;

    /// A server that shows a certificate for `localhost`, good until 2100, once; and who issued it.
    fn server() -> (u16, RootCertStore) {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.not_after = rcgen::date_time_ymd(2200, 1, 1);
        let authority_certificate = authority.self_signed(&authority_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        let certificate = params.signed_by(&key, &Issuer::from_params(&authority, &authority_key)).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority_certificate.der().clone()).unwrap();

        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());
        let listener = TcpListener::bind(("localhost", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // What becomes of the handshake is for the client to say.
            drop(ServerConnection::new(config).unwrap().complete_io(&mut stream));
        });
        (port, roots)
    }

    /// So many days before the certificate ends.
    fn before_end(days: i64) -> SystemTime {
        let end = rcgen::date_time_ymd(2100, 1, 1).unix_timestamp() - days * 86_400;
        UNIX_EPOCH + Duration::from_secs(end.try_into().unwrap())
    }

    #[test]
    fn days_are_counted_and_fewer_than_fourteen_are_a_problem() {
        for (left, status, words) in [
            (15, Status::Ok, "good for 15 more days"),
            (13, Status::Problem, "ends in 13 days"),
            (-3, Status::Problem, "ended 3 days ago"),
        ] {
            let (port, roots) = server();
            let check = check_with("localhost", port, before_end(left), roots);
            assert!(check.status == status && check.found.contains(words), "{check:?}");
        }
    }

    #[test]
    fn an_unknown_authority_and_a_silent_port_are_told() {
        let (port, _) = server();
        let (_, other_roots) = server();
        let check = check_with("localhost", port, before_end(100), other_roots.clone());
        assert!(check.status == Status::Problem && check.found.contains("not trusted"), "{check:?}");
        let (port, roots) = server();
        let check = check_with("127.0.0.1", port, before_end(100), roots);
        assert!(check.status == Status::Problem && check.found.contains("not trusted"), "the name: {check:?}");
        let free = TcpListener::bind(("localhost", 0)).unwrap().local_addr().unwrap().port();
        let check = check_with("localhost", free, before_end(100), other_roots);
        assert_eq!(check.status, Status::Skipped, "{check:?}");
    }
}
