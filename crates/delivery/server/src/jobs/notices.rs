//! Notices by mail: who is told of what, at once or in the day's summary.
//!
//! A mail says what kind of thing happened, in which organisation, and the id to look at; never what somebody wrote, what
//! evidence holds or whose data it is. What goes wrong is tried again and lies dead in the queue in the end, like any job.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use attesta_access::{Action, AssessmentId, Permit, ResourceKind, Role, SystemActor, TenantId};
use attesta_identity::{Sealed, SystemChance};
use attesta_kernel::{Date, Timestamp};
use attesta_notify::Message;
use attesta_store::{
    Anchor, Job, LeafRow, LeafSieve, Member, NewJob, Page, Record, RecordSieve, Room, StoreError, Work,
};
use attesta_work::{Happened, Hearer, Notice, RequestState, TaskState, Way, Wishes, digest_day, digest_window};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{fresh, permit, schedule, told};
use crate::{House, api::Notices, caller::Limits, problem::Problem};

/// Looks whom new leaves are told.
pub(crate) const LOOK: &str = "notices";
/// Tells one account of one thing.
pub(super) const TELL: &str = "notice";
/// Looks what is due, once a day.
pub(super) const DUE: &str = "due";
/// Looks whose day's summary goes out, every hour.
pub(super) const DIGESTS: &str = "digests";
/// Sends one summary.
pub(super) const DIGEST: &str = "digest";
/// Sends a mail that was written already.
pub(super) const MAIL: &str = "mail";

/// Attempts: the last is most of a day after the first.
const MOST: u32 = 14;
/// Leaves of one look.
const LEAVES: u32 = 500;
/// A summary looks at so many changes of a day at most, and says when there were more.
const MOST_LEAVES: usize = 2_000;

type Told<T> = Result<T, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// One notice to one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct One {
    account: String,
    notice: String,
    /// What it is about, by id.
    id: String,
}

/// A mail that was written already: sealed, as an invitation's link lets somebody in.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    to: String,
    subject: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Shut {
    sealed: String,
}

/// Whose summary, of which day.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Whose {
    account: String,
    day: String,
    /// What happened from then on, until before then; jobs of an older version do not say it.
    #[serde(default)]
    from: Option<Timestamp>,
    #[serde(default)]
    until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct From {
    from: u64,
}

/// Before a change is committed: asks for it to be looked at, where a leaf of it can be worth telling.
pub(crate) async fn before_commit(work: &mut Work, tenant: TenantId, at: Timestamp) -> Result<(), StoreError> {
    if !work.kinds().any(Happened::is_told) {
        return Ok(());
    }
    let from = work.room().log().await?.size;
    let job = fresh(Some(tenant), LOOK, &format!("{{\"from\":{from}}}"), MOST, at);
    work.add_job(&job, at).await.map(drop)
}

/// A mail with an invitation's link, in the transaction that makes the invitation.
pub(crate) async fn invitation(
    house: &House,
    work: &mut Work,
    tenant: TenantId,
    to: &str,
    link: &str,
) -> Result<(), Problem> {
    let at = house.clock.now();
    let organisation = work.room().organisation().await?.name;
    let written = Written {
        to: to.to_owned(),
        subject: "You are invited to Attesta".to_owned(),
        text: format!(
            "{organisation} invites you to work on its assessments. This link lets you join, once:\n\n{link}\n\n\
             If you do not know why, do nothing: it ends by itself.\n"
        ),
    };
    work.add_job(&sealed(house, tenant, &written, at)?, at).await?;
    Ok(())
}

/// A mail as a job; what it says lies sealed in the queue.
fn sealed(house: &House, tenant: TenantId, written: &Written, at: Timestamp) -> Result<NewJob, Problem> {
    let mut job = fresh(Some(tenant), MAIL, "", MOST, at);
    let line = serde_json::to_string(written).map_err(Problem::internal)?;
    let sealed =
        house.keyring.seal(&context(&job.id), line.as_bytes(), &mut SystemChance).map_err(Problem::internal)?;
    job.body = serde_json::to_string(&Shut { sealed: sealed.to_string() }).map_err(Problem::internal)?;
    Ok(job)
}

