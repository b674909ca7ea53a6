//! Requests over real sockets.

use http::{Request, Response};

use super::Transport;

/// Sends requests to where their addresses point.
#[derive(Debug, Clone)]
pub struct Sockets(reqwest::Client);

impl Sockets {
    /// Without proxies and redirects of its own.
    #[expect(clippy::new_without_default, reason = "it sets up a client, which can fail")]
    pub fn new() -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Self(client.expect("an HTTP client"))
    }
}

impl Transport for Sockets {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let to = request.uri().clone();
        let request = request.try_into().expect("the request is well-formed");
        let answer = self.0.execute(request).await.unwrap_or_else(|error| panic!("{to}: {error}"));
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("{to}: {error}"));
        response.body(body.to_vec()).expect("the answer is well-formed")
    }
}
