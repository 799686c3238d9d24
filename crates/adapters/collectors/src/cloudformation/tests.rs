//! Each function in both spellings, what cannot be known, what is refused, and every real template.

use attesta_resource::Reason;
use serde_json::{Value, json};

use crate::{inventory::Inventory, node::Node};

use super::read;

const HEAD: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Given: {Type: String, Default: given}
  Open: {Type: String}
  Count: {Type: Number, Default: '7'}
  Flag: {Type: String, Default: 'true'}
  Secret: {Type: String, NoEcho: true, Default: hush}
  Ami: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/ami}
  Zones: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Ports: {Type: List<Number>, Default: '1,2'}
  None: {Type: CommaDelimitedList, Default: ''}
Mappings:
  Sizes:
    prod: {cpu: 8, kind: db}
    test: {cpu: 2, kind: db}
Conditions:
  Yes: !Equals [!Ref Given, given]
  No: !Not [!Condition Yes]
  Maybe: !Equals [!Ref Open, x]
  Here: !Equals [!Ref 'AWS::Region', us-east-1]
  Both: !And [!Condition Yes, {Condition: Maybe}]
  Neither: !And [!Condition No, !Condition Maybe]
  Either: !Or [!Condition Maybe, !Condition Yes]
  Text: !Equals [!Ref Flag, true]
  Partly: !Equals [!Sub '${AWS::Region}-x', us-east-1-x]
  Same: !Equals [!Sub '${AWS::Region}-x', !Sub '${AWS::Region}-x']
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Never: {Type: AWS::S3::Bucket, Condition: No}
  It:
    Type: AWS::Test::It
    Properties:
      V: ";

fn resolved(value: &str) -> Value {
    let text = format!("{HEAD}{}\n", value.replace('\n', "\n        "));
    let (_, inventory) = read(&text).unwrap_or_else(|e| panic!("{value}: {e}"));
    property(&inventory, "It", "V")
}

fn property(inventory: &Inventory<'_>, address: &str, key: &str) -> Value {
    let index = inventory.entries.iter().position(|e| &*e.address == address).expect(address);
    inventory.loader.load(index).expect("loads").get(key).map_or(json!("(absent)"), Node::to_json)
}

fn unknown(why: &str) -> Value {
    json!({"$unknown": format!("cannot be resolved here (`{why}`)")})
}