/// Sends a log's signed checkpoint to those who keep it elsewhere, in the transaction in which it leaves.
pub(super) async fn checkpoint(house: &House, work: &mut Work, tenant: TenantId, anchor: &Anchor) -> Told<u32> {
    if house.config.checkpoint_mail.is_empty() {
        return Ok(0);
    }
    let (organisation, log) =
        (work.room().organisation().await.map_err(text)?.name, work.room().log().await.map_err(text)?);
    let mut sent = 0;
    for to in &house.config.checkpoint_mail {
        let written = Written {
            to: to.clone(),
            subject: format!("Checkpoint over {} leaves of the log of {organisation}", anchor.size),
            text: format!(
                "Keep this mail: who holds it can prove later that nothing was taken from the log below or changed in it.\n\
                 What stands between the lines is the checkpoint, to the byte (C2SP tlog-checkpoint); put it into a file \
                 and compare with `attesta fsck --data DIR --against FILE`.\n\
                 The key, to be had another way than this mail: {}\n\n-----\n{}-----\n",
                log.vkey, anchor.checkpoint
            ),
        };
        let once = Some(format!("checkpoint-mail/{tenant}/{}/{to}", anchor.size));
        let job = NewJob { once, ..sealed(house, tenant, &written, anchor.at).map_err(told)? };
        sent += u32::from(work.add_job(&job, anchor.at).await.map_err(text)?);
    }
    Ok(sent)
}

fn context(job: &str) -> String {
    format!("mail:{job}")
}

/// Tells whose sign-in failed too often, and the owners of where they belong: once an hour.
pub(crate) async fn lockout(house: &House, work: &mut Work, account: &str) -> Result<(), Problem> {
    let at = house.clock.now();
    for membership in work.room().memberships(account).await? {
        let Ok(tenant) = membership.tenant.parse::<TenantId>() else { continue };
        let one = One { account: account.to_owned(), notice: Notice::Lockout.to_string(), id: account.to_owned() };
        let body = serde_json::to_string(&one).map_err(Problem::internal)?;
        let once = Some(format!("lockout/{tenant}/{account}/{}", at.as_second() / 3_600));
        work.add_job(&NewJob { once, ..fresh(Some(tenant), LOCKOUT, &body, MOST, at) }, at).await?;
    }
    Ok(())
}

/// Looks who hears of a lockout in one organisation.
pub(super) const LOCKOUT: &str = "lockout";

fn leave(house: &House, tenant: TenantId) -> Told<Permit> {
    house.system(SystemActor::Notifier, Action::Run, ResourceKind::Webhook, tenant).map_err(told)
}

/// How an account wishes to be told, and where it lives; usual where it said nothing.
async fn wishes(room: &mut Room, account: &str) -> Told<Option<(String, Wishes, TimeZone)>> {
    let Some(account) = room.account(account).await.map_err(text)?.filter(|a| a.state == "active") else {
        return Ok(None);
    };
    let (wishes, zone) = Notices::of(&account).map_err(told)?;
    Ok(Some((account.email, wishes, zone)))
}

/// Puts a notice into the queue for whoever hears of it at once.
async fn put(work: &mut Work, tenant: TenantId, one: &One, notice: Notice, once: String, at: Timestamp) -> Told<u32> {
    let Some((_, wishes, _)) = wishes(work.room(), &one.account).await? else { return Ok(0) };
    if wishes.way(notice) != Way::Now {
        return Ok(0);
    }
    let body = serde_json::to_string(one).map_err(text)?;
    let job = NewJob { once: Some(once), ..fresh(Some(tenant), TELL, &body, MOST, at) };
    Ok(u32::from(work.add_job(&job, at).await.map_err(text)?))
}

