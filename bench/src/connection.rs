//! One keep-alive connection, one request at a time.

use std::borrow::Cow;
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::Error;
use crate::response::{self, Framing, Head, ResponseError};
use crate::target::Target;

/// An answer, borrowed from the connection's buffer.
pub struct Answer<'c> {
    /// The status code.
    pub status: u16,
    /// The body, without its transfer coding.
    pub body: Cow<'c, [u8]>,
}

/// A connection to a target.
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
    closed: bool,
}

impl Connection {
    /// Connects, with small packets sent at once.
    ///
    /// # Errors
    ///
    /// [`Error::Connection`] if the server does not accept.
    pub async fn open(target: &Target) -> Result<Connection, Error> {
        let address = target.address().to_owned();
        let stream = connect(&address).await?;
        Ok(Connection { address, stream, buffer: Vec::with_capacity(16 * 1024), closed: false })
    }

    /// Sends one request and reads its answer. A connection that the server has announced to close, or that failed
    /// before, is opened again first.
    ///
    /// # Errors
    ///
    /// The connection fails, or the answer is not HTTP/1.1.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, Error> {
        if self.closed {
            self.stream = connect(&self.address).await?;
        }
        self.closed = true; // until the answer is complete
        self.buffer.clear();
        let io = |source| Error::Connection { address: self.address.clone(), source };
        self.stream.write_all(request).await.map_err(io)?;
        let head = loop {
            if let Some(head) = response::parse_head(&self.buffer)? {
                if head.status >= 200 {
                    break head;
                }
                self.buffer.drain(..head.length);
            } else {
                fill(&mut self.stream, &mut self.buffer).await.map_err(io)?;
            }
        };
        let body = match head.framing {
            Framing::Length(length) => self.read_sized(head, length).await?,
            Framing::Chunked => self.read_chunked(head).await?,
        };
        Ok(Answer { status: head.status, body })
    }

    async fn read_sized(&mut self, head: Head, length: usize) -> Result<Cow<'_, [u8]>, Error> {
        let end = head.length + length;
        self.buffer.reserve(end.saturating_sub(self.buffer.len()));
        while self.buffer.len() < end {
            self.fill().await?;
        }
        if self.buffer.len() > end {
            return Err(ResponseError::Surplus.into());
        }
        self.closed = head.close;
        Ok(Cow::Borrowed(&self.buffer[head.length..]))
    }

    async fn read_chunked(&mut self, head: Head) -> Result<Cow<'_, [u8]>, Error> {
        loop {
            if let Some((content, _)) = response::decode_chunked(&self.buffer[head.length..])? {
                self.closed = head.close;
                return Ok(Cow::Owned(content));
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), Error> {
        fill(&mut self.stream, &mut self.buffer)
            .await
            .map_err(|source| Error::Connection { address: self.address.clone(), source })
    }
}

async fn connect(address: &str) -> Result<TcpStream, Error> {
    let opened = async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    opened.await.map_err(|source| Error::Connection { address: address.to_owned(), source })
}

async fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
