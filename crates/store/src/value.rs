//! Values on their way into statements and out of rows.

use uuid::Uuid;

use crate::{backend::Whole, error::StoreError};

/// One bound parameter of a statement.
///
/// Times are [`Val::Int`] in microseconds UTC, JSON documents are [`Val::Text`] on both engines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Val {
    /// No value.
    Null,
    /// A truth value; `INTEGER` 0 or 1 in SQLite.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text without U+0000.
    Text(String),
    /// An identifier; `BLOB(16)` in SQLite.
    Uuid(Uuid),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Binds a list of values: `vals![organization, name, version]`. Each becomes a [`Val`] by `From`.
#[macro_export]
macro_rules! vals {
    () => { [const { $crate::Val::Null }; 0] };
    ($($value:expr),+ $(,)?) => { [$($crate::Val::from($value)),+] };
}

/// `From` for a type and for a reference to it.
macro_rules! val_from {
    ($($source:ty => |$value:ident| $into:expr;)+) => {
        $(
            impl From<$source> for Val {
                fn from($value: $source) -> Val {
                    $into
                }
            }
        )+
    };
}

val_from! {
    bool => |value| Val::Bool(value);
    i64 => |value| Val::Int(value);
    i32 => |value| Val::Int(value.into());
    u32 => |value| Val::Int(value.into());
    u16 => |value| Val::Int(value.into());
    u8 => |value| Val::Int(value.into());
    String => |value| Val::Text(value);
    &String => |value| Val::Text(value.clone());
    &str => |value| Val::Text(value.to_owned());
    Uuid => |value| Val::Uuid(value);
    &Uuid => |value| Val::Uuid(*value);
    Vec<u8> => |value| Val::Bytes(value);
    &[u8] => |value| Val::Bytes(value.to_vec());
    &Vec<u8> => |value| Val::Bytes(value.clone());
}

impl<const N: usize> From<[u8; N]> for Val {
    fn from(value: [u8; N]) -> Val {
        Val::Bytes(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Val {
    fn from(value: &[u8; N]) -> Val {
        Val::Bytes(value.to_vec())
    }
}

impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(value: Option<T>) -> Val {
        value.map_or(Val::Null, Into::into)
    }
}

/// A row of an answer, readable while the closure that was given it runs.
pub struct Row<'r>(pub(crate) RowInner<'r>);

/// The driver's row.
pub(crate) enum RowInner<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The value in column `index`, counted from 0.
    ///
    /// # Errors
    ///
    /// Fails if there is no such column or it holds another type: an error of the statement, not of the caller's input.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, StoreError> {
        T::from_column(self, index)
    }
}

/// A type that a column can be read as. Sealed: other types are made from these by the caller.
pub trait FromColumn: Sized + sealed::Sealed {
    /// Reads column `index` of `row`.
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError>;
}

mod sealed {
    /// Keeps [`super::FromColumn`] to the types that both engines have.
    pub trait Sealed {}
}

/// Implements [`FromColumn`] for a type that both drivers can read, and for its `Option`.
macro_rules! from_column {
    ($($column:ty),+) => {
        $(
            impl sealed::Sealed for $column {}
            impl FromColumn for $column {
                fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                    match row.0 {
                        RowInner::Sqlite(row) => row.get(index).map_err(StoreError::other),
                        RowInner::Postgres(row) => row.try_get(index).map_err(StoreError::other),
                    }
                }
            }
            impl sealed::Sealed for Option<$column> {}
            impl FromColumn for Option<$column> {
                fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                    match row.0 {
                        RowInner::Sqlite(row) => row.get(index).map_err(StoreError::other),
                        RowInner::Postgres(row) => row.try_get(index).map_err(StoreError::other),
                    }
                }
            }
        )+
    };
}

from_column!(bool, String, Vec<u8>);

impl sealed::Sealed for i64 {}
impl FromColumn for i64 {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        match row.0 {
            RowInner::Sqlite(row) => row.get(index).map_err(StoreError::other),
            RowInner::Postgres(row) => row.try_get(index).map(|Whole(value)| value).map_err(StoreError::other),
        }
    }
}

impl sealed::Sealed for Option<i64> {}
impl FromColumn for Option<i64> {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        match row.0 {
            RowInner::Sqlite(row) => row.get(index).map_err(StoreError::other),
            RowInner::Postgres(row) => {
                let value: Option<Whole> = row.try_get(index).map_err(StoreError::other)?;
                Ok(value.map(|Whole(value)| value))
            }
        }
    }
}

impl sealed::Sealed for Uuid {}
impl FromColumn for Uuid {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        match row.0 {
            RowInner::Sqlite(row) => row.get::<_, [u8; 16]>(index).map(Uuid::from_bytes).map_err(StoreError::other),
            RowInner::Postgres(row) => row.try_get(index).map_err(StoreError::other),
        }
    }
}

impl sealed::Sealed for Option<Uuid> {}
impl FromColumn for Option<Uuid> {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        match row.0 {
            RowInner::Sqlite(row) => {
                row.get::<_, Option<[u8; 16]>>(index).map(|id| id.map(Uuid::from_bytes)).map_err(StoreError::other)
            }
            RowInner::Postgres(row) => row.try_get(index).map_err(StoreError::other),
        }
    }
}
