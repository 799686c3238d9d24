use serde_json::json;

use super::*;

fn write(service: &str, name: &str, input: Value) -> Request {
    let model = Model::built_in().unwrap();
    let operation = model.operation(service, name).unwrap();
    request(model.service(service).unwrap(), name, operation, input.as_object().unwrap()).unwrap()
}

fn text(request: &Request) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}

#[test]
fn each_protocol_writes_its_members_where_they_belong() {
    let query = write("rds", "DescribeDBParameters", json!({"DBParameterGroupName": "a b", "Source": "user"}));
    assert_eq!(text(&query), "Action=DescribeDBParameters&Version=2014-10-31&DBParameterGroupName=a%20b&Source=user");
    let ec2 = write("ec2", "DescribeSnapshots", json!({"OwnerIds": ["self"], "MaxResults": 1000}));
    assert_eq!(text(&ec2), "Action=DescribeSnapshots&Version=2016-11-15&Owner.1=self&MaxResults=1000");
    let elb = write("elbv2", "DescribeListeners", json!({"ListenerArns": ["a", "b"]}));
    assert!(text(&elb).ends_with("&ListenerArns.member.1=a&ListenerArns.member.2=b"));
    let json_in = write("kms", "DescribeKey", json!({"KeyId": "k"}));
    assert_eq!(text(&json_in), r#"{"KeyId":"k"}"#);
    assert!(json_in.headers.contains(&("x-amz-target".to_owned(), "TrentService.DescribeKey".to_owned())));
    let path = write("s3", "GetBucketAcl", json!({"Bucket": "b/c"}));
    assert_eq!((path.method.as_str(), path.path.as_str()), ("GET", "/b%2Fc?acl"));
    let both = write("lambda", "GetPolicy", json!({"FunctionName": "arn:aws:x", "Qualifier": "1"}));
    assert_eq!(both.path, "/2015-03-31/functions/arn%3Aaws%3Ax/policy?Qualifier=1");
    let header = write("s3control", "GetPublicAccessBlock", json!({"AccountId": "123456789012"}));
    assert!(header.headers.contains(&("x-amz-account-id".to_owned(), "123456789012".to_owned())));
}

#[test]
fn errors_are_found_wherever_a_protocol_puts_them() {
    let model = Model::built_in().unwrap();
    for (service, status, body, code) in [
        (
            "ec2",
            403,
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>m</Message></Error></Errors></Response>",
            "UnauthorizedOperation",
        ),
        ("iam", 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", "AccessDenied"),
        ("s3", 404, "<Error><Code>NoSuchBucketPolicy</Code></Error>", "NoSuchBucketPolicy"),
        ("kms", 400, r#"{"__type":"com.amazonaws.kms#AccessDeniedException","message":"m"}"#, "AccessDeniedException"),
        ("lambda", 404, r#"{"Code":"ResourceNotFoundException"}"#, "ResourceNotFoundException"),
        ("kms", 500, "<!doctype html>\n<html lang=en>", "HTTP500"),
        ("rds", 404, "<!doctype html>\n<html lang=en>", "HTTP404"),
        ("rds", 502, "", "HTTP502"),
    ] {
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        assert_eq!(refusal(model.service(service).unwrap(), &response).code, code, "{service} {body}");
    }
}

#[test]
fn an_answer_of_another_kind_is_no_answer() {
    let model = Model::built_in().unwrap();
    for (service, name, body) in [
        ("rds", "DescribeDBInstances", "<!doctype html><html><title>x</title></html>"),
        ("rds", "DescribeDBInstances", "<DescribeDBClustersResponse/>"),
        ("rds", "DescribeDBInstances", "<DescribeDBInstancesResponse/>"),
        ("kms", "ListKeys", "<html></html>"),
        ("kms", "ListKeys", "[]"),
        ("kms", "ListKeys", "{\"Keys\": [{"),
        ("s3", "GetBucketPolicy", "<html></html>"),
        ("s3", "GetBucketAcl", "{}"),
    ] {
        let response = Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let operation = model.operation(service, name).unwrap();
        let read = answer(&model, model.service(service).unwrap(), name, operation, &response);
        assert!(read.is_err(), "{service} {name} {body}: {read:?}");
    }
}
