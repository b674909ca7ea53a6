//! A web application that lets people in through Muster: `muster demo` prints the command that starts it.

use std::error::Error;

use clap::Parser;
use muster_example_web::{Settings, router};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::parse();
    let address = (settings.base_url.host_str().unwrap_or("127.0.0.1"), settings.base_url.port().unwrap_or(4000));
    let listener = TcpListener::bind(address).await?;
    #[expect(clippy::print_stdout, reason = "says where it is")]
    {
        println!("Notes is at {}", settings.base_url);
    }
    Ok(axum::serve(listener, router(settings)).await?)
}
