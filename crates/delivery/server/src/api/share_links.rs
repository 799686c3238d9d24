//! Share links: what a customer sees without an account. Made, listed and taken back here; opened in `guests`.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{
    Action, Cell, Circumstance, Item, ResourceKind, Role, ShareLink, ShareLinkId, ShareState, Window, authorise, row,
};
use attesta_identity::{PasswordError, SecretKind, SecretToken, StoredPassword, SystemChance};
use attesta_kernel::Timestamp;
use attesta_store::{Bearer, BearerKind};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    act::Act,
    api::{accounts::words, described, evidence},
    caller::Caller,
    ids, matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// No link holds longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// A link shows so many things at most.
const MOST_ITEMS: usize = 200;

/// A new share link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// For whom it is: one line.
    label: String,
    /// What it shows and nothing else: `reports/ASSESSMENT`, `corrective-actions/ASSESSMENT`, `evidence/ID`, or
    /// `trust-page/ORGANISATION`, the organisation's statement.
    shows: BTreeSet<String>,
    /// Until when: within a year and a day.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// How often it may be opened; without end when nothing is said.
    #[serde(default)]
    most_uses: Option<u32>,
    /// What whoever opens it must know too: at least eight characters, sent another way than the link.
    #[serde(default)]
    passphrase: Option<String>,
}

/// A share link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    /// Its id.
    pub(crate) id: String,
    /// For whom it is.
    pub(crate) label: String,
    /// What it shows.
    pub(crate) shows: BTreeSet<String>,
    /// `valid`, `expired`, `revoked` or `exhausted`.
    pub(crate) state: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) until: Timestamp,
    /// How often it was opened.
    pub(crate) uses: u32,
    /// How often it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) most_uses: Option<u32>,
    /// Whether it asks for a passphrase.
    passphrase: bool,
    /// Who made it.
    maker: String,
}

/// A link with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeLink {
    /// The link.
    #[serde(flatten)]
    link: Link,
    /// What to send: the secret stands behind the `#`, which a browser sends to nobody.
    url: String,
}

/// What is kept of a link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) label: String,
    pub(crate) shows: BTreeSet<String>,
    pub(crate) most_uses: Option<u32>,
    pub(crate) uses: u32,
    /// The passphrase's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passphrase: Option<String>,
    /// To whom it is handed by name, after they agreed to terms; what they are shown is marked with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) handed: Option<Handed>,
}

/// Somebody to whom something is handed by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Handed {
    pub(crate) name: String,
    pub(crate) company: String,
    /// The day.
    pub(crate) on: String,
    /// The SHA-256 of the terms that they agreed to.
    pub(crate) terms: String,
    /// The request that was granted.
    pub(crate) request: String,
}

impl Handed {
    /// The mark that stands on what they are shown.
    pub(crate) fn mark(&self) -> String {
        format!(
            "Handed to {}, {}, on {}; confidential by the terms that they agreed to",
            self.name, self.company, self.on
        )
    }
}

/// A link to be made: `passphrase` is its hash.
pub(crate) struct Making {
    pub(crate) label: String,
    pub(crate) shows: BTreeSet<String>,
    pub(crate) until: Timestamp,
    pub(crate) most_uses: Option<u32>,
    pub(crate) passphrase: Option<String>,
    pub(crate) handed: Option<Handed>,
}

impl Making {
    /// Refuses a link without an end, or without a use.
    pub(crate) fn holds(&self, now: Timestamp) -> Result<(), Problem> {
        if self.until <= now || self.until.duration_since(now) > LONGEST {
            return Err(Problem::bad("`until` is not within a year from now").help("a link without an end never holds"));
        }
        if self.most_uses == Some(0) {
            return Err(Problem::bad("`most_uses` is at least 1"));
        }
        Ok(())
    }

