//! What an organisation keeps of its public page: what it drafts, and what its owner made public. Nothing is public that does
//! not stand in the second, and a change of the first changes nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use attesta_access::{Action, AssessmentId, Item, Permit, ResourceKind, SystemActor, TenantId};
use attesta_desk::trust::{self, Detail};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{OneRecord, Record, Room};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{House, matter, problem::Problem};

/// The kind of its record.
pub(crate) const KIND: &str = "trust-page";
/// An organisation has one.
pub(crate) const ID: &str = "page";
/// The colours among which an organisation chooses.
pub(crate) const THEMES: [&str; 6] = ["teal", "blue", "green", "plum", "brick", "slate"];
/// So many assessments are told of at most.
const MOST_TOLD: usize = 10;
/// So many things can be asked for.
const MOST_ITEMS: usize = 100;

/// What is told of an assessment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tells {
    /// Whether its certificate is told: its validity, and on the badge.
    #[serde(default)]
    pub(crate) certificate: bool,
    /// `nothing`, `domains` or `controls`.
    #[serde(default)]
    pub(crate) controls: String,
}

impl Tells {
    pub(crate) fn detail(&self) -> Detail {
        match self.controls.as_str() {
            "controls" => Detail::Controls,
            "domains" => Detail::Domains,
            _ => Detail::Nothing,
        }
    }

    fn anything(&self) -> bool {
        self.certificate || self.detail() != Detail::Nothing
    }
}

/// What a public page says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// A few sentences about how the organisation keeps what it is trusted with.
    #[serde(default)]
    pub(crate) about: String,
    /// Whom to write to: an address.
    #[serde(default)]
    pub(crate) contact: String,
    /// `teal`, `blue`, `green`, `plum`, `brick` or `slate`.
    #[serde(default)]
    pub(crate) theme: String,
    /// What is told of each assessment, by its id; of others nothing.
    #[serde(default)]
    pub(crate) assessments: BTreeMap<String, Tells>,
    /// What a visitor may ask to be shown, as a share link names it; its title is public.
    #[serde(default)]
    pub(crate) on_request: BTreeMap<String, String>,
    /// Which of them are offered: those that are checked in the form.
    #[serde(default)]
    pub(crate) offered: BTreeSet<String>,
    /// What a visitor agrees to who asks; Attesta's own text when nothing is said.
    #[serde(default)]
    pub(crate) terms: String,
}

impl Settings {
    /// Checks what was sent, and gives it back as it is kept.
    pub(crate) fn checked(mut self, tenant: TenantId) -> Result<Self, Problem> {
        self.about = matter::prose("text", &self.about, 2_000)?;
        self.contact = matter::prose("contact", &self.contact, 200)?;
        self.terms = matter::prose("terms", &self.terms, 20_000)?;
        if !self.contact.is_empty() && (!self.contact.contains('@') || self.contact.contains(char::is_whitespace)) {
            return Err(Problem::bad("the contact is no address").help("write it as security@example.com"));
        }
        if self.theme.is_empty() {
            "teal".clone_into(&mut self.theme);
        }
        if !THEMES.contains(&self.theme.as_str()) {
            return Err(Problem::bad(format!("the theme is one of {}", THEMES.join(", "))));
        }
        for (id, tells) in &self.assessments {
            let known = ["", "nothing", "domains", "controls"].contains(&tells.controls.as_str());
            if id.parse::<AssessmentId>().is_err() || !known {
                return Err(Problem::bad(
                    "each assessment is named by its id, and its controls are `nothing`, `domains` or `controls`",
                ));
            }
        }
        self.assessments.retain(|_, tells| tells.anything());
        let offered = std::mem::take(&mut self.offered);
        self.on_request.retain(|item, title| offered.contains(item) && !title.trim().is_empty());
        if let Some(item) = offered.iter().find(|item| !self.on_request.contains_key(*item)) {
            let item: String = item.chars().take(80).collect();
            return Err(Problem::bad(format!("`{item}` is offered without a title"))
                .help("say under `on_request` what visitors read"));
        }
        self.offered = offered;
        if self.assessments.len() > MOST_TOLD || self.on_request.len() > MOST_ITEMS {
            return Err(Problem::bad(format!(
                "a page tells of {MOST_TOLD} assessments and offers {MOST_ITEMS} things at most"
            )));
        }
        for (item, title) in &mut self.on_request {
            let parsed: Item = item.parse().map_err(|e: attesta_access::ItemError| Problem::bad(e.to_string()))?;
            let shared = matches!(
                parsed.kind(),
                ResourceKind::Report
                    | ResourceKind::CorrectiveAction
                    | ResourceKind::Evidence
                    | ResourceKind::TrustPage
            );
            if !shared || (parsed.kind() == ResourceKind::TrustPage && parsed.id() != tenant.to_string()) {
                return Err(Problem::bad(format!("`{parsed}` cannot be shared")));
            }
            *title = crate::api::words("title", title, 200)?;
        }
        Ok(self)
    }

    /// What a visitor agrees to, and its SHA-256.
    pub(crate) fn terms(&self) -> (String, String) {
        let text = if self.terms.is_empty() { trust::TERMS.to_owned() } else { self.terms.clone() };
        let digest = Digest::of(text.as_bytes()).to_string();
        (text, digest)
    }
}

/// What an owner made public.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Published {
    /// The organisation's name, as it was then.
    pub(crate) name: String,
    /// The key that verifies its log.
    pub(crate) key: String,
    /// What the page says.
    pub(crate) settings: Settings,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// Who made it public.
    pub(crate) by: String,
}

/// What is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) draft: Settings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) published: Option<Published>,
}

/// The record of an organisation's page and what is in it; nothing where it never made one.
pub(crate) async fn kept(room: &mut Room) -> Result<Option<(Record, Kept)>, Problem> {
    kept_in(room.ask(&OneRecord { kind: KIND, id: ID }).await?)
}

/// The same in the record that was read.
pub(crate) fn kept_in(record: Option<Record>) -> Result<Option<(Record, Kept)>, Problem> {
    let read = |record: Record| {
        let kept = serde_json::from_str(&record.body).map_err(Problem::internal)?;
        Ok((record, kept))
    };
    record.map(read).transpose()
}

/// A public page: what its owner made public, and leave to look. What is none, or is not public, is not found.
pub(crate) async fn public(house: &House, page: &str) -> Result<(Permit, Room, Published), Problem> {
    let nowhere = || Problem::not_found("there is no public page at this address");
    let tenant: TenantId = page.parse().map_err(|_| nowhere())?;
    let permit = house.system(SystemActor::PublicPage, Action::Read, ResourceKind::TrustPage, tenant)?;
    let mut room = house.store.room(&permit).await?;
    let published = kept(&mut room).await?.and_then(|(_, kept)| kept.published).ok_or_else(nowhere)?;
    Ok((permit, room, published))
}
