//! Wrong input: a clear error that names the place, the right exit code, bounded time and memory, and nothing lost.

mod support;

use std::fs;

use support::{attesta, attesta_with_input, command, root};

const PLAN: &str = r#"{"format_version":"1.2","terraform_version":"1.9.8","resource_changes":[{"address":"aws_ebs_volume.v","mode":"managed","type":"aws_ebs_volume","name":"v","provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["create"],"before":null,"after":{"encrypted":false,"size":10},"after_unknown":{}}}]}"#;

fn template(body: &str) -> String {
    format!(
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Volume:\n    Type: AWS::EC2::Volume\n    Properties:\n{body}"
    )
}

#[test]
fn each_mistake_is_named_and_never_looks_like_checked() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = {
        let mut text = String::from("Resources:\n  A: &a0 {Type: 'AWS::S3::Bucket', x: [1,1,1,1,1,1,1,1,1,1]}\n");
        for level in 1..12 {
            let refs = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("  B{level}: &a{level} {{Type: 'AWS::S3::Bucket', x: [{refs}]}}\n"));
        }
        text
    };
    let deep_json =
        format!(r#"{{"format_version":"1.2","resource_changes":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let deep_yaml = format!("Resources: {}1{}", "{a: ".repeat(5_000), "}".repeat(5_000));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("truncated.json", PLAN.as_bytes()[..200].to_vec(), "line 1"),
        ("empty.json", Vec::new(), "empty file"),
        ("list.json", b"[1, 2]".to_vec(), "JSON list"),
        (
            "latin1.json",
            PLAN.replace("registry", "r\u{e9}gistre").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
            "UTF-8",
        ),
        ("half-utf16.json", [0xFF, 0xFE, b'{'].to_vec(), "UTF-16"),
        ("picture.png", [0x89, b'P', b'N', b'G', 0, 0, 0, 1, 0xFF].to_vec(), "UTF-8"),
        ("bomb.yaml", bomb.into_bytes(), "alias"),
        ("deep.json", deep_json.into_bytes(), "deep.json"),
        ("deep.yaml", deep_yaml.into_bytes(), "deep.yaml"),
        ("twice.yaml", template("      Size: 1\n      Size: 2\n").into_bytes(), "Size"),
        ("tabs.yaml", template("\t\tSize: 1\n").into_bytes(), "line"),
        ("main.tf", b"resource \"aws_s3_bucket\" \"b\" {}\n".to_vec(), "terraform show -json"),
        ("pod.yaml", b"apiVersion: v1\nkind: Pod\n".to_vec(), "Kubernetes"),
        ("archive.tfplan", b"PK\x03\x04rest".to_vec(), "terraform show -json"),
    ];
    for (name, bytes, told) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let run = attesta(&["check", path.to_str().unwrap()]);
        assert_eq!(run.code, 3, "{name}: {} {}", run.out, run.err);
        assert!(run.err.contains(name), "{name} is not named: {}", run.err);
        assert!(run.err.contains(told), "{name}: {told:?} is not in {}", run.err);
    }
    let gone = attesta(&["check", "no/such/file.json"]);
    assert_eq!(gone.code, 3);
    assert!(gone.err.contains("no/such/file.json: does not exist"), "{}", gone.err);
}

#[test]
fn one_bad_file_does_not_stop_the_others_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.json"), PLAN).unwrap();
    fs::write(folder.path().join("cut.json"), &PLAN[..300]).unwrap();
    let run = attesta(&["check", "--format", "json", "--fail-on", "never", folder.path().to_str().unwrap()]);
    assert_eq!(run.code, 3, "what could not be read must not look like checked: {}", run.err);
    let report = run.json();
    assert_eq!(report["snapshot"]["documents"].as_array().unwrap().len(), 1);
    assert!(report["outcomes"].as_array().unwrap().iter().any(|o| o["status"] == "fail"));
    assert!(report["not_understood"].to_string().contains("cut.json"));
}

