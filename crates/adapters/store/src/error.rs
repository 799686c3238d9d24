use attesta_vault::VaultError;

/// Why something could not be kept or read. Nothing was changed, unless the error says so.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing has this id, or it belongs to somebody else: the two are told alike.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// It was changed since it was read.
    #[error("{what} `{id}` was changed meanwhile: it is at revision {now}, not {read}")]
    Changed {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
        /// The revision that the writer had read.
        read: u64,
        /// The revision that it has.
        now: u64,
    },
    /// It is here already.
    #[error("{what} `{id}` is here already")]
    Exists {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// It cannot happen.
    #[error("{0}")]
    Refused(String),
    /// What is stored is not what was stored.
    #[error("{place}: {what}")]
    Damaged {
        /// Where.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The address of the database cannot be read.
    #[error("`{0}` is no database: use sqlite:PATH or postgres://USER@HOST/NAME")]
    Address(String),
    /// The database is of a newer version of the program, or a migration failed.
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database did not answer in time, or not at all.
    #[error("the database is not to be had: {0}")]
    Away(String),
    /// It has no room left.
    #[error("the database has no room left")]
    Full,
    /// The log cannot be written on.
    #[error(transparent)]
    Log(#[from] VaultError),
    /// Anything else that the database says.
    #[error("the database says: {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    pub(crate) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    /// Whether trying again later may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Away(error.to_string())
            }
            sqlx::Error::Database(told) => match told.code().as_deref().map_or(Means::Else, means) {
                Means::Away => Self::Away(error.to_string()),
                Means::Full => Self::Full,
                Means::Else => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

/// What a code of a database comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Away,
    Full,
    Else,
}

/// The codes of PostgreSQL are five characters; those of SQLite a number whose low byte is the primary code.
fn means(code: &str) -> Means {
    if code.len() == 5 {
        return match code {
            // No room on the disk.
            "53100" => Means::Full,
            // What was to be written is told to a server that may only read, after a switch to another.
            "25006" => Means::Away,
            // 08: connection; 57P: shutdown; 40: serialisation and deadlock; 53: resources; 58: the system.
            _ if ["08", "57P", "40", "53", "58"].iter().any(|class| code.starts_with(class)) => Means::Away,
            _ => Means::Else,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // SQLITE_FULL.
        Ok(13) => Means::Full,
        // SQLITE_BUSY, LOCKED, READONLY, IOERR, CANTOPEN.
        Ok(5 | 6 | 8 | 10 | 14) => Means::Away,
        _ => Means::Else,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_tells_whether_to_come_again() {
        for (code, expected) in [
            ("53100", Means::Full),
            ("53300", Means::Away),
            ("57P03", Means::Away),
            ("08006", Means::Away),
            ("40001", Means::Away),
            ("25006", Means::Away),
            ("23505", Means::Else),
            ("13", Means::Full),
            ("5", Means::Away),
            // SQLITE_BUSY_SNAPSHOT and SQLITE_IOERR_WRITE.
            ("517", Means::Away),
            ("778", Means::Away),
            // SQLITE_CONSTRAINT_UNIQUE and SQLITE_CORRUPT.
            ("2067", Means::Else),
            ("11", Means::Else),
            ("", Means::Else),
        ] {
            assert_eq!(means(code), expected, "{code}");
        }
    }
}
