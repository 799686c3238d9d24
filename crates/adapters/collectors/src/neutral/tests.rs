use std::sync::LazyLock;

use attesta_catalog::Dictionary;

use super::*;
use crate::testing::{check, show};

/// The dictionary that ships.
fn words() -> &'static Dictionary {
    static WORDS: LazyLock<Dictionary> = LazyLock::new(|| {
        attesta_content::load(&attesta_content::ContentSource::Embedded).expect("content").dictionary().clone()
    });
    &WORDS
}

fn read_all(text: &str) -> Read {
    read(text, Some(words()), DocumentIndex(0), 0, false)
}

fn told(read: &Read) -> Vec<&str> {
    read.assembled.left_out.iter().map(|out| out.what.as_str()).collect()
}

#[test]
fn lines_become_resources_with_their_places() {
    let read = read_all(concat!(
        r#"{"schema":"attesta.neutral-resources/1","source":"host","complete":["queue"]}"#,
        "\n\n",
        r#"{"kind":"queue","address":"q1","names":["main"],"attributes":{"public_access":false,"encryption_at_rest.key":{"$unknown":"not told"},"tags":[{"key":"a","value":"b"}]}}"#,
        "\n",
        r#"{"kind":"firewall","address":"f","type":"host_firewall","attributes":{"ingress":[{"protocol":"tcp","from_port":22,"cidr":"0.0.0.0/0"},{"$unknown":"hidden"}],"default":null}}"#,
        "\n",
        r#"{"kind":"queue","address":"others","unseen":"403"}"#,
    ));
    assert_eq!(told(&read), Vec::<&str>::new());
    assert_eq!(read.complete, [Kind::Queue]);
    let [queue, firewall, unseen] = read.assembled.resources.as_slice() else {
        panic!("{:?}", read.assembled.resources)
    };
    check(
        queue,
        &[("public_access", "false"), ("encryption_at_rest.key", "unknown"), ("dead_letter.connected", "absent")],
    );
    assert_eq!(queue.get("public_access").unwrap().origin.path, "attributes/public_access");
    assert_eq!(&*read.assembled.sources[0].pointer, "/2");
    check(firewall, &[("default", "absent")]);
    let Some(Value::List(rules)) = firewall.get("ingress").map(|a| &a.value) else { panic!() };
    assert!(matches!(rules[0].value, Value::Record(_)) && matches!(rules[1].value, Value::Unknown(_)));
    assert_eq!(&*read.assembled.sources[1].type_name, "host_firewall");
    for name in ["public_access", "encryption_at_rest.enabled", "whatever"] {
        assert_eq!(show(unseen, name), "unknown", "{name}");
    }
}

