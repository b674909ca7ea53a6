//! Where redirects may lead.

use std::io::Write;

use bytes::Bytes;
use http::Request;
use muster_outbound::OutboundError;

use crate::server::{FINE, Names, Server, client, get};

/// A server that redirects `/` to wherever, and answers everything else.
fn redirecting(to: &str) -> Server {
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    Server::start("127.0.0.1:0", move |head, stream| {
        let answer = if head.starts_with("GET / ") || head.starts_with("POST / ") { &answer } else { FINE };
        stream.write_all(answer.as_bytes())
    })
}

fn names() -> Names {
    Names::of(&[("idp.example", &[&["127.0.0.1"]]), ("other.example", &[&["127.0.0.1"]])])
}

#[tokio::test]
async fn sec_3_a_redirect_on_the_same_host_is_followed() {
    let server = redirecting("/there?x=1");
    let client = client("idp.example", &names());
    let answer = get(&client, &format!("http://idp.example:{}/", server.port())).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, &b"ok"[..]));
    assert!(server.requests()[1].starts_with("GET /there?x=1 "));
}

#[tokio::test]
async fn sec_3_a_redirect_across_hosts_schemes_or_ports_is_not_followed() {
    let inside = Server::saying(FINE);
    let elsewhere = [
        format!("http://other.example:{}/", inside.port()),
        format!("http://127.0.0.1:{}/", inside.port()),
        format!("//other.example:{}/", inside.port()),
        format!("http://idp.example:{}/", inside.port()),
        "https://idp.example/".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    let client = client("idp.example, other.example, 127.0.0.1", &names());
    for to in elsewhere {
        let server = redirecting(&to);
        let refused = get(&client, &format!("http://idp.example:{}/", server.port())).await.unwrap_err();
        assert!(matches!(refused, OutboundError::Redirected { .. }), "{to}: {refused}");
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn sec_3_a_redirect_that_adds_credentials_is_not_followed() {
    let client = client("idp.example", &names());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let to = format!("http://ada:secret@idp.example:{port}/there");
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::start(&format!("127.0.0.1:{port}"), move |_, stream| stream.write_all(answer.as_bytes()));
    let refused = get(&client, &format!("http://idp.example:{port}/")).await.unwrap_err();
    assert!(matches!(refused, OutboundError::Redirected { .. }) && !refused.to_string().contains("secret"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn sec_3_a_chain_of_redirects_ends() {
    let server = Server::saying("HTTP/1.1 307 Temporary Redirect\r\nlocation: /on\r\ncontent-length: 0\r\n\r\n");
    let client = client("idp.example", &names());
    let refused = get(&client, &format!("http://idp.example:{}/", server.port())).await.unwrap_err();
    assert_eq!(refused, OutboundError::RedirectedTooOften("idp.example".to_owned()));
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn sec_3_a_form_is_not_sent_a_second_time() {
    let server = redirecting("/there");
    let client = client("idp.example", &names());
    let address = format!("http://idp.example:{}/", server.port());
    let request = Request::post(address).body(Bytes::from_static(b"code=secret")).unwrap();
    let refused = client.send(request).await.unwrap_err();
    assert!(matches!(refused, OutboundError::Redirected { .. }), "{refused}");
    assert_eq!(server.connections(), 1);
}
