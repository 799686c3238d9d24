//! Queues, topics and streams.

mod stream;
#[cfg(test)]
mod tests;

use attesta_resource::Kind;

use super::shared::{self, access, authored, encryption, is_cloudformation, prop, some};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    registry::{Alone, Main, Satellite},
    view::{Raw, View},
};

const fn main(
    kind: Kind,
    types: &'static [&'static str],
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls: &[], build }
}

pub(super) const MAINS: &[Main] = &[
    main(Kind::Queue, &["aws_sqs_queue"], &["name", "url", "id", "arn"], queue),
    main(Kind::Queue, &["AWS::SQS::Queue"], &["QueueName", "QueueUrl"], queue),
    main(Kind::Topic, &["aws_sns_topic"], &["name", "arn", "id"], topic),
    main(Kind::Topic, &["AWS::SNS::Topic"], &["TopicName", "TopicArn"], topic),
    main(Kind::Stream, &["aws_kinesis_stream"], &["name", "arn", "id"], stream::kinesis),
    main(Kind::Stream, &["AWS::Kinesis::Stream"], &["Name"], stream::kinesis),
    main(Kind::Stream, &["aws_kinesis_firehose_delivery_stream"], &["name", "arn", "id"], stream::firehose),
    main(Kind::Stream, &["AWS::KinesisFirehose::DeliveryStream"], &["DeliveryStreamName"], stream::firehose),
    main(
        Kind::Stream,
        &["aws_msk_cluster", "aws_msk_serverless_cluster"],
        &["cluster_name", "arn", "id"],
        stream::kafka,
    ),
    main(Kind::Stream, &["AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster"], &["ClusterName"], stream::kafka),
];

const QUEUE_POLICIES: &[&str] = &["aws_sqs_queue_policy", "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"];
const TOPIC_POLICIES: &[&str] = &["aws_sns_topic_policy", "AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy"];
const SUBSCRIPTIONS: &[&str] = &["aws_sns_topic_subscription", "AWS::SNS::Subscription"];
const REDRIVE: &str = "aws_sqs_queue_redrive_policy";

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: &["aws_sqs_queue_policy", REDRIVE], owners: &["aws_sqs_queue"], links: &["queue_url"] },
    Satellite { types: &["AWS::SQS::QueuePolicy"], owners: &["AWS::SQS::Queue"], links: &["Queues"] },
    Satellite { types: &["AWS::SQS::QueueInlinePolicy"], owners: &["AWS::SQS::Queue"], links: &["Queue"] },
    Satellite { types: &["aws_sns_topic_policy"], owners: &["aws_sns_topic"], links: &["arn"] },
    Satellite { types: &["aws_sns_topic_subscription"], owners: &["aws_sns_topic"], links: &["topic_arn"] },
    Satellite { types: &["AWS::SNS::TopicPolicy"], owners: &["AWS::SNS::Topic"], links: &["Topics"] },
    Satellite {
        types: &["AWS::SNS::TopicInlinePolicy", "AWS::SNS::Subscription"],
        owners: &["AWS::SNS::Topic"],
        links: &["TopicArn"],
    },
    Satellite { types: &["aws_kinesis_resource_policy"], owners: &["aws_kinesis_stream"], links: &["resource_arn"] },
];

/// What lets others in, or sends messages on in plain text.
pub(super) const ALONE: &[Alone] = &[
    Alone { types: &["aws_sqs_queue_policy"], owner: "aws_sqs_queue", links: &["queue_url"], what: "the queue" },
    Alone { types: &["AWS::SQS::QueuePolicy"], owner: "AWS::SQS::Queue", links: &["Queues"], what: "the queue" },
    Alone { types: &["AWS::SQS::QueueInlinePolicy"], owner: "AWS::SQS::Queue", links: &["Queue"], what: "the queue" },
    Alone { types: &["aws_sns_topic_policy"], owner: "aws_sns_topic", links: &["arn"], what: "the topic" },
    Alone { types: &["aws_sns_topic_subscription"], owner: "aws_sns_topic", links: &["topic_arn"], what: "the topic" },
    Alone { types: &["AWS::SNS::TopicPolicy"], owner: "AWS::SNS::Topic", links: &["Topics"], what: "the topic" },
    Alone {
        types: &["AWS::SNS::TopicInlinePolicy", "AWS::SNS::Subscription"],
        owner: "AWS::SNS::Topic",
        links: &["TopicArn"],
        what: "the topic",
    },
];

fn queue(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let key = prop(raw, "kms_master_key_id", "KmsMasterKeyId");
    // New queues are encrypted by SQS itself unless that is switched off (SQS developer guide, "Encryption at rest",
    // since 2022-10); a key of the account's takes its place.
    let by_queue = authored(prop(raw, "sqs_managed_sse_enabled", "SqsManagedSseEnabled").bool()).or_default(true);
    let with_key = key.is_set();
    encryption(draft, by_queue.or(with_key), key.text());
    let separate = joined.of(QUEUE_POLICIES).map(policy_of).collect();
    let access = access(raw, draft, policies(raw, separate, "policy"));
    draft.put("public_access", access.anyone.or_default(false));
    let redrive = joined
        .first(&[REDRIVE])
        .map_or_else(|| prop(raw, "redrive_policy", "RedrivePolicy"), |r| r.at("redrive_policy"));
    draft.put("dead_letter.connected", authored(redrive.is_set()).or_default(false));
}

fn topic(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let key = prop(raw, "kms_master_key_id", "KmsMasterKeyId");
    // Not encrypted with a key unless one is named (SNS developer guide, "Securing SNS data with server-side encryption").
    encryption(draft, key.is_set(), key.text());
    let separate = joined.of(TOPIC_POLICIES).map(policy_of).collect();
    let access = access(raw, draft, policies(raw, separate, "policy"));
    draft.put("public_access", access.anyone.or_default(false));
    let inline = some(&raw.at("Subscription"), |item| is_plain(&item.at("Protocol")));
    let insecure = joined
        .of(SUBSCRIPTIONS)
        .fold(inline, |found, subscription| found.or(is_plain(&prop(subscription, "protocol", "Protocol"))));
    draft.put("insecure_subscriptions", insecure);
}

fn policy_of(satellite: &Raw) -> View<'_> {
    prop(satellite, "policy", "PolicyDocument")
}

/// The policies in resources of their own, else the one inside, which Terraform reads back from the same place.
fn policies<'a>(raw: &'a Raw, separate: Vec<View<'a>>, inline: &'static str) -> Vec<View<'a>> {
    if separate.is_empty() && !is_cloudformation(raw) { vec![raw.at(inline)] } else { separate }
}

fn is_plain(protocol: &View<'_>) -> Fact<bool> {
    protocol.text().map(|name| name.eq_ignore_ascii_case("http"))
}
