//! An instance with two organisations, each with an assessment, and programs that hold tokens.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use attesta_testkit::{Client, Server};
use serde_json::{Map, Value, json};

use crate::support::root;

/// How often a test kills: a few times in `cargo test`, hundreds of times in `cargo xtask faults`.
pub(crate) fn kills(usual: u64) -> u64 {
    env::var("ATTESTA_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(usual)
}

/// Says that something was not tried, past what hides the words of tests that pass.
pub(crate) fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "\nnote: NOT TRIED: {why}");
}

pub(crate) fn attesta() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_attesta"))
}

/// Where an instance lives.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) database: Option<String>,
}

impl Place {
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(attesta());
        command.arg("serve").arg("--data").arg(&self.data);
        command.arg("--private-targets").env("ATTESTA_LOG", "warn");
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        command
    }

    pub(crate) fn start(&self) -> Server {
        Server::of(&mut self.command()).unwrap()
    }
}

/// An organisation with an assessment.
#[derive(Debug, Clone)]
pub(crate) struct Org {
    pub(crate) id: String,
    pub(crate) assessment: String,
    /// Each with the revision of the answer that came with the assessment.
    pub(crate) requirements: Vec<(String, u64)>,
    /// A token for each program.
    tokens: Vec<String>,
}

impl Org {
    pub(crate) fn base(&self) -> String {
        format!("/api/v1/organisations/{}", self.id)
    }

    /// One of the programs; each has a token of its own, and a rate of its own.
    pub(crate) fn program(&self, number: usize, address: &str) -> Client {
        Client::new(address).with("authorization", &format!("Bearer {}", self.tokens[number]))
    }
}

/// The first owner with two organisations.
pub(crate) fn two_organisations(server: &Server) -> [Org; 2] {
    let mut founded = server.found().unwrap();
    let rival = founded.owner.post("/api/v1/organisations", &json!({ "name": "Rival" }), &[]).unwrap().is(201).unwrap();
    let second = text(&rival.json(), "id");
    [founded.org.clone(), second].map(|id| furnished(&mut founded.owner, id))
}

const AREAS: [&str; 10] = [
    "organisation",
    "assessments",
    "evidence",
    "inheritance",
    "hipaa",
    "work",
    "sources",
    "ledger",
    "sharing",
    "operations",
];

fn furnished(owner: &mut Client, id: String) -> Org {
    let base = format!("/api/v1/organisations/{id}");
    let files = files(&root().join("fixtures/wellness-e1"));
    let begun = owner.post(&format!("{base}/assessments"), &json!({ "name": "E1", "files": files }), &[]).unwrap();
    let assessment = text(&begun.is(201).unwrap().json(), "id");
    let scopes: Vec<String> = AREAS.iter().flat_map(|a| [format!("{a}:read"), format!("{a}:write")]).collect();
    let tokens = (0..8).map(|n| {
        let asked = json!({ "name": format!("program {n}"), "scopes": scopes, "days": 2 });
        text(&owner.post(&format!("{base}/tokens"), &asked, &[]).unwrap().is(201).unwrap().json(), "secret")
    });
    let tokens = tokens.collect();
    let rows =
        owner.get(&format!("{base}/assessments/{assessment}/responses?limit=2000")).unwrap().is(200).unwrap().json();
    let requirements = items(&rows).iter().map(|row| (text(row, "requirement"), row["answer_rev"].as_u64().unwrap()));
    let requirements = requirements.collect();
    Org { id, assessment, requirements, tokens }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}")).to_owned()
}

pub(crate) fn items(value: &Value) -> &Vec<Value> {
    value["items"].as_array().unwrap_or_else(|| panic!("no list in {value}"))
}

/// The texts of a folder, as the API takes them.
pub(crate) fn files(folder: &Path) -> Value {
    fn collect(root: &Path, folder: &Path, found: &mut Map<String, Value>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if !inside.starts_with("stages") {
                    collect(root, &path, found);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.insert(inside, Value::String(text));
            }
        }
    }
    let mut found = Map::new();
    collect(folder, folder, &mut found);
    Value::Object(found)
}
