//! ORG-9: the activity log, streamed to real servers on loopback that break off, refuse, and come back.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use muster_crypto::WebhookSecret;
use muster_engine::companies;
use muster_http::{App, Destination, Syslog, Webhook};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

use crate::support::Server;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a server does with its next connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Reads it to its end and answers.
    Takes,
    /// Breaks off within the first bytes.
    Breaks,
    /// Reads it to its end, and refuses.
    Refuses,
}

/// What arrived at a server, and what it does next.
#[derive(Clone)]
struct Receiver {
    arrived: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
}

impl Receiver {
    fn new() -> Self {
        Self { arrived: Arc::default(), mood: Arc::new(Mutex::new(Mood::Takes)) }
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    fn arrived(&self) -> Vec<String> {
        self.arrived.lock().unwrap().clone()
    }

    fn keep(&self, text: String) {
        self.arrived.lock().unwrap().push(text);
    }
}

/// Something happens: a company is founded.
fn found(server: &Server, name: &str) {
    let name = name.to_owned();
    server.world.by_hand(move |tx, env| companies::create(tx, env, &name)).unwrap();
}

/// The companies that lines of JSON tell of.
fn told(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    lines.into_iter().map(|line| parse(line.as_ref())["name"].as_str().unwrap().to_owned()).collect()
}

/// Waits for something while time goes by, so that what rests after a failure is tried again.
async fn in_time(server: &Server, mut done: impl FnMut() -> bool) {
    server
        .eventually(async || {
            server.world.advance(Duration::from_secs(1));
            done()
        })
        .await;
}

/// A node that streams, once the stream has begun.
async fn node(server: &Server, destination: Destination) -> App {
    // What has happened by now is no part of it.
    server.world.advance(Duration::from_secs(1));
    let (node, stream) = (server.another_node(), destination.stream());
    node.start_streams([destination]);
    let has_begun = || {
        let health = server.world.read(muster_engine::activity::stream::health);
        health.iter().any(|health| health.stream == stream)
    };
    server.eventually(async || has_begun()).await;
    node
}

fn failing(server: &Server) -> Option<String> {
    let health = server.world.read(muster_engine::activity::stream::health);
    health.into_iter().find_map(|health| health.failing).map(|failing| failing.reason)
}

/// A syslog server over TCP, with messages as RFC 6587 counts them.
async fn syslog(receiver: &Receiver) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let receiver = receiver.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if receiver.mood() == Mood::Breaks {
                // What it has not read makes the operating system reset the connection.
                drop(stream.read(&mut [0; 4]).await);
                continue;
            }
            read_messages(&mut stream, &receiver).await;
        }
    });
    address
}

async fn read_messages(stream: &mut (impl AsyncRead + Unpin), receiver: &Receiver) {
    let mut text = Vec::new();
    drop(stream.read_to_end(&mut text).await);
    let mut rest = String::from_utf8(text).unwrap();
    while let Some((count, after)) = rest.split_once(' ') {
        let (message, next) = after.split_at(count.parse().unwrap());
        receiver.keep(message.to_owned());
        rest = next.to_owned();
    }
}

/// The JSON of a message, whose head is that of RFC 5424.
fn text(message: &str) -> &str {
    let parts: Vec<&str> = message.splitn(8, ' ').collect();
    assert_eq!((parts[0], parts[2], parts[3]), ("<110>1", "muster.test", "muster"), "{message}");
    assert_eq!((parts[4], parts[5], parts[6]), ("-", "company.create", "-"), "{message}");
    assert!(muster_model::Timestamp::parse(parts[1]).is_ok(), "{message}");
    parts[7]
}

/// A web server.
async fn web_server(receiver: &Receiver) -> http::Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/activity", listener.local_addr().unwrap()).parse().unwrap();
    let receiver = receiver.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let body = loop {
                let mut bytes = [0; 4_096];
                let read = stream.read(&mut bytes).await.unwrap_or(0);
                request.extend_from_slice(&bytes[..read]);
                if receiver.mood() == Mood::Breaks || read == 0 {
                    break None;
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let header = |name: &str| {
                    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).unwrap()
                };
                if body.len() == header("content-length").parse::<usize>().unwrap() {
                    let (id, at) = (header("webhook-id"), header("webhook-timestamp").parse().unwrap());
                    let secret = WebhookSecret::parse(SECRET).unwrap();
                    assert_eq!(secret.sign(&id, at, body.as_bytes()), header("webhook-signature"));
                    assert_eq!(header("content-type"), "application/json");
                    break Some(format!("{id}\n{body}"));
                }
            };
            let Some(body) = body else { continue };
            receiver.keep(body);
            let status = if receiver.mood() == Mood::Refuses { "503 Busy" } else { "204 No Content" };
            drop(stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await);
        }
    });
    url
}

