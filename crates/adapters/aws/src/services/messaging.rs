//! SNS topics and SQS queues.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, map, text},
};

const TOPIC: Type = Type { name: "AWS::SNS::Topic", canonical: "aws_sns_topic" };
const SUBSCRIPTION: Type = Type { name: "AWS::SNS::Subscription", canonical: "aws_sns_topic_subscription" };
const QUEUE: Type = Type { name: "AWS::SQS::Queue", canonical: "aws_sqs_queue" };

pub(crate) async fn topics(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let (listed, topics) =
        place.list(&mut found, TOPIC, ("sns", "ListTopics", nothing()), "/Topics", &place.arn("sns", "*")).await;
    let inputs = topics.iter().map(|topic| json!({ "TopicArn": get(topic, "/TopicArn") }));
    let replies = place.each("sns", "GetTopicAttributes", inputs).await;
    let subscriptions = place.one("sns", "ListSubscriptions", nothing()).await;
    for ((pointer, topic), reply) in placed(&topics, "/Topics").zip(&replies) {
        let arn = text(topic, "/TopicArn");
        let of = |name: &str| reply.at(&format!("/Attributes/{name}"));
        let mut one = Found::new(TOPIC, arn, &listed, &pointer)
            .set("name", json!(arn.rsplit(':').next()))
            .set("arn", json!(arn))
            .told("kms_master_key_id", reply, "/Attributes/KmsMasterKeyId", place.keys.name(of("KmsMasterKeyId")))
            .told("policy", reply, "/Attributes/Policy", of("Policy"));
        if let Some(why) = subscriptions.missing() {
            one = one.attribute("insecure_subscriptions", unknown(why));
        }
        found.push(one);
    }
    let (list, _) = subscriptions.list("/Subscriptions");
    for (pointer, subscription) in placed(&list, "/Subscriptions") {
        let arn = text(subscription, "/SubscriptionArn");
        found.push(
            Found::new(SUBSCRIPTION, arn, &subscriptions, &pointer)
                .set("topic_arn", get(subscription, "/TopicArn"))
                .set("protocol", get(subscription, "/Protocol")),
        );
    }
    found
}

pub(crate) async fn queues(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("sqs", "ListQueues", json!({ "MaxResults": 1000 }));
    let (listed, urls) = place.list(&mut found, QUEUE, asked, "/QueueUrls", &place.arn("sqs", "*")).await;
    let inputs = urls.iter().map(|url| json!({ "QueueUrl": url, "AttributeNames": ["All"] }));
    let replies = place.each("sqs", "GetQueueAttributes", inputs).await;
    for ((pointer, url), reply) in placed(&urls, "/QueueUrls").zip(&replies) {
        let name = url.as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
        let arn = place.arn("sqs", name);
        let of = |name: &str| reply.at(&format!("/Attributes/{name}"));
        // What is not told is off: the service tells every attribute that is set.
        let managed = match of("SqsManagedSseEnabled") {
            Value::Null => json!(false),
            told => told,
        };
        found.push(
            Found::new(QUEUE, &arn, &listed, &pointer)
                .set("name", json!(name))
                .set("url", url.clone())
                .set("arn", json!(arn))
                .told("kms_master_key_id", reply, "/Attributes/KmsMasterKeyId", place.keys.name(of("KmsMasterKeyId")))
                .told("sqs_managed_sse_enabled", reply, "/Attributes/SqsManagedSseEnabled", managed)
                .told("policy", reply, "/Attributes/Policy", of("Policy"))
                .told("redrive_policy", reply, "/Attributes/RedrivePolicy", map(of("RedrivePolicy"), Value::clone)),
        );
    }
    found
}
