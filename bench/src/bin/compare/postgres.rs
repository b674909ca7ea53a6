//! What PostgreSQL does on the same machine without any server before it, by pgbench.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use muster_bench::error::Error;

use crate::Arguments;
use crate::server::failed;

/// Three inserts are the least that provisioning a user can be: a person, a membership, and a record of it.
const TABLES: &str = "
    DROP TABLE IF EXISTS bench_records, bench_memberships, bench_accounts;
    CREATE TABLE bench_accounts (id uuid PRIMARY KEY, email text NOT NULL UNIQUE, doc text NOT NULL);
    CREATE TABLE bench_memberships (organization int, account uuid REFERENCES bench_accounts, role text,
      PRIMARY KEY (organization, account));
    CREATE TABLE bench_records (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account uuid, at timestamptz,
      change text);";

const CREATE: &str = "\
\\set n random(1, 1000000000000000)
\\set d random(1, 1000000000)
BEGIN;
INSERT INTO bench_accounts VALUES (uuid(md5(:n || '.' || :d)), :n || '.' || :d || '@example.com', repeat('x', 800));
INSERT INTO bench_memberships VALUES (1, uuid(md5(:n || '.' || :d)), 'member');
INSERT INTO bench_records (account, at, change) VALUES (uuid(md5(:n || '.' || :d)), now(), 'member.added');
COMMIT;
";

/// Makes the tables of both transactions: pgbench's own has 100,000 rows.
pub(crate) fn prepare(url: &str) -> Result<(), Error> {
    run("psql", Command::new("psql").args([url, "-q", "-v", "ON_ERROR_STOP=1", "-c", TABLES]))?;
    run("pgbench", Command::new("pgbench").args(["-i", "-q", "-s", "1", url])).map(|_| ())
}

/// Transactions of three inserts a second.
pub(crate) fn creates(url: &str, arguments: &Arguments, folder: &Path) -> Result<f64, Error> {
    let script = folder.join("create.sql");
    fs::write(&script, CREATE).map_err(|source| Error::File { path: script.clone(), source })?;
    measure(url, arguments, Command::new("pgbench").arg("-f").arg(&script))
}

/// Look-ups by primary key a second: pgbench's select-only script.
pub(crate) fn gets(url: &str, arguments: &Arguments) -> Result<f64, Error> {
    measure(url, arguments, Command::new("pgbench").arg("-S"))
}

fn measure(url: &str, arguments: &Arguments, command: &mut Command) -> Result<f64, Error> {
    let clients = arguments.clients.to_string();
    let seconds = arguments.duration().as_secs().max(1).to_string();
    let output =
        run("pgbench", command.args(["-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, url]))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    transactions_per_second(&text).ok_or_else(|| failed("pgbench", format!("gave no rate: {text}")))
}

fn transactions_per_second(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("tps = "))?.split(' ').next()?.parse().ok()
}

fn run(name: &str, command: &mut Command) -> Result<Output, Error> {
    let output = command.output().map_err(|source| Error::File { path: name.into(), source })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(failed(name, format!("failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_pgbench() {
        let text = "latency average = 3.1 ms\ntps = 2512.25 (without initial connection time)\n";
        assert_eq!(transactions_per_second(text), Some(2512.25));
        assert_eq!(transactions_per_second("nothing"), None);
    }
}