#[test]
fn each_function_gives_what_cloudformation_gives() {
    let reference = |to: &str| json!({"$reference": to});
    let table = [
        ("!Ref Given", json!("given")),
        ("{Ref: Given}", json!("given")),
        ("!Ref Count", json!(7)),
        ("!Ref Zones", json!(["a", "b", "c"])),
        ("!Ref Ports", json!([1, 2])),
        ("!Ref None", json!([])),
        ("!Ref Open", unknown("parameter Open has no default")),
        (
            "!Ref Secret",
            json!({"$unknown": "cannot be resolved here (`parameter Secret is a secret whose default stands in the template`)"}),
        ),
        ("!Ref Ami", unknown("parameter Ami is looked up in Parameter Store (/aws/ami)")),
        ("!Ref Bucket", reference("Bucket.")),
        ("!Ref Nowhere", unknown("Nowhere is not made by this template")),
        ("!Ref Never", unknown("Never is not made by this template")),
        ("!Ref AWS::Region", unknown("AWS::Region")),
        ("!Ref AWS::Partition", json!("aws")),
        ("!Ref AWS::URLSuffix", json!("amazonaws.com")),
        ("!Ref AWS::NoValue", json!("(absent)")),
        ("[a, !Ref AWS::NoValue, b]", json!(["a", "b"])),
        ("!GetAtt Bucket.Arn", reference("Bucket.Arn")),
        ("!GetAtt [Bucket, Arn]", reference("Bucket.Arn")),
        ("!GetAtt [Bucket, Outputs, Arn]", reference("Bucket.Outputs.Arn")),
        ("{'Fn::GetAtt': [Bucket, Arn]}", reference("Bucket.Arn")),
        ("{'Fn::GetAtt': Bucket.Endpoint.Address}", reference("Bucket.Endpoint.Address")),
        ("!GetAtt Nowhere.Arn", unknown("Nowhere.Arn is not made by this template")),
        ("!Sub 'x-${Given}-${Count}'", json!("x-given-7")),
        ("!Sub '${!Given}'", json!("${Given}")),
        ("!Sub '${Given}'", json!("given")),
        ("!Sub '${Bucket.Arn}'", reference("Bucket.Arn")),
        ("!Sub '${Bucket.Arn}/*'", json!("${Bucket.Arn}/*")),
        (
            "!Sub 'arn:${AWS::Partition}:s3:${AWS::Region}:${AWS::AccountId}:x'",
            json!("arn:aws:s3:${AWS::Region}:${AWS::AccountId}:x"),
        ),
        ("!Sub 'a-${Open}'", unknown("parameter Open has no default")),
        (
            "!Sub 'a-${Secret}'",
            json!({"$unknown": "cannot be resolved here (`parameter Secret is a secret whose default stands in the template`)"}),
        ),
        ("!Sub 'a-${Zones}'", unknown("a list or map inside text")),
        ("!Sub 'unclosed ${Given'", json!("unclosed ${Given")),
        ("!Sub ['${a}/${Given}', {a: !Ref Count}]", json!("7/given")),
        ("{'Fn::Sub': ['${a}', {a: {Ref: Open}}]}", unknown("parameter Open has no default")),
        ("!Join ['-', [a, !Ref Given, 3, true]]", json!("a-given-3-true")),
        ("!Join [',', !Ref Zones]", json!("a,b,c")),
        ("!Join ['', ['arn:aws:s3:::', !Ref Bucket, '/*']]", json!("arn:aws:s3:::${Bucket}/*")),
        ("!Join ['', [!Ref Open, x]]", unknown("parameter Open has no default")),
        ("!Join ['', !Split [a, !ImportValue x]]", unknown("ImportValue x")),
        ("!Join ['', []]", json!("")),
        ("!Select [1, !Ref Zones]", json!("b")),
        ("!Select ['0', [!Ref Given]]", json!("given")),
        ("!Select [9, !Ref Zones]", unknown("Fn::Select of item 9, which is not there")),
        ("!Select [0, !GetAZs '']", unknown("GetAZs ")),
        ("!Select [1, !Split ['.', 'a.b']]", json!("b")),
        ("!Split [',', !Sub 'a,${AWS::Region}']", unknown("Fn::Split of a,${AWS::Region}")),
        ("!If [Yes, 1, 2]", json!(1)),
        ("!If [No, 1, 2]", json!(2)),
        ("!If [Maybe, 1, 2]", unknown("Fn::If on Maybe")),
        ("!If [Maybe, 1, 1]", json!(1)),
        ("!If [Yes, !Ref AWS::NoValue, 2]", json!("(absent)")),
        ("!If [Maybe, !Ref AWS::NoValue, 2]", unknown("Fn::If on Maybe")),
        (
            "!If [Maybe, {a: 1, b: 2}, {a: 1, c: 3}]",
            json!({"a": 1, "b": unknown("Fn::If on Maybe"), "c": unknown("Fn::If on Maybe")}),
        ),
        ("!If [Maybe, [1, {x: 1}], [1, {x: 2}]]", json!([1, {"x": unknown("Fn::If on Maybe")}])),
        ("!If [Maybe, {}, {a: 1}]", unknown("Fn::If on Maybe")),
        ("[!If [Maybe, a, !Ref AWS::NoValue]]", json!([unknown("Fn::If on Maybe")])),
        ("!If [Undeclared, 1, 2]", unknown("Fn::If on Undeclared")),
        ("!If [Here, 1, 2]", unknown("Fn::If on Here")),
        ("!If [Both, 1, 2]", unknown("Fn::If on Both")),
        ("!If [Neither, 1, 2]", json!(2)),
        ("!If [Either, 1, 2]", json!(1)),
        ("!If [Text, 1, 2]", json!(1)),
        ("!If [Partly, 1, 2]", unknown("Fn::If on Partly")),
        ("!If [Same, 1, 2]", json!(1)),
        ("!If [!Not [!Equals [a, a]], 1, 2]", json!(2)),
        ("!FindInMap [Sizes, prod, cpu]", json!(8)),
        ("!FindInMap [Sizes, !Ref Given, cpu]", unknown("Fn::FindInMap Sizes.given.cpu")),
        ("!FindInMap [Sizes, !Ref Given, cpu, {DefaultValue: 1}]", json!(1)),
        ("!FindInMap [Sizes, !Ref Open, kind]", json!("db")),
        ("!FindInMap [Sizes, !Ref Open, cpu]", unknown("Fn::FindInMap Sizes.?.cpu")),
        ("!FindInMap [Nowhere, a, b]", unknown("Fn::FindInMap Nowhere.a.b")),
        ("!Base64 {'Fn::Sub': 'x=${Given}'}", json!("x=given")),
        ("!ToJsonString {a: [1, !Ref Given]}", json!("{\"a\":[1,\"given\"]}")),
        ("!ToJsonString {a: !Ref Open}", unknown("Fn::ToJsonString")),
        ("{'Fn::Length': !Ref Zones}", json!(3)),
        ("!ImportValue other-stack-key", unknown("ImportValue other-stack-key")),
        ("{'Fn::ImportValue': !Sub '${Open}-key'}", unknown("Fn::ImportValue")),
        ("{'Fn::Transform': {Name: X}}", unknown("Fn::Transform")),
        ("{'Fn::Transform': {Name: X}, a: 1}", unknown("Fn::Transform beside other keys")),
        ("!Cidr ['10.0.0.0/16', 2]", unknown("Cidr")),
        ("'{{resolve:secretsmanager:x}}'", json!("{{resolve:secretsmanager:x}}")),
        ("'{{resolve:ssm:/acl}}'", unknown("{{resolve:ssm:/acl}}")),
        (
            "{Effect: Allow, Condition: {Bool: {'aws:SecureTransport': 'false'}}}",
            json!({"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        ),
        ("{Condition: {StringEquals: {a: !Ref Given}}}", json!({"Condition": {"StringEquals": {"a": "given"}}})),
        ("5.70", json!("5.70")),
        ("012345678901", json!("012345678901")),
        ("2012-10-17", json!("2012-10-17")),
        ("yes", json!("yes")),
        ("!!str true", json!("true")),
        ("null", json!(null)),
    ];
    for (value, want) in table {
        assert_eq!(resolved(value), want, "{value}");
    }
}

#[test]
fn json_templates_resolve_alike() {
    let text = r#"{"Parameters": {"P": {"Type": "String", "Default": "p"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "p"]}},
        "Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {
            "BucketName": {"Fn::Sub": "b-${P}"}, "Size": 1.50, "Q": "a\"\u00e9",
            "On": {"Fn::If": ["C", true, {"Ref": "AWS::NoValue"}]}}}}}"#;
    let (_, inventory) = read(text).expect("reads");
    let load = inventory.loader.load(0).expect("loads");
    assert_eq!(load.to_json(), json!({"BucketName": "b-p", "Size": "1.50", "Q": "a\"é", "On": true}));
    assert_eq!(&*inventory.entries[0].pointer, "/Resources/B/Properties");
    // As YAML: comments and trailing commas are let pass.
    assert!(read("{\"Resources\": {\"B\": {\"Type\": \"AWS::S3::Bucket\", }, # x\n}}").is_ok());
}