pub(super) async fn look(house: Arc<House>, job: Job) -> Told<String> {
    if house.mailer.is_none() {
        return Ok("mail is not set up; nobody is told".to_owned());
    }
    let permit = permit(&house, &job, SystemActor::Notifier, Action::Run, ResourceKind::Webhook)?;
    let from: From = serde_json::from_str(&job.body).map_err(text)?;
    let (tenant, now) = (permit.tenant(), house.clock.now());
    let mut work = house.store.work(&permit).await.map_err(text)?;
    let leaves = work.room().leaves(from.from, LEAVES).await.map_err(text)?;
    let (mut new, mut drifted) = (0, BTreeSet::new());
    for leaf in leaves.iter().filter(|leaf| Happened::is_told(&leaf.kind)) {
        for (notice, account) in hearers(work.room(), leaf, now).await? {
            // One look may find a hundred things: they are one notice, about what was looked at.
            if notice == Notice::Drift {
                let source = said(leaf).about;
                if drifted.insert((account.clone(), source.clone())) {
                    let one = One { account, notice: notice.to_string(), id: source };
                    let once = format!("notice/{tenant}/{}/{}/{notice}/{}", leaf.index, one.account, one.id);
                    new += put(&mut work, tenant, &one, notice, once, now).await?;
                }
                continue;
            }
            let one = One { account, notice: notice.to_string(), id: leaf.subject.clone() };
            let once = format!("notice/{tenant}/{}/{}/{notice}", leaf.index, one.account);
            new += put(&mut work, tenant, &one, notice, once, now).await?;
        }
    }
    work.commit_quietly().await.map_err(text)?;
    Ok(format!("{new} notices were put into the queue"))
}

/// What a leaf's record says of a thing.
#[derive(Default)]
struct Said {
    owner: String,
    maker: String,
    about: String,
    accounts: BTreeSet<String>,
}

fn said(leaf: &LeafRow) -> Said {
    let record: serde_json::Value = serde_json::from_str(&leaf.record).unwrap_or_default();
    let of = |at: &str| record.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let accounts = record.pointer("/body/accounts").and_then(serde_json::Value::as_array).into_iter().flatten();
    Said {
        owner: of("/owner"),
        maker: of("/body/maker"),
        about: of("/about"),
        accounts: accounts.filter_map(|a| a.as_str().map(str::to_owned)).collect(),
    }
}

/// Who hears of a leaf, with what: people who still belong and reach what it is about.
async fn hearers(room: &mut Room, leaf: &LeafRow, now: Timestamp) -> Told<BTreeSet<(Notice, String)>> {
    let now_said = said(leaf);
    let before = if leaf.kind.ends_with(".changed") {
        let sieve = LeafSieve { subject: leaf.subject.clone(), ..LeafSieve::default() };
        let earlier = room.trail(&sieve, leaf.index, 1).await.map_err(text)?;
        earlier.first().map(said).unwrap_or_default()
    } else {
        Said::default()
    };
    let happened = Happened {
        kind: &leaf.kind,
        actor: &leaf.actor,
        owner: &now_said.owner,
        owner_before: &before.owner,
        maker: &now_said.maker,
    };
    let mut told = happened.told();
    for account in &now_said.accounts {
        let owner_before = if before.accounts.contains(account) { account.as_str() } else { "" };
        told.extend(Happened { owner: account, owner_before, ..happened.clone() }.told());
    }
    let mut found = BTreeSet::new();
    for (notice, hearer) in told {
        let accounts: Vec<String> = match hearer {
            Hearer::Account(account) => vec![account.into()],
            Hearer::Leads => of_roles(room, &[Role::Owner, Role::ComplianceLead]).await?,
            Hearer::Approvers => of_roles(room, &[Role::Owner, Role::ComplianceLead, Role::ProviderApprover]).await?,
            Hearer::Thread => thread(room, &now_said.about).await?,
        };
        let others = accounts.into_iter().filter(|a| *a != leaf.actor && *a != now_said.maker_of(&leaf.kind));
        for account in others.collect::<BTreeSet<_>>() {
            if let Some(member) = room.member(&account).await.map_err(text)?
                && reaches(&member, &now_said.about, now)
            {
                found.insert((notice, account));
            }
        }
    }
    Ok(found)
}

impl Said {
    /// Who said it, where a comment is told: a token's comment is its maker's.
    fn maker_of(&self, kind: &str) -> String {
        if kind == "comment.added" { self.maker.clone() } else { String::new() }
    }
}

/// Whether a member's access is open and holds what something is about.
fn reaches(member: &Member, about: &str, now: Timestamp) -> bool {
    let Ok(limits) = serde_json::from_str::<Limits>(&member.body) else { return false };
    let open = limits.from.is_none_or(|from| from <= now) && limits.until.is_none_or(|until| now < until);
    let assessment = about.split('/').next().filter(|id| id.parse::<AssessmentId>().is_ok());
    open && match (&limits.assessments, assessment) {
        (None, _) => true,
        (Some(named), Some(id)) => named.contains(id),
        (Some(_), None) => false,
    }
}

