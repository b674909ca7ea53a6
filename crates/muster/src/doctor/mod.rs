//! `muster doctor`: checks an installation, and says what to do.

mod certificate;
mod files;
mod reach;

use std::sync::Arc;

use muster_store::{Database, Migrate};
use serde::Serialize;

use crate::{
    admin::{self, Answer, Application, Check, Installation, Request, Status},
    config::Config,
    error::chain,
    local::{self, Sent},
    mail, open,
    output::{self, OutputError},
    surroundings::System,
};

/// What was found.
#[derive(Debug, Serialize)]
struct Diagnosis {
    /// Whether there is no problem; warnings there may be.
    healthy: bool,
    checks: Vec<Check>,
}

/// Why the doctor is not content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoctorError {
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// What was found.
    #[error("{0} to be mended")]
    Problems(String),
}

/// Checks everything that can be checked from here, and shows it.
pub(crate) fn doctor(config: &Config, json: bool) -> Result<(), DoctorError> {
    let checks = checks(config);
    let problems = checks.iter().filter(|check| check.status == Status::Problem).count();
    let diagnosis = Diagnosis { healthy: problems == 0, checks };
    if json {
        output::json(&diagnosis)?;
    } else {
        output::checks(&diagnosis.checks)?;
    }
    match problems {
        0 => Ok(()),
        1 => Err(DoctorError::Problems("one problem is".to_owned())),
        many => Err(DoctorError::Problems(format!("{many} problems are"))),
    }
}

fn checks(config: &Config) -> Vec<Check> {
    let mut checks = vec![files::folder(&config.server.data_dir), files::room(&config.server.data_dir)];
    let (check, key) = files::key(&config.master_key_file());
    checks.push(check);
    let database = config.database();
    let mut there = true;
    if let Database::Sqlite { path } = &database {
        there = path.exists();
        checks.extend(files::database(path, key.as_ref()));
    }
    let mut inside = Inside::default();
    if there {
        inside = self::inside(config);
        checks.append(&mut inside.checks);
    }
    let running = inside.by_server;
    checks.push(match (&database, running) {
        (Database::Postgres(_), _) => {
            Check::skipped("server", "on PostgreSQL it cannot be told from here which nodes run")
        }
        (_, true) => Check::ok("server", "it runs, and holds the database"),
        (_, false) => Check::warning("server", "none holds the database", "start `muster serve`"),
    });
    // A running server says what it was started with; this command may have been told something else, or nothing.
    let base_url = inside.base_url.unwrap_or_else(|| config.base_url(config.server.listen));
    checks.extend(reach::base_url(&base_url, running));
    checks.push(mail::check(&config.mail, &base_url));
    checks
}

/// What the database tells, and who was asked.
#[derive(Default)]
struct Inside {
    checks: Vec<Check>,
    /// Whether a server was asked.
    by_server: bool,
    /// What links are made of, if a server told.
    base_url: Option<String>,
}

/// Asks the server that holds the database, or looks here.
fn inside(config: &Config) -> Inside {
    const NAME: &str = "database";
    let failed = |found: String, by_server| {
        let check = Check::problem(NAME, found, "see the message; `muster serve` logs more");
        Inside { checks: vec![check], by_server, base_url: None }
    };
    match local::send(config, Request::Examine) {
        Ok(Sent::Done(Answer::Examined(examined))) => {
            return Inside { checks: examined.checks, by_server: true, base_url: Some(examined.base_url) };
        }
        Ok(Sent::Done(_)) => return failed("the server is of another version".to_owned(), true),
        Err(error) => return failed(chain(&error), true),
        Ok(Sent::Here(_)) => {}
    }
    // What is outstanding is told, and not done.
    let store = match open::store(config, Migrate::Refuse) {
        Ok(store) => store,
        Err(error) => return failed(chain(&error), false),
    };
    let base_url = config.base_url(config.server.listen);
    let application = Application::Closed(Arc::new(config.clone()));
    let installation =
        Installation { store: store.clone(), surroundings: Arc::new(System::default()), base_url, application };
    let examined = admin::run(&installation, Request::Examine);
    drop(installation);
    store.close_blocking();
    match examined {
        Ok(Answer::Examined(mut examined)) => {
            examined.checks.insert(0, Check::ok(NAME, "it opens, and its tables are those of this program"));
            Inside { checks: examined.checks, ..Inside::default() }
        }
        Ok(_) => Inside::default(),
        Err(error) => failed(chain(&error), false),
    }
}
