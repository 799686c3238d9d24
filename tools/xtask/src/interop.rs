//! Other people's readers on our reports: SARIF multitool (npm), junitparser and check-jsonschema (PyPI).

mod identity;
mod ledger;

use std::fs;

use crate::run::{Step, target};

const PYTHON_PACKAGES: [&str; 2] = ["junitparser==5.0.3", "check-jsonschema==0.39.0"];
const SARIF_MULTITOOL: &str = "@microsoft/sarif-multitool@5.7.0";

/// Writes every report of the example and has each read by a reader that is not ours.
pub(crate) fn check() -> Result<(), String> {
    identity::check()?;
    ledger::check()?;
    let tools = target().join("interop");
    fs::create_dir_all(&tools).map_err(|e| e.to_string())?;
    let at = |name: &str| tools.join(name).display().to_string();
    let python = tools.join("venv/bin/python");
    if !python.exists() {
        Step::program("python venv", "python3".as_ref(), &["-m", "venv", &at("venv")]).run()?;
    }
    let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    install.extend(PYTHON_PACKAGES);
    Step::program("pip", &python, &install).run()?;
    Step::program(
        "npm",
        "npm".as_ref(),
        &["install", "--silent", "--no-audit", "--no-fund", "--prefix", &at("npm"), SARIF_MULTITOOL],
    )
    .run()?;

    for (format, file) in
        [("sarif", "report.sarif"), ("junit", "report.xml"), ("json", "report.json"), ("html", "report.html")]
    {
        let path = at(file);
        let plan = "examples/telehealth/plan.json";
        let arguments = ["check", plan, "--fail-on", "never", "--format", format, "--output", &path];
        let code = Step::attesta(&format!("{format} report"), &arguments).code()?;
        if code != 0 {
            return Err(format!("the {format} report of the example ended with exit code {code}"));
        }
    }
    let program = "import sys, junitparser; x = junitparser.JUnitXml.fromfile(sys.argv[1]); n = sum(len(s) for s in x); print('junitparser:', n, 'cases'); sys.exit(n == 0)";
    Step::program("junitparser", &python, &["-c", program, &at("report.xml")]).run()?;
    Step::program(
        "check-jsonschema",
        &tools.join("venv/bin/check-jsonschema"),
        &["--schemafile", "content/schemas/report.schema.json", &at("report.json")],
    )
    .run()?;
    let (before, after) = ("examples/telehealth/plan.json", "examples/app-host/resources.jsonl");
    let drift = at("drift.json");
    let arguments =
        ["diff", before, after, "--no-waivers", "--fail-on", "never", "--format", "json", "--output", &drift];
    Step::attesta("drift report", &arguments).code()?;
    Step::program(
        "check-jsonschema, drift",
        &tools.join("venv/bin/check-jsonschema"),
        &["--schemafile", "content/schemas/drift.schema.json", &drift],
    )
    .run()?;
    sarif(&tools.join("npm/node_modules/.bin/sarif-multitool"), &at("report.sarif"), &at("validated.sarif"))
}

/// The multitool ends with 0 on invalid input too; what it found stands in its output.
fn sarif(tool: &std::path::Path, report: &str, validated: &str) -> Result<(), String> {
    Step::program("sarif-multitool", tool, &["validate", report, "--output", validated, "--log", "ForceOverwrite"])
        .quiet()
        .code()?;
    let text = fs::read_to_string(validated).map_err(|e| format!("sarif-multitool wrote nothing: {e}"))?;
    let log: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| format!("sarif-multitool's output: {e}"))?;
    let results =
        log.pointer("/runs/0/results").and_then(|r| r.as_array()).ok_or("sarif-multitool's output has no results")?;
    let errors = results.iter().filter(|r| r.get("level").and_then(|l| l.as_str()) == Some("error")).count();
    println!("sarif-multitool: {} results, {errors} errors", results.len());
    if errors == 0 { Ok(()) } else { Err(format!("sarif-multitool found {errors} errors; see {validated}")) }
}
