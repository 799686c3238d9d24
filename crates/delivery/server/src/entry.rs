//! Coming in: who may try, and the session that somebody gets who proved who they are.

use attesta_access::{AccountId, Attempt, Factors, SessionId};
use attesta_identity::{SecretKind, SecretToken, SystemChance};
use attesta_kernel::Timestamp;
use attesta_store::{Account, Bearer, BearerKind, Room, Work};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::SignedDuration;

use crate::{
    House,
    caller::{COOKIE, SessionBody},
    ids,
    problem::Problem,
};

/// Failed attempts count for so long.
pub(crate) const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// No session lasts longer, whatever the limits say.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The names of a cookie. Under TLS only the one with `__Host-` is read: no other host of the domain can have set it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) plain: &'static str,
    pub(crate) secure: &'static str,
}

impl Names {
    /// The one that counts here.
    pub(crate) fn of(self, house: &House) -> &'static str {
        if house.config.is_secure() { self.secure } else { self.plain }
    }
}

/// Somebody who proved who they are.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) account: &'a Account,
    pub(crate) factors: Factors,
    /// `password`, `passkey` or `provider:NAME`.
    pub(crate) how: &'a str,
    pub(crate) from: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

/// Failed attempts of an account, by its address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failures {
    pub(crate) attempt: Attempt,
    pub(crate) count: u32,
    pub(crate) last: Option<Timestamp>,
}

impl House {
    /// What failed attempts mean for the next one.
    pub(crate) async fn failures(&self, room: &mut Room, about: &str) -> Result<Failures, Problem> {
        Ok(self.failures_of(&room.attempts(about, self.remembered_since()).await?))
    }

    /// Attempts before this are forgotten.
    pub(crate) fn remembered_since(&self) -> Timestamp {
        let now = self.clock.now();
        now.checked_sub(REMEMBERED).unwrap_or(now)
    }

    /// What failed attempts, the last of them first, mean.
    pub(crate) fn failures_of(&self, found: &[Timestamp]) -> Failures {
        let attempt = self.lockout.attempt(found, self.clock.now());
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        Failures { attempt, count, last: found.first().copied() }
    }

    /// Until when a password is not looked at. Where a password alone lets nobody in any more, attempts with a second
    /// factor wait too.
    pub(crate) fn waits(&self, failures: Failures) -> Option<Timestamp> {
        let now = self.clock.now();
        match failures.attempt {
            Attempt::Allowed { .. } => None,
            Attempt::WaitUntil(until) => Some(until),
            Attempt::Blocked => {
                let until = failures.last.unwrap_or(now).min(now).checked_add(self.lockout.longest_wait);
                until.ok().filter(|until| *until > now)
            }
        }
    }

    /// Refuses while an address must wait.
    pub(crate) fn may_try(&self, failures: Failures) -> Result<(), Problem> {
        let Some(until) = self.waits(failures) else { return Ok(()) };
        let seconds = u64::try_from(until.duration_since(self.clock.now()).as_secs()).unwrap_or(1).max(1);
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "wait", "too many attempts for this address failed")
            .help("wait, then try again; a passkey or a provider lets you in meanwhile, and an owner can end the wait")
            .retry_after(seconds))
    }

    /// Opens a session in a work of the instance, to be committed by the caller: always a new one, whatever the browser
    /// showed before.
    pub(crate) async fn arrive(&self, work: &mut Work, arrival: &Arrival<'_>) -> Result<SecretToken, Problem> {
        let now = self.clock.now();
        work.forget_attempts(&arrival.account.email).await?;
        let secret = SecretToken::draw(SecretKind::Session, &mut SystemChance).map_err(Problem::internal)?;
        let agent = arrival.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let body = SessionBody {
            authenticated: now,
            factors: arrival.factors.to_string(),
            from: arrival.from.to_owned(),
            agent: agent.chars().take(200).collect(),
            how: arrival.how.to_owned(),
        };
        work.add_bearer(&Bearer {
            digest: secret.digest().to_string(),
            kind: BearerKind::Session,
            id: ids::fresh!(SessionId, now).to_string(),
            tenant: None,
            account: Some(arrival.account.id.clone()),
            created: now,
            seen: now,
            expires: now.checked_add(LONGEST).unwrap_or(now),
            ended: None,
            rev: 0,
            body: serde_json::to_string(&body).map_err(Problem::internal)?,
        })
        .await?;
        Ok(secret)
    }
}

/// An account's id.
pub(crate) fn id(account: &Account) -> Result<AccountId, Problem> {
    account.id.parse().map_err(Problem::internal)
}

/// The session's cookie: for this host alone, never read by a script.
pub(crate) fn cookie(house: &House, value: &str, age: Option<u32>) -> Result<HeaderValue, Problem> {
    named_cookie(house, COOKIE, value, age)
}

/// A cookie for this host alone, never read by a script.
pub(crate) fn named_cookie(house: &House, names: Names, value: &str, age: Option<u32>) -> Result<HeaderValue, Problem> {
    let (name, secure) = (names.of(house), if house.config.is_secure() { "; Secure" } else { "" });
    let age = age.map_or_else(String::new, |age| format!("; Max-Age={age}"));
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::from_str(&text).map_err(Problem::internal)
}

/// The value of a cookie, by the one name that it has here.
pub(crate) fn shown<'a>(house: &House, headers: &'a HeaderMap, names: Names) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == names.of(house)).map(|(_, value)| value)
}

/// Where somebody goes afterwards: a page of ours, one that a browser cannot read as another site's, and that nothing is
/// filled into (`{csrf}`). Anything else is `/`.
pub(crate) fn ours(to: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~?=&%+:,".contains(&b);
    let ours = to.starts_with('/') && !to.starts_with("//") && to.len() <= 500 && to.bytes().all(plain);
    if ours { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn a_page_to_go_to_is_one_of_ours() {
        for good in
            ["/", "/assessments", "/a/b?c=d&e=%20f", "/o/x/evidence?target=hipaa:164.312%28b%29&text=a+b", "/%09/x"]
        {
            assert_eq!(ours(good), good);
        }
        for theirs in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\u{0}/evil.example",
            "/o?x={csrf}",
            "/{account}",
            "javascript:alert(1)",
            "evil",
            "/a\r\nSet-Cookie: x=y",
            "/x;toast:hello",
            "/@evil.example:80",
            "/#x",
        ] {
            assert_eq!(ours(theirs), "/", "{theirs}");
        }
    }
}
