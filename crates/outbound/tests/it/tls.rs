//! Whom a server must prove to be.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_outbound::{Limits, Outbound, OutboundError, Trust};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::server::{FINE, Names, get};

/// A server with a certificate for `idp.example` that it signed itself; its port, and the certificate in PEM.
fn start() -> (u16, Vec<u8>) {
    let pair = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["idp.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            // A client that does not believe us hangs up here.
            if stream.read(&mut [0; 4_096]).is_ok() {
                let _ = stream.write_all(FINE.as_bytes());
            }
        }
    });
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate.der()));
    (port, pem.into_bytes())
}

#[tokio::test]
async fn sec_3_a_server_proves_that_it_is_the_host_that_was_named() {
    let (port, certificate) = start();
    let names = Names::of(&[("idp.example", &[&["127.0.0.1"]]), ("other.example", &[&["127.0.0.1"]])]);
    let client = |trust| {
        let allowed = "127.0.0.0/8".parse().unwrap();
        Outbound::with(allowed, names.clone(), &trust, Limits::default()).unwrap()
    };
    let believing = client(Trust::Only(vec![certificate]));
    assert_eq!(get(&believing, &format!("https://idp.example:{port}/")).await.unwrap().body(), "ok");
    for (client, host) in [(&believing, "other.example"), (&client(Trust::System), "idp.example")] {
        let refused = get(client, &format!("https://{host}:{port}/")).await.unwrap_err();
        assert!(matches!(&refused, OutboundError::Certificate { host: at, .. } if at == host), "{refused}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_an_error_at_once() {
    let trust = Trust::Only(vec![b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n".to_vec()]);
    assert!(Outbound::with("".parse().unwrap(), Names::default(), &trust, Limits::default()).is_err());
}
