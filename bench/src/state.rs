//! What a server holds by our doing, kept in a file so that runs can share it.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::rc::Rc;

use crate::error::Error;

/// A user that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The server's id.
    pub id: String,
    /// The SCIM `userName`.
    pub user_name: String,
    /// The value of `active` that was last acknowledged.
    pub active: bool,
}

/// A group that was created, with the first users as its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The server's id.
    pub id: String,
    /// Members it was given.
    pub size: usize,
}

/// Everything that was created on one server, in order.
#[derive(Debug, Default)]
pub struct State {
    /// Users; shared with the clients of a running workload.
    pub users: Rc<Vec<User>>,
    /// Groups.
    pub groups: Vec<Group>,
}

impl State {
    /// Reads the file; an absent one is an empty state.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or was not written by [`State::save`].
    pub fn load(path: &Path) -> Result<State, Error> {
        match fs::read_to_string(path) {
            Ok(text) => State::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            Err(source) => Err(Error::File { path: path.to_owned(), source }),
        }
    }

    fn parse(text: &str) -> Result<State, Error> {
        let mut users = Vec::new();
        let mut groups = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let malformed = || Error::State { line: index + 1 };
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["user", id, user_name, active] => users.push(User {
                    id: (*id).to_owned(),
                    user_name: (*user_name).to_owned(),
                    active: active.parse().map_err(|_| malformed())?,
                }),
                ["group", id, size] => {
                    groups.push(Group { id: (*id).to_owned(), size: size.parse().map_err(|_| malformed())? });
                }
                _ => return Err(malformed()),
            }
        }
        Ok(State { users: Rc::new(users), groups })
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let write = || {
            let mut file = BufWriter::new(fs::File::create(path)?);
            for User { id, user_name, active } in self.users.iter() {
                writeln!(file, "user\t{id}\t{user_name}\t{active}")?;
            }
            for Group { id, size } in &self.groups {
                writeln!(file, "group\t{id}\t{size}")?;
            }
            file.flush()
        };
        write().map_err(|source| Error::File { path: path.to_owned(), source })
    }

    /// Notes what a server acknowledged: users created, and values of `active` by the users' places.
    pub(crate) fn apply(&mut self, created: Vec<User>, activity: Vec<(usize, bool)>) {
        // No client holds the users any more, so this copies nothing.
        let users = Rc::make_mut(&mut self.users);
        for (at, active) in activity {
            if let Some(user) = users.get_mut(at) {
                user.active = active;
            }
        }
        users.extend(created);
    }

    /// The group that was given this many members.
    pub fn group_of(&self, size: usize) -> Option<&Group> {
        self.groups.iter().find(|group| group.size == size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_as_written() {
        let path = std::env::temp_dir().join(format!("muster-bench-{}", uuid::Uuid::now_v7()));
        assert!(State::load(&path).unwrap().users.is_empty(), "an absent file is empty");
        let users = vec![
            User { id: "1".into(), user_name: "ada@example.com".into(), active: true },
            User { id: "2".into(), user_name: "bob@example.com".into(), active: false },
        ];
        let state = State { users: Rc::new(users.clone()), groups: vec![Group { id: "3".into(), size: 2 }] };
        state.save(&path).unwrap();
        let read = State::load(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(*read.users, users);
        assert_eq!(read.group_of(2), Some(&Group { id: "3".into(), size: 2 }));
        assert_eq!(read.group_of(3), None);
    }

    #[test]
    fn a_foreign_file_is_refused() {
        assert!(matches!(State::parse("user\t1\ta\ttrue\nnonsense"), Err(Error::State { line: 2 })));
        assert!(matches!(State::parse("user\t1\ta\tmaybe"), Err(Error::State { line: 1 })));
    }
}
