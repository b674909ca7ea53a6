//! Where requests may go.

use muster_outbound::{Allowed, Outbound, OutboundError};

use crate::server::{FINE, Names, Server, client, get};

#[tokio::test]
async fn sec_3_a_private_address_is_refused_however_it_is_written() {
    let inside = Server::saying(FINE);
    let port = inside.port();
    let client = client("", &Names::default());
    let written = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ];
    for host in written {
        let refused = get(&client, &format!("https://{host}:{port}/")).await.unwrap_err();
        assert!(matches!(refused, OutboundError::NotPublic(_)), "{host}: {refused}");
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn sec_3_a_name_with_one_private_address_is_refused_and_looks_like_a_name_that_is_not_there() {
    let inside = Server::saying(FINE);
    let names = Names::of(&[
        ("inside.example", &[&["127.0.0.1"]]),
        ("mixed.example", &[&["1.1.1.1", "127.0.0.1"]]),
        ("mapped.example", &[&["::ffff:127.0.0.1"]]),
        ("empty.example", &[&[]]),
    ]);
    let client = client("", &names);
    for name in ["inside.example", "mixed.example", "mapped.example", "empty.example", "nowhere.example"] {
        let refused = get(&client, &format!("https://{name}:{}/", inside.port())).await.unwrap_err();
        assert_eq!(refused, OutboundError::NotPublic(name.to_owned()));
        assert!(!refused.to_string().contains("127.0.0.1"));
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn sec_3_a_name_is_resolved_once_and_means_what_was_checked() {
    let outside = Server::start("127.0.0.2:0", |_, stream| std::io::Write::write_all(stream, FINE.as_bytes()));
    let inside = Server::start(&format!("127.0.0.1:{}", outside.port()), |_, _| Ok(()));
    // The first answer may be reached; from then on the name means a machine inside.
    let names = Names::of(&[("rebind.example", &[&["127.0.0.2"], &["127.0.0.1"]])]);
    let client = client("127.0.0.2/32, plain.example", &names);
    let address = format!("https://rebind.example:{}/", outside.port());
    // No TLS is spoken there: what counts is who was connected to.
    let broken = get(&client, &address).await.unwrap_err();
    assert!(!matches!(broken, OutboundError::NotPublic(_)), "{broken}");
    assert_eq!((names.asked(), outside.connections(), inside.connections()), (1, 1, 0));
    let refused = get(&client, &address).await.unwrap_err();
    assert_eq!(refused, OutboundError::NotPublic("rebind.example".to_owned()));
    assert_eq!((names.asked(), outside.connections(), inside.connections()), (2, 1, 0));
}

#[tokio::test]
async fn sec_3_plain_http_goes_only_to_hosts_that_the_operator_named() {
    let server = Server::saying(FINE);
    let names = Names::of(&[("idp.example", &[&["127.0.0.1"]]), ("other.example", &[&["127.0.0.1"]])]);
    let client = client("idp.example, 127.0.0.0/8", &names);
    let address = |host: &str| format!("http://{host}:{}/", server.port());
    assert_eq!(get(&client, &address("IdP.Example")).await.unwrap().body(), "ok");
    for host in ["other.example", "127.0.0.1"] {
        let refused = get(&client, &address(host)).await.unwrap_err();
        assert!(matches!(refused, OutboundError::NotHttps(_)), "{host}: {refused}");
    }
    let client = crate::server::client("127.0.0.1", &names);
    assert_eq!(get(&client, &address("127.0.0.1")).await.unwrap().status(), 200);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn sec_3_addresses_with_credentials_or_without_a_host_are_refused() {
    let client = client("idp.example", &Names::default());
    let credentials = get(&client, "https://ada:secret@idp.example/").await.unwrap_err();
    assert_eq!(credentials, OutboundError::Credentials("idp.example".to_owned()));
    assert!(!credentials.to_string().contains("secret"));
    for address in ["/etc/passwd", "ftp://idp.example/", "idp.example:443"] {
        assert!(matches!(get(&client, address).await, Err(OutboundError::Address(_))), "{address}");
    }
}

#[tokio::test]
async fn sec_3_the_system_s_own_names_are_checked_as_well() {
    let client = Outbound::new(Allowed::default()).unwrap();
    let refused = get(&client, "https://localhost:1/").await.unwrap_err();
    assert_eq!(refused, OutboundError::NotPublic("localhost".to_owned()));
}
