//! An instance for walking through: an invented company whose people anybody may be, on this machine only.
//!
//! What the company holds goes through the API's own addresses, so that the demo shows what the product does and nothing
//! that it does not.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{AccountId, Action, ResourceKind, Role, SystemActor, TenantId};
use attesta_identity::SecretToken;
use attesta_kernel::Digest;
use attesta_store::Account;
use axum::{
    body::Body,
    http::{Request, header},
};
use jiff::SignedDuration;
use tower::ServiceExt as _;

use crate::{House, ServeError, api::organisations, entry::Arrival, ids, jobs::Worker, problem::Problem};

/// No answer of the API to the demo is bigger.
const MOST: usize = 4 << 20;

/// Whose answers the demo's readiness counts.
pub const ENTITY: attesta_assessment::View = attesta_assessment::View::Entity;

/// An invented company.
#[derive(Debug)]
pub struct Company {
    /// Its name.
    pub organisation: &'static str,
    /// Its assessment's name.
    pub assessment: &'static str,
    /// The assessment's files.
    pub files: BTreeMap<String, String>,
    /// Its earlier assessments, which went further: names and files.
    pub earlier: Vec<(&'static str, BTreeMap<String, String>)>,
    /// Other assessments: name and files.
    pub also: Vec<(&'static str, BTreeMap<String, String>)>,
    /// Its people; the first is the owner.
    pub people: Vec<Person>,
    /// Its evidence.
    pub papers: Vec<Paper>,
    /// What is to be done.
    pub todos: Vec<Todo>,
    /// What is sent to its sources, in the order of time.
    pub sent: Vec<Snapshot>,
}

/// A document of the company's infrastructure, sent so many days ago. The demo plays those days in a moment: their times are
/// played, what the engine says of each document is not.
#[derive(Debug)]
pub struct Snapshot {
    /// The source's name.
    pub source: &'static str,
    /// The document's name.
    pub document: &'static str,
    /// How many days ago.
    pub days_ago: u32,
    /// The document.
    pub bytes: Vec<u8>,
}

/// Somebody invented.
#[derive(Debug)]
pub struct Person {
    /// The word for them in an address.
    pub slug: &'static str,
    /// The name.
    pub name: &'static str,
    /// The role's word.
    pub role: &'static str,
    /// What they do, in a line.
    pub what: &'static str,
}

/// A piece of evidence.
#[derive(Debug)]
pub struct Paper {
    /// The file's name.
    pub file: &'static str,
    /// The title.
    pub title: &'static str,
    /// The kind's word.
    pub kind: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

/// Something to do.
#[derive(Debug)]
pub struct Todo {
    /// The slug of who does it.
    pub owner: &'static str,
    /// One line.
    pub title: &'static str,
    /// The requirement that it is about; empty for none.
    pub requirement: &'static str,
    /// The day by which it is due.
    pub due: String,
}

/// Files as a folder that is held in memory.
pub fn folder(files: BTreeMap<String, Arc<str>>) -> attesta_workspace::Folder {
    attesta_workspace::Folder::held("demo", files)
}

/// The words for the people, with their roles.
pub const CAST: [(&str, &str); 7] = [
    ("mara", "compliance-lead"),
    ("desmond", "owner"),
    ("ravi", "control-owner"),
    ("helen", "executive-reader"),
    ("sofia", "external-assessor"),
    ("edwin", "assessor-lead"),
    ("nadia", "qa-reviewer"),
];

/// The address by which somebody of the demo is known.
pub(crate) fn address(slug: &str) -> String {
    format!("{slug}@riverbend.example")
}

/// Puts the company into an instance that nobody owns yet.
///
/// # Errors
///
/// When somebody can sign in already, or the company cannot be stored.
pub async fn seed(house: &Arc<House>, company: &Company) -> Result<(), ServeError> {
    seeded(house, company).await.map_err(|problem| ServeError::Demo(problem.title().to_owned()))
}

async fn seeded(house: &Arc<House>, company: &Company) -> Result<(), Problem> {
    // The company is as old as the first thing that it sent.
    let mut back = company.sent.iter().map(|sent| sent.days_ago).max().unwrap_or(0);
    house.clock.advance(-days(back));
    let now = house.clock.now();
    let mut work = house.store.house_work().await?;
    if work.room().has_accounts().await? {
        return Err(Problem::bad("this data folder is somebody's already; the demo wants an empty one"));
    }
    let mut accounts: BTreeMap<&str, AccountId> = BTreeMap::new();
    for person in &company.people {
        let id = ids::fresh!(AccountId, now);
        let account = Account {
            id: id.to_string(),
            email: address(person.slug),
            name: person.name.to_owned(),
            state: "active".to_owned(),
            rev: 0,
            // No password: the only way in is the demo's own door.
            body: "{}".to_owned(),
            created: now,
        };
        work.add_account(&account).await?;
        accounts.insert(person.slug, id);
    }
    house.commit_house(work, "demo").await?;
    let owner = company.people.first().and_then(|p| accounts.get(p.slug)).copied();
    let owner = owner.ok_or_else(|| Problem::bad("the demo's company has nobody"))?;
    let tenant = organisations::found(house, owner, company.organisation, "assessed-entity", "demo").await?;
    let first = company.people.first().map_or("", |p| p.slug);
    let base = format!("/api/v1/organisations/{tenant}");
    let mut sources: BTreeMap<&str, String> = BTreeMap::new();
    for snapshot in &company.sent {
        house.clock.advance(days(back.saturating_sub(snapshot.days_ago)));
        back = snapshot.days_ago;
        let door = Door { house, secret: walk_in(house, first).await? };
        door.snapshot(&base, snapshot, &mut sources).await?;
        Worker::new(Arc::clone(house)).until_idle().await;
    }
    house.clock.advance(days(back));
    let door = Door { house, secret: walk_in(house, first).await? };
    // The one that home shows is made last: it was touched last.
    let mut before = Vec::new();
    for (name, files) in &company.earlier {
        let made =
            door.post(&format!("{base}/assessments"), &serde_json::json!({ "name": name, "files": files })).await?;
        before.push(made.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned());
    }
    // First what matters less: home shows what changed last.
    for (name, files) in &company.also {
        door.post(&format!("{base}/assessments"), &serde_json::json!({ "name": name, "files": files })).await?;
    }
    let sent = serde_json::json!({ "name": company.assessment, "files": company.files });
    let made = door.post(&format!("{base}/assessments"), &sent).await?;
    let assessment = made.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
    let mut all = before.clone();
    all.push(assessment.clone());
    members(house, tenant, company, &accounts, &all).await?;
    for todo in &company.todos {
        let about = match todo.requirement {
            "" => assessment.clone(),
            requirement => format!("{assessment}/requirements/{requirement}"),
        };
        let owner = accounts.get(todo.owner).map(ToString::to_string).unwrap_or_default();
        let sent = serde_json::json!({ "about": about, "title": todo.title, "owner": owner, "due": todo.due });
        door.post(&format!("{base}/tasks"), &sent).await?;
    }
    for paper in &company.papers {
        door.paper(&base, paper, &house.clock.today().to_string()).await?;
    }
    if let Some(certified) = before.last() {
        door.public(&base, &tenant.to_string(), certified).await?;
    }
    Ok(())
}

/// So many days in seconds.
fn days(count: u32) -> i64 {
    i64::from(count).saturating_mul(86_400)
}

async fn members(
    house: &House,
    tenant: TenantId,
    company: &Company,
    accounts: &BTreeMap<&str, AccountId>,
    assessments: &[String],
) -> Result<(), Problem> {
    let now = house.clock.now();
    let permit = house.system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, tenant)?;
    let mut work = house.store.work(&permit).await?;
    for person in company.people.iter().skip(1) {
        let role: Role = person.role.parse().map_err(Problem::internal)?;
        let guest = matches!(role, Role::ExternalAssessor | Role::AssessorLead | Role::QaReviewer);
        // An assessor is let in for a time, and for named assessments.
        let limits = match guest {
            true => {
                let until = now.checked_add(SignedDuration::from_hours(24 * 365)).unwrap_or(now);
                serde_json::json!({ "from": now, "until": until, "assessments": assessments }).to_string()
            }
            false => "{}".to_owned(),
        };
        if let Some(account) = accounts.get(person.slug) {
            work.add_member(&account.to_string(), person.role, &limits, now).await?;
        }
    }
    house.commit(work, tenant, "demo", now).await
}

/// Becomes somebody of the demo: the session's secret.
pub(crate) async fn walk_in(house: &House, slug: &str) -> Result<SecretToken, Problem> {
    let nobody = || Problem::not_found("there is nobody of that name in the demo");
    if !house.config.demo {
        return Err(nobody());
    }
    let mut work = house.store.house_work().await?;
    let account = work.room().account_of(&address(slug)).await?.ok_or_else(nobody)?;
    let headers = header::HeaderMap::new();
    let arrival = Arrival {
        account: &account,
        factors: attesta_access::Factors::One,
        how: "demo",
        from: "demo",
        headers: &headers,
    };
    let secret = house.arrive(&mut work, &arrival).await?;
    house.commit_house(work, &account.id).await?;
    Ok(secret)
}

/// The API's own door, from inside.
struct Door<'h> {
    house: &'h Arc<House>,
    secret: SecretToken,
}

impl Door<'_> {
    async fn post(&self, path: &str, body: &serde_json::Value) -> Result<serde_json::Value, Problem> {
        self.call("POST", path, "application/json", &[], body.to_string().into_bytes()).await
    }

