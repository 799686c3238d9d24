//! What is asked of each service, and how its answers become resources.
//!
//! Every property is written in the words of one of the two dialects that the normalisers of `attesta-collectors` read
//! (mostly Terraform's, whose state is what its provider read from these same calls). A call that failed leaves an
//! unknown where its answer would stand: never nothing, because nothing means a default.

pub(crate) mod analytics;
pub(crate) mod backup;
pub(crate) mod balancer;
pub(crate) mod compute;
pub(crate) mod container;
pub(crate) mod database;
pub(crate) mod detection;
pub(crate) mod edge;
pub(crate) mod function;
pub(crate) mod gateway;
pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod logging;
pub(crate) mod messaging;
pub(crate) mod network;
pub(crate) mod object_store;
pub(crate) mod secret;
pub(crate) mod storage;

use std::sync::Arc;

use serde_json::{Value, json};

use self::keys::Keys;
use crate::{
    ask::{Ask, Call, Reply},
    found::{Found, Type},
};

/// One region of one account, with what every service there needs.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) ask: Arc<Ask>,
    pub(crate) partition: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Every region that is asked; the first is where questions about the whole account are put.
    pub(crate) regions: Arc<Vec<String>>,
    /// Which keys are AWS's own.
    pub(crate) keys: Arc<Keys>,
    /// When the collection began.
    pub(crate) now: jiff::Timestamp,
}

impl Place {
    /// An ARN in this place.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition, self.region, self.account)
    }

    pub(crate) fn call(&self, service: &'static str, operation: &'static str, input: Value) -> Call {
        Call::new(service, operation, &self.region, input)
    }

    pub(crate) async fn one(&self, service: &'static str, operation: &'static str, input: Value) -> Reply {
        self.ask.one(self.call(service, operation, input)).await
    }

    /// The same question about each of many.
    pub(crate) async fn each(
        &self,
        service: &'static str,
        operation: &'static str,
        inputs: impl IntoIterator<Item = Value>,
    ) -> Vec<Reply> {
        self.ask.many(inputs.into_iter().map(|input| self.call(service, operation, input)).collect()).await
    }

    /// A list; where it was not seen to its end, a resource that stands for the rest is added to `found`.
    pub(crate) async fn list(
        &self,
        found: &mut Vec<Found>,
        of: Type,
        (service, operation, input): (&'static str, &'static str, Value),
        pointer: &str,
        everything: &str,
    ) -> (Reply, Vec<Value>) {
        let reply = self.one(service, operation, input).await;
        let seen = self.listed(found, of, &reply, pointer, everything);
        (reply, seen)
    }

    /// The same of an answer that is at hand.
    pub(crate) fn listed(
        &self,
        found: &mut Vec<Found>,
        of: Type,
        reply: &Reply,
        pointer: &str,
        everything: &str,
    ) -> Vec<Value> {
        let (seen, missing) = reply.list(pointer);
        if let Some(why) = missing {
            found.push(Found::unseen(of, everything, &reply.call, &why));
        }
        seen
    }

    /// Whole days from a time to the beginning of the collection.
    pub(crate) fn days_since(&self, time: &str) -> Option<i64> {
        let then = time.parse::<jiff::Timestamp>().ok()?;
        Some(self.now.as_second().saturating_sub(then.as_second()).max(0).div_euclid(86_400))
    }
}

/// A list's item with its place in the answer.
pub(crate) fn placed<'a>(list: &'a [Value], pointer: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
    list.iter().enumerate().map(move |(at, item)| (format!("{pointer}/{at}"), item))
}

/// No input.
pub(crate) fn nothing() -> Value {
    json!({})
}
