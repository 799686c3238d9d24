//! What somebody is told by mail, and when.

use std::{collections::BTreeMap, sync::Arc};

use attesta_store::Account;
use attesta_work::{Notice, Way, Wishes};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    api::{account, accounts::AccountBody},
    caller::SignedIn,
    problem::{Body, Problem},
    sent::Sent,
};

/// How somebody wishes to be told, as it is kept and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notices {
    /// `now`, `daily` or `off` for each of `assigned`, `comment`, `request`, `due-soon`, `overdue`, `drift`; `lockout` is
    /// never off. What is not named is as usual.
    #[serde(default)]
    ways: BTreeMap<String, String>,
    /// The time zone of the day's summary, such as `Europe/Berlin`.
    #[serde(default = "utc")]
    time_zone: String,
    /// The hour from which on the summary goes out.
    #[serde(default = "morning")]
    #[schema(minimum = 0, maximum = 23)]
    hour: u8,
}

/// How one is told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnNotices {
    /// Whether this server sends mail at all.
    mail: bool,
    /// How.
    #[serde(flatten)]
    notices: Notices,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn morning() -> u8 {
    Wishes::default().hour
}

impl Default for Notices {
    fn default() -> Self {
        Self { ways: BTreeMap::new(), time_zone: utc(), hour: morning() }
    }
}

impl Notices {
    /// An account's wishes and where it lives. A zone that this machine does not know any more is UTC.
    pub(crate) fn of(account: &Account) -> Result<(Wishes, TimeZone), Problem> {
        let notices = AccountBody::of(account)?.notices.unwrap_or_default();
        let zone = zone(&notices.time_zone).unwrap_or(TimeZone::UTC);
        Ok((notices.meant()?, zone))
    }

    fn meant(&self) -> Result<Wishes, Problem> {
        if self.hour > 23 {
            return Err(Problem::bad("the hour is 0 to 23"));
        }
        let mut wishes = Wishes { hour: self.hour, ..Wishes::default() };
        for (notice, way) in &self.ways {
            let bad = |e: attesta_work::UnknownState| Problem::bad(e.to_string());
            let (notice, way): (Notice, Way) = (notice.parse().map_err(bad)?, way.parse().map_err(bad)?);
            wishes.ways.insert(notice, way);
            if wishes.way(notice) != way {
                return Err(Problem::bad(format!("`{notice}` cannot be `{way}`"))
                    .help("an invitation comes at once, and whose account is tried hears of it"));
            }
        }
        Ok(wishes)
    }

    /// The same with what is usual written out.
    fn whole(&self) -> Result<Self, Problem> {
        let wishes = self.meant()?;
        let ways = Notice::ALL.iter().filter(|n| **n != Notice::Invitation);
        let ways = ways.map(|n| (n.to_string(), wishes.way(*n).to_string())).collect();
        Ok(Self { ways, ..self.clone() })
    }
}

fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(name).ok() }
}

/// How one is told oneself.
#[utoipa::path(
    get,
    path = "/api/v1/account/notifications",
    tag = "identity",
    responses((status = 200, body = OwnNotices), (status = "4XX", body = Body))
)]
pub(crate) async fn read(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Json<OwnNotices>, Problem> {
    let account = account::own(&mut house.store.house_room().await?, &signed).await?;
    let notices = AccountBody::of(&account)?.notices.unwrap_or_default().whole()?;
    Ok(Json(OwnNotices { mail: house.mailer.is_some(), notices }))
}

/// Changes how one is told oneself.
#[utoipa::path(
    put,
    path = "/api/v1/account/notifications",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = Notices,
    responses((status = 200, body = OwnNotices), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<Notices>,
) -> Result<Response, Problem> {
    let notices = sent.value;
    let whole = notices.whole()?;
    if zone(&notices.time_zone).is_none() {
        let said: String = notices.time_zone.chars().take(60).collect();
        return Err(Problem::bad(format!("`{said}` is no time zone that this machine knows"))
            .help("write one of the IANA's names, such as `Europe/Berlin`, or `UTC`"));
    }
    let mut work = account::changing(&house, &signed).await?;
    let account = account::own(work.room(), &signed).await?;
    let body = AccountBody { notices: Some(notices), ..AccountBody::of(&account)? };
    work.put_account(&Account { body: body.stored()?, ..account }, "how they are told was changed").await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(Json(OwnNotices { mail: house.mailer.is_some(), notices: whole }).into_response())
}