#[test]
fn what_is_left_out_is_told() {
    let text = "
Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions]
Globals: {Function: {Tracing: Active, Layers: [g], Environment: {Variables: {A: 1, B: 2}}}}
Conditions: {C: !Equals [a, b]}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Layers: [o], Environment: {Variables: {B: 3}}}}
  Off: {Type: AWS::S3::Bucket, Condition: C}
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}
  Untyped: {Properties: {}}
  Fn::ForEach::Loop: [x, [1], {}]
  Broken: text
  NoMap: {Type: AWS::S3::Bucket, Properties: [1]}
---
x: 1
";
    let (_, inventory) = read(text).expect("reads");
    let told: Vec<(Reason, &str)> = inventory.left_out.iter().map(|l| (l.reason, &*l.what)).collect();
    assert_eq!(
        told,
        [
            (Reason::Unresolved, "Transform AWS::Serverless-2016-10-31: read as written, not as rewritten"),
            (Reason::Unresolved, "Off: condition C is false with the default parameters"),
            (Reason::Unresolved, "Child: a nested stack; give its template too"),
            (Reason::Unreadable, "Untyped: line 9: a resource without a `Type`"),
            (Reason::Unresolved, "Fn::ForEach::Loop: resources that a function makes"),
            (Reason::Unreadable, "Broken: line 11: not a map"),
            (Reason::Unreadable, "NoMap: line 12: `Properties` is not a map"),
            (Reason::Unresolved, "the YAML documents after the first, from line 13"),
        ]
    );
    assert_eq!(inventory.entries.len(), 1);
    let function = inventory.loader.load(0).expect("loads").to_json();
    let want = json!({"Layers": ["g", "o"], "Environment": {"Variables": {"B": 3, "A": 1}}, "Tracing": "Active"});
    assert_eq!(function, want);
}

