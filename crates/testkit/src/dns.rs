//! A DNS server on loopback, over UDP and TCP, with TXT records that tests change.

use std::{
    collections::BTreeMap,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use hickory_server::{
    Server,
    net::runtime::Time,
    proto::{
        op::{Header, HeaderCounts, Metadata, ResponseCode},
        rr::{RData, Record, RecordType, rdata::TXT},
    },
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};
use tokio::{
    net::{TcpListener, UdpSocket},
    runtime::Builder,
    sync::oneshot,
};

/// How long somebody may take to send a question over TCP.
const TCP_TIMEOUT: Duration = Duration::from_secs(5);
/// Answers that may wait on one TCP connection.
const TCP_BUFFER: usize = 8;
/// The most that one string of a TXT record holds (RFC 1035 section 3.3).
const STRING: usize = 255;

/// A running server, until it is dropped.
pub struct DnsServer {
    address: SocketAddr,
    names: Names,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is answered for a name; any other does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Values(Vec<String>),
    Code(ResponseCode),
    Nothing,
}

/// By the name in lower case, without the root's dot.
type Names = Arc<Mutex<BTreeMap<String, Said>>>;

impl DnsServer {
    /// Starts a server on a free port.
    ///
    /// # Panics
    ///
    /// When loopback has no port.
    #[must_use]
    pub fn start() -> Self {
        let names = Names::default();
        let answers = Answers(Arc::clone(&names));
        let (stop, stopped) = oneshot::channel();
        let (told, address) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
            runtime.block_on(async {
                let (udp, tcp) = bound().await;
                told.send(udp.local_addr().expect("a bound socket has an address")).expect("somebody waits");
                let mut server = Server::new(answers);
                server.register_socket(udp);
                server.register_listener(tcp, TCP_TIMEOUT, TCP_BUFFER);
                drop(stopped.await);
            });
        });
        let address = address.recv().expect("the server starts");
        Self { address, names, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens, over UDP and TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on a name has these TXT records; with none, it exists without any.
    pub fn set(&self, name: &str, values: &[&str]) {
        self.say(name, Said::Values(values.iter().map(|value| (*value).to_owned()).collect()));
    }

    /// From now on a name does not exist.
    pub fn remove(&self, name: &str) {
        self.names().remove(&name.to_lowercase());
    }

    /// From now on questions about a name fail, as when the servers of its domain are not reached.
    pub fn fail(&self, name: &str) {
        self.say(name, Said::Code(ResponseCode::ServFail));
    }

    /// From now on questions about a name are not answered at all.
    pub fn keep_silent(&self, name: &str) {
        self.say(name, Said::Nothing);
    }

    fn say(&self, name: &str, said: Said) {
        self.names().insert(name.to_lowercase(), said);
    }

    fn names(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Said>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Both sockets on one port, which is free for both.
async fn bound() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has a port");
        let address = udp.local_addr().expect("a bound socket has an address");
        if let Ok(tcp) = TcpListener::bind(address).await {
            return (udp, tcp);
        }
    }
    panic!("no port is free for UDP and TCP alike");
}

struct Answers(Names);

impl Answers {
    fn to(&self, request: &Request) -> Said {
        let Ok(info) = request.request_info() else { return Said::Code(ResponseCode::FormErr) };
        let name = info.query.original().name().to_ascii().trim_end_matches('.').to_lowercase();
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match names.get(&name).cloned().unwrap_or(Said::Code(ResponseCode::NXDomain)) {
            Said::Values(_) if info.query.query_type() != RecordType::TXT => Said::Values(Vec::new()),
            said => said,
        }
    }

    async fn answer<R: ResponseHandler>(&self, request: &Request, mut to: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let nothing = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let values = match self.to(request) {
            Said::Nothing => return nothing,
            Said::Values(values) => values,
            Said::Code(code) => {
                metadata.response_code = code;
                Vec::new()
            }
        };
        let name = request.request_info().map(|info| info.query.original().name().clone()).unwrap_or_default();
        let records: Vec<Record> = values
            .iter()
            .map(|value| {
                let strings = value.as_bytes().chunks(STRING).collect();
                Record::from_rdata(name.clone(), 60, RData::TXT(TXT::from_bytes(strings)))
            })
            .collect();
        let builder = MessageResponseBuilder::from_message_request(request);
        let none: [Record; 0] = [];
        let response = builder.build(metadata, &records, &none, &none, &none);
        to.send_response(response).await.unwrap_or(nothing)
    }
}

/// As the trait's own macro writes it.
impl RequestHandler for Answers {
    fn handle_request<'life0, 'life1, 'async_trait, R, T>(
        &'life0 self,
        request: &'life1 Request,
        response_handle: R,
    ) -> Pin<Box<dyn Future<Output = ResponseInfo> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        R: ResponseHandler + 'async_trait,
        T: Time + 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.answer(request, response_handle))
    }
}
