//! TXT records of domains, asked of the system's or the operator's resolvers, within bounds of time and size.

use std::{net::SocketAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};

/// How long one question waits for its answer; it is asked twice.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long everything about one name takes at most.
const WHOLE: Duration = Duration::from_secs(10);
/// The most records of a name that are read.
const RECORDS: usize = 200;
/// The most bytes of one record that are read.
const RECORD_BYTES: usize = 2_048;

/// What is known of a name's TXT records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Txt {
    /// These values, each with its strings joined (RFC 7208 section 3.3 does likewise).
    Values(Vec<String>),
    /// There are none: the name does not exist, or has no such records.
    NoRecord,
    /// Nobody knows, for this reason.
    NoAnswer(String),
}

/// A resolver of TXT records. A clone shares everything with its original.
///
/// It keeps nothing: who asks wants to know what is there now, as far as the resolvers behind it tell.
#[derive(Clone)]
pub struct Dns(Result<TokioResolver, String>);

impl Dns {
    /// The resolvers that the operating system names.
    #[must_use]
    pub fn system() -> Self {
        let read = hickory_resolver::system_conf::read_system_conf();
        Self::with(read.map(|(config, _)| config.name_servers().to_vec()).map_err(|error| error.to_string()))
    }

    /// These resolvers and no others; with none, every name is without an answer.
    #[must_use]
    pub fn at(resolvers: &[SocketAddr]) -> Self {
        let server = |address: &SocketAddr| {
            let at = |mut connection: ConnectionConfig| {
                connection.port = address.port();
                connection
            };
            let connections = vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())];
            NameServerConfig::new(address.ip(), true, connections)
        };
        Self::with(Ok(resolvers.iter().map(server).collect()))
    }

    fn with(servers: Result<Vec<NameServerConfig>, String>) -> Self {
        let build = |servers: Vec<NameServerConfig>| {
            if servers.is_empty() {
                return Err("no resolver is set: name some in `[dns] resolvers`".to_owned());
            }
            let config = ResolverConfig::from_name_servers(servers);
            let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
            *builder.options_mut() = options();
            builder.build().map_err(|error| error.to_string())
        };
        Self(servers.and_then(build))
    }

    /// The TXT records of a name, in whatever case and script; without anything added to it.
    pub async fn txt(&self, name: &str) -> Txt {
        let resolver = match &self.0 {
            Ok(resolver) => resolver,
            Err(why) => return Txt::NoAnswer(why.clone()),
        };
        let Ok(mut name) = Name::from_utf8(name) else { return Txt::NoAnswer(format!("`{name}` is no name in DNS")) };
        name.set_fqdn(true);
        match tokio::time::timeout(WHOLE, resolver.lookup(name, RecordType::TXT)).await {
            Ok(Ok(found)) => {
                let texts = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(txt) => Some(joined(&txt.txt_data)),
                    _ => None,
                });
                let values: Vec<String> = texts.take(RECORDS).collect();
                if values.is_empty() { Txt::NoRecord } else { Txt::Values(values) }
            }
            Ok(Err(error)) if says_none(&error) => Txt::NoRecord,
            Ok(Err(error)) => Txt::NoAnswer(error.to_string()),
            Err(_) => Txt::NoAnswer(format!("no resolver answered within {} seconds", WHOLE.as_secs())),
        }
    }
}

/// Whether a server has said that there are no such records; any other failure says nothing.
fn says_none(error: &NetError) -> bool {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
        }
        _ => false,
    }
}

fn joined(strings: &[Box<[u8]>]) -> String {
    let bytes: Vec<u8> = strings.iter().flat_map(|string| string.iter().copied()).take(RECORD_BYTES).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = ATTEMPT;
    options.attempts = 1;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options
}