/// Everybody who is one of these.
async fn of_roles(room: &mut Room, roles: &[Role]) -> Told<Vec<String>> {
    let members = room.members(&Page::first(500)).await.map_err(text)?;
    let is_one = |m: &Member| roles.iter().any(|role| role.as_str() == m.role);
    Ok(members.into_iter().filter(is_one).map(|m| m.account).collect())
}

/// Everybody who commented on something, and whose task or request it is.
async fn thread(room: &mut Room, about: &str) -> Told<Vec<String>> {
    let mut accounts = Vec::new();
    if about.is_empty() {
        return Ok(accounts);
    }
    let sieve = RecordSieve { about: about.to_owned(), ..RecordSieve::default() };
    for kind in ["comment", "task", "request"] {
        for record in room.records(kind, &sieve, &Page::first(500)).await.map_err(text)? {
            if record.about != about {
                continue;
            }
            let body: serde_json::Value = serde_json::from_str(&record.body).unwrap_or_default();
            let maker = body.get("maker").and_then(serde_json::Value::as_str).unwrap_or_default();
            accounts.extend([record.owner, maker.to_owned()].into_iter().filter(|a| !a.is_empty()));
        }
    }
    Ok(accounts)
}

/// What a mail says of a notice.
fn sentence(notice: Notice) -> &'static str {
    match notice {
        Notice::Assigned => "Something was assigned to you",
        Notice::Comment => "Somebody commented where you take part",
        Notice::Request => "There is news of a request",
        Notice::DueSoon => "Something of yours is due soon",
        Notice::Overdue => "Something of yours is overdue",
        Notice::Invitation => "You are invited",
        Notice::Lockout => "Signing in failed several times and is slowed down now",
        Notice::Drift => "What is watched has changed",
    }
}

const FOOT: &str = "You choose in your account what you are told of.\n";

pub(super) async fn tell(house: Arc<House>, job: Job) -> Told<String> {
    let Some(mailer) = &house.mailer else { return Err("mail is not set up".to_owned()) };
    let permit = permit(&house, &job, SystemActor::Notifier, Action::Run, ResourceKind::Webhook)?;
    let one: One = serde_json::from_str(&job.body).map_err(text)?;
    let notice: Notice = one.notice.parse().map_err(text)?;
    let mut room = house.store.room(&permit).await.map_err(text)?;
    let Some((email, ..)) = wishes(&mut room, &one.account).await? else {
        return Ok("the account is closed; nothing was sent".to_owned());
    };
    if room.member(&one.account).await.map_err(text)?.is_none() {
        return Ok("they are not of the organisation any more; nothing was sent".to_owned());
    }
    let organisation = room.organisation().await.map_err(text)?.name;
    drop(room);
    let sentence = sentence(notice);
    let text =
        format!("{sentence}, in {organisation}: {}\n\n{}/o/{}\n\n{FOOT}", one.id, house.config.public, permit.tenant());
    let message =
        Message { id: Message::id_of([job.id.as_str()]), subject: sentence.to_owned(), text, body: "{}".to_owned() };
    mailer.send(&email, message, house.clock.now()).await?;
    Ok("the mail was taken".to_owned())
}

pub(super) async fn lockouts(house: Arc<House>, job: Job) -> Told<String> {
    if house.mailer.is_none() {
        return Ok("mail is not set up; nobody is told".to_owned());
    }
    let permit = permit(&house, &job, SystemActor::Notifier, Action::Run, ResourceKind::Webhook)?;
    let about: One = serde_json::from_str(&job.body).map_err(text)?;
    let (tenant, now) = (permit.tenant(), house.clock.now());
    let mut work = house.store.work(&permit).await.map_err(text)?;
    let members = work.room().members(&Page::first(500)).await.map_err(text)?;
    let owners = members.into_iter().filter(|m| m.role == Role::Owner.as_str()).map(|m| m.account);
    let mut new = 0;
    for account in owners.chain([about.account.clone()]).collect::<BTreeSet<_>>() {
        let once = format!("{}/{account}", job.id);
        let one = One { account, ..about.clone() };
        new += put(&mut work, tenant, &one, Notice::Lockout, once, now).await?;
    }
    work.commit_quietly().await.map_err(text)?;
    Ok(format!("{new} notices were put into the queue"))
}

