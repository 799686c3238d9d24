//! Questions to an account: pages walked to their end, answers kept, what failed written down.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    client::{Client, Fault, is_denial},
    collect::Progress,
    journal::Journal,
    model::{Endpoint, Model, Operation, Protocol},
    wire,
};

/// One question.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) region: String,
    pub(crate) input: Value,
}

impl Call {
    pub(crate) fn new(service: &'static str, operation: &'static str, region: &str, input: Value) -> Self {
        Self { service, operation, region: region.to_owned(), input }
    }

    /// `s3:ListBuckets`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

/// What came of a question.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// `s3:ListBuckets`.
    pub(crate) call: String,
    /// What was answered; `Null` where the service says that there is none.
    value: Value,
    /// Why it was not answered, or not to its end.
    missing: Option<String>,
    /// Whether an answer must hold its list even when that is empty.
    holds_lists: bool,
}

impl Reply {
    /// There is none, as another call told already.
    pub(crate) fn none(call: &str) -> Self {
        Self { call: call.to_owned(), value: Value::Null, missing: None, holds_lists: false }
    }

    /// The value at a pointer: null where nothing is, unknown where the answer is missing or broken off.
    pub(crate) fn at(&self, pointer: &str) -> Value {
        match &self.missing {
            Some(why) => unknown(why),
            None => self.value.pointer(pointer).cloned().unwrap_or_default(),
        }
    }

    /// Why it was not answered to its end.
    pub(crate) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// The items of a list as far as they were seen, and why there may be more.
    pub(crate) fn list(&self, pointer: &str) -> (Vec<Value>, Option<String>) {
        match self.value.pointer(pointer) {
            Some(Value::Array(items)) => (items.clone(), self.missing.clone()),
            _ if self.missing.is_none() && self.holds_lists && !self.value.is_null() => {
                (Vec::new(), Some(format!("{}: the answer has no list at `{pointer}`", self.call)))
            }
            _ => (Vec::new(), self.missing.clone()),
        }
    }
}

/// A value that could not be seen.
pub(crate) fn unknown(why: &str) -> Value {
    json!({ "$unknown": why })
}

/// Whether it is one.
pub(crate) fn is_unknown(value: &Value) -> bool {
    value.get("$unknown").is_some()
}

/// What happened to all calls of one operation in one region.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    pub(crate) none: u64,
    pub(crate) pages: u64,
    /// Reasons of those that failed, with how often.
    pub(crate) failed: BTreeMap<String, u32>,
}

/// Puts questions to one account.
pub(crate) struct Ask {
    pub(crate) model: Model,
    client: Client,
    /// The simulator's address, where one is asked instead of AWS.
    endpoint_url: Option<String>,
    journal: Option<Journal>,
    turns: Arc<Semaphore>,
    progress: Arc<dyn Progress>,
    /// By region and operation.
    pub(crate) tally: Mutex<BTreeMap<(String, String), Tally>>,
}

/// A page walk longer than this goes in circles.
const MOST_PAGES: u64 = 20_000;

