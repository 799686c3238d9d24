//! The crate table of `docs/architecture.md` and the arrows between rings, checked against what cargo knows.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

const BEGIN: &str = "<!-- crates: written by `cargo xtask architecture --write` -->\n";
const END: &str = "<!-- /crates -->";

/// What the domain ring may build on besides itself. Nothing here does I/O, tells the time or speaks to a wire.
const DOMAIN_MAY_USE: [&str; 7] = ["base64", "ed25519-dalek", "ipnet", "jiff", "regex", "sha2", "thiserror"];

struct Crate {
    name: String,
    ring: Ring,
    purpose: String,
    /// Direct dependencies, development ones left out.
    uses: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ring {
    Domain,
    App,
    Adapters,
    Delivery,
    Tools,
}

impl Ring {
    fn of(manifest: &str) -> Option<Self> {
        let rings = [
            ("crates/domain/", Self::Domain),
            ("crates/app/", Self::App),
            ("crates/adapters/", Self::Adapters),
            ("crates/delivery/", Self::Delivery),
            ("tools/", Self::Tools),
        ];
        rings.into_iter().find(|(folder, _)| manifest.contains(folder)).map(|(_, ring)| ring)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::App => "app",
            Self::Adapters => "adapters",
            Self::Delivery => "delivery",
            Self::Tools => "tools",
        }
    }
}

/// Fails when an arrow points outwards, or when the table in the document differs.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let crates = crates(root)?;
    let mut wrong = arrows(&crates);
    let document =
        fs::read_to_string(root.join("docs/architecture.md")).map_err(|e| format!("docs/architecture.md: {e}"))?;
    if !document.contains(&table(&crates)) {
        wrong.push("docs/architecture.md: the crate table is stale; run `cargo xtask architecture --write`".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Writes the table into the document.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    let path = root.join("docs/architecture.md");
    let document = fs::read_to_string(&path).map_err(|e| e.to_string())?;
    let (before, rest) = document.split_once(BEGIN).ok_or("docs/architecture.md has no place for the crate table")?;
    let (_, after) = rest.split_once(END).ok_or("docs/architecture.md: the crate table has no end")?;
    fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table(&crates(root)?))).map_err(|e| e.to_string())
}

fn table(crates: &[Crate]) -> String {
    let mut text = String::from("| Ring | Crate | Purpose | Uses of ours |\n|---|---|---|---|\n");
    for c in crates {
        let ours: Vec<&str> = c.uses.iter().filter_map(|u| u.strip_prefix("attesta-")).collect();
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            c.ring.as_str(),
            c.name.trim_start_matches("attesta-"),
            c.purpose.trim_start_matches("Attesta: "),
            ours.join(", ")
        ));
    }
    text
}

fn arrows(crates: &[Crate]) -> Vec<String> {
    let rings: BTreeMap<&str, Ring> = crates.iter().map(|c| (c.name.as_str(), c.ring)).collect();
    let mut wrong = Vec::new();
    for c in crates {
        for used in &c.uses {
            match rings.get(used.as_str()) {
                Some(ring) if *ring > c.ring => wrong.push(format!(
                    "{} ({}) uses {used} ({}): arrows point inwards only",
                    c.name,
                    c.ring.as_str(),
                    ring.as_str()
                )),
                Some(_) => {}
                None if c.ring == Ring::Domain && !DOMAIN_MAY_USE.contains(&used.as_str()) => {
                    wrong.push(format!(
                        "{} uses {used}, which the domain ring may not; see tools/xtask/src/architecture.rs",
                        c.name
                    ));
                }
                None => {}
            }
        }
    }
    wrong
}

fn crates(root: &Path) -> Result<Vec<Crate>, String> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut crates = Vec::new();
    for package in metadata.get("packages").and_then(|p| p.as_array()).into_iter().flatten() {
        let manifest = text(package.get("manifest_path").unwrap_or(&serde_json::Value::Null));
        let Some(ring) = Ring::of(&manifest) else { continue };
        let dependencies = package.get("dependencies").and_then(|d| d.as_array()).into_iter().flatten();
        let mut uses: Vec<String> = dependencies
            .filter(|d| d.get("kind").is_none_or(serde_json::Value::is_null))
            .filter_map(|d| d.get("name")?.as_str().map(str::to_owned))
            .collect();
        uses.sort();
        uses.dedup();
        crates.push(Crate {
            name: text(package.get("name").unwrap_or(&serde_json::Value::Null)),
            ring,
            purpose: text(package.get("description").unwrap_or(&serde_json::Value::Null)),
            uses,
        });
    }
    crates.sort_by(|a, b| (a.ring, &a.name).cmp(&(b.ring, &b.name)));
    Ok(crates)
}