/// Open tasks and requests that are somebody's and due on a day.
async fn due(room: &mut Room, owner: &str) -> Told<Vec<(Record, Date)>> {
    let mut found = Vec::new();
    for kind in ["task", "request"] {
        let sieve = RecordSieve { owner: owner.to_owned(), ..RecordSieve::default() };
        let mut page = Page::first(500);
        loop {
            let records = room.records(kind, &sieve, &page).await.map_err(text)?;
            let full = records.len() == 500;
            page.after = records.last().map(|r| r.id.clone()).unwrap_or_default();
            let open = records.into_iter().filter(|r| !r.owner.is_empty() && is_open(kind, &r.state));
            found.extend(open.filter_map(|r| r.due.parse().ok().map(|day| (r, day))));
            if !full {
                break;
            }
        }
    }
    Ok(found)
}

fn is_open(kind: &str, state: &str) -> bool {
    match kind {
        "task" => state.parse::<TaskState>().is_ok_and(|s| !s.is_over()),
        _ => matches!(state.parse(), Ok(RequestState::Asked | RequestState::Returned)),
    }
}

pub(super) async fn dues(house: Arc<House>, job: Job) -> Told<String> {
    if house.mailer.is_none() {
        return Ok("mail is not set up; nobody is told".to_owned());
    }
    let permit = permit(&house, &job, SystemActor::Notifier, Action::Run, ResourceKind::Webhook)?;
    let (tenant, now, today) = (permit.tenant(), house.clock.now(), house.clock.today());
    let mut work = house.store.work(&permit).await.map_err(text)?;
    let mut new = 0;
    for (record, day) in due(work.room(), "").await? {
        let Some(notice) = Notice::of_due(day, today) else { continue };
        let member = work.room().member(&record.owner).await.map_err(text)?;
        if !member.is_some_and(|m| reaches(&m, &record.about, now)) {
            continue;
        }
        let one = One { account: record.owner.clone(), notice: notice.to_string(), id: record.id.clone() };
        let once = format!("due/{tenant}/{}/{}/{notice}/{}", record.id, record.due, record.owner);
        new += put(&mut work, tenant, &one, notice, once, now).await?;
    }
    work.commit_quietly().await.map_err(text)?;
    Ok(format!("{new} notices were put into the queue"))
}

pub(super) async fn digests(house: Arc<House>, _: Job) -> Told<String> {
    if house.mailer.is_none() {
        return Ok("mail is not set up; nobody is told".to_owned());
    }
    let now = house.clock.now();
    let mut accounts = BTreeSet::new();
    for tenant in schedule::tenants(&house).await.map_err(text)? {
        let mut room = house.store.room(&leave(&house, tenant)?).await.map_err(text)?;
        let mut page = Page::first(500);
        loop {
            let members = room.members(&page).await.map_err(text)?;
            let full = members.len() == 500;
            page.after = members.last().map(|m| m.account.clone()).unwrap_or_default();
            accounts.extend(members.into_iter().map(|m| m.account));
            if !full {
                break;
            }
        }
    }
    let mut work = house.store.house_work().await.map_err(text)?;
    let mut new = 0_u32;
    for account in accounts {
        let Some((_, wishes, zone)) = wishes(work.room(), &account).await? else { continue };
        let any = Notice::ALL.iter().any(|notice| wishes.way(*notice) == Way::Daily);
        let Some(day) = digest_day(now, &zone, wishes.hour).filter(|_| any) else { continue };
        let (from, until) = digest_window(day, &zone, wishes.hour).unzip();
        let whose = Whose { account: account.clone(), day: day.to_string(), from, until };
        let body = serde_json::to_string(&whose).map_err(text)?;
        let once = Some(format!("digest/{account}/{day}"));
        let job = NewJob { once, ..fresh(None, DIGEST, &body, MOST, now) };
        new += u32::from(work.add_job(&job, now).await.map_err(text)?);
    }
    work.commit_quietly().await.map_err(text)?;
    Ok(format!("{new} summaries were put into the queue"))
}

