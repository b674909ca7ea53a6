//! A command line that people sign in to by a code that they type elsewhere.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use muster_example_cli::{Cli, Settings};

/// Notes in the shell.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Where what signs you in is kept.
    #[arg(long, global = true, default_value = "notes-session.json")]
    session: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sign in.
    Login,
    /// Who you are, and where.
    Whoami,
    /// Sign out.
    Logout,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { settings, session, command } = Arguments::parse();
    let (text, code) = match run(Cli::new(settings, session), command).await {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(error) => (format!("notes: {error}"), ExitCode::FAILURE),
    };
    say(&text);
    code
}

async fn run(cli: Cli, command: Command) -> Result<String, Box<dyn Error>> {
    match command {
        Command::Login => {
            let login = cli.begin().await?;
            say(&format!("Open {}\nand see that it shows {}", login.address(), login.code()));
            cli.finish(&login).await?;
            Ok(cli.who().await?.to_string())
        }
        Command::Whoami => Ok(cli.who().await?.to_string()),
        Command::Logout => {
            cli.logout().await?;
            Ok("Signed out.".to_owned())
        }
    }
}

#[expect(clippy::print_stdout, reason = "what it is for")]
fn say(text: &str) {
    println!("{text}");
}
