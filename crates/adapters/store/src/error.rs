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
        let away = match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                true
            }
            // 08: connection; 57P: shutdown; 40: serialisation and deadlock; 53: resources. SQLite 5: busy.
            sqlx::Error::Database(told) => told.code().is_some_and(|code| {
                code.starts_with("08") || code.starts_with("57P") || code.starts_with("40") || code == "5"
            }),
            _ => false,
        };
        let full =
            matches!(&error, sqlx::Error::Database(told) if matches!(told.code().as_deref(), Some("13" | "53100")));
        match error {
            error if away => Self::Away(error.to_string()),
            _ if full => Self::Full,
            error => Self::Database(error),
        }
    }
}
