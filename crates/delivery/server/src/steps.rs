//! Steps of coming in: a question that somebody was asked, kept here until it is answered, once and soon.

use attesta_access::{SessionId, TenantId};
use attesta_identity::{SecretKind, SecretToken, SystemChance};
use attesta_store::{Bearer, BearerKind};
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{House, ids, problem::Problem};

/// Somebody has so long to answer.
pub(crate) const SOON: SignedDuration = SignedDuration::from_mins(5);

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// To make a passkey.
    Register {
        /// The challenge, in base64url.
        challenge: String,
    },
    /// To sign in by a passkey alone.
    SignIn {
        /// The challenge.
        challenge: String,
    },
    /// To show a passkey after a password that was right.
    Second {
        /// The challenge.
        challenge: String,
    },
    /// To prove again who one is.
    Confirm {
        /// The challenge.
        challenge: String,
    },
    /// To sign in at a provider.
    Provider {
        /// Which.
        provider: String,
        /// What the answer must fit, sealed.
        pending: String,
        /// To which page of ours to go then.
        back: String,
        /// By which invitation to join, where one was chosen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitation: Option<String>,
    },
}

/// A step that was answered.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) step: Step,
    /// Whose it is, where it is somebody's.
    pub(crate) account: Option<String>,
}

fn gone() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "step", "this step of signing in is none, was answered, or is too old")
        .help("begin again")
}

impl House {
    /// Keeps a step; what is given out opens it once.
    pub(crate) async fn ask(&self, step: &Step, account: Option<&str>) -> Result<SecretToken, Problem> {
        let body = serde_json::to_string(step).map_err(Problem::internal)?;
        self.keep(SecretKind::Step, body, account, None, SOON).await
    }

    /// Keeps something short-lived under a new secret.
    pub(crate) async fn keep(
        &self,
        kind: SecretKind,
        body: String,
        account: Option<&str>,
        tenant: Option<TenantId>,
        lasts: SignedDuration,
    ) -> Result<SecretToken, Problem> {
        let now = self.clock.now();
        let secret = SecretToken::draw(kind, &mut SystemChance).map_err(Problem::internal)?;
        let mut work = self.store.house_work().await?;
        work.add_step(&Bearer {
            digest: secret.digest().to_string(),
            kind: BearerKind::Step,
            id: ids::fresh!(SessionId, now).to_string(),
            tenant: tenant.map(|t| t.to_string()),
            account: account.map(str::to_owned),
            created: now,
            seen: now,
            expires: now.checked_add(lasts).unwrap_or(now),
            ended: None,
            rev: 0,
            body,
        })
        .await?;
        work.commit_quietly().await?;
        Ok(secret)
    }

    /// Takes a step out before its answer is looked at: a wrong answer uses it up too.
    pub(crate) async fn answered(&self, text: &str) -> Result<Taken, Problem> {
        let secret = SecretToken::read(SecretKind::Step, text).map_err(|_| gone())?;
        let mut work = self.store.house_work().await?;
        let taken = work.take_step(&secret.digest().to_string(), self.clock.now()).await?;
        work.commit_quietly().await?;
        let bearer = taken.ok_or_else(gone)?;
        let step = serde_json::from_str(&bearer.body).map_err(|_| gone())?;
        Ok(Taken { step, account: bearer.account })
    }
}
