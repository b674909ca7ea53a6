//! Values as PostgreSQL's protocol carries them.

use std::error::Error;

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::value::Val;

impl Val {
    /// The type that a value has where the server is not asked for the parameter's.
    pub(super) fn postgres_type(&self) -> Type {
        match self {
            Val::Null => Type::UNKNOWN,
            Val::Bool(_) => Type::BOOL,
            Val::Int(_) => Type::INT8,
            Val::Text(_) => Type::TEXT,
            Val::Uuid(_) => Type::UUID,
            Val::Bytes(_) => Type::BYTEA,
        }
    }
}

impl ToSql for Val {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Val::Null => Ok(IsNull::Yes),
            Val::Bool(value) if *ty == Type::BOOL => value.to_sql(ty, out),
            Val::Int(value) if *ty == Type::INT8 => value.to_sql(ty, out),
            Val::Int(value) if *ty == Type::INT4 => i32::try_from(*value)?.to_sql(ty, out),
            Val::Text(value) if <&str as ToSql>::accepts(ty) => value.to_sql(ty, out),
            Val::Uuid(value) if *ty == Type::UUID => value.to_sql(ty, out),
            Val::Bytes(value) if *ty == Type::BYTEA => value.to_sql(ty, out),
            Val::Bool(_) | Val::Int(_) | Val::Text(_) | Val::Uuid(_) | Val::Bytes(_) => {
                Err(format!("a parameter of type `{ty}` cannot be bound to {}", self.postgres_type()).into())
            }
        }
    }

    fn accepts(_ty: &Type) -> bool {
        // `to_sql` looks at the value and the type together.
        true
    }

    to_sql_checked!();
}

/// A whole number of any width.
pub(crate) struct Whole(pub(crate) i64);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Whole, Box<dyn Error + Sync + Send>> {
        let value = match *ty {
            Type::INT2 => i16::from_sql(ty, raw)?.into(),
            Type::INT4 => i32::from_sql(ty, raw)?.into(),
            _ => i64::from_sql(ty, raw)?,
        };
        Ok(Whole(value))
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT2, Type::INT4, Type::INT8].contains(ty)
    }
}