fn pem(certificate: &rcgen::Certificate) -> String {
    let encoded = BASE64_STANDARD.encode(certificate.der());
    format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n")
}

fn webhook(url: http::Uri) -> Destination {
    Destination::Webhook(Box::new(Webhook { url, secret: WebhookSecret::parse(SECRET).unwrap() }))
}

/// The companies that requests told of, each with the request's id.
fn posted(requests: &[String]) -> Vec<(String, Vec<String>)> {
    let one = |request: &String| {
        let (id, body) = request.split_once('\n').unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["type"], "activity");
        assert!(body["timestamp"].is_string());
        (id.to_owned(), told(body["data"].as_array().unwrap().iter().map(Value::to_string)))
    };
    requests.iter().map(one).collect()
}

/// A file of its own for a test.
fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("muster-streaming-{}-{name}.jsonl", std::process::id()));
    drop(fs::remove_file(&path));
    path
}

#[tokio::test]
async fn org_9_a_file_gets_a_line_for_each_entry_and_may_be_moved_away() {
    let (server, path) = (Server::new(), file("moved"));
    let node = node(&server, Destination::File(path.clone())).await;
    let lines = || fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>();
    found(&server, "one");
    server.eventually(async || lines().len() == 1).await;
    // As `muster audit export --json` prints it.
    let line: Value = serde_json::from_str(&lines()[0]).unwrap();
    assert_eq!(
        (&line["action"], &line["name"], &line["actor"]),
        (&"company.create".into(), &"one".into(), &"operator".into())
    );
    assert!(line["id"].is_string() && line["at"].is_string() && line["changes"].is_array(), "{line}");
    let moved = path.with_extension("1");
    fs::rename(&path, &moved).unwrap();
    found(&server, "two");
    server.eventually(async || told(lines()) == ["two"]).await;

    // Whoever wrote was stopped within a line: it is whole the next time.
    fs::write(&path, "{\"half").unwrap();
    found(&server, "three");
    server.eventually(async || lines().len() == 2).await;
    assert_eq!(told(lines().into_iter().skip(1)), ["three"]);
    node.close().await;
    fs::remove_file(&path).unwrap();
    fs::remove_file(&moved).unwrap();
}

#[tokio::test]
async fn org_9_what_a_broken_connection_swallowed_is_sent_again_in_order() {
    let (server, receiver) = (Server::new(), Receiver::new());
    let address = syslog(&receiver).await;
    let destination = Destination::Syslog(Syslog::new(&address, None).unwrap());
    let first = node(&server, destination.clone()).await;
    found(&server, "one");
    in_time(&server, || receiver.arrived().len() == 1).await;
    receiver.set(Mood::Breaks);
    for name in ["two", "three"] {
        found(&server, name);
    }
    in_time(&server, || failing(&server).is_some()).await;
    // The node is replaced in between, and the server comes back.
    first.close().await;
    let second = server.another_node();
    second.start_streams([destination]);
    receiver.set(Mood::Takes);
    in_time(&server, || failing(&server).is_none()).await;
    assert_eq!(told(receiver.arrived().iter().map(|message| text(message))), ["one", "two", "three"]);
    second.close().await;
}

#[tokio::test]
async fn org_9_a_server_that_is_away_is_found_in_the_metrics_and_catches_up() {
    let (server, receiver) = (Server::new(), Receiver::new());
    // Nobody listens there yet.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let node = node(&server, Destination::Syslog(Syslog::new(&format!("tcp://{free}"), None).unwrap())).await;
    for number in 0..250 {
        found(&server, &format!("company{number}"));
    }
    in_time(&server, || failing(&server).is_some()).await;
    let page = async || {
        let router = muster_http::operations_router(&node);
        let request = http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
        let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
        String::from_utf8(axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    };
    server.eventually(async || page().await.contains("muster_activity_failing{stream=\"syslog\"} 1")).await;
    assert!(page().await.contains("muster_activity_waiting{stream=\"syslog\"} 250"), "{}", page().await);
    let listener = TcpListener::bind(free).await.unwrap();
    let takes = receiver.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_messages(&mut stream, &takes).await;
        }
    });
    in_time(&server, || receiver.arrived().len() == 250).await;
    let all = told(receiver.arrived().iter().map(|message| text(message)));
    assert!(all.iter().enumerate().all(|(number, name)| *name == format!("company{number}")), "{all:?}");
    node.close().await;
}

