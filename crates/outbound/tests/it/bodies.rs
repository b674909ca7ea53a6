//! How much is read, and for how long.

use std::{io::Write, thread, time::Duration};

use muster_outbound::{Limits, OutboundError};

use crate::server::{Names, Server, client, get, limited};

fn names() -> Names {
    Names::of(&[("idp.example", &[&["127.0.0.1"]])])
}

async fn asked(server: &Server) -> Result<http::Response<bytes::Bytes>, OutboundError> {
    get(&client("idp.example", &names()), &format!("http://idp.example:{}/", server.port())).await
}

#[tokio::test]
async fn sec_3_a_body_is_read_to_its_limit_and_not_a_byte_further() {
    for (bytes, fits) in [(1_000, true), (1_001, false)] {
        let body = "x".repeat(bytes);
        for head in [format!("content-length: {bytes}"), "connection: close".to_owned()] {
            let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
            let server = Server::start("127.0.0.1:0", move |_, stream| stream.write_all(answer.as_bytes()));
            let answered = asked(&server).await;
            assert_eq!(answered.is_ok(), fits, "{bytes} bytes, {head}");
            if let Err(error) = answered {
                assert_eq!(error, OutboundError::TooLarge { host: "idp.example".to_owned(), limit: 1_000 });
            }
        }
    }
}

#[tokio::test]
async fn sec_3_a_body_without_end_is_dropped_at_the_limit() {
    let server = Server::start("127.0.0.1:0", |_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            stream.write_all(b"10\r\nxxxxxxxxxxxxxxxx\r\n")?;
        }
    });
    assert!(matches!(asked(&server).await, Err(OutboundError::TooLarge { .. })));
}

#[tokio::test]
async fn sec_3_compressed_bodies_are_not_unpacked() {
    let server = Server::saying("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc");
    assert_eq!(asked(&server).await.unwrap().body(), "abc");
    assert!(!server.requests()[0].to_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn sec_3_a_server_that_trickles_is_left_when_time_is_up() {
    let trickle: [&'static [u8]; 2] = [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n"];
    for head in trickle {
        let server = Server::start("127.0.0.1:0", move |_, stream| {
            stream.write_all(head)?;
            loop {
                stream.write_all(b"x")?;
                thread::sleep(Duration::from_millis(20));
            }
        });
        let limit = Duration::from_millis(200);
        let limits = Limits { whole: limit, ..Limits::default() };
        let client = limited("idp.example", &names(), limits);
        let late = get(&client, &format!("http://idp.example:{}/", server.port())).await.unwrap_err();
        assert_eq!(late, OutboundError::TimedOut { host: "idp.example".to_owned(), limit });
    }
}

#[tokio::test]
async fn sec_3_an_endless_head_is_refused() {
    let server = Server::start("127.0.0.1:0", |_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(
                b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
            )?;
        }
    });
    assert_eq!(asked(&server).await.unwrap_err(), OutboundError::Connection("idp.example".to_owned()));
}
