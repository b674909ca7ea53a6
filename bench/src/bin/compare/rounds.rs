//! The measurements themselves, in turns.

use std::path::Path;
use std::time::Duration;

use muster_bench::error::Error;
use muster_bench::prepare;
use muster_bench::workload::{self, Measurement, Settings, Workload};

use crate::cases::{self, Case};
use crate::server::{Program, Server};
use crate::{Arguments, postgres, progress};

/// Starts that are timed; the table shows the middle one.
const STARTS: usize = 5;
/// Memory is read after a server has had nothing to do for this long.
const IDLE: Duration = Duration::from_secs(1);

/// One case over all rounds.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) case: Case,
    /// The yardstick's rate a second in each round: `thin`'s, or pgbench's; empty if it cannot do it.
    pub(crate) yardstick: Vec<f64>,
    /// Muster in each round; empty without it.
    pub(crate) muster: Vec<Measurement>,
}

impl Row {
    fn new(case: Case) -> Row {
        Row { case, yardstick: Vec::new(), muster: Vec::new() }
    }
}

/// Start-up and memory of one server.
pub(crate) struct Footprint {
    /// What a reader calls the server.
    pub(crate) name: &'static str,
    /// Middle time from process start to first answer, without data.
    pub(crate) start: Duration,
    /// The same, with all the data of the rounds.
    pub(crate) start_full: Duration,
    /// Resident memory in KiB, idle and without data.
    pub(crate) idle: u64,
    /// Resident memory in KiB after the rounds.
    pub(crate) loaded: u64,
}

/// All that was measured.
#[derive(Default)]
pub(crate) struct Results {
    /// Requests a second to a fixed body.
    pub(crate) bare: Vec<f64>,
    /// Users at the end of the rounds.
    pub(crate) users: usize,
    /// Muster's rate of `userName eq` with few users.
    pub(crate) filter_few: Vec<f64>,
    /// On the embedded database.
    pub(crate) rows: Vec<Row>,
    /// On PostgreSQL.
    pub(crate) postgres: Vec<Row>,
    /// Per server.
    pub(crate) footprints: Vec<Footprint>,
    /// Wrong answers.
    pub(crate) errors: usize,
    /// The first of them.
    pub(crate) examples: Vec<String>,
}

impl Results {
    fn measure(&mut self, server: &mut Server, case: &Case, arguments: &Arguments) -> Result<Measurement, Error> {
        progress(&format!("  {} on {}", case.label, server.name));
        let settings = settings(arguments, case);
        let measurement = workload::run(&server.target, case.workload, &settings, &mut server.state)?;
        self.note(server.name, case.label, &measurement);
        Ok(measurement)
    }

    fn note(&mut self, server: &str, label: &str, measurement: &Measurement) {
        self.errors += measurement.errors;
        self.examples.extend(measurement.examples.iter().map(|example| format!("{server}: {label}: {example}")));
        self.examples.truncate(10);
    }

    fn fill(&mut self, server: &mut Server, users: usize, arguments: &Arguments) -> Result<(), Error> {
        progress(&format!("  filling {} up to {users} users", server.name));
        let settings = Settings { clients: arguments.clients, ..Settings::default() };
        if let Some(measurement) = prepare::users(&server.target, users, &settings, &mut server.state)? {
            self.note(server.name, "filling", &measurement);
        }
        Ok(())
    }
}

/// A server with its start-up figures.
struct Contestant {
    program: Program,
    server: Server,
    footprint: Footprint,
}

impl Contestant {
    fn start(program: Program) -> Result<Contestant, Error> {
        let mut starts = Vec::with_capacity(STARTS);
        let server = loop {
            let server = program.start()?;
            starts.push(server.started_in);
            if starts.len() == STARTS {
                break server;
            }
            server.stop();
        };
        starts.sort_unstable();
        std::thread::sleep(IDLE);
        let footprint = Footprint {
            name: server.name,
            start: starts[STARTS / 2],
            start_full: Duration::ZERO,
            idle: server.memory(),
            loaded: 0,
        };
        Ok(Contestant { program, server, footprint })
    }