#[test]
fn what_a_windows_shell_writes_is_read() {
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(PLAN.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    for bytes in [utf16, [b"\xEF\xBB\xBF", PLAN.as_bytes()].concat(), PLAN.replace('\n', "\r\n").into_bytes()] {
        fs::write(&path, bytes).unwrap();
        let run = attesta(&["check", "--no-waivers", path.to_str().unwrap()]);
        assert_eq!(run.code, 1, "{} {}", run.out, run.err);
        assert!(run.out.contains("aws_ebs_volume.v"), "{}", run.out);
    }
}

#[test]
fn standard_input_and_its_end() {
    let run = attesta_with_input(&["check", "-"], PLAN.as_bytes());
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("aws_ebs_volume.v"));
    assert_eq!(attesta_with_input(&["check", "-"], b"").code, 3);
}

#[test]
fn usage_mistakes_end_with_2() {
    for arguments in [
        &["check"][..],
        &["check", "x", "--format", "pdf"],
        &["check", "x", "--fail-on", "huge"],
        &["check", "x", "--at", "tomorrow"],
        &["explain", "no-such-thing"],
        &["explain", "F-0123456789"],
        &["catalog", "show", "99.zz"],
        &["frobnicate"],
    ] {
        let run = attesta(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(!run.err.is_empty());
    }
    let near = attesta(&["explain", "164.312(a)(2)"]);
    assert!(near.err.contains("did you mean") && near.err.contains("164.312(a)(2)(i"), "{}", near.err);
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_leaves_nothing() {
    let run = attesta(&["check", "examples/telehealth/plan.json", "--output", "/no/such/folder/report.json"]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("/no/such/folder/report.json"), "{}", run.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command()
        .args(["check", "examples/telehealth/plan.json", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn inputs_cannot_steer_the_terminal_or_break_out_of_a_format() {
    let hostile = PLAN.replace("aws_ebs_volume.v", r"aws_ebs_volume.\u001b[31mred<script>alert(1)</script>]]>&");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    fs::write(&path, hostile).unwrap();
    for format in ["table", "json", "sarif", "junit", "html", "markdown"] {
        let run = attesta(&["check", "--format", format, path.to_str().unwrap()]);
        assert_eq!(run.code, 1, "{format}: {}", run.err);
        assert!(!run.out.contains('\u{1b}'), "{format} lets an escape through");
        if ["html", "junit"].contains(&format) {
            assert!(!run.out.contains("<script>alert"), "{format}");
        }
    }
}

#[test]
fn waivers_that_do_not_say_enough_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.yaml");
    for (text, told) in [
        (
            "schema: attesta.waivers/1\nwaivers:\n  - {policy: volume-encryption-at-rest, resource: x, reason: '', approved_by: a, until: 2027-01-01}\n",
            "reason",
        ),
        (
            "schema: attesta.waivers/1\nwaivers:\n  - {policy: volume-encryption-at-rest, resource: x, reason: r, approved_by: a, until: soon}\n",
            "soon",
        ),
        (
            "schema: attesta.waivers/1\nwaivers:\n  - {policy: volume-encryption-at-rest, resource: x, reason: r, approved_by: a}\n",
            "until",
        ),
        (
            "schema: attesta.waivers/1\nwaivers:\n  - {policy: p, resource: x, reason: r, approved_by: a, until: 2027-01-01, forever: true}\n",
            "forever",
        ),
        ("waivers: []\n", "schema"),
    ] {
        fs::write(&path, text).unwrap();
        let run = attesta(&["check", "examples/telehealth/plan.json", "--waivers", path.to_str().unwrap()]);
        assert_eq!(run.code, 3, "{text}: {}", run.err);
        assert!(run.err.contains(told) && run.err.contains("w.yaml:"), "{text}: {}", run.err);
    }
    let _ = root();
}
