//! The demo: Riverbend Telehealth, which is invented, in the first weeks of its r2 assessment.
//!
//! It is the fixture that the tests play from `init` to the certificate, cut off where answering begins. Its day moves with
//! the calendar, so that what is due lies ahead; everything else is as the fixture says it.

mod hipaa;
mod infrastructure;

use std::collections::BTreeMap;

use attesta_server::demo::{Company, Paper, Person, Todo};
use include_dir::{Dir, include_dir};
use jiff::{ToSpan as _, civil::Date};

static STORY: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../../fixtures/telehealth-r2");

/// What the assessor, HITRUST and the plan add later in the story.
const LATER: [&str; 6] =
    ["validation/", "samples/", "submission.yaml", "actions.yaml", "overrides.yaml", "checks.yaml"];
/// The story's first two acts: the scope handed in, and approved.
const ACTS: usize = 2;

/// The company on a day.
pub fn riverbend(today: Date) -> Company {
    let person = |slug, name, role, what| Person { slug, name, role, what };
    Company {
        organisation: "Riverbend Telehealth (demo)",
        assessment: "HITRUST r2",
        files: files(today),
        earlier: vec![("HITRUST r2, in fieldwork", fieldwork()), ("HITRUST r2, certified", certified())],
        also: vec![("Readiness for the next r2", next())],
        people: vec![
            person("desmond", "Desmond Achterberg", "owner", "runs operations, owns this instance"),
            person("mara", "Mara Lindqvist", "compliance-lead", "leads compliance: answers, evidence, plans"),
            person("ravi", "Ravi Solanki", "control-owner", "heads the platform, owns its controls"),
            person("helen", "Helen Marsh", "executive-reader", "reads how far it is, changes nothing"),
            person("sofia", "Sofia Quill", "external-assessor", "tests for the assessor firm"),
            person("edwin", "Edwin Larkspur", "assessor-lead", "leads the assessor's engagement"),
            person("nadia", "Nadia Ferro", "qa-reviewer", "reviews the assessor's work"),
        ],
        papers: papers(),
        todos: vec![
            todo("mara", "Bring the training records of the second half of the year", "ATT-13-01", today, 6),
            todo("ravi", "Say how anomalies in the audit log are followed up", "ATT-12-04", today, 12),
            todo("mara", "Answer what is open in business continuity", "", today, 20),
            todo("ravi", "Move the partner endpoint to TLS 1.2", "ATT-09-01", today, -3),
        ],
        sent: infrastructure::sent(),
    }
}

fn todo(owner: &'static str, title: &'static str, about: &'static str, today: Date, days: i32) -> Todo {
    let due = today.checked_add(days.days()).unwrap_or(today);
    Todo { owner, title, requirement: about, due: due.to_string() }
}

fn files(today: Date) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    texts(&STORY, &mut files);
    let june: Vec<(String, String)> = files
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix("stages/june/")?.to_owned(), text.clone())))
        .collect();
    files.retain(|path, _| {
        !path.starts_with("stages/")
            && !path.starts_with("answers/")
            && !path.starts_with("evidence/")
            && path != "story.md"
            && !LATER.iter().any(|later| path.starts_with(later))
    });
    files.extend(june);
    if let Some(history) = files.get_mut("lifecycle.yaml") {
        *history = begun(history);
    }
    files.insert("inheritance/requests.yaml".to_owned(), ASKED.to_owned());
    files.extend(hipaa::records(today));
    let moved = |months: i32| today.checked_add(months.months()).unwrap_or(today);
    dated(&mut files, "assessment.yaml", "target:", moved(7));
    // The provider's report is as young as it was in the story, so that what is inherited holds.
    dated(&mut files, "inheritance/sources/northgate.yaml", "report:", moved(-8));
    dated(&mut files, "inheritance/sources/northgate.yaml", "expires:", moved(16));
    files
}

/// The story to its end, without earlier versions of its files.
fn certified() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    texts(&STORY, &mut files);
    files.retain(|path, _| !path.starts_with("stages/") && path != "story.md");
    files
}

/// Domains that the assessor has finished testing in fieldwork.
const TESTED: u8 = 9;

/// The story in the middle of fieldwork: some domains are tested, one sample is drawn, one override waits for approval.
fn fieldwork() -> BTreeMap<String, String> {
    let mut files = certified();
    files.retain(|path, _| {
        let domain = path.strip_prefix("validation/").and_then(|rest| rest.get(..2)).and_then(|n| n.parse::<u8>().ok());
        domain.is_none_or(|domain| domain <= TESTED) && path != "submission.yaml"
    });
    if let Some(text) = STORY.get_file("stages/august/overrides.yaml").and_then(|f| f.contents_utf8()) {
        files.insert("overrides.yaml".to_owned(), text.to_owned());
    }
    if let Some(history) = files.get_mut("lifecycle.yaml") {
        let until = history.find("command: begin-fieldwork").unwrap_or(history.len());
        let (before, after) = history.split_at(until);
        let rest = after.split_once("  - at: ").map_or(after, |(this, _)| this);
        *history = format!("{before}{rest}").replace("phase: complete\n", "phase: validation\n");
    }
    files
}

/// What was asked of the host by then: one request counts, one waits for its answer, the rest can be asked.
const ASKED: &str = "# Written by `attesta assess inherit` alone.
schema: attesta.inheritance-requests/1
requests:
  - requirement: \"ATT-16-01\"
    source: northgate
    weight: 20
    state: applied
    by: mara
    on: 2026-06-08
  - requirement: \"ATT-16-03\"
    source: northgate
    weight: 50
    state: submitted
    by: mara
    on: 2026-06-09
