//! The command's side.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
};

use super::{Call, LINE, Reply, embedded, socket};
use crate::{
    admin::{AdminError, Answer, Request},
    config::Config,
};

/// What came of a call.
pub(crate) enum Sent {
    /// A server did it.
    Done(Answer),
    /// No server holds the database: do it here.
    Here(Request),
}

/// Has the server that holds the embedded database do it, if there is one.
pub(crate) fn send(config: &Config, request: Request) -> Result<Sent, AdminError> {
    let Some(database) = embedded(config) else { return Ok(Sent::Here(request)) };
    let path = socket(config);
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        // Not there, or left behind by a server that was killed.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(Sent::Here(request));
        }
        Err(source) => return Err(AdminError::Link { path, source }),
    };
    let call = Call { database, request };
    match exchange(stream, &call).map_err(|source| AdminError::Link { path, source })? {
        Reply::Done(answer) => Ok(Sent::Done(*answer)),
        Reply::Refused { why, is_usage: true } => Err(AdminError::Wrong(why)),
        Reply::Refused { why, is_usage: false } => Err(AdminError::Remote(why)),
        Reply::OtherDatabase => Ok(Sent::Here(call.request)),
    }
}

fn exchange(mut stream: UnixStream, call: &Call) -> io::Result<Reply> {
    let mut line = serde_json::to_vec(call)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(LINE)).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it hung up: is it running as another user?"));
    }
    Ok(serde_json::from_slice(&answer)?)
}
