//! What changed, over tables and over random estates, judged by the policies that ship.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, outside of the test functions")]

use std::sync::LazyLock;

use attesta_app::{
    check::{CheckReport, Inputs, check, recheck},
    drift::state,
};
use attesta_catalog::Catalog;
use attesta_content::ContentSource;
use attesta_drift::{Direction, Drift, Presence, Turn, Verdict, changes, compare};
use attesta_evaluation::{Policy, Standing};
use attesta_kernel::{Date, Digest};
use attesta_resource::{
    Attribute, Basis, Document, DocumentIndex, Format, Kind, NotUnderstood, Origin, Reason, Record, Resource, Snapshot,
    Source, SourceIndex, Unknown, Value,
};
use proptest::prelude::*;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| attesta_content::load(&ContentSource::Embedded).unwrap());
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let files: Vec<_> = attesta_content::files(&ContentSource::Embedded, "policies").unwrap().collect();
    attesta_content::policies(&files, &CATALOG).unwrap()
});

fn checked(snapshot: Snapshot) -> CheckReport<'static> {
    check(inputs(snapshot), None)
}

fn inputs(snapshot: Snapshot) -> Inputs<'static> {
    let at = Date::constant(2026, 11, 22);
    Inputs { catalog: &CATALOG, policies: POLICIES.clone(), snapshot, refused: Vec::new(), waivers: Vec::new(), at }
}

fn drift(before: Snapshot, after: Snapshot) -> Drift {
    between(&checked(before), &checked(after))
}

fn between(before: &CheckReport<'_>, after: &CheckReport<'_>) -> Drift {
    let labels = |report: &CheckReport<'_>| -> Vec<String> {
        report.snapshot.documents.iter().map(|d| d.path.clone()).collect()
    };
    compare(&state(before, &labels(before)), &state(after, &labels(after)))
}

/// A document of one format with these resources.
struct Estate {
    snapshot: Snapshot,
}

impl Estate {
    fn new(format: Format) -> Self {
        let mut estate = Self { snapshot: Snapshot::default() };
        estate.document("one", format);
        estate
    }

    fn document(&mut self, path: &str, format: Format) {
        self.snapshot.documents.push(Document {
            path: path.to_owned(),
            format,
            digest: Digest::of(path.as_bytes()),
            bytes: 1,
            source_resources: 1,
        });
    }

