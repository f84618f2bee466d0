//! What SQLite and PostgreSQL have in common: statements with values, rows with columns.
//!
//! A statement names its values `$1`, `$2`, ... in the order in which they first stand in it, which SQLite takes as well.
//! Truth is kept as 0 and 1.

/// Why nothing was read or written. Whatever was begun is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// It cannot be opened or reached.
    #[error("it cannot be opened or reached")]
    Unreachable,
    /// Another sandbox works on it.
    #[error("another sandbox is at work on it")]
    InUse,
    /// A statement failed: a full disk, lost rights, a rule of a table.
    #[error("it refused a statement")]
    Failed,
    /// A row is not of the form that was written.
    #[error("it holds something unexpected")]
    Shape,
}

/// A value of a statement or a row.
#[derive(Clone)]
pub(in super::super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The values of a statement, in the order of their names.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::nation::database::ToValue::to_value(&$value)),*]
    };
}
pub(in super::super) use values;

/// What can be a value.
pub(in super::super) trait ToValue {
    fn to_value(&self) -> Value;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Bytes(self.clone())
    }
}

impl ToValue for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
}

impl ToValue for u32 {
    fn to_value(&self) -> Value {
        Value::Int((*self).into())
    }
}

impl ToValue for u8 {
    fn to_value(&self) -> Value {
        Value::Int((*self).into())
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Int((*self).into())
    }
}

/// What a column can be read as.
pub(in super::super) trait FromValue: Sized {
    fn from_value(value: &Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Bytes(bytes) = value { Some(bytes.clone()) } else { None }
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Int(number) = value { Some(*number) } else { None }
    }
}

impl FromValue for u64 {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for u32 {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for u8 {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

/// A row, its columns in the order of the statement.
pub(in super::super) struct Row(pub(super) Vec<Value>);

impl Row {
    /// A column.
    pub(in super::super) fn get<T: FromValue>(&self, column: usize) -> Result<T, DatabaseError> {
        self.0.get(column).and_then(T::from_value).ok_or(DatabaseError::Shape)
    }
}

/// Statements, of a change or alone.
pub(in super::super) trait Statements {
    /// Changes rows and says how many.
    fn execute(&self, statement: &'static str, values: &[Value]) -> Result<u64, DatabaseError>;

    /// Reads rows, also those that a change returns.
    fn query(&self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, DatabaseError>;

    /// Reads the first row, if there is one.
    fn row(&self, statement: &'static str, values: &[Value]) -> Result<Option<Row>, DatabaseError> {
        Ok(self.query(statement, values)?.into_iter().next())
    }

    /// Reads the first row, which is there.
    fn one(&self, statement: &'static str, values: &[Value]) -> Result<Row, DatabaseError> {
        self.row(statement, values)?.ok_or(DatabaseError::Shape)
    }

    /// Whether there is a row.
    fn exists(&self, statement: &'static str, values: &[Value]) -> Result<bool, DatabaseError> {
        Ok(self.row(statement, values)?.is_some())
    }
}