#[test]
fn broken_templates_are_refused_with_their_line() {
    let resources = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n";
    let deep = format!("{resources}    X: {}{}", "[".repeat(120), "]".repeat(120));
    let block: String = (0..200).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let bomb: String =
        (0..20).map(|i| format!("a{}: &a{} [{}]\n", i + 1, i + 1, vec![format!("*a{i}"); 10].join(","))).collect();
    let chain: String = (0..150).map(|i| format!("  C{i}: !Not [!Condition C{}]\n", i + 1)).collect();
    let json_deep = format!(
        "{{\"Resources\": {{\"B\": {{\"Type\": \"A::B\", \"X\": {}1{}}}}}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let table = [
        (format!("{resources}    Type: x\n"), "line 4: `Type` stands here a second time; first on line 3"),
        (
            "{\"Resources\": {\n\"A\": {\"Type\": \"A::B\"},\n\"A\": {}}}".to_owned(),
            "line 3: `A` stands here a second time; first on line 2",
        ),
        (
            format!("Conditions:\n  A: !Condition B\n  B: !Not [!Condition A]\n{resources}"),
            "line 2: condition `A` refers to itself",
        ),
        (format!("Conditions:\n{chain}{resources}"), "conditions nest deeper than 100"),
        (deep, "line 4: nested deeper than 100 levels"),
        (block, "nested deeper than 100 levels"),
        (json_deep, "line 1: nested deeper than 100 levels"),
        (format!("a0: &a0 [x]\n{bomb}"), "expand to more than ten times the document"),
        ("a: &a [*a]\n".to_owned(), "line 1: an alias stands inside its own anchor"),
        (format!("{resources}  - x\n"), "line 4: not YAML:"),
        ("{\"Resources\": {\n\"A\": [}".to_owned(), "line 2: not JSON: expected value"),
        ("Description: nothing\n".to_owned(), "line 1: no `Resources` with types"),
        (String::new(), "line 1: no `Resources` with types"),
        ("? [a]\n: b\n".to_owned(), "line 1: a list or map stands where a key is expected"),
        ("<<: text\n".to_owned(), "line 1: `<<` needs a map"),
    ];
    for (text, want) in table {
        let error = read(&text).err().unwrap_or_else(|| panic!("accepted: {want}"));
        assert!(error.contains(want), "{error} (wanted: {want})");
    }
}