impl Ask {
    pub(crate) fn new(
        model: Model,
        client: Client,
        endpoint_url: Option<String>,
        journal: Option<Journal>,
        parallel: usize,
        progress: Arc<dyn Progress>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(parallel.max(1)));
        Self { model, client, endpoint_url, journal, turns, progress, tally: Mutex::new(BTreeMap::new()) }
    }

    /// Seconds by which our clock was found to be behind AWS's.
    pub(crate) fn skew(&self) -> i64 {
        self.client.skew()
    }

    /// Puts many questions at once; the answers come in their order.
    pub(crate) async fn many(self: &Arc<Self>, calls: Vec<Call>) -> Vec<Reply> {
        let mut running = JoinSet::new();
        let total = calls.len();
        for (at, call) in calls.into_iter().enumerate() {
            let ask = Arc::clone(self);
            running.spawn(async move { (at, ask.one(call).await) });
        }
        let mut replies: Vec<Option<Reply>> = vec![None; total];
        while let Some(done) = running.join_next().await {
            if let Ok((at, reply)) = done
                && let Some(slot) = replies.get_mut(at)
            {
                *slot = Some(reply);
            }
        }
        let lost = || Reply {
            call: "?".to_owned(),
            value: Value::Null,
            missing: Some("the call was broken off".to_owned()),
            holds_lists: false,
        };
        replies.into_iter().map(|reply| reply.unwrap_or_else(lost)).collect()
    }

    /// Puts one question and walks its pages to the end.
    pub(crate) async fn one(&self, call: Call) -> Reply {
        let name = call.name();
        let Some((operation, protocol)) = self
            .model
            .operation(call.service, call.operation)
            .and_then(|operation| Some((operation, self.model.service(call.service)?.protocol)))
        else {
            let missing = Some(format!("{name}: not among the operations of this collector"));
            return Reply { call: name, value: Value::Null, missing, holds_lists: false };
        };
        let holds_lists = matches!(protocol, Protocol::Ec2 | Protocol::Query | Protocol::RestXml);
        let mut input = call.input.as_object().cloned().unwrap_or_default();
        let mut whole = Value::Null;
        let mut missing = None;
        let mut pages = 0_u64;
        let mut seen: Option<Vec<Value>> = None;
        loop {
            let page = match self.page(&call, operation, &input).await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(why) => {
                    missing = Some(format!("{name}: {why}"));
                    break;
                }
            };
            pages = pages.saturating_add(1);
            let next = next_page(operation, &page);
            merge(&mut whole, page, operation);
            let more = match next {
                Next::End => break,
                Next::Lost => {
                    missing = Some(format!("{name}: the answer says that there is more, and not where"));
                    break;
                }
                Next::Page(more) => more,
            };
            let tokens: Vec<Value> = more.iter().map(|(_, token)| token.clone()).collect();
            if seen.as_ref() == Some(&tokens) || pages >= MOST_PAGES {
                missing = Some(format!("{name}: the pages do not end"));
                break;
            }
            input.extend(more);
            seen = Some(tokens);
        }
        self.note(&call, pages, missing.as_deref(), whole.is_null());
        Reply { call: name, value: whole, missing, holds_lists }
    }

    fn note(&self, call: &Call, pages: u64, missing: Option<&str>, none: bool) {
        let mut tallies = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry((call.region.clone(), call.name())).or_default();
        tally.asked = tally.asked.saturating_add(1);
        tally.pages = tally.pages.saturating_add(pages);
        match missing {
            Some(why) => {
                let why = why.strip_prefix(&format!("{}: ", call.name())).unwrap_or(why);
                let count = tally.failed.entry(why.to_owned()).or_default();
                *count = count.saturating_add(1);
            }
            None if none => tally.none = tally.none.saturating_add(1),
            None => tally.answered = tally.answered.saturating_add(1),
        }
        self.progress.called(&call.region, &call.name());
    }

    /// One page; `None` where the service says that there is none.
    async fn page(
        &self,
        call: &Call,
        operation: &Operation,
        input: &Map<String, Value>,
    ) -> Result<Option<Value>, String> {
        let service = self.model.service(call.service).ok_or("no such service")?;
        let key =
            self.journal.as_ref().map(|_| format!("{} {} {}", call.region, call.name(), Value::Object(input.clone())));
        if let (Some(journal), Some(key)) = (&self.journal, &key)
            && let Some(kept) = journal.kept(key)
        {
            return Ok((!kept.is_null()).then_some(kept));
        }
        let endpoint =
            self.endpoint(call, operation).ok_or_else(|| format!("no endpoint is known in {}", call.region))?;
        let request = wire::request(service, call.operation, operation, input)?;
        let sent = {
            let _turn = self.turns.acquire().await.map_err(|error| error.to_string())?;
            self.client.send(service, &endpoint, &request).await
        };
        let answer = match sent {
            Ok(response) => Some(wire::answer(&self.model, service, call.operation, operation, &response)?),
            Err(Fault::Refused(refusal)) if operation.none.contains(&refusal.code) => None,
            Err(Fault::Refused(refusal)) => {
                let word = if is_denial(&refusal) { "denied" } else { "failed" };
                // Messages name the caller and the resource; the code tells one reason from another.
                return Err(match refusal.code.strip_prefix("HTTP") {
                    Some(_) => format!("{word} (HTTP {}, {})", refusal.status, no_answer(&refusal.message)),
                    None => format!("{word} ({})", refusal.code),
                });
            }
            Err(Fault::Failed(why)) => return Err(format!("failed ({why})")),
        };
        if let (Some(journal), Some(key)) = (&self.journal, &key) {
            journal.keep(key, answer.as_ref());
        }
        Ok(answer)
    }

    fn endpoint(&self, call: &Call, operation: &Operation) -> Option<Endpoint> {
        let told = self.model.endpoint(call.service, &call.region);
        match &self.endpoint_url {
            // A simulator has one address for all; the region goes into the signature alone.
            Some(url) => {
                let region = told.map_or_else(|| call.region.clone(), |endpoint| endpoint.region);
                Some(Endpoint { url: url.trim_end_matches('/').to_owned(), region })
            }
            None => {
                let mut endpoint = told?;
                if let Some(prefix) = &operation.prefix {
                    let mut prefix = prefix.clone();
                    for (key, value) in call.input.as_object().into_iter().flatten() {
                        prefix = prefix.replace(&format!("{{{key}}}"), value.as_str().unwrap_or_default());
                    }
                    endpoint.url = endpoint.url.replace("https://", &format!("https://{prefix}"));
                }
                Some(endpoint)
            }
        }
    }
}