    /// Makes it within a change that may make links.
    pub(crate) async fn made(self, act: &mut Act<'_>, caller: &Caller) -> Result<MadeLink, Problem> {
        checked(act, caller, &self.shows).await?;
        let secret = SecretToken::draw(SecretKind::Share, &mut SystemChance).map_err(Problem::internal)?;
        let mut kept = Kept {
            label: self.label,
            shows: self.shows,
            most_uses: self.most_uses,
            uses: 0,
            passphrase: None,
            handed: self.handed,
        };
        let mut bearer = Bearer {
            digest: secret.digest().to_string(),
            kind: BearerKind::Share,
            id: ids::fresh!(ShareLinkId, act.at).to_string(),
            tenant: Some(caller.tenant().to_string()),
            account: Some(matter::maker(caller)),
            created: act.at,
            seen: act.at,
            expires: self.until,
            ended: None,
            rev: 1,
            body: kept.stored()?,
        };
        act.work.add_bearer(&bearer).await?;
        if self.passphrase.is_some() {
            // Not with the first, whose body the log's record has.
            kept.passphrase = self.passphrase;
            bearer.body = kept.stored()?;
            act.work.put_bearer(&bearer, "a passphrase was set").await?;
        }
        let url = format!("{}/shared#{}", act.house.config.public, secret.reveal());
        Ok(MadeLink { link: shown(&bearer, act.at)?, url })
    }
}

impl MadeLink {
    /// The link's id.
    pub(crate) fn id(&self) -> &str {
        &self.link.id
    }
}

impl Kept {
    pub(crate) fn of(bearer: &Bearer) -> Result<Self, Problem> {
        serde_json::from_str(&bearer.body).map_err(Problem::internal)
    }

    pub(crate) fn stored(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(Problem::internal)
    }

    /// The link as access judges it, opened `uses` times.
    pub(crate) fn link(&self, bearer: &Bearer, uses: u32) -> Result<ShareLink, Problem> {
        let tenant = bearer.tenant.as_deref().unwrap_or_default();
        Ok(ShareLink {
            id: bearer.id.parse().map_err(Problem::internal)?,
            tenant: tenant.parse().map_err(Problem::internal)?,
            names: self.shows.iter().map(|s| s.parse()).collect::<Result<_, _>>().map_err(Problem::internal)?,
            window: Window::new(bearer.created, bearer.expires).map_err(Problem::internal)?,
            most_uses: self.most_uses,
            uses,
            revoked: bearer.ended,
        })
    }
}

/// Whether the table lets a guest read that kind of thing at all.
fn shareable(kind: ResourceKind) -> bool {
    row(Action::Read, kind).is_some_and(|row| row.cell(Role::ShareGuest) == Cell::Named)
}

/// What a link shall show: things that are there, that its maker sees, and that are not for some readers only.
async fn checked(act: &mut Act<'_>, caller: &Caller, shows: &BTreeSet<String>) -> Result<(), Problem> {
    if shows.is_empty() || shows.len() > MOST_ITEMS {
        return Err(Problem::bad(format!("a link shows 1 to {MOST_ITEMS} things")));
    }
    for text in shows {
        let item: Item = text.parse().map_err(|e: attesta_access::ItemError| Problem::bad(e.to_string()))?;
        let nowhere = || Problem::bad(format!("`{item}`: there is no such thing to share"));
        match item.kind() {
            kind if !shareable(kind) => {
                return Err(Problem::bad(format!("`{item}`: no customer sees {kind}"))
                    .help("share reports, corrective-actions, evidence or the trust-page"));
            }
            ResourceKind::Report | ResourceKind::CorrectiveAction => {
                let id = item.id().parse().map_err(|_| nowhere())?;
                let inside = Circumstance::of_assessment(caller.tenant(), id);
                authorise(&caller.principal, Action::Read, item.kind(), &inside, act.at).map_err(|_| nowhere())?;
                act.work.room().assessment(item.id()).await.map_err(|_| nowhere())?;
            }
            ResourceKind::Evidence => {
                let sight = evidence::reads(act.house, caller, Action::Read)?;
                let id = described::id(item.id()).map_err(|_| nowhere())?;
                let row = evidence::found(act.work.room(), &sight, id).await.map_err(|_| nowhere())?;
                if row.item.evidence.description.confidential {
                    return Err(Problem::bad(format!("`{item}` is confidential: no customer sees it"))
                        .help("share another piece, or a version without what makes it confidential"));
                }
            }
            ResourceKind::TrustPage if item.id() == caller.tenant().to_string() => {}
            _ => return Err(nowhere()),
        }
    }
    Ok(())
}

