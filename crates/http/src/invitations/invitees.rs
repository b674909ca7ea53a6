//! Lists of people to invite, as files (ORG-3): CSV with a header, or addresses as people paste them.

use std::sync::Arc;

use muster_engine::invitations::{AT_ONCE, Person};
use muster_model::Role;

use crate::HttpError;

/// The largest file, in bytes: what a thousand rows need, many times over.
pub const BYTES: usize = 1024 * 1024;

/// What is wrong with a list as a whole. What is wrong with one of its rows is the row's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is larger than [`BYTES`].
    #[error("the file is too large: invite at most {AT_ONCE} people at once")]
    TooLarge,
    /// It has more rows than may be invited at once.
    #[error("the file has more than {AT_ONCE} rows: split it")]
    TooLong,
    /// It is not text.
    #[error("the file is not UTF-8 text: save it as \"CSV UTF-8\"")]
    NotText,
    /// There is nothing in it.
    #[error("the file is empty: its first line must name the column `email`")]
    Empty,
    /// The first line names no addresses.
    #[error(
        "the first line has no column `email`, but {0}: name the columns `email`, and if you like `role` and `team`"
    )]
    NoHeader(String),
    /// A column is named twice.
    #[error("the first line names the column `{0}` twice: leave one")]
    Twice(String),
    /// A row that cannot be told apart.
    #[error("line {line} cannot be read as CSV: {why}")]
    Row {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line, from 1.
    pub line: u64,
    /// Whom it means; or what is wrong with it, with whom it would mean.
    pub person: Result<Person, (String, String)>,
}

/// Reads a file with the columns `email` (an address or a username), and if it likes `role` and `team`, separated by commas,
/// semicolons or tabs as the spreadsheet at hand does. Empty rows and columns of other names are passed over; rows without
/// role or team get those of `everybody`.
///
/// # Errors
///
/// [`ListError`], of the file as a whole.
pub fn csv(bytes: &[u8], everybody: &Person) -> Result<Vec<Row>, ListError> {
    if bytes.len() > BYTES {
        return Err(ListError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ListError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let columns = Columns::of(&header)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == AT_ONCE {
            return Err(ListError::TooLong);
        }
        let line = record.position().map_or(0, |position| line_of(text, position));
        rows.push(Row { line, person: columns.person(&record, everybody) });
    }
    Ok(rows)
}

/// Reads addresses and usernames as people paste them: separated by lines, commas, semicolons or blanks.
///
/// # Errors
///
/// [`ListError::TooLarge`], [`ListError::TooLong`].
pub fn pasted(text: &str, everybody: &Person) -> Result<Vec<Person>, ListError> {
    if text.len() > BYTES {
        return Err(ListError::TooLarge);
    }
    let words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';'));
    let people: Vec<Person> = words
        .filter(|word| !word.is_empty())
        .take(AT_ONCE + 1)
        .map(|word| Person { to: word.to_owned(), ..everybody.clone() })
        .collect();
    if people.len() > AT_ONCE { Err(ListError::TooLong) } else { Ok(people) }
}

/// Reads a list that was typed or pasted: as CSV where its first line names the column `email`, else as addresses and usernames.
///
/// # Errors
///
/// [`ListError`].
pub fn typed(text: &str, everybody: &Person) -> Result<Vec<Row>, ListError> {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let names_email = first.split([',', ';', '\t']).any(|column| column.trim().eq_ignore_ascii_case("email"));
    if names_email {
        return csv(text.trim_start().as_bytes(), everybody);
    }
    let people = pasted(text, everybody)?.into_iter();
    Ok(people.map(|person| Row { line: 0, person: Ok(person) }).collect())
}

