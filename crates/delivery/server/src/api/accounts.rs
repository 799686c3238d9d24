//! What is kept of an account, and how a password gets there.

use attesta_access::AccountId;
use attesta_identity::{Breach, PasswordRules, StoredPassword, SystemChance};
use attesta_kernel::Timestamp;
use attesta_store::{Account, Work};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::{House, api::Notices, problem::Problem};

/// What identity keeps of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct AccountBody {
    /// The hash of the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    /// The secret of the codes, sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) totp: Option<String>,
    /// The same of an app that no code has confirmed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) totp_new: Option<String>,
    /// The step of the last code that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) totp_used: Option<u64>,
    /// Recovery codes, hashed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recovery: Option<String>,
    /// How they wish to be told of things.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notices: Option<Notices>,
}

impl AccountBody {
    pub(crate) fn of(account: &Account) -> Result<Self, Problem> {
        serde_json::from_str(&account.body).map_err(Problem::internal)
    }

    pub(crate) fn stored(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(Problem::internal)
    }
}

/// Checks a new password and hashes it, beside the threads that answer requests.
pub(crate) async fn new_password(house: &House, password: &str, about: &[&str]) -> Result<String, Problem> {
    let weak = |why: Vec<String>| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "password", "this password will not do").faults(why)
    };
    let context = about.iter().map(|text| (*text).to_owned()).collect();
    let weaknesses = PasswordRules { context, ..PasswordRules::usual() }.weaknesses(password);
    if !weaknesses.is_empty() {
        return Err(weak(weaknesses.iter().map(ToString::to_string).collect()));
    }
    match house.breached.look(password) {
        Breach::Seen { times } => return Err(weak(vec![format!("it was seen {times} times in breaches")])),
        Breach::NotSeen => {}
        Breach::NotLooked(why) => tracing::debug!("the password was not looked up among breached ones: {why}"),
    }
    let (password, cost) = (password.to_owned(), house.cost);
    let hashed = tokio::task::spawn_blocking(move || StoredPassword::new(&password, cost, &mut SystemChance)).await;
    let stored = hashed.map_err(Problem::internal)?.map_err(|e| weak(vec![e.to_string()]))?;
    Ok(stored.as_str().to_owned())
}

/// Adds an account with a password that was hashed already.
pub(crate) async fn add(
    work: &mut Work,
    id: AccountId,
    email: &str,
    name: &str,
    password: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let body = AccountBody { password: Some(password.to_owned()), ..AccountBody::default() };
    let new = Account {
        id: id.to_string(),
        email: address(email)?,
        name: words("name", name, 100)?,
        state: "active".to_owned(),
        rev: 0,
        body: body.stored()?,
        created: now,
    };
    Ok(work.add_account(&new).await?)
}

/// An address that mail can go to, more or less: something, an @, something with a dot or `localhost`.
pub(crate) fn address(email: &str) -> Result<String, Problem> {
    let email = email.trim().to_lowercase();
    let fits = email.len() <= 254
        && email
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && host.len() > 2 && !host.contains('@'))
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits { Ok(email) } else { Err(Problem::bad("this is no mail address")) }
}

/// One line of text.
pub(crate) fn words(what: &str, text: &str, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 || count > most || text.chars().any(char::is_control) {
        return Err(Problem::bad(format!("the {what} is not one line of 1 to {most} characters")));
    }
    Ok(text.to_owned())
}