#[tokio::test]
async fn org_9_datagrams_hold_a_message_each() {
    let server = Server::new();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = format!("udp://{}", socket.local_addr().unwrap());
    let node = node(&server, Destination::Syslog(Syslog::new(&address, None).unwrap())).await;
    for name in ["one", "two"] {
        found(&server, name);
        let mut bytes = vec![0; 65_536];
        let length = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut bytes)).await.unwrap().unwrap();
        assert_eq!(told([text(std::str::from_utf8(&bytes[..length]).unwrap())]), [name]);
    }
    node.close().await;
}

#[tokio::test]
async fn org_9_messages_over_tls_reach_only_whom_an_authority_vouches_for() {
    let (server, receiver) = (Server::new(), Receiver::new());
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key.into()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tls://localhost:{}", listener.local_addr().unwrap().port());
    let (takes, acceptor) = (receiver.clone(), tokio_rustls::TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                read_messages(&mut stream, &takes).await;
            }
        }
    });
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let distrusting = Syslog::new(&address, Some(pem(&stranger.cert).as_bytes())).unwrap();
    let first = node(&server, Destination::Syslog(distrusting)).await;
    found(&server, "one");
    in_time(&server, || failing(&server).is_some_and(|reason| reason.contains("certificate"))).await;
    assert_eq!(receiver.arrived(), Vec::<String>::new());
    first.close().await;
    let second = server.another_node();
    let trusting = Syslog::new(&address, Some(pem(&made.cert).as_bytes())).unwrap();
    second.start_streams([Destination::Syslog(trusting)]);
    in_time(&server, || receiver.arrived().len() == 1).await;
    assert_eq!(told(receiver.arrived().iter().map(|message| text(message))), ["one"]);
    second.close().await;
}

#[tokio::test]
async fn org_9_a_web_server_gets_signed_batches_until_it_takes_them() {
    let (server, receiver) = (Server::new(), Receiver::new());
    let url = web_server(&receiver).await;
    let node = node(&server, webhook(url)).await;
    receiver.set(Mood::Refuses);
    found(&server, "one");
    in_time(&server, || failing(&server).is_some_and(|reason| reason.contains("503"))).await;
    receiver.set(Mood::Breaks);
    in_time(&server, || failing(&server).is_some_and(|reason| !reason.contains("503"))).await;
    receiver.set(Mood::Takes);
    in_time(&server, || failing(&server).is_none()).await;
    let requests = posted(&receiver.arrived());
    assert!(requests.len() >= 2 && requests.iter().all(|request| *request == requests[0]), "{requests:?}");
    assert_eq!(requests[0].1, ["one"]);

    for number in 0..150 {
        found(&server, &format!("company{number}"));
    }
    let count = || posted(&receiver.arrived()).iter().skip(requests.len()).map(|(_, names)| names.len()).sum::<usize>();
    in_time(&server, || count() >= 150).await;
    let batches = posted(&receiver.arrived()).split_off(requests.len());
    assert!(batches.len() < 50 && batches.iter().all(|(_, names)| names.len() <= 100), "{}", batches.len());
    let names: Vec<String> = batches.into_iter().flat_map(|(_, names)| names).collect();
    assert!(names.iter().enumerate().all(|(number, name)| *name == format!("company{number}")), "{names:?}");
    node.close().await;
}

#[tokio::test]
async fn sec_3_the_log_goes_to_no_web_server_on_a_private_address_that_nobody_allowed() {
    let server = Server::new();
    let node = node(&server, webhook("https://10.1.2.3/activity".parse().unwrap())).await;
    found(&server, "one");
    in_time(&server, || failing(&server).is_some()).await;
    assert!(failing(&server).unwrap().contains("outbound"), "{:?}", failing(&server));
    node.close().await;
}