";

/// The next assessment, just begun: its scope is copied, its technical factors are open.
fn next() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    texts(&STORY, &mut files);
    files.retain(|path, _| ["assessment.yaml", "scope.yaml", "factors.yaml", "people.yaml"].contains(&path.as_str()));
    if let Some(header) = files.get_mut("assessment.yaml") {
        let lines = header.lines().filter(|line| !line.starts_with("target:"));
        *header = lines.map(|line| format!("{line}\n")).collect();
        *header =
            header.replace("riverbend-r2-2026", "riverbend-next").replace("purpose: validated", "purpose: readiness");
        *header = header.replace("Riverbend Telehealth, r2 of 2026", "Riverbend Telehealth, the next r2");
    }
    if let Some(factors) = files.get_mut("factors.yaml") {
        let open = ["cloud-hosted", "wireless", "fax", "personal-devices", "e-signatures", "interfaces"];
        let kept =
            factors.lines().filter(|line| !open.iter().any(|id| line.trim_start().starts_with(&format!("{id}:"))));
        *factors = kept.map(|line| format!("{line}\n")).collect();
    }
    files
}

/// Puts a day in the line of a file that begins with a key.
fn dated(files: &mut BTreeMap<String, String>, path: &str, key: &str, day: Date) {
    let Some(text) = files.get_mut(path) else { return };
    let lines = text.lines().map(|line| match line.starts_with(key) {
        true => format!("{key} {day}\n"),
        false => format!("{line}\n"),
    });
    *text = lines.collect();
}

/// The history up to where answering begins.
fn begun(history: &str) -> String {
    let mut acts = history.split_inclusive('\n').scan(0usize, |acts, line| {
        *acts += usize::from(line.starts_with("  - at: "));
        Some((*acts, line))
    });
    let kept: String = acts.by_ref().take_while(|(acts, _)| *acts <= ACTS).map(|(_, line)| line).collect();
    kept.replace("phase: complete\n", "phase: answering\n")
}

fn texts(folder: &Dir<'static>, files: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            files.insert(path.to_owned(), text.to_owned());
        }
    }
    for inner in folder.dirs() {
        texts(inner, files);
    }
}

/// The short papers that the story shows.
fn papers() -> Vec<Paper> {
    let titles = [
        ("policy-logging.txt", "Policy: logging and monitoring", "policy-document"),
        ("procedure-continuity.txt", "Procedures: business continuity", "procedure-document"),
        ("break-glass.txt", "Emergency access, a walk-through", "activity-record"),
        ("failover-test.txt", "Failover test", "activity-record"),
        ("tabletop-2026.txt", "Incident exercise at the table", "activity-record"),
    ];
    let paper = |(file, title, kind): (&'static str, &'static str, &'static str)| {
        let text = STORY.get_file(format!("evidence/{file}"))?.contents();
        Some(Paper { file, title, kind, bytes: text })
    };
    titles.into_iter().filter_map(paper).collect()
}

#[cfg(test)]
mod tests {
    use attesta_content::ContentSource;
    use attesta_desk::{
        Desk, Library,
        hipaa::{Infrastructure, Registers, Status},
    };

    use super::*;

    #[test]
    fn the_company_answers_and_does_not_certify_yet_on_any_day() {
        for day in ["2026-11-27", "2027-03-01", "2028-02-29"] {
            let today: Date = day.parse().unwrap();
            let company = riverbend(today);
            assert_eq!(company.papers.len(), 5, "every paper is in the story");
            let files = company.files.iter().map(|(p, t)| (p.clone(), t.as_str().into())).collect();
            let folder = attesta_server::demo::folder(files);
            let desk = Desk::open(folder, &Library::new(ContentSource::Embedded), today).unwrap();
            let scored = desk.scored(attesta_server::demo::ENTITY).unwrap();
            assert!(!scored.certified(), "{day}: {}", scored.verdict());
            assert!(!scored.workings.unanswered.is_empty());
            registers(&desk);
            let at = |files: &BTreeMap<String, String>| {
                let files = files.iter().map(|(p, t)| (p.clone(), t.as_str().into())).collect();
                let folder = attesta_server::demo::folder(files);
                let desk = Desk::open(folder, &Library::new(ContentSource::Embedded), today).unwrap();
                attesta_desk::trust::told(&desk).unwrap()
            };
            let [(_, fieldwork), (_, certified)] = company.earlier.as_slice() else { unreachable!("two") };
            assert!(at(fieldwork).certificate.is_none());
            assert!(at(certified).certificate.is_some());
            for (name, files) in company.also {
                let files = files.into_iter().map(|(p, t)| (p, t.as_str().into())).collect();
                let folder = attesta_server::demo::folder(files);
                let desk = Desk::open(folder, &Library::new(ContentSource::Embedded), today).unwrap();
                assert!(!desk.tailored().unwrap().unanswered.is_empty(), "{name}: something is left to ask");
            }
        }
    }

    /// The registers say something good, something bad, and something that is to be mended, whatever the day.
    fn registers(desk: &Desk) {
        let registers = Registers::read(&desk.folder, &desk.library, desk.at).unwrap();
        let status = Status::of(&registers, Infrastructure::NotChecked);
        let met = status.card.required_share();
        assert!(met.part > 10 && met.part < met.whole, "{met:?}");
        assert!(!status.card.required_met());
        assert!(status.card.addressable_share().part > 5);
        assert!(status.registers.iter().any(|(_, against)| !against.is_empty()));
        let waiting = registers.incidents().iter().filter(|incident| incident.next_due().is_some()).count();
        assert_eq!(waiting, 1, "somebody must be told of one incident");
    }
}