    fn finish(self) -> Result<Footprint, Error> {
        let Contestant { program, server, mut footprint } = self;
        std::thread::sleep(IDLE);
        footprint.loaded = server.memory();
        server.stop();
        footprint.start_full = program.start()?.started_in;
        Ok(footprint)
    }
}

fn settings(arguments: &Arguments, case: &Case) -> Settings {
    Settings {
        clients: case.clients.unwrap_or(arguments.clients),
        warmup: Duration::from_millis(500),
        duration: arguments.duration(),
        group_size: case.group_size,
        ..Settings::default()
    }
}

/// Runs all rounds.
pub(crate) fn run(arguments: &Arguments, folder: &Path) -> Result<Results, Error> {
    let mut results = Results::default();
    bare(arguments, folder, &mut results)?;
    embedded(arguments, folder, &mut results)?;
    if let (Some(url), Some(muster)) = (&arguments.postgres, &arguments.muster) {
        on_postgres(arguments, folder, url, muster, &mut results)?;
    }
    Ok(results)
}

fn bare(arguments: &Arguments, folder: &Path, results: &mut Results) -> Result<(), Error> {
    progress("the HTTP stack alone");
    let mut server = Program::bare(folder)?.start()?;
    let case = Case { workload: Workload::Fixed, label: "fixed body", thin: false, ..cases::all(0)[0] };
    for _ in 0..arguments.rounds {
        let rate = results.measure(&mut server, &case, arguments)?.summary.per_second;
        results.bare.push(rate);
    }
    Ok(())
}

fn embedded(arguments: &Arguments, folder: &Path, results: &mut Results) -> Result<(), Error> {
    progress("starting, and filling");
    let mut thin = Contestant::start(Program::thin(folder)?)?;
    let program = arguments.muster.as_deref().map(|path| Program::muster(path, folder, None)).transpose()?;
    let mut muster = program.map(Contestant::start).transpose()?;
    let all = cases::all(arguments.users);
    if let Some(Contestant { server, .. }) = &mut muster {
        results.fill(server, arguments.few_users, arguments)?;
        if let Some(filter) = all.iter().find(|case| case.label == cases::FILTER) {
            for _ in 0..arguments.rounds {
                let rate = results.measure(server, filter, arguments)?.summary.per_second;
                results.filter_few.push(rate);
            }
        }
        results.fill(server, arguments.users, arguments)?;
        for size in [100, arguments.users] {
            prepare::group(&server.target, "moby:group-", size, &mut server.state)?;
        }
    }
    results.fill(&mut thin.server, arguments.users, arguments)?;

    let mut rows: Vec<Row> = all.into_iter().map(Row::new).collect();
    for round in 1..=arguments.rounds {
        progress(&format!("round {round} of {}", arguments.rounds));
        for row in &mut rows {
            if row.case.thin {
                row.yardstick.push(results.measure(&mut thin.server, &row.case, arguments)?.summary.per_second);
            }
            if let Some(Contestant { server, .. }) = &mut muster {
                row.muster.push(results.measure(server, &row.case, arguments)?);
            }
        }
    }
    results.rows = rows;
    results.users = muster.as_ref().unwrap_or(&thin).server.state.users.len();
    for contestant in [Some(thin), muster].into_iter().flatten() {
        results.footprints.push(contestant.finish()?);
    }
    Ok(())
}

fn on_postgres(
    arguments: &Arguments,
    folder: &Path,
    url: &str,
    muster: &Path,
    results: &mut Results,
) -> Result<(), Error> {
    progress("on PostgreSQL");
    postgres::prepare(url)?;
    let mut contestant = Contestant::start(Program::muster(muster, folder, Some(url))?)?;
    results.fill(&mut contestant.server, arguments.users, arguments)?;
    let mut rows: Vec<Row> = cases::on_postgres().into_iter().map(Row::new).collect();
    for round in 1..=arguments.rounds {
        progress(&format!("round {round} of {}", arguments.rounds));
        for row in &mut rows {
            row.yardstick.push(match row.case.workload {
                Workload::Create => postgres::creates(url, arguments, folder)?,
                _ => postgres::gets(url, arguments)?,
            });
            row.muster.push(results.measure(&mut contestant.server, &row.case, arguments)?);
        }
    }
    results.postgres = rows;
    results.footprints.push(contestant.finish()?);
    Ok(())
}
