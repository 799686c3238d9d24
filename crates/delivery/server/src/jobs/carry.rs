//! Carries what one organisation asks of another into its room, and the answer back. Each side writes in its own room alone,
//! with a leaf in its own log; what passes between them lies in the queue.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, InheritanceRequestId, ResourceKind, Stage, SystemActor, TenantId};
use attesta_assessment::{RequestCommand, Side};
use attesta_desk::{
    Guest,
    inherit::{self, Which},
};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Job, LeafSieve, Page, Record, RecordSieve, StoreError};
use serde::{Deserialize, Serialize};

use super::{permit, told};
use crate::{
    House,
    api::{
        assessments::stage_of,
        inbox::{self, Decided, KIND, Kept, Wanted},
    },
    caller::Caller,
    deed::{Load, Wrought, wrought},
    ids,
    problem::Problem,
};

/// Requests to inherit, on their way to the provider.
pub(crate) const ASK: &str = "inheritance-ask";
/// Its answer, on the way back.
pub(crate) const ANSWER: &str = "inheritance-answer";
/// That they were taken back, on the way to the provider.
pub(crate) const WITHDRAW: &str = "inheritance-withdraw";
/// Attempts: the last is most of a day after the first.
pub(crate) const MOST: u32 = 14;
/// Leaves, or records, of one look.
const LOOK: u32 = 500;

/// A provider's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) assessment: String,
    pub(crate) source: String,
    pub(crate) requirements: Vec<String>,
    pub(crate) decision: String,
    pub(crate) because: String,
    /// Who decided.
    pub(crate) account: String,
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) reference: String,
    /// In whose room that was.
    #[serde(default)]
    pub(crate) provider: String,
}

/// What a provider is told when requests are taken back.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Withdrawal {
    from: String,
    assessment: String,
    source: String,
    /// Each requirement with how often it was submitted to this provider: so many must lie in its inbox first.
    requirements: BTreeMap<String, usize>,
    account: String,
    at: Timestamp,
}

/// Which providers on this server were asked for what is taken back now, as the organisation's own log tells, and what each
/// is told. Where none is named, all that was asked of the source is meant.
pub(crate) async fn withdrawn(
    house: &House,
    caller: &Caller,
    assessment: &str,
    (source, named): (&str, &[String]),
) -> Result<Vec<(TenantId, String)>, Problem> {
    let permit =
        house.system(SystemActor::Carrier, Action::Change, ResourceKind::InheritanceRequest, caller.tenant())?;
    let mut room = house.store.room(&permit).await?;
    let sieve =
        LeafSieve { subject: assessment.to_owned(), kind: "inheritance.changed".to_owned(), ..LeafSieve::default() };
    let mut asked: BTreeMap<TenantId, BTreeMap<String, usize>> = BTreeMap::new();
    let mut below = u64::MAX;
    loop {
        let leaves = room.trail(&sieve, below, LOOK).await?;
        for leaf in &leaves {
            let Ok(submitted) = serde_json::from_str::<Submitted>(&leaf.record) else { continue };
            let Some(to) = submitted.to.filter(|_| submitted.source == source).and_then(|to| to.parse().ok()) else {
                continue;
            };
            for wanted in submitted.asked {
                if named.is_empty() || named.contains(&wanted.requirement) {
                    *asked.entry(to).or_default().entry(wanted.requirement).or_default() += 1;
                }
            }
        }
        match leaves.last() {
            Some(last) => below = last.index,
            None => break,
        }
    }
    let (from, account, at) = (caller.tenant().to_string(), caller.actor(), house.clock.now());
    let load = |(to, requirements)| {
        let (from, account) = (from.clone(), account.clone());
        let (assessment, source) = (assessment.to_owned(), source.to_owned());
        let load = Withdrawal { from, assessment, source, requirements, account, at };
        Ok((to, serde_json::to_string(&load).map_err(Problem::internal)?))
    };
    asked.into_iter().map(load).collect()
}

/// Marks in a provider's inbox what was taken back.
pub(super) async fn withdraw(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Carrier, Action::Read, ResourceKind::InheritanceInbox)?;
    let taken: Withdrawal = serde_json::from_str(&job.body).map_err(text)?;
    let mut work = house.store.work(&permit).await.map_err(text)?;
    let mut here = Vec::new();
    let mut page = Page::first(LOOK);
    loop {
        let some = work.room().records(KIND, &RecordSieve::default(), &page).await.map_err(text)?;
        let Some(last) = some.last() else { break };
        page.after.clone_from(&last.id);
        for record in some {
            let kept: Kept = serde_json::from_str(&record.body).map_err(text)?;
            let theirs = kept.from == taken.from && kept.assessment == taken.assessment && kept.source == taken.source;
            // What was submitted after that is another request.
            if theirs && kept.submitted.is_none_or(|at| at <= taken.at) {
                here.push((record, kept));
            }
        }
    }
    let holds = |kept: &Kept, key: &str| kept.asked.iter().any(|wanted| wanted.requirement == key);
    for (key, times) in &taken.requirements {
        if here.iter().filter(|(_, kept)| holds(kept, key)).count() < *times {
            return Err("what was taken back has not come to this inbox yet; it is tried again".to_owned());
        }
    }
    let (now, mut count) = (house.clock.now(), 0);
    for (record, mut kept) in here {
        let gone: Vec<String> = taken
            .requirements
            .keys()
            .filter(|key| holds(&kept, key) && kept.last(key).is_none_or(|d| d.decision != inbox::WITHDRAW))
            .cloned()
            .collect();
        if gone.is_empty() {
            continue;
        }
        count += gone.len();
        let (decision, because, by) = (inbox::WITHDRAW.to_owned(), String::new(), taken.account.clone());
        kept.decided.push(Decided { decision, requirements: gone, because, by, at: taken.at });
        let body = serde_json::to_string(&kept).map_err(text)?;
        let state = kept.state().to_owned();
        let new = Record { state, body, updated: now, editor: "system".to_owned(), ..record };
        work.put_record(KIND, &new).await.map_err(text)?;
    }
    if count == 0 {
        return Ok("it was taken back already".to_owned());
    }
    house.commit(work, permit.tenant(), "system", now).await.map_err(told)?;
    Ok(format!("{count} requests in the provider's inbox are taken back"))
}