/// What to call an answer without a code.
fn no_answer(text: &str) -> &'static str {
    if text.trim_start().to_ascii_lowercase().starts_with("<!doctype") || text.contains("<html") {
        "a page of HTML instead of an answer"
    } else {
        "no error that the API knows"
    }
}

/// What comes after a page.
enum Next {
    /// Nothing.
    End,
    /// A page that is asked for with these members.
    Page(Vec<(String, Value)>),
    /// More, but the answer does not say how to ask for it.
    Lost,
}

fn next_page(operation: &Operation, page: &Value) -> Next {
    let Some(told) = &operation.pages else { return Next::End };
    let says_more = told.more.as_ref().map(|more| match at(page, more) {
        Some(Value::String(word)) => word == "true",
        more => more.and_then(Value::as_bool).unwrap_or(false),
    });
    if says_more == Some(false) {
        return Next::End;
    }
    let tokens = told.input.iter().zip(&told.output);
    let tokens: Vec<(String, Value)> =
        tokens.map(|(key, from)| (key.clone(), at(page, from).cloned().unwrap_or_default())).collect();
    if tokens.iter().any(|(_, token)| !token.is_null() && token.as_str() != Some("")) {
        return Next::Page(tokens);
    }
    let last =
        told.last.as_ref().and_then(|(key, list)| Some((key.clone(), page.get(list)?.as_array()?.last()?.clone())));
    match (says_more, last) {
        (Some(true), Some(last)) => Next::Page(vec![last]),
        (Some(true), None) => Next::Lost,
        _ => Next::End,
    }
}

/// A member, or one of a member's (`DistributionList.NextMarker`).
fn at<'a>(page: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(page, |value, key| value.get(key))
}

/// Adds a page to what was read: lists grow, the rest stays as the first page has it.
fn merge(whole: &mut Value, page: Value, operation: &Operation) {
    if whole.is_null() {
        *whole = page;
        return;
    }
    let lists = operation.pages.as_ref().map_or(&[][..], |told| told.lists.as_slice());
    for (outer, inner) in lists.iter().filter_map(|list| list.split_once('.')) {
        let more = page.get(outer).and_then(|held| held.get(inner)).and_then(Value::as_array).cloned();
        let grown = whole.get_mut(outer).and_then(Value::as_object_mut);
        let grown = grown.map(|held| held.entry(inner).or_insert_with(|| json!([])));
        if let (Some(Value::Array(grown)), Some(more)) = (grown, more) {
            grown.extend(more);
        }
    }
    let (Value::Object(whole), Value::Object(page)) = (whole, page) else { return };
    for (key, value) in page {
        match (whole.get_mut(&key), value) {
            (Some(Value::Array(grown)), Value::Array(more)) if lists.contains(&key) => grown.extend(more),
            (None, value) => _ = whole.insert(key, value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
