//! Other people's verifiers on a vault's log and proofs: aics-tlog, rfc3161-client (PyPI) and openssl.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::run::{Step, root, target};

const PACKAGES: [&str; 2] = ["aics-tlog==0.2.1", "rfc3161-client==1.0.9"];
const STEPS: &str = "tools/xtask/src/interop/ledger.py";

/// A folder with a vault, its proofs, and the verifiers.
struct Bench {
    folder: PathBuf,
    venv: PathBuf,
}

/// Fills a vault past its first full tile, and has everything that leaves it read by verifiers that are not ours; then what was
/// changed must be refused by them too.
pub(super) fn check() -> Result<(), String> {
    let bench = Bench { folder: target().join("interop/ledger"), venv: target().join("interop/venv-ledger") };
    bench.install()?;
    bench.fill()?;
    bench.proofs()?;
    bench.witness()?;
    bench.timestamp()?;
    bench.changed()
}

impl Bench {
    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn install(&self) -> Result<(), String> {
        if !self.venv.join("bin/python").exists() {
            let python = python()?;
            Step::program("python venv", &python, &["-m", "venv", &self.venv.display().to_string()]).run()?;
        }
        let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        install.extend(PACKAGES);
        Step::program("pip", &self.venv.join("bin/python"), &install).run()
    }

    fn attesta(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Step::attesta("attesta", arguments).output()?;
        String::from_utf8(output).map_err(|e| e.to_string())
    }

    /// In the vault of this bench.
    fn vault(&self, arguments: &[&str]) -> Result<String, String> {
        let workspace = self.at("ws");
        self.attesta(&[arguments, &["--workspace", &workspace]].concat())
    }

    fn python(&self, step: &str) -> Result<(), String> {
        let folder = self.folder.display().to_string();
        let script = root().join(STEPS).display().to_string();
        Step::program(step, &self.venv.join("bin/python"), &[&script, step, &folder]).run()
    }

    fn aics(&self, expected: i32, arguments: &[&str]) -> Result<(), String> {
        let command = arguments.first().copied().unwrap_or_default();
        let key = self.at("trusted.vkey");
        let all = [arguments, &["--vkey-file", &key]].concat();
        let code = Step::program("aics-tlog", &self.venv.join("bin/aics-tlog"), &all).quiet().code()?;
        println!("aics-tlog {command}: {code}, as it should be: {}", code == expected);
        if code == expected { Ok(()) } else { Err(format!("aics-tlog {} ended with {code}", all.join(" "))) }
    }

    fn fill(&self) -> Result<(), String> {
        let _ = fs::remove_dir_all(&self.folder);
        let told = |e: std::io::Error| e.to_string();
        fs::create_dir_all(&self.folder).map_err(told)?;
        fs::write(self.at("evidence.txt"), "all admins use a second factor\n").map_err(told)?;
        fs::write(self.at("other.txt"), "another file\n").map_err(told)?;
        self.attesta(&["init", &self.at("ws"), "--origin", "attesta.example/interop"])?;
        let added = self.vault(&["evidence", "add", &self.at("evidence.txt"), "--format", "json"])?;
        let added: serde_json::Value = serde_json::from_str(&added).map_err(|e| e.to_string())?;
        let id = added.get("id").and_then(|id| id.as_str()).ok_or("no id")?.to_owned();
        self.vault(&["ledger", "checkpoint", "--output", &self.at("older")])?;
        // Past the first full tile: 600 links are 600 leaves.
        let targets: Vec<String> = (0..600).map(|n| format!("soc2:CC{n}")).collect();
        let links: Vec<&str> = targets.iter().flat_map(|t| ["--for", t]).collect();
        self.vault(&[&["evidence", "link", &id], links.as_slice()].concat())?;
        fs::write(self.at("id"), &id).map_err(told)?;
        self.vault(&["ledger", "export", "--output", &self.at("public")])?;
        self.prove()?;
        // The key comes from elsewhere than the proofs.
        fs::copy(self.folder.join("ws/.attesta/key.vkey"), self.at("trusted.vkey")).map_err(told)?;
        self.attesta(&["fsck", &self.at("ws"), "--against", &self.at("older"), "--key", &self.at("trusted.vkey")])?;
        Ok(())
    }

    fn prove(&self) -> Result<(), String> {
        let id = fs::read_to_string(self.at("id")).map_err(|e| e.to_string())?;
        self.vault(&["evidence", "proof", &id, "--output", &self.at("out")])?;
        self.python("take-apart")
    }

    fn proofs(&self) -> Result<(), String> {
        let (public, leaf) = (self.at("public"), self.at("out/leaf"));
        self.aics(
            0,
            &["verify-checkpoint", "--note", &self.at("public/checkpoint"), "--origin", "attesta.example/interop"],
        )?;
        let index = fs::read_to_string(self.at("index")).map_err(|e| e.to_string())?;
        self.aics(0, &["verify-inclusion", "--leaf", &leaf, "--index", &index, "--tiles", &public])?;
        // The proof file alone.
        self.inclusion(0, &leaf, &index)?;
        let older = self.at("older");
        self.aics(0, &["verify-consistency", "--old-checkpoint", &older, "--tiles", &public])?;
        self.minimal(0, "evidence.txt")?;
        self.minimal(1, "other.txt")
    }

