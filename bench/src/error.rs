//! What can go wrong while measuring.

use std::io;
use std::path::PathBuf;

use crate::response::ResponseError;

/// A failure that ends a measurement, as opposed to a wrong answer, which is counted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base URL is not one the generator can drive.
    #[error("`{0}` is not a base URL: write http://HOST:PORT/PATH")]
    Url(String),
    /// The server could not be reached or hung up.
    #[error("the connection to `{address}` failed")]
    Connection {
        /// Host and port.
        address: String,
        /// What the socket said.
        #[source]
        source: io::Error,
    },
    /// The server's answer is not HTTP/1.1.
    #[error("the answer is not HTTP/1.1")]
    Response(#[from] ResponseError),
    /// A request that prepares the measurement was refused.
    #[error("{what} was answered {status}: {body}")]
    Refused {
        /// What was asked.
        what: String,
        /// The status code of the answer.
        status: u16,
        /// The beginning of the answer's body.
        body: String,
    },
    /// The workload needs resources that do not exist yet.
    #[error("{0}: run the `prepare` workload with the same --state first")]
    Unprepared(String),
    /// A file could not be read or written.
    #[error("`{}` cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line of the state file is not one this program wrote.
    #[error("line {line} of the state file is not understood: remove the file and prepare again")]
    State {
        /// Counted from 1.
        line: usize,
    },
    /// A program that the comparison starts did not do its part.
    #[error("`{program}` {reason}")]
    Program {
        /// Its name.
        program: String,
        /// What it did instead.
        reason: String,
    },
    /// The runtime could not be started.
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
}

impl Error {
    /// The message and its causes on one line, for printing.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