pub(super) async fn digest(house: Arc<House>, job: Job) -> Told<String> {
    let Some(mailer) = &house.mailer else { return Err("mail is not set up".to_owned()) };
    let whose: Whose = serde_json::from_str(&job.body).map_err(text)?;
    let day: Date = whose.day.parse().map_err(text)?;
    let mut house_room = house.store.house_room().await.map_err(text)?;
    let Some((email, wishes, zone)) = wishes(&mut house_room, &whose.account).await? else {
        return Ok("the account is closed; nothing was sent".to_owned());
    };
    let memberships = house_room.memberships(&whose.account).await.map_err(text)?;
    drop(house_room);
    let said = whose.from.zip(whose.until).or_else(|| digest_window(day, &zone, wishes.hour));
    let (from, until) = said.ok_or("the day is at the end of the calendar")?;
    let (mut lines, now) = (String::new(), house.clock.now());
    for membership in memberships {
        let Ok(tenant) = membership.tenant.parse::<TenantId>() else { continue };
        let mut room = house.store.room(&leave(&house, tenant)?).await.map_err(text)?;
        let (counts, cut) = of_day(&mut room, &whose.account, &wishes, (day, from, until), now).await?;
        if counts.is_empty() {
            continue;
        }
        lines.push_str(&format!("{}: {}/o/{tenant}\n", membership.name, house.config.public));
        for (notice, ids) in counts {
            let shown: Vec<&str> = ids.iter().take(10).map(String::as_str).collect();
            let more = if ids.len() > shown.len() { ", …" } else { "" };
            lines.push_str(&format!("  {}: {} ({}{more})\n", sentence(notice), ids.len(), shown.join(", ")));
        }
        if cut {
            lines.push_str("  There was more than a summary looks at.\n");
        }
        lines.push('\n');
    }
    if lines.is_empty() {
        return Ok("nothing is to be told; nothing was sent".to_owned());
    }
    let text = format!("What is waiting for you on {day}.\n\n{lines}{FOOT}");
    let subject = format!("Attesta: your summary of {day}");
    let message = Message { id: Message::id_of([job.id.as_str()]), subject, text, body: "{}".to_owned() };
    mailer.send(&email, message, now).await?;
    Ok("the mail was taken".to_owned())
}

/// What somebody's summary says of one organisation, and whether there was more.
async fn of_day(
    room: &mut Room,
    account: &str,
    wishes: &Wishes,
    (day, from, until): (Date, Timestamp, Timestamp),
    now: Timestamp,
) -> Told<(BTreeMap<Notice, BTreeSet<String>>, bool)> {
    let daily = |notice: &Notice| wishes.way(*notice) == Way::Daily;
    let mut found: BTreeMap<Notice, BTreeSet<String>> = BTreeMap::new();
    let Some(member) = room.member(account).await.map_err(text)? else { return Ok((found, false)) };
    for (record, due) in due(room, account).await? {
        if let Some(notice) = Notice::of_due(due, day).filter(|n| daily(n) && reaches(&member, &record.about, now)) {
            found.entry(notice).or_default().insert(record.id);
        }
    }
    let (mut below, mut looked) = (u64::MAX, 0);
    loop {
        let leaves = room.trail(&LeafSieve::default(), below, LEAVES).await.map_err(text)?;
        let Some(last) = leaves.last() else { return Ok((found, false)) };
        below = last.index;
        for leaf in &leaves {
            if leaf.at < from {
                return Ok((found, false));
            }
            // It is in the next day's.
            if leaf.at >= until {
                continue;
            }
            looked += 1;
            if !Happened::is_told(&leaf.kind) {
                continue;
            }
            for (notice, whom) in hearers(room, leaf, now).await? {
                if whom == account && daily(&notice) {
                    found.entry(notice).or_default().insert(leaf.subject.clone());
                }
            }
        }
        if looked >= MOST_LEAVES {
            return Ok((found, true));
        }
    }
}

pub(super) async fn mail(house: Arc<House>, job: Job) -> Told<String> {
    let Some(mailer) = &house.mailer else { return Err("mail is not set up".to_owned()) };
    let shut: Shut = serde_json::from_str(&job.body).map_err(text)?;
    let sealed: Sealed = shut.sealed.parse().map_err(text)?;
    let opened = house.keyring.unseal(&context(&job.id), &sealed).map_err(text)?;
    let written: Written = serde_json::from_slice(&opened).map_err(|_| "the mail cannot be read".to_owned())?;
    let message = Message {
        id: Message::id_of([job.id.as_str()]),
        subject: written.subject,
        text: written.text,
        body: "{}".to_owned(),
    };
    mailer.send(&written.to, message, house.clock.now()).await?;
    Ok("the mail was taken".to_owned())
}