    fn inclusion(&self, expected: i32, leaf: &str, index: &str) -> Result<(), String> {
        let checkpoint = fs::read_to_string(self.at("proof.checkpoint")).map_err(|e| e.to_string())?;
        let mut lines = checkpoint.lines().skip(1);
        let (Some(size), Some(root)) = (lines.next(), lines.next()) else { return Err("no checkpoint".to_owned()) };
        let proof = self.at("proof.txt");
        self.aics(
            expected,
            &["verify-inclusion", "--leaf", leaf, "--index", index, "--size", size, "--root", root, "--proof", &proof],
        )
    }

    /// The verifier of our documentation, which needs nothing of ours.
    fn minimal(&self, expected: i32, evidence: &str) -> Result<(), String> {
        let script = root().join("docs/how-to/verify_min.py").display().to_string();
        let arguments = [script, self.at(evidence), self.at("out/item.tlog-proof"), self.at("trusted.vkey")];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let step = Step::program("verify_min.py", &self.venv.join("bin/python"), &arguments);
        let code = if expected == 0 { step.code()? } else { step.quiet().code()? };
        if code == expected { Ok(()) } else { Err(format!("verify_min.py ended with {code} on {evidence}")) }
    }

    fn witness(&self) -> Result<(), String> {
        let told = |e: std::io::Error| e.to_string();
        fs::write(self.at("asked"), self.vault(&["ledger", "witness"])?).map_err(told)?;
        self.prove()?;
        self.python("witness")?;
        let witness = fs::read_to_string(self.at("witness.vkey")).map_err(told)?;
        self.vault(&["ledger", "witness", "--answer", &self.at("answer"), "--key", &witness])?;
        self.prove()?;
        self.attesta(&["verify", &self.at("evidence.txt"), &self.at("out"), "--policy", &self.at("policy")])?;
        let note = self.at("proof.checkpoint");
        self.aics(0, &["verify-checkpoint", "--note", &note, "--witness-key", &witness, "--quorum", "1"])
    }

    fn timestamp(&self) -> Result<(), String> {
        self.vault(&["ledger", "timestamp", "--query", &self.at("query.tsq")])?;
        self.python("authority")?;
        self.vault(&["ledger", "timestamp", "--reply", &self.at("reply.tsr"), "--roots", &self.at("ca.pem")])?;
        self.prove()?;
        let (checkpoint, reply, root) = (self.at("out/checkpoint"), self.at("out/checkpoint.tsr"), self.at("ca.pem"));
        let arguments = ["ts", "-verify", "-data", &checkpoint, "-in", &reply, "-CAfile", &root];
        Step::program("openssl ts", Path::new("openssl"), &arguments).run()?;
        self.python("timestamp")
    }

    /// What a bit changes, nobody accepts.
    fn changed(&self) -> Result<(), String> {
        let told = |e: std::io::Error| e.to_string();
        let flip = |name: &str| -> Result<(), String> {
            let mut bytes = fs::read(self.at(name)).map_err(told)?;
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
            }
            fs::write(self.at(name), bytes).map_err(told)
        };
        let (public, leaf) = (self.at("public"), self.at("out/leaf"));
        let index = fs::read_to_string(self.at("index")).map_err(told)?;
        flip("out/leaf")?;
        self.inclusion(1, &leaf, &index)?;
        flip("out/leaf")?;
        flip("public/tile/entries/000")?;
        self.aics(1, &["verify-inclusion", "--index", &index, "--tiles", &public])?;
        flip("public/tile/entries/000")?;
        flip("public/checkpoint")?;
        self.aics(1, &["verify-checkpoint", "--note", &self.at("public/checkpoint")])
    }
}

/// A Python that aics-tlog runs on: 3.12 or later.
fn python() -> Result<PathBuf, String> {
    let pyenv = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv/versions"));
    let mut candidates: Vec<PathBuf> = ["python3.14", "python3.13", "python3.12", "python3"].map(PathBuf::from).into();
    candidates.extend(std::env::var_os("ATTESTA_PYTHON").map(PathBuf::from));
    let versions = pyenv.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    candidates.extend(versions.map(|version| version.path().join("bin/python3")));
    let program = "import sys, venv, ssl; sys.exit(sys.version_info < (3, 12))";
    candidates
        .into_iter()
        .find(|python| Step::program("python", python, &["-c", program]).quiet().code() == Ok(0))
        .ok_or_else(|| "aics-tlog needs Python 3.12 or later; name one with ATTESTA_PYTHON".to_owned())
}