#[test]
fn a_bad_line_is_named_and_loses_no_other() {
    let good = r#"{"kind":"queue","address":"ADDRESS","attributes":{"public_access":true}}"#;
    let long = format!(r#"{{"kind":"queue","address":"{}","attributes":{{}}}}"#, "x".repeat(LINE_BYTES));
    let deep =
        format!(r#"{{"kind":"queue","address":"a","attributes":{{"x":{}1{}}}}}"#, "[".repeat(200), "]".repeat(200));
    for (bad, want) in [
        ("{\"kind\":\"queue\", oops", "column"),
        (r#"{"kind":"bucket","address":"a","attributes":{}}"#, "`bucket` is not a resource kind"),
        (r#"{"kind":"account","address":"a","attributes":{}}"#, "stands for the inputs as a whole"),
        (r#"{"kind":"queue","address":" ","attributes":{}}"#, "`address` is empty"),
        (r#"{"kind":"queue","address":"a"}"#, "either `attributes` or `unseen`"),
        (r#"{"kind":"queue","address":"a","attributes":{},"unseen":"x"}"#, "either `attributes` or `unseen`"),
        (r#"{"kind":"queue","address":"a","attributes":[]}"#, "not an object"),
        (r#"{"kind":"queue","address":"a","attributes":{"encrypted":true}}"#, "`encrypted` is no attribute of `queue`"),
        (
            r#"{"kind":"queue","address":"a","attributes":{"public_access":"no"}}"#,
            "`public_access` is not what it should be: bool",
        ),
        (r#"{"kind":"queue","address":"a","attributes":{"tags":[{"colour":"b"}]}}"#, "`tags/colour` is no attribute"),
        (r#"{"kind":"queue","address":"a","attributes":{"tags":["b"]}}"#, "records"),
        (r#"{"kind":"queue","address":"a","attributes":{"tags/key":"b"}}"#, "`tags/key` is no attribute"),
        (r#"{"kind":"queue","address":"a","attributs":{}}"#, "unknown field `attributs`"),
        (r#"{"kind":"queue","address":"first","attributes":{}}"#, "`first` stands here a second time; first on line 2"),
        (r#"{"lost":"line 7: was bad"}"#, "lost when it was collected: line 7"),
        ("[]", "invalid"),
        (&long, "is longer than"),
        (&deep, "recursion"),
    ] {
        let header = r#"{"schema":"attesta.neutral-resources/1","complete":["queue"]}"#;
        let text = [header, &good.replace("ADDRESS", "first"), bad, &good.replace("ADDRESS", "last")].join("\n");
        let read = read_all(&text);
        let said = told(&read);
        assert!(
            said.len() == 1 && said[0].starts_with("line 3: ") && said[0].contains(want),
            "{said:?} (wanted {want})"
        );
        assert!(read.assembled.left_out.iter().all(|out| out.reason == Reason::Unreadable));
        assert_eq!(read.assembled.resources.len(), 2, "{bad}");
        // What was lost may have been a queue.
        assert_eq!(read.complete, []);
    }
}

#[test]
fn a_wrong_header_is_told() {
    for (header, want) in [
        (r#"{"schema":"attesta.neutral-resources/9"}"#, "`attesta.neutral-resources/9`, not"),
        (r#"{"schema":"attesta.neutral-resources/1","complete":["buckets"]}"#, "`buckets` is not a resource kind"),
        (r#"{"schema":"attesta.neutral-resources/1","colour":1}"#, "unknown field `colour`"),
    ] {
        let read = read_all(&format!("{header}\n{}", r#"{"kind":"queue","address":"q","attributes":{}}"#));
        assert!(told(&read)[0].starts_with("line 1: ") && told(&read)[0].contains(want), "{:?}", told(&read));
        assert_eq!(read.assembled.resources.len(), 1);
    }
}

#[test]
fn many_bad_lines_are_counted() {
    let text = "{\n".repeat(TOLD + 20);
    let read = read_all(&text);
    assert_eq!(told(&read).len(), TOLD + 1);
    assert_eq!(told(&read)[TOLD], "20 more lines that cannot be taken");
}

#[test]
fn what_is_looked_at_is_what_is_read() {
    let text = "{\"kind\":\"queue\",\"address\":\"a\",\"attributes\":{}}\noops\n{\"kind\":\"queue\",\"address\":\"b\",\"attributes\":{}}\n";
    let looked = Neutral::read(text, words());
    assert_eq!(looked.lines.len(), 2);
    assert_eq!(looked.bad.len(), 1);
    assert_eq!(looked.bad[0].0, 2);
    let again = read_all(&looked.lines.join("\n"));
    assert_eq!((again.assembled.resources.len(), told(&again).len()), (2, 0));
}

#[test]
fn the_published_schema_names_what_the_dictionary_names() {
    let text = include_str!("../../../../../content/schemas/neutral-resource.schema.json");
    let schema: serde_json::Value = serde_json::from_str(text).unwrap();
    let defs = &schema["$defs"];
    let variants = defs["resource"]["allOf"].as_array().unwrap();
    let mut kinds: Vec<&str> =
        variants.iter().map(|variant| variant["if"]["properties"]["kind"]["const"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    let mut known: Vec<&str> =
        words().kinds().map(|(kind, _)| kind.as_str()).filter(|kind| *kind != "account").collect();
    known.sort_unstable();
    assert_eq!(kinds, known);
    for variant in variants {
        let kind: Kind = variant["if"]["properties"]["kind"]["const"].as_str().unwrap().parse().unwrap();
        let published = variant["then"]["properties"]["attributes"]["properties"].as_object().unwrap();
        let mut names: Vec<&str> = published.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, words().names(kind), "{kind}");
        for (name, field) in words().kind(kind).unwrap().fields() {
            let told = published[name]["$ref"].as_str().map_or("records", |to| to.rsplit('/').next().unwrap());
            assert_eq!(told, field.shape.as_str(), "{kind} {name}");
        }
    }
}