#[derive(Deserialize)]
struct Submitted {
    source: String,
    asked: Vec<Wanted>,
    to: Option<String>,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(super) async fn ask(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Carrier, Action::Read, ResourceKind::InheritanceInbox)?;
    let load: Load = serde_json::from_str(&job.body).map_err(text)?;
    let submitted: Submitted = serde_json::from_value(load.told).map_err(text)?;
    let now = house.clock.now();
    // The same job has the same id: done twice, it is there once.
    let named = Digest::of_parts([job.id.as_bytes()]);
    let ten = named.as_bytes().first_chunk::<10>().copied().unwrap_or_default();
    let count = submitted.asked.len();
    let kept = Kept {
        from: load.from,
        organisation: load.organisation,
        assessment: load.assessment,
        account: load.account,
        source: submitted.source,
        asked: submitted.asked,
        decided: Vec::new(),
        submitted: load.at,
    };
    let record = Record {
        kind: KIND.to_owned(),
        id: InheritanceRequestId::new(ids::milliseconds(job.due), ten).to_string(),
        about: String::new(),
        state: "open".to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: 0,
        body: serde_json::to_string(&kept).map_err(text)?,
        created: now,
        updated: now,
        editor: "system".to_owned(),
    };
    let mut work = house.store.work(&permit).await.map_err(text)?;
    match work.add_record(&record).await {
        Ok(()) => {}
        Err(StoreError::Exists { .. }) => return Ok("it lies in the inbox already".to_owned()),
        Err(error) => return Err(text(error)),
    }
    house.commit(work, permit.tenant(), "system", now).await.map_err(told)?;
    Ok(format!("{count} requests lie in the provider's inbox"))
}

pub(super) async fn answer(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Carrier, Action::Change, ResourceKind::InheritanceRequest)?;
    let answer: Answer = serde_json::from_str(&job.body).map_err(text)?;
    let command = match answer.decision.as_str() {
        "approve" => RequestCommand::Approve,
        _ => RequestCommand::Reject(answer.because.clone()),
    };
    let mut work = house.store.work(&permit).await.map_err(text)?;
    let (desk, before) = match house.desk(work.room(), &answer.assessment).await {
        Ok(found) => found,
        Err(problem) => return Err(told(problem)),
    };
    if stage_of(&desk).map_err(told)? != Stage::Entity {
        return Err("the assessment is not with the entity now, and takes no answers; try again when it is".to_owned());
    }
    let documents = work.room().documents(&answer.assessment).await.map_err(text)?;
    let guest = Guest {
        account: answer.account.clone(),
        name: answer.name.clone(),
        side: Side::Provider,
        role: "provider-approver".to_owned(),
    };
    let which = Which {
        source: answer.source.parse().map_err(text)?,
        requirement: answer.requirements.iter().map(|key| key.parse().map_err(text)).collect::<Result<_, _>>()?,
        // Replaced by whoever the account is in this assessment.
        by: "provider".parse().map_err(text)?,
    };
    let said = serde_json::json!({
        "act": command.as_str(), "source": answer.source, "requirements": answer.requirements,
        "reference": answer.reference,
    });
    let tenant = work.room().tenant().to_owned();
    let doing = wrought(&house, (&tenant, &answer.assessment), &documents, guest, move |desk, by| {
        Ok(inherit::act(desk, &Which { by: by.clone(), ..which }, &command)?.deed(said))
    });
    let Wrought { told: mut leaf, puts, by, .. } = match doing.await {
        Ok(wrought) => wrought,
        // Taken back meanwhile, or treated otherwise: the answer stands with the provider, and changes nothing here.
        Err(problem) if is_refusal(&problem) => {
            return Ok(format!("it came too late and changed nothing: {}", told(problem)));
        }
        Err(problem) => return Err(told(problem)),
    };
    let at = house.clock.now();
    // From which address somebody answered stands in the provider's own log.
    work.seen_from(&format!("organisation {}", answer.provider));
    let after = work.put_documents(&answer.assessment, &puts, &answer.account, at).await.map_err(text)?;
    if after != before.saturating_add(1) {
        return Err("the assessment was changed meanwhile".to_owned());
    }
    if let Some(members) = leaf.as_object_mut() {
        members.insert("by".to_owned(), by.as_str().into());
    }
    work.tell("inheritance.changed", &answer.assessment, &leaf).map_err(text)?;
    house.commit(work, permit.tenant(), &answer.account, at).await.map_err(told)?;
    Ok(format!("{} requests have their answer", answer.requirements.len()))
}

/// Whether nothing that is tried again would help.
fn is_refusal(problem: &Problem) -> bool {
    matches!(problem.code(), "refused" | "not-found")
}
