//! What really goes over the socket.

use muster_simulator::client::Client;
use muster_simulator::step::Method;
use muster_simulator::{Idp, Request, Transport};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::test]
async fn requests_reach_the_server_as_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim/v2/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut received = vec![0; 4096];
        let length = stream.read(&mut received).await.unwrap();
        let answer = "HTTP/1.1 409 Conflict\r\ncontent-type: application/scim+json\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&received[..length]).to_lowercase()
    });
    let request = Request {
        method: Method::Put,
        path: "/Users/1?".into(),
        headers: Idp::OneLogin.headers(true),
        body: Some(json!({"id": null})),
    };
    let response = Client::new(&url, "secret").unwrap().send(&request).await.unwrap();
    assert_eq!((response.status, response.header("content-type")), (409, Some("application/scim+json")));
    assert!(response.took.is_some());
    let received = server.await.unwrap();
    assert!(received.starts_with("put /scim/v2/users/1? http/1.1\r\n"), "{received}");
    assert!(received.contains("authorization: bearer secret\r\n"), "{received}");
    assert!(received.contains("content-type: application/json\r\n"), "{received}");
    assert!(!received.contains("user-agent"), "{received}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let request = Request { method: Method::Get, path: "/Users".into(), headers: Vec::new(), body: None };
    let error = Client::new(&url, "secret").unwrap().send(&request).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}
