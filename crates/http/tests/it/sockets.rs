//! What only a socket shows: framing, limits of heads, shutting down.

use std::{net::SocketAddr, time::Duration};

use muster_http::{Limits, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::{Server, person};

struct Listening {
    server: Server,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

async fn listen(limits: Limits) -> Listening {
    let server = Server::with(limits.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = server.router.clone();
    let ended = tokio::spawn(async move {
        serve(listener, router, &limits, async {
            drop(stopped.await);
        })
        .await
    });
    Listening { server, address, stop, ended }
}

impl Listening {
    fn head(&self, request_line: &str, more: &str) -> String {
        let token = self.server.token.expose();
        format!("{request_line} HTTP/1.1\r\nhost: muster.test\r\nauthorization: Bearer {token}\r\n{more}\r\n")
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Reads until the text holds this.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4_096];
    while !text.contains(end) {
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(read, 0, "closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    text
}

#[tokio::test]
async fn a_connection_is_kept_and_bodies_come_in_chunks_or_after_leave() {
    let listening = listen(Limits::default()).await;
    let mut stream = listening.connect().await;
    let body = person("ada@example.com").to_string();
    let (front, back) = body.split_at(10);
    let head =
        listening.head("POST /scim/v2/Users", "content-type: application/scim+json\r\ntransfer-encoding: chunked\r\n");
    let chunks = format!("{head}{:x}\r\n{front}\r\n{:x}\r\n{back}\r\n0\r\n\r\n", front.len(), back.len());
    stream.write_all(chunks.as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "\"version\":\"W/\\\"1\\\"\"}}").await.starts_with("HTTP/1.1 201"));

    let body = person("bo@example.com").to_string();
    let more = format!("content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n", body.len());
    stream.write_all(listening.head("POST /scim/v2/Users", &more).as_bytes()).await.unwrap();
    assert_eq!(read_until(&mut stream, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "}}").await.starts_with("HTTP/1.1 201"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_not_reset() {
    let listening = listen(Limits::default()).await;
    let mut stream = listening.connect().await;
    let size = 4 * 1024 * 1024;
    let more = format!("content-type: application/json\r\ncontent-length: {size}\r\n");
    stream.write_all(listening.head("POST /scim/v2/Users", &more).as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; size]).await.unwrap();
    let answer = read_until(&mut stream, "}").await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("1048576 bytes"), "{answer}");
    stream.write_all(listening.head("GET /scim/v2/Users", "").as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "[]}").await.starts_with("HTTP/1.1 200"), "the connection goes on");
}

#[tokio::test]
async fn heads_over_the_limit_are_431() {
    let listening = listen(Limits { head_bytes: 8_192, ..Limits::default() }).await;
    let mut stream = listening.connect().await;
    let more = format!("x-long: {}\r\n", "x".repeat(20_000));
    drop(stream.write_all(listening.head("GET /scim/v2/Users", &more).as_bytes()).await);
    assert!(read_until(&mut stream, "\r\n").await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_head_that_does_not_arrive_is_not_waited_for() {
    let listening = listen(Limits { head_time: Duration::from_millis(50), ..Limits::default() }).await;
    let mut stream = listening.connect().await;
    stream.write_all(b"GET /scim/v2/Users HTTP/1.1\r\n").await.unwrap();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "the connection is closed");
}

#[tokio::test]
async fn shutting_down_finishes_what_has_begun() {
    let listening = listen(Limits::default()).await;
    let mut idle = listening.connect().await;
    let mut busy = listening.connect().await;
    let body = person("ada@example.com").to_string();
    let more = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    busy.write_all(listening.head("POST /scim/v2/Users", &more).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    listening.stop.send(()).unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), idle.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(TcpStream::connect(listening.address).await.is_err(), "no new connections");
    busy.write_all(body.as_bytes()).await.unwrap();
    assert!(read_until(&mut busy, "}}").await.starts_with("HTTP/1.1 201"));
    listening.ended.await.unwrap().unwrap();
    assert!(listening.server.world.is_member(&listening.server.organizations[0], "ada@example.com"));
}