/// The hash of a passphrase, made beside the threads that answer requests.
pub(crate) async fn hashed(house: &House, text: String) -> Result<String, Problem> {
    if text.chars().count() < 8 {
        return Err(Problem::bad("a passphrase has at least eight characters"));
    }
    let cost = house.cost;
    let hashed = tokio::task::spawn_blocking(move || StoredPassword::new(&text, cost, &mut SystemChance)).await;
    let stored = hashed.map_err(Problem::internal)?.map_err(|error| match error {
        PasswordError::TooLong => Problem::bad("the passphrase is too long"),
        error => Problem::internal(error),
    })?;
    Ok(stored.as_str().to_owned())
}

/// Makes a share link; its secret is shown this once. No Idempotency-Key is taken, as the secret is not kept readable.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/share-links",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id")),
    request_body = NewLink,
    responses((status = 201, body = MadeLink), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewLink>,
) -> Result<Response, Problem> {
    let new = sent.value;
    let label = words("label", &new.label, 100)?;
    let inside = Circumstance::within(caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Create, ResourceKind::ShareLink, &inside, now)?;
    let mut making =
        Making { label, shows: new.shows, until: new.until, most_uses: new.most_uses, passphrase: None, handed: None };
    making.holds(now)?;
    // The slow hash is made before the writer is taken.
    if let Some(text) = new.passphrase {
        making.passphrase = Some(hashed(&house, text).await?);
    }
    let mut act = house.act_with(&caller, permit).await?;
    let made = making.made(&mut act, &caller).await?;
    act.finish(StatusCode::CREATED, None, &made).await
}

/// Share links, oldest first, also those that hold no more.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/share-links",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Link>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::ShareLink, &inside, now)?;
    let found = house.store.room(&permit).await?.bearers(BearerKind::Share, &cursor.page()).await?;
    let found = found.iter().map(|bearer| shown(bearer, now)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(found, &cursor, |link: &Link| link.id.clone())).into_response())
}

/// Takes a share link back: whoever has it open sees nothing more.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/share-links/{link}",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id"), ("link" = String, Path)),
    responses((status = 200, body = Link), (status = "4XX", body = Body))
)]
pub(crate) async fn revoke(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Revoke, ResourceKind::ShareLink, &inside).await?;
    let nowhere = || Problem::not_found("there is no such link here, or it was taken back");
    let found = act.work.room().bearer_by_id(BearerKind::Share, &id).await?.ok_or_else(nowhere)?;
    act.work.end_bearer(BearerKind::Share, &id, "taken back", act.at).await.map_err(|_| nowhere())?;
    let (now, ended) = (act.at, Some(act.at));
    act.finish(StatusCode::OK, None, &shown(&Bearer { ended, ..found }, now)?).await
}

pub(crate) fn shown(bearer: &Bearer, now: Timestamp) -> Result<Link, Problem> {
    let kept = Kept::of(bearer)?;
    let state = match kept.link(bearer, kept.uses)?.state(now) {
        ShareState::Valid { .. } => "valid",
        ShareState::Revoked { .. } => "revoked",
        ShareState::Exhausted => "exhausted",
        ShareState::Expired { .. } | ShareState::NotYet { .. } | ShareState::WithoutEnd => "expired",
    };
    Ok(Link {
        id: bearer.id.clone(),
        label: kept.label,
        shows: kept.shows,
        state,
        created: bearer.created,
        until: bearer.expires,
        uses: kept.uses,
        most_uses: kept.most_uses,
        passphrase: kept.passphrase.is_some(),
        maker: bearer.account.clone().unwrap_or_default(),
    })
}
