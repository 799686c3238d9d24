//! Several things that are read in one statement: a page that tells of six things asks the database once.
//!
//! What is asked for is a value ([`crate::Records`], [`crate::Members`], …); values in a tuple are asked together, and
//! `None` asks nothing. One alone is sent as it is; several are joined by `UNION ALL`, each row with the number of its part.

use std::{collections::VecDeque, fmt::Write as _};

use crate::{
    Room, StoreError,
    sql::{Row, Value},
};

/// One select with its values.
#[derive(Debug)]
pub struct Select {
    /// A constant text with `$1` places.
    pub(crate) sql: &'static str,
    /// How many columns it gives.
    pub(crate) width: usize,
    pub(crate) values: Vec<Value>,
}

/// Selects that are sent together.
#[derive(Debug, Default)]
pub struct Selects(Vec<Select>);

/// The rows of each, in their order.
#[derive(Debug, Default)]
pub struct Answers(VecDeque<Rows>);

/// Something to ask the database for.
pub trait Ask {
    /// What is answered.
    type Out;
    /// Adds what to send.
    fn selects(&self, tenant: &str, into: &mut Selects);
    /// Reads what was answered; parts in the order in which they were added.
    ///
    /// # Errors
    ///
    /// When a row cannot be read.
    fn told(&self, answers: &mut Answers) -> Result<Self::Out, StoreError>;
}

/// The rows of one select.
#[derive(Debug, Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// Each, read.
    pub(crate) fn all<T>(&self, read: impl Fn(&Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
        self.0.iter().map(read).collect()
    }

    /// The first, read.
    pub(crate) fn first<T>(&self, read: impl Fn(&Row) -> Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        self.0.first().map(read).transpose()
    }
}

/// What one select tells.
pub trait One {
    /// What is answered.
    type Told;
    /// What to send.
    fn select(&self, tenant: &str) -> Select;
    /// Reads what was answered.
    ///
    /// # Errors
    ///
    /// When a row cannot be read.
    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError>;
}

impl<T: One> Ask for T {
    type Out = T::Told;

    fn selects(&self, tenant: &str, into: &mut Selects) {
        into.0.push(self.select(tenant));
    }

    fn told(&self, answers: &mut Answers) -> Result<Self::Out, StoreError> {
        self.read(&answers.0.pop_front().unwrap_or_default())
    }
}

impl<A: Ask> Ask for Option<A> {
    type Out = Option<A::Out>;

    fn selects(&self, tenant: &str, into: &mut Selects) {
        if let Some(ask) = self {
            ask.selects(tenant, into);
        }
    }

    fn told(&self, answers: &mut Answers) -> Result<Self::Out, StoreError> {
        self.as_ref().map(|ask| ask.told(answers)).transpose()
    }
}

macro_rules! together {
    ($($ask:ident . $at:tt),*) => {
        impl<$($ask: Ask),*> Ask for ($($ask,)*) {
            type Out = ($($ask::Out,)*);

            fn selects(&self, tenant: &str, into: &mut Selects) {
                $(self.$at.selects(tenant, into);)*
            }

            fn told(&self, answers: &mut Answers) -> Result<Self::Out, StoreError> {
                Ok(($(self.$at.told(answers)?,)*))
            }
        }
    };
}
together!(A.0, B.1);
together!(A.0, B.1, C.2);
together!(A.0, B.1, C.2, D.3);
together!(A.0, B.1, C.2, D.3, E.4);
together!(A.0, B.1, C.2, D.3, E.4, F.5);

impl Room {
    /// Asks for something, or for several things together, in one statement; none where nothing is asked.
    ///
    /// # Errors
    ///
    /// When the database says no, or a row cannot be read.
    pub async fn ask<A: Ask>(&mut self, ask: &A) -> Result<A::Out, StoreError> {
        let mut selects = Selects::default();
        ask.selects(&self.tenant, &mut selects);
        let parts = selects.0.len();
        let mut answers = Answers((0..parts).map(|_| Rows::default()).collect());
        match <[Select; 1]>::try_from(selects.0) {
            Ok([one]) => answers.0 = VecDeque::from([Rows(self.tx.rows(one.sql, one.values).await?)]),
            Err(several) if several.is_empty() => {}
            Err(several) => {
                let (sql, values) = joined(several, self.tx.is_postgres())?;
                for (part, row) in self.tx.parts(sql, values).await? {
                    if let Some(rows) = answers.0.get_mut(part) {
                        rows.0.push(row);
                    }
                }
            }
        }
        ask.told(&mut answers)
    }
}

/// Selects as one. PostgreSQL wants the same types of every part, so all of it travels as text there.
fn joined(selects: Vec<Select>, as_text: bool) -> Result<(String, Vec<Value>), StoreError> {
    let widest = selects.iter().map(|select| select.width).max().unwrap_or(0);
    let (mut with, mut union, mut values) = (String::new(), String::new(), Vec::new());
    for (part, select) in selects.into_iter().enumerate() {
        let names: Vec<String> = (0..select.width).map(|at| format!("c{at}")).collect();
        let own = renumbered(select.sql, values.len());
        let (lead, all) = if part == 0 { ("WITH ", "") } else { (", ", " UNION ALL ") };
        write!(with, "{lead}p{part} ({}) AS ({own})", names.join(", ")).map_err(unwritten)?;
        write!(union, "{all}SELECT CAST({part} AS BIGINT)").map_err(unwritten)?;
        for at in 0..widest {
            let name = names.get(at).map_or("NULL", String::as_str);
            let written = if as_text { write!(union, ", CAST({name} AS TEXT)") } else { write!(union, ", {name}") };
            written.map_err(unwritten)?;
        }
        write!(union, " FROM p{part}").map_err(unwritten)?;
        values.extend(select.values);
    }
    Ok((with + " " + &union, values))
}

fn unwritten(error: std::fmt::Error) -> StoreError {
    StoreError::Refused(error.to_string())
}

/// A text whose places `$1`, `$2`, … are moved by so many.
fn renumbered(sql: &str, by: usize) -> String {
    let mut parts = sql.split('$');
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        let number = number.parse::<usize>().map_or(0, |number| number + by);
        moved = moved + "$" + &number.to_string() + rest;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_moved_by_what_stands_before() {
        assert_eq!(renumbered("a = $1 AND b = $12 OR $2 = ''", 3), "a = $4 AND b = $15 OR $5 = ''");
        assert_eq!(renumbered("nothing", 3), "nothing");
    }

    #[test]
    fn parts_are_padded_to_the_widest() {
        let one = Select { sql: "SELECT a FROM x WHERE t = $1", width: 1, values: vec!["t".into()] };
        let two = Select { sql: "SELECT a, b FROM y WHERE t = $1", width: 2, values: vec!["t".into()] };
        let (sql, values) = joined(vec![one, two], false).unwrap();
        assert_eq!(
            sql,
            "WITH p0 (c0) AS (SELECT a FROM x WHERE t = $1), p1 (c0, c1) AS (SELECT a, b FROM y WHERE t = $2) \
             SELECT CAST(0 AS BIGINT), c0, NULL FROM p0 UNION ALL SELECT CAST(1 AS BIGINT), c0, c1 FROM p1"
        );
        assert_eq!(values.len(), 2);
    }
}