#[test]
fn anchors_and_merge_keys_work() {
    let text = "
Base: &base {Type: AWS::S3::Bucket, Properties: &p {A: 1, B: 2}}
Resources:
  One: *base
  Two:
    <<: *base
    Properties: {<<: [{B: 3}, *p], C: 4}
";
    let (_, inventory) = read(text).expect("reads");
    assert_eq!(inventory.loader.load(0).expect("one").to_json(), json!({"A": 1, "B": 2}));
    assert_eq!(inventory.loader.load(1).expect("two").to_json(), json!({"C": 4, "B": 3, "A": 1}));
}

#[test]
fn text_that_grows_beyond_bounds_becomes_unknown() {
    let long = "x".repeat(1 << 20);
    let names: String = (0..200).map(|i| format!("      N{i}: !Ref P\n")).collect();
    let text = format!(
        "Parameters: {{P: {{Type: String, Default: {long}}}}}\nResources:\n  B:\n    Type: A::B\n    Properties:\n{names}"
    );
    let (_, inventory) = read(&text).expect("reads");
    assert_eq!(property(&inventory, "B", "N0"), json!(long));
    assert_eq!(property(&inventory, "B", "N199"), unknown("a template that grows beyond bounds"));
}

#[test]
fn every_real_template_is_read_or_refused_with_reason() {
    let Some(files) = crate::corpus::corpus("cfn") else { return };
    let (mut read_files, mut resources, mut left_out, mut bytes) = (0, 0, 0, 0);
    let mut refused: Vec<String> = Vec::new();
    let mut uncovered: std::collections::BTreeMap<Box<str>, usize> = std::collections::BTreeMap::new();
    let begun = std::time::Instant::now();
    for (path, text) in &files {
        bytes += text.len();
        match read(text) {
            Ok((_, inventory)) => {
                read_files += 1;
                resources += inventory.entries.len();
                left_out += inventory.left_out.len();
                for (index, entry) in inventory.entries.iter().enumerate() {
                    assert!(inventory.loader.load(index).is_ok(), "{path}: {}", entry.address);
                    if crate::registry::role(&entry.canonical).is_none() {
                        *uncovered.entry(entry.type_name.clone()).or_default() += 1;
                    }
                }
                let pointers: Vec<&str> = inventory.entries.iter().map(|e| &*e.pointer).collect();
                assert!(crate::locate::lines(text, &pointers).iter().all(Option::is_some), "{path}");
            }
            Err(error) => refused.push(format!("{path}: {error}")),
        }
    }
    let took = begun.elapsed();
    let mut uncovered: Vec<_> = uncovered.into_iter().map(|(name, count)| (count, name)).collect();
    uncovered.sort_unstable_by(|a, b| b.cmp(a));
    uncovered.truncate(25);
    println!(
        "{} files, {bytes} bytes in {took:?}: {read_files} read, {resources} resources, {left_out} left out",
        files.len()
    );
    println!("refused: {refused:#?}\nmost frequent types not covered: {uncovered:?}");
    assert!(read_files >= 1000 && resources >= 5000, "{read_files} files with {resources} resources");
    assert!(refused.iter().all(|why| why.contains(": line ") || why.contains("conditions")));
}

#[test]
fn what_becomes_of_a_resource_is_read_with_its_properties() {
    let text = "
Parameters: {Keep: {Type: String, Default: Retain}}
Resources:
  A: {Type: AWS::RDS::DBInstance, DeletionPolicy: Delete}
  B: {Type: AWS::RDS::DBInstance, DeletionPolicy: !Ref Keep, Properties: {Engine: mysql}}
  C: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql}}
";
    let (_, inventory) = read(text).expect("reads");
    assert_eq!(property(&inventory, "A", "DeletionPolicy"), json!("Delete"));
    assert_eq!(property(&inventory, "B", "DeletionPolicy"), json!("Retain"));
    assert_eq!(property(&inventory, "C", "DeletionPolicy"), json!("(absent)"));
}