    fn put(mut self, kind: Kind, address: &str, attributes: &[(&'static str, Value)]) -> Self {
        let document = DocumentIndex(u32::try_from(self.snapshot.documents.len() - 1).unwrap());
        let source = SourceIndex(u32::try_from(self.snapshot.sources.len()).unwrap());
        self.snapshot.sources.push(Source {
            document,
            address: address.into(),
            type_name: "".into(),
            pointer: format!("/{}", source.0).into(),
        });
        let mut record = Record::new();
        for (name, value) in attributes {
            let origin = Origin { source, path: (*name).into(), basis: Basis::Stated };
            record.put(*name, Attribute { value: value.clone(), origin });
        }
        self.snapshot.resources.push(Resource {
            kind,
            source,
            address: address.into(),
            names: vec![address.into()],
            attributes: record,
        });
        self
    }

    fn complete(mut self, kinds: &[Kind]) -> Self {
        self.snapshot.complete_kinds = kinds.to_vec();
        self
    }

    fn not_understood(mut self, reason: Reason, what: &str) -> Self {
        self.snapshot.not_understood.push(NotUnderstood {
            path: "one".to_owned(),
            reason,
            what: what.to_owned(),
            count: 1,
        });
        self
    }
}

const ENCRYPTED: &str = "encryption_at_rest.enabled";
const POLICY: &str = "database-encryption-at-rest";

fn database(format: Format, encrypted: Option<Value>) -> Estate {
    let attributes: Vec<(&'static str, Value)> = encrypted.into_iter().map(|v| (ENCRYPTED, v)).collect();
    Estate::new(format).put(Kind::Database, "db", &attributes)
}

fn unknown() -> Value {
    Value::Unknown(Unknown::NotCollected { why: "denied".into() })
}

/// The turn of the policy on encryption, if it took one.
fn turn(before: Estate, after: Estate) -> Option<(Turn, Presence)> {
    let drift = drift(before.snapshot, after.snapshot);
    let mut found = drift.verdicts.iter().filter(|v| v.policy.as_str() == POLICY);
    let turn = found.next().map(|v| (v.turn, v.presence));
    assert!(found.next().is_none(), "told once");
    turn
}

#[test]
fn every_turn_of_a_verdict() {
    use Presence::Stayed;
    let plan = Format::TerraformPlan;
    let db = |value| database(plan, Some(value));
    let (yes, no) = (Value::Bool(true), Value::Bool(false));
    for (before, after, want) in [
        (db(yes.clone()), db(yes.clone()), None),
        (db(no.clone()), db(no.clone()), None),
        (db(yes.clone()), db(no.clone()), Some((Turn::NewFailure, Stayed))),
        (db(unknown()), db(no.clone()), Some((Turn::NewFailure, Stayed))),
        (db(no.clone()), db(yes.clone()), Some((Turn::Mended, Stayed))),
        (db(no.clone()), db(unknown()), Some((Turn::NowUnknown, Stayed))),
        (db(yes.clone()), db(unknown()), Some((Turn::NowUnknown, Stayed))),
        (db(unknown()), db(yes.clone()), Some((Turn::NowKnown, Stayed))),
        (Estate::new(plan), db(no.clone()), Some((Turn::NewFailure, Presence::Appeared))),
        (Estate::new(plan), db(yes.clone()), Some((Turn::Appeared, Presence::Appeared))),
        (Estate::new(plan), db(unknown()), Some((Turn::NowUnknown, Presence::Appeared))),
        (db(no.clone()), Estate::new(plan), Some((Turn::GoneWithResource, Presence::Gone))),
        (db(yes), Estate::new(plan), Some((Turn::GoneWithResource, Presence::Gone))),
    ] {
        assert_eq!(turn(before, after), want);
    }
}

#[test]
fn what_was_not_seen_is_neither_gone_nor_mended() {
    let failing = |format| database(format, Some(Value::Bool(false)));
    let lost = Some((Turn::NoLongerSeen, Presence::NoLongerSeen));
    let gone = Some((Turn::GoneWithResource, Presence::Gone));
    let live = Format::LiveAws;
    let denied = "rds:DescribeDBInstances: AccessDenied";
    for (name, before, after, want) in [
        ("the call was denied", failing(live), Estate::new(live).not_understood(Reason::NotCollected, denied), lost),
        ("nothing says that all was seen", failing(live), Estate::new(live), lost),
        ("all of another kind was seen", failing(live), Estate::new(live).complete(&[Kind::ObjectStore]), lost),
        ("all of its kind was seen", failing(live), Estate::new(live).complete(&[Kind::Database]), gone),
        ("lines that do not claim to be all", failing(Format::Neutral), Estate::new(Format::Neutral), lost),
        (
            "lines that claim to be all",
            failing(Format::Neutral),
            Estate::new(Format::Neutral).complete(&[Kind::Database]),
            gone,
        ),
        ("a live resource, and then only code", failing(live), Estate::new(Format::TerraformPlan), lost),
        ("code, and then only what is live", failing(Format::TerraformPlan), Estate::new(live), lost),
        ("code that was read whole", failing(Format::TerraformPlan), Estate::new(Format::TerraformPlan), gone),
        (
            "code of which a file could not be read",
            failing(Format::TerraformPlan),
            Estate::new(Format::TerraformPlan).not_understood(Reason::Unreadable, "two: broken"),
            lost,
        ),
        (
            "code with a new part that was left unresolved",
            failing(Format::CloudFormation),
            Estate::new(Format::CloudFormation).not_understood(Reason::Unresolved, "AWS::Include"),
            lost,
        ),
        (
            "code whose unresolved part was there before",
            failing(Format::CloudFormation).not_understood(Reason::Unresolved, "AWS::Include"),
            Estate::new(Format::CloudFormation).not_understood(Reason::Unresolved, "AWS::Include"),
            gone,
        ),
    ] {
        assert_eq!(turn(before, after), want, "{name}");
    }
}

#[test]
fn what_is_seen_after_a_denial_is_not_new() {
    let live = Format::LiveAws;
    let after = database(live, Some(Value::Bool(true)));
    assert_eq!(turn(Estate::new(live), after), Some((Turn::Appeared, Presence::FirstSeen)));
}

#[test]
fn standings_move_and_unknown_is_not_better() {
    let plan = Format::TerraformPlan;
    let db = |value| database(plan, Some(value)).snapshot;
    let moved = |before: Value, after: Value| {
        let drift = drift(db(before), db(after));
        let policy = POLICIES.iter().find(|p| p.id.as_str() == POLICY).unwrap();
        let element = drift.elements.iter().find(|e| policy.proves.contains(&e.element)).unwrap().clone();
        assert_eq!(element.because.iter().filter(|p| p.as_str() == POLICY).count(), 1);
        assert!(drift.domains.iter().any(|d| d.number == element.domain));
        (element.standing.before, element.standing.after, element.standing.direction())
    };
    let no = || Value::Bool(false);
    assert_eq!(moved(unknown(), no()), (Standing::Unknown, Standing::Violated, Direction::Worse));
    assert_eq!(moved(no(), unknown()), (Standing::Violated, Standing::Unknown, Direction::Untold));
}

#[test]
fn directions() {
    use Standing::{People, Proven, Unknown as U, Violated, Waived};
    for (before, after, want) in [
        (Proven, Violated, Direction::Worse),
        (U, Violated, Direction::Worse),
        (Violated, U, Direction::Untold),
        (Proven, U, Direction::Untold),
        (Violated, Waived, Direction::Accepted),
        (Violated, Proven, Direction::Better),
        (U, Proven, Direction::Better),
        (U, People, Direction::Better),
        (Proven, People, Direction::Worse),
        (People, People, Direction::Same),
    ] {
        assert_eq!(Direction::of(before, after), want, "{before} {after}");
    }
}

fn list(items: &[&str]) -> Value {
    let item = |text: &&str| attribute(Value::Text((**text).into()));
    Value::List(items.iter().map(item).collect())
}

fn attribute(value: Value) -> Attribute {
    Attribute { value, origin: Origin { source: SourceIndex(0), path: "".into(), basis: Basis::Stated } }
}

fn rule(cidr: &str, port: i64) -> Value {
    let mut record = Record::new();
    record.put("cidr", attribute(Value::Text(cidr.into())));
    record.put("from_port", attribute(Value::Int(port)));
    Value::Record(record)
}

fn rules(rules: Vec<Value>) -> Value {
    Value::List(rules.into_iter().map(attribute).collect())
}

#[test]
fn attributes_that_differ_are_told_by_path() {
    let told = |before: Option<Value>, after: Option<Value>| -> Vec<(String, Option<String>, Option<String>)> {
        let record = |value: Option<Value>| {
            let mut record = Record::new();
            if let Some(value) = value {
                record.put("a", attribute(value));
            }
            record
        };
        let found = changes(&record(before), &record(after));
        found.into_iter().map(|c| (c.path, c.before, c.after)).collect()
    };
    let row = |path: &str, before: Option<&str>, after: Option<&str>| {
        (path.to_owned(), before.map(str::to_owned), after.map(str::to_owned))
    };
    assert_eq!(told(Some(Value::Int(1)), Some(Value::Int(1))), []);
    assert_eq!(told(Some(Value::Int(1)), Some(Value::Int(2))), [row("a", Some("1"), Some("2"))]);
    assert_eq!(told(None, Some(Value::Bool(true))), [row("a", None, Some("true"))]);
    assert_eq!(told(Some(unknown()), None), [row("a", Some("unknown: not collected: denied"), None)]);
    // Order is no difference; an item that came in front does not shift the others.
    assert_eq!(told(Some(list(&["x", "y"])), Some(list(&["y", "x"]))), []);
    assert_eq!(told(Some(list(&["x"])), Some(list(&["z", "x"]))), [row("a/0", None, Some("\"z\""))]);
    assert_eq!(told(Some(list(&["x", "x"])), Some(list(&["x"]))), [row("a/1", Some("\"x\""), None)]);
    // An item that changed is told by what changed in it.
    assert_eq!(
        told(
            Some(rules(vec![rule("10.0.0.0/8", 22), rule("10.0.0.0/8", 443)])),
            Some(rules(vec![rule("10.0.0.0/8", 443), rule("0.0.0.0/0", 22)]))
        ),
        [row("a/0/cidr", Some("\"10.0.0.0/8\""), Some("\"0.0.0.0/0\""))]
    );
    assert_eq!(told(Some(Value::Int(1)), Some(list(&["x"]))), [row("a", Some("1"), Some("[\"x\"]"))]);
}

#[test]
fn a_record_of_which_nothing_is_shown_differs_from_one_that_is() {
    let origin = Origin { source: SourceIndex(0), path: "".into(), basis: Basis::Stated };
    let unseen = Record::unseen(Unknown::NotCollected { why: "denied".into() }, origin);
    assert_eq!(changes(&unseen, &unseen), []);
    assert_eq!(changes(&Record::new(), &unseen).len(), 1);
}

#[test]
fn resources_of_one_address_are_told_apart_by_their_document() {
    let two = |first: bool, second: bool, names: [&str; 2]| {
        let mut estate = Estate { snapshot: Snapshot::default() };
        estate.document(names[0], Format::CloudFormation);
        let mut estate = estate.put(Kind::Database, "Db", &[(ENCRYPTED, Value::Bool(first))]);
        estate.document(names[1], Format::CloudFormation);
        estate.put(Kind::Database, "Db", &[(ENCRYPTED, Value::Bool(second))]).snapshot
    };
    let drift = drift(two(true, true, ["a", "b"]), two(false, true, ["b", "a"]));
    let told: Vec<(&str, Presence)> = drift.resources.iter().map(|r| (r.key.document.as_str(), r.presence)).collect();
    assert_eq!(told, [("b", Presence::Stayed)], "`Db` of `b` changed, that of `a` did not");
    // One that moved to another document is the same.
    let moved = between(&checked(two(true, true, ["a", "b"])), &checked(two(true, true, ["a", "c"])));
    assert!(moved.is_empty(), "{:?}", moved.resources);
}

// --- properties ------------------------------------------------------------------------------------------------------

/// Kinds that policies judge and look up: keys by databases, networks by existence, and so on.
const KINDS: [Kind; 6] =
    [Kind::Database, Kind::ObjectStore, Kind::EncryptionKey, Kind::Volume, Kind::AuditTrail, Kind::LogStore];

fn names(kind: Kind) -> Vec<&'static str> {
    static NAMES: LazyLock<Vec<(Kind, Vec<&'static str>)>> = LazyLock::new(|| {
        let dictionary: &'static Catalog = &CATALOG;
        KINDS.iter().map(|kind| (*kind, dictionary.dictionary().names(*kind))).collect()
    });
    NAMES.iter().find(|(k, _)| *k == kind).unwrap().1.clone()
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => any::<bool>().prop_map(Value::Bool),
        2 => (0_i64..400).prop_map(Value::Int),
        2 => (0_usize..4).prop_map(|n| Value::Text(format!("r{n}").into())),
        1 => Just(Value::Unknown(Unknown::Hidden)),
        1 => Just(list(&["r0", "x"])),
    ]
}

