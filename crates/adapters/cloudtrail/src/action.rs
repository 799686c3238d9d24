//! Which IAM action allows what an event names.

/// Prefixes of actions where they are not the first label of the event's source.
const PREFIXES: [(&str, &str); 8] = [
    ("monitoring", "cloudwatch"),
    ("email", "ses"),
    ("application-autoscaling", "application-autoscaling"),
    ("states", "states"),
    ("signin", "signin"),
    ("apigateway", "apigateway"),
    ("es", "es"),
    ("tagging", "tag"),
];

/// Operations whose action has another name (Service authorization reference, "Actions, resources, and condition keys for
/// Amazon S3", "… for AWS Lambda").
const NAMES: [(&str, &str, &str); 26] = [
    ("s3", "ListBuckets", "ListAllMyBuckets"),
    ("s3", "ListObjects", "ListBucket"),
    ("s3", "ListObjectsV2", "ListBucket"),
    ("s3", "HeadBucket", "ListBucket"),
    ("s3", "HeadObject", "GetObject"),
    ("s3", "SelectObjectContent", "GetObject"),
    ("s3", "CopyObject", "PutObject"),
    ("s3", "UploadPart", "PutObject"),
    ("s3", "UploadPartCopy", "PutObject"),
    ("s3", "CreateMultipartUpload", "PutObject"),
    ("s3", "CompleteMultipartUpload", "PutObject"),
    ("s3", "DeleteObjects", "DeleteObject"),
    ("s3", "ListObjectVersions", "ListBucketVersions"),
    ("s3", "ListMultipartUploads", "ListBucketMultipartUploads"),
    ("s3", "GetBucketEncryption", "GetEncryptionConfiguration"),
    ("s3", "PutBucketEncryption", "PutEncryptionConfiguration"),
    ("s3", "GetBucketLifecycle", "GetLifecycleConfiguration"),
    ("s3", "PutBucketLifecycle", "PutLifecycleConfiguration"),
    ("s3", "GetBucketReplication", "GetReplicationConfiguration"),
    ("s3", "PutBucketReplication", "PutReplicationConfiguration"),
    ("s3", "GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"),
    ("s3", "GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("s3", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("lambda", "Invoke", "InvokeFunction"),
    ("lambda", "GetFunctionConfiguration", "GetFunctionConfiguration"),
    ("dynamodb", "TransactGetItems", "GetItem"),
];

/// The action of an event, in lower case.
pub(crate) fn action(source: &str, name: &str) -> String {
    let service = source.split('.').next().unwrap_or(source);
    let service = PREFIXES.iter().find(|(label, _)| *label == service).map_or(service, |(_, prefix)| prefix);
    // Lambda, CloudFront and some others write the version of their API behind the name: `ListFunctions20150331`.
    let bare = name.split("20").next().filter(|bare| {
        let rest = name.get(bare.len()..).unwrap_or_default();
        !bare.is_empty() && rest.len() >= 8 && rest.chars().all(|c| c.is_ascii_digit() || c == 'v' || c == '_')
    });
    let name = bare.unwrap_or(name);
    let told = NAMES.iter().find(|(of, event, _)| *of == service && *event == name);
    format!("{service}:{}", told.map_or(name, |(_, _, action)| action)).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_as_their_actions() {
        for (source, name, want) in [
            ("s3.amazonaws.com", "GetObject", "s3:getobject"),
            ("s3.amazonaws.com", "HeadObject", "s3:getobject"),
            ("s3.amazonaws.com", "ListObjects", "s3:listbucket"),
            ("lambda.amazonaws.com", "ListFunctions20150331", "lambda:listfunctions"),
            ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "lambda:updatefunctioncode"),
            ("monitoring.amazonaws.com", "DescribeAlarms", "cloudwatch:describealarms"),
            ("ec2.amazonaws.com", "DescribeInstances", "ec2:describeinstances"),
        ] {
            assert_eq!(action(source, name), want);
        }
    }
}
