//! The first yardstick: axum returning a fixed body. No server built on it can answer faster.

use std::process::ExitCode;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::serve::ListenerExt as _;
use clap::Parser;
use muster_bench::people::Person;
use tokio::net::TcpListener;

/// Serves one fixed JSON body under every path.
#[derive(Parser)]
#[command(name = "bare")]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> std::io::Result<()> {
    let mut body = Vec::new();
    Person::new(0, 0).write_body(&mut body);
    let body = bytes::Bytes::from(body);
    let router = Router::new().fallback(move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/scim+json")], body) }
    });
    let listener = TcpListener::bind(&arguments.listen).await?.tap_io(|stream| {
        // Without it an answer in two packets would wait for an acknowledgement; nothing else depends on it.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

#[expect(clippy::print_stderr, reason = "a program says why it stops")]
fn report(error: &std::io::Error) {
    eprintln!("bare: {error}");
}
