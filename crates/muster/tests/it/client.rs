//! A small HTTP client: one connection, kept alive, on which an answer is whole or not there.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::{Value, json};

/// A connection to a server, with a SCIM token.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned() })
    }

    /// Sends a request; the status and the body.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<(u16, Value)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: muster\r\nauthorization: Bearer {}\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(format!("{head}{body}").as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<(u16, Value)> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// `POST /Users`.
    pub(crate) fn create(&mut self, user_name: &str) -> io::Result<(u16, Value)> {
        self.send("POST", "/scim/v2/Users", Some(&user(user_name)))
    }

    /// Whether there is a user of this name.
    pub(crate) fn has(&mut self, user_name: &str) -> bool {
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{user_name}%22");
        let (status, list) = self.send("GET", &path, None).unwrap();
        assert_eq!(status, 200, "{list}");
        list["totalResults"] == 1
    }
}

/// A new, active user.
pub(crate) fn user(user_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": { "givenName": "Grace", "familyName": "Hopper" },
        "active": true,
    })
}

/// Writers that create users, one after the other each, until the server refuses or is gone.
pub(crate) struct Load {
    acknowledged: Receiver<()>,
    writers: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    pub(crate) fn start(address: SocketAddr, token: &str, prefix: &str, writers: usize) -> Self {
        let (acknowledge, acknowledged) = mpsc::channel();
        let writers = (0..writers).map(|writer| {
            let (token, prefix, acknowledge) = (token.to_owned(), format!("{prefix}-{writer}"), acknowledge.clone());
            thread::spawn(move || create_until_refused(address, &token, &prefix, &acknowledge))
        });
        Self { writers: writers.collect(), acknowledged }
    }

    /// Waits until so many creates were acknowledged.
    pub(crate) fn wait_for(&self, count: usize) {
        for _ in 0..count {
            self.acknowledged.recv_timeout(Duration::from_secs(20)).unwrap();
        }
    }

    /// Waits for the writers' end; the names of all users whose creation was acknowledged.
    pub(crate) fn finish(self) -> Vec<String> {
        self.writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    }
}

fn create_until_refused(address: SocketAddr, token: &str, prefix: &str, acknowledge: &Sender<()>) -> Vec<String> {
    let mut created = Vec::new();
    let Ok(mut client) = Client::connect(address, token) else { return created };
    for number in 0.. {
        let name = format!("{prefix}-{number}@example.com");
        match client.create(&name) {
            Ok((201, _)) => created.push(name),
            Ok((status, body)) => panic!("{status}: {body}"),
            Err(_) => break,
        }
        // Nobody counts any more once the load is finished.
        if acknowledge.send(()).is_err() {
            break;
        }
    }
    created
}
