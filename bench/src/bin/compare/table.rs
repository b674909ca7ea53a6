//! The results as Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use muster_bench::statistics::median;
use muster_bench::workload::Measurement;

use crate::Arguments;
use crate::cases;
use crate::machine::Machine;
use crate::rounds::{Results, Row};

/// A derived figure: what it is, its value, and how good it has to be.
struct Figure {
    label: String,
    value: f64,
    unit: &'static str,
    limit: Limit,
}

/// What a figure is held against.
#[derive(Clone, Copy)]
enum Limit {
    AtLeast(f64),
    AtMost(f64),
    None,
}

impl Limit {
    fn verdict(self, value: f64) -> &'static str {
        match self {
            Limit::AtLeast(limit) if value < limit => "**missed**",
            Limit::AtMost(limit) if value > limit => "**missed**",
            Limit::AtLeast(_) | Limit::AtMost(_) => "met",
            Limit::None => "",
        }
    }

    fn text(self) -> String {
        match self {
            Limit::AtLeast(limit) => format!("at least {limit}"),
            Limit::AtMost(limit) => format!("at most {limit}"),
            Limit::None => String::new(),
        }
    }
}

/// Writes everything; writing to a string does not fail.
pub(crate) fn markdown(machine: &Machine, arguments: &Arguments, results: &Results) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "Measured on {} x {}, {} MiB of memory; 4 KiB made durable in {} µs (middle); a fixed body over HTTP: {}/s. \
         {} clients, {} rounds of {} s, {} to {} users.\n",
        machine.processors,
        machine.model,
        machine.memory,
        machine.flush,
        rate(median(&results.bare)),
        arguments.clients,
        arguments.rounds,
        arguments.seconds,
        arguments.users,
        results.users,
    );
    rows(&mut text, "thin", &results.rows);
    if !results.postgres.is_empty() {
        text.push_str("\nOn PostgreSQL, beside pgbench (three inserts a transaction; select by primary key):\n\n");
        rows(&mut text, "pgbench", &results.postgres);
    }
    text.push_str("\n| figure | value | goal | |\n|---|---:|---|---|\n");
    for Figure { label, value, unit, limit } in figures(results) {
        let _ = writeln!(text, "| {label} | {value:.2}{unit} | {} | {} |", limit.text(), limit.verdict(value));
    }
    let _ = writeln!(text, "\nWrong answers: {}", results.errors);
    text
}

fn rows(text: &mut String, yardstick: &str, rows: &[Row]) {
    let _ = writeln!(text, "| workload | {yardstick} /s | muster /s | ratio | goal | | p50 µs | p99 µs |");
    text.push_str("|---|---:|---:|---:|---|---|---:|---:|\n");
    for row in rows {
        let limit = row.case.goal.map_or(Limit::None, Limit::AtLeast);
        let ratio = ratio(row);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.case.label,
            rate(median(&row.yardstick)),
            rate(median(&rates(row))),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            limit.text(),
            ratio.map_or("", |ratio| limit.verdict(ratio)),
            rate(middle(row, |measurement| measurement.summary.p50)),
            rate(middle(row, |measurement| measurement.summary.p99)),
        );
    }
}

/// The middle of the rounds' ratios: both sides of each were measured within seconds of each other.
fn ratio(row: &Row) -> Option<f64> {
    let ratios: Vec<f64> =
        rates(row).iter().zip(&row.yardstick).map(|(muster, yardstick)| muster / yardstick).collect();
    median(&ratios)
}

fn rates(row: &Row) -> Vec<f64> {
    row.muster.iter().map(|measurement| measurement.summary.per_second).collect()
}

fn middle(row: &Row, value: impl Fn(&Measurement) -> u32) -> Option<f64> {
    median(&row.muster.iter().map(|measurement| f64::from(value(measurement))).collect::<Vec<_>>())
}

fn rate(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.0}"))
}

/// Figures that compare Muster with itself, and its footprint.
fn figures(results: &Results) -> Vec<Figure> {
    let row = |label: &str| results.rows.iter().find(|row| row.case.label == label);
    let speed = |label: &str| row(label).and_then(|row| median(&rates(row)));
    let latency = |label: &str| row(label).and_then(|row| middle(row, |measurement| measurement.summary.p50));
    let quotient = |over: Option<f64>, under: Option<f64>| over.zip(under).map(|(over, under)| over / under);
    let own = [
        (
            "creates, all clients over 1 client",
            quotient(speed(cases::CREATE), speed(cases::CREATE_ALONE)),
            Limit::AtLeast(3.0),
        ),
        (
            "`userName eq`, few users over many",
            quotient(median(&results.filter_few), speed(cases::FILTER)),
            Limit::AtMost(1.2),
        ),
        (
            "add one member, p50 in the large group over the small",
            quotient(latency(cases::GROUP_LARGE), latency(cases::GROUP_SMALL)),
            Limit::AtMost(1.3),
        ),
        ("deep page over first page", quotient(speed(cases::PAGE_DEEP), speed(cases::PAGE_FIRST)), Limit::AtLeast(0.8)),
        ("walk over first page", quotient(speed(cases::PAGE_WALK), speed(cases::PAGE_FIRST)), Limit::AtLeast(0.8)),
    ];
    let mut figures: Vec<Figure> = own
        .into_iter()
        .filter_map(|(label, value, limit)| {
            value.map(|value| Figure { label: label.to_owned(), value, unit: "", limit })
        })
        .collect();
    for footprint in &results.footprints {
        let limited = footprint.name == "muster";
        let at_most = |limit: f64| if limited { Limit::AtMost(limit) } else { Limit::None };
        let name = footprint.name;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        let mebibytes = |kibibytes: u64| kibibytes as f64 / 1024.0;
        let mut add = |label: String, value, unit, limit| figures.push(Figure { label, value, unit, limit });
        add(format!("{name}: start to first answer"), milliseconds(footprint.start), " ms", at_most(50.0));
        add(format!("{name}: the same with all users"), milliseconds(footprint.start_full), " ms", Limit::None);
        add(format!("{name}: memory, idle"), mebibytes(footprint.idle), " MiB", at_most(25.0));
        add(format!("{name}: memory after the load"), mebibytes(footprint.loaded), " MiB", at_most(100.0));
    }
    figures
}