    /// The owner makes a page public that tells of the certified assessment, and a visitor asks to see more.
    async fn public(&self, base: &str, org: &str, assessment: &str) -> Result<(), Problem> {
        let item = format!("reports/{assessment}");
        let told = serde_json::json!({ assessment: { "certificate": true, "controls": "domains" } });
        let offered = serde_json::json!({ item.as_str(): "Scores of our r2" });
        let draft = serde_json::json!({
            "about": "We see patients by video, and keep what they tell us as if it were our own. This company is invented.",
            "contact": "trust@riverbend.example", "theme": "blue",
            "assessments": told, "on_request": offered, "offered": [item],
        });
        let page = format!("{base}/trust-page");
        self.call("PUT", &page, "application/json", &[("if-match", "\"0\"")], draft.to_string().into_bytes()).await?;
        let read: &[(&str, &str)] = &[("if-match", "\"1\"")];
        self.call("POST", &format!("{page}/publication"), "application/json", read, Vec::new()).await?;
        let asks = serde_json::json!({
            "name": "Lee Wong", "email": "lee@buyer.example", "company": "An invented clinic",
            "purpose": "We choose who sees our patients by video.",
            "agrees": Digest::of(attesta_desk::trust::TERMS.as_bytes()).to_string(),
        });
        self.post(&format!("/api/v1/trust-pages/{org}/access-requests"), &asks).await?;
        Ok(())
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        media: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<serde_json::Value, Problem> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, format!("{}={}", crate::caller::COOKIE.of(self.house), self.secret.reveal()))
            .header(crate::caller::CSRF, attesta_identity::csrf_token(&self.secret))
            .header(header::CONTENT_TYPE, media);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).map_err(Problem::internal)?;
        let Ok(response) = crate::router(Arc::clone(self.house)).oneshot(request).await;
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), MOST).await.map_err(Problem::internal)?;
        if !status.is_success() {
            return Err(Problem::bad(format!(
                "the demo's {method} {path} was refused: {}",
                String::from_utf8_lossy(&bytes)
            )));
        }
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Sends a document to its source, which is made when it is the first.
    async fn snapshot(
        &self,
        base: &str,
        snapshot: &Snapshot,
        sources: &mut BTreeMap<&str, String>,
    ) -> Result<(), Problem> {
        let id = match sources.get(snapshot.source) {
            Some(id) => id.clone(),
            None => {
                let new = serde_json::json!({
                    "name": snapshot.source, "origin": { "kind": "pushed" }, "schedule": { "every": "7d" },
                });
                let made = self.post(&format!("{base}/sources"), &new).await?;
                let id = made.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
                sources.insert(snapshot.source, id.clone());
                id
            }
        };
        let path = format!("{base}/sources/{id}/snapshots?name={}", snapshot.document);
        self.call("POST", &path, "application/octet-stream", &[], snapshot.bytes.clone()).await?;
        Ok(())
    }

    /// Brings a paper as evidence, collected today.
    async fn paper(&self, base: &str, paper: &Paper, today: &str) -> Result<(), Problem> {
        let begun = self.post(&format!("{base}/uploads"), &serde_json::json!({ "size": paper.bytes.len() })).await?;
        let upload = format!("{base}/uploads/{}", begun.get("id").and_then(|id| id.as_str()).unwrap_or_default());
        self.call("PATCH", &upload, "application/octet-stream", &[("upload-offset", "0")], paper.bytes.to_vec())
            .await?;
        self.post(&format!("{upload}/finish"), &serde_json::Value::Null).await?;
        let new = serde_json::json!({
            "sha256": Digest::of(paper.bytes).to_string(),
            "file_name": paper.file,
            "description": { "title": paper.title, "kind": paper.kind, "collected": today },
        });
        self.post(&format!("{base}/evidence"), &new).await?;
        Ok(())
    }
}
