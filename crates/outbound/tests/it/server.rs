//! Servers on loopback that answer as they are told, and clients that resolve as they are told.

use std::{
    collections::{HashMap, VecDeque},
    future::ready,
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use muster_outbound::{Allowed, Limits, Outbound, OutboundError, Resolve, Resolved, Trust};

/// A server that reads a request's head, and lets `answer` write whatever it likes.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(at: &str, answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind(at).unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, kept) = (Arc::clone(&connections), Arc::clone(&requests));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let head = head(&stream);
                kept.lock().unwrap().push(head.clone());
                // A client that has heard enough hangs up.
                let _ = answer(&head, &mut stream);
            }
        });
        Self { address, connections, requests }
    }

    /// A server that answers everything with the same bytes.
    pub(crate) fn saying(answer: &'static str) -> Self {
        Self::start("127.0.0.1:0", move |_, stream| stream.write_all(answer.as_bytes()))
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// An answer that is fine.
pub(crate) const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

type Answers = VecDeque<Vec<IpAddr>>;

/// What names resolve to, one answer after the other; the last one stays.
#[derive(Clone, Default)]
pub(crate) struct Names {
    answers: Arc<Mutex<HashMap<&'static str, Answers>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    pub(crate) fn of(answers: &[(&'static str, &[&[&str]])]) -> Self {
        let parse = |addresses: &&[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect();
        let answers = answers.iter().map(|(name, answers)| (*name, answers.iter().map(parse).collect()));
        Self { answers: Arc::new(Mutex::new(answers.collect())), asked: Arc::default() }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str) -> Resolved {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let found = match answers.get_mut(host) {
            Some(answers) if answers.len() > 1 => answers.pop_front(),
            Some(answers) => answers.front().cloned(),
            None => None,
        };
        Box::pin(ready(found.ok_or_else(|| io::Error::other("no such name"))))
    }
}

pub(crate) fn client(allowed: &str, names: &Names) -> Outbound {
    let limits = Limits { body_bytes: 1_000, connect: Duration::from_secs(2), whole: Duration::from_millis(500) };
    limited(allowed, names, limits)
}

pub(crate) fn limited(allowed: &str, names: &Names, limits: Limits) -> Outbound {
    let allowed: Allowed = allowed.parse().unwrap();
    Outbound::with(allowed, names.clone(), &Trust::System, limits).unwrap()
}

pub(crate) async fn get(client: &Outbound, address: &str) -> Result<Response<Bytes>, OutboundError> {
    client.send(Request::get(address).body(Bytes::new()).unwrap()).await
}