type Drawn = (Kind, u8, Vec<(prop::sample::Index, Value)>);

fn drawn() -> impl Strategy<Value = Drawn> {
    (prop::sample::select(&KINDS[..]), 0_u8..6, prop::collection::vec((any::<prop::sample::Index>(), value()), 0..6))
}

fn estate(live: bool, drawn: &[Drawn], complete: &[Kind]) -> Snapshot {
    let mut estate = Estate::new(if live { Format::LiveAws } else { Format::TerraformPlan });
    let mut taken = std::collections::BTreeSet::new();
    for (kind, number, attributes) in drawn {
        if !taken.insert((*kind, *number)) {
            continue;
        }
        let known = names(*kind);
        let attributes: Vec<(&'static str, Value)> =
            attributes.iter().map(|(at, value)| (*at.get(&known), value.clone())).collect();
        estate = estate.put(*kind, &format!("r{number}"), &attributes);
    }
    estate.complete(complete).snapshot
}

fn snapshots() -> impl Strategy<Value = (Snapshot, Snapshot)> {
    let side = || (prop::collection::vec(drawn(), 0..12), prop::sample::subsequence(KINDS.to_vec(), 0..KINDS.len()));
    (any::<bool>(), any::<bool>(), side(), side(), prop::collection::vec(drawn(), 0..3)).prop_map(
        |(live, related, (first, whole), (second, other), few)| {
            // Half of the pairs are one estate before and after a few changes.
            let changed: Vec<Drawn> = few.iter().chain(&first).cloned().collect();
            let after = if related { changed } else { second };
            (estate(live, &first, &whole), estate(live, &after, &other))
        },
    )
}

type Told = (String, String, Option<Verdict>, Option<Verdict>);

fn told(drift: &Drift) -> Vec<Told> {
    drift.verdicts.iter().map(|v| (v.policy.to_string(), v.resource.to_string(), v.before, v.after)).collect()
}

/// Every verdict of a state, another way.
fn verdicts(report: &CheckReport<'_>) -> std::collections::BTreeMap<(String, String), Verdict> {
    let mut all = std::collections::BTreeMap::new();
    for outcome in &report.outcomes {
        let resource = report.snapshot.resource(outcome.resource).unwrap();
        let key =
            (report.policy(outcome.policy).unwrap().id.to_string(), format!("{} {}", resource.kind, resource.address));
        assert!(all.insert(key, attesta_drift::verdict(outcome).unwrap()).is_none());
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_state_does_not_differ_from_itself((a, _) in snapshots()) {
        let report = checked(a);
        let drift = between(&report, &report);
        prop_assert!(drift.is_empty(), "{drift:?}");
        prop_assert!(drift.statements.is_empty() && drift.hipaa.is_empty() && drift.domains.is_empty());
    }

    #[test]
    fn the_way_back_mirrors_the_way((a, b) in snapshots()) {
        let (a, b) = (checked(a), checked(b));
        let (there, back) = (between(&a, &b), between(&b, &a));
        let mut mirrored: Vec<Told> = told(&back).into_iter().map(|(p, r, was, is)| (p, r, is, was)).collect();
        let mut direct = told(&there);
        mirrored.sort();
        direct.sort();
        prop_assert_eq!(direct, mirrored);
        let presences = |drift: &Drift, mirror: bool| -> Vec<(String, Presence)> {
            let of = |p: Presence| if mirror { p.mirrored() } else { p };
            drift.resources.iter().map(|r| (format!("{} {}", r.key.kind, r.key), of(r.presence))).collect()
        };
        prop_assert_eq!(presences(&there, false), presences(&back, true));
        for (there, back) in there.resources.iter().zip(&back.resources) {
            prop_assert_eq!(there.attributes.is_empty(), back.attributes.is_empty());
        }
        for (there, back) in there.elements.iter().zip(&back.elements) {
            prop_assert_eq!(&there.element, &back.element);
            prop_assert_eq!((there.standing.before, there.standing.after), (back.standing.after, back.standing.before));
        }
        prop_assert_eq!(there.still_failing.len(), back.still_failing.len());
        prop_assert_eq!(there.still_unknown, back.still_unknown);
    }

    #[test]
    fn every_changed_verdict_is_named_once_and_no_other((a, b) in snapshots()) {
        let (a, b) = (checked(a), checked(b));
        let drift = between(&a, &b);
        let (was, is) = (verdicts(&a), verdicts(&b));
        let keys: std::collections::BTreeSet<_> = was.keys().chain(is.keys()).cloned().collect();
        let mut want: Vec<(String, String)> =
            keys.into_iter().filter(|key| was.get(key) != is.get(key)).collect();
        want.sort();
        let mut named: Vec<(String, String)> = drift
            .verdicts
            .iter()
            .map(|v| (v.policy.to_string(), format!("{} {}", v.resource.kind, v.resource)))
            .collect();
        named.sort();
        prop_assert_eq!(named, want);
        for change in &drift.verdicts {
            prop_assert_eq!(Turn::of(change.before, change.after, change.presence), Some(change.turn));
            if change.turn == Turn::Mended {
                prop_assert_eq!(change.after, Some(Verdict::Pass));
                prop_assert_eq!(change.presence, Presence::Stayed);
            }
        }
    }

    #[test]
    fn judging_again_gives_what_judging_gives((a, b) in snapshots()) {
        let before = checked(a);
        let (again, whole) = (recheck(&before, inputs(b.clone()), None), checked(b));
        prop_assert_eq!(&again.outcomes, &whole.outcomes);
        prop_assert_eq!(&again.counts, &whole.counts);
        prop_assert_eq!(&again.findings, &whole.findings);
    }
}