/// Writes people so that [`csv()`] reads them.
///
/// # Errors
///
/// Never, as far as is known: what is written goes into memory.
pub fn write(people: &[Person]) -> Result<String, HttpError> {
    let failed = |error: csv::Error| HttpError::Internal("a list cannot be written", Arc::new(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["email", "role", "team"]).map_err(failed)?;
    for person in people {
        let team = person.team.as_deref().unwrap_or_default();
        writer.write_record([person.to.as_str(), person.role.as_str(), team]).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What separates the columns: whichever of the usual is most in the first line. Addresses hold none of them.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    // The last of equals: a comma where there is none of them.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The line of the record that begins here: the position is before the empty lines that were passed over.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    position.line().saturating_add(u64::try_from(empty.count()).unwrap_or(0))
}

fn unreadable(error: &csv::Error) -> ListError {
    let line = error.position().map_or(1, csv::Position::line);
    ListError::Row { line, why: error.to_string() }
}

/// Which column is which.
struct Columns {
    email: usize,
    role: Option<usize>,
    team: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Self, ListError> {
        if header.iter().all(str::is_empty) {
            return Err(ListError::Empty);
        }
        let find = |name: &str| -> Result<Option<usize>, ListError> {
            let mut found = header.iter().enumerate().filter(|(_, column)| column.eq_ignore_ascii_case(name));
            let first = found.next().map(|(at, _)| at);
            if found.next().is_some() { Err(ListError::Twice(name.to_owned())) } else { Ok(first) }
        };
        let (email, role, team) = (find("email")?, find("role")?, find("team")?);
        match email {
            Some(email) => Ok(Self { email, role, team }),
            None => {
                let named = header.iter().filter(|name| !name.is_empty()).take(5);
                let named: Vec<String> = named.map(|name| format!("`{}`", shortened(name))).collect();
                Err(ListError::NoHeader(named.join(", ")))
            }
        }
    }

    fn person(&self, record: &csv::StringRecord, everybody: &Person) -> Result<Person, (String, String)> {
        let cell = |at: usize| record.get(at).map(str::trim).filter(|text| !text.is_empty());
        let optional = |at: Option<usize>| at.and_then(cell);
        let to = cell(self.email).unwrap_or_default().to_owned();
        if to.is_empty() {
            return Err((to, "the row has no address: fill the column `email`".to_owned()));
        }
        let role = match optional(self.role).map(str::parse::<Role>) {
            None => everybody.role,
            Some(Ok(role)) => role,
            Some(Err(error)) => return Err((to, error.to_string())),
        };
        let team = optional(self.team).map(str::to_owned).or_else(|| everybody.team.clone());
        Ok(Person { to, role, team })
    }
}

fn shortened(name: &str) -> &str {
    muster_model::name::shortened(name, 40)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn everybody() -> Person {
        Person { to: String::new(), role: Role::Member, team: Some("company".into()) }
    }

    fn read(text: &str) -> Result<Vec<Row>, ListError> {
        csv(text.as_bytes(), &everybody())
    }

    #[test]
    fn org_3_spreadsheets_write_commas_semicolons_or_tabs_quotes_and_a_byte_order_mark() {
        let expected = vec![
            Row {
                line: 2,
                person: Ok(Person { to: "ada@example.com".into(), role: Role::Owner, team: Some("writers".into()) }),
            },
            Row { line: 4, person: Ok(Person { to: "bob".into(), ..everybody() }) },
        ];
        for separator in [",", ";", "\t"] {
            for (begin, end) in [("", "\n"), ("\u{feff}", "\r\n")] {
                let lines = [
                    &["Name", "EMAIL", " Role", "team"].join(separator),
                    &["\"Lovelace, Ada; \"\"\"", "ada@example.com", "\"owner\"", "writers"].join(separator),
                    "",
                    &["", "bob"].join(separator),
                ];
                let text = format!("{begin}{}", lines.join(end));
                assert_eq!(read(&text), Ok(expected.clone()), "{text:?}");
            }
        }
        assert_eq!(read("email\nada@example.com").unwrap().len(), 1, "one column needs no separator");
    }

    #[test]
    fn org_3_what_is_wrong_with_a_file_is_said_so_that_it_can_be_mended() {
        assert_eq!(read(""), Err(ListError::Empty));
        assert_eq!(read("\n \n"), Err(ListError::Empty));
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said("Name,Mail\nAda,a@b.c").contains("`Name`, `Mail`"));
        assert!(said("a@example.com\nb@example.com").contains("no column `email`"));
        assert!(said("email,Email\n").contains("twice"));
        assert_eq!(csv(&[b'e', 0xFF, 0xFE], &everybody()), Err(ListError::NotText));
        assert_eq!(csv(&[b'x'; BYTES + 1], &everybody()), Err(ListError::TooLarge));
        let rows = |count: usize| format!("email\n{}", "a@example.com\n".repeat(count));
        assert_eq!(read(&rows(AT_ONCE)).unwrap().len(), AT_ONCE);
        assert_eq!(read(&rows(AT_ONCE + 1)), Err(ListError::TooLong));
        let rows = read("email,role\n,owner\nada@example.com,king\n").unwrap();
        let whys: Vec<_> = rows.into_iter().map(|row| row.person.unwrap_err().1).collect();
        assert!(whys[0].contains("no address") && whys[1].contains("`king` is not a role"), "{whys:?}");
    }

    #[test]
    fn org_3_addresses_are_pasted_as_they_come() {
        let people = pasted(" ada@example.com, bob\n;eve@example.com\t", &everybody()).unwrap();
        assert_eq!(
            people.iter().map(|person| person.to.as_str()).collect::<Vec<_>>(),
            ["ada@example.com", "bob", "eve@example.com"]
        );
        assert_eq!(pasted(&"a ".repeat(AT_ONCE + 1), &everybody()), Err(ListError::TooLong));
    }

    proptest! {
        #[test]
        fn org_3_reading_whatever_bytes_there_are_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = csv(&bytes, &everybody());
        }

        #[test]
        fn org_3_reading_what_looks_like_csv_answers_no_more_rows_than_lines(
            text in "(email|\u{feff}email|role)?[,;\t](role|team|\")?(\r?\n([a-z@.\"',;\t ]|é){0,12}){0,8}",
        ) {
            if let Ok(rows) = read(&text) {
                prop_assert!(rows.len() < text.lines().count());
            }
        }

        #[test]
        fn org_3_people_that_are_written_are_read(
            people in prop::collection::vec(("[a-z\",; ]{1,9}@[a-z]{1,9}", 0..3_usize, "[a-z]{1,9}"), 0..20),
        ) {
            let mut writer = ::csv::Writer::from_writer(Vec::new());
            writer.write_record(["team", "role", "email"]).unwrap();
            for (to, role, team) in &people {
                writer.write_record([team.as_str(), Role::ALL[*role].as_str(), to.as_str()]).unwrap();
            }
            let rows = csv(&writer.into_inner().unwrap(), &everybody()).unwrap();
            let expected: Vec<_> = people
                .into_iter()
                .map(|(to, role, team)| Ok(Person { to: to.trim().to_owned(), role: Role::ALL[role], team: Some(team) }))
                .collect();
            prop_assert_eq!(rows.into_iter().map(|row| row.person).collect::<Vec<_>>(), expected);
        }
    }
}
