//! The live collector against a simulated AWS account (moto, PyPI), seeded and put behind a proxy that misbehaves.
//!
//! The seeder and the proxy lie beside the project in `../shared/tools`, as the public test files do; a clone that
//! stands alone has them not, and then nothing is asked.

mod expected;
mod faults;
mod mapped;
mod organization;
mod server;

use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::run::{Step, root, target};

/// The simulator, the seeder's client, and the models that the operations were taken from.
const PACKAGES: [&str; 3] = ["moto[all,server]==5.2.5", "boto3", "botocore==1.44.8"];
const REGION: &str = "us-east-1";

/// Seeds an account of this size, collects it, and compares every verdict with what the seeder says of the resource.
pub(crate) fn check(scale: &str) -> Result<(), String> {
    let Some(tools) = tools() else {
        println!("xtask: ../shared/tools is not here, so the live collector was not tried");
        return Ok(());
    };
    let folder = target().join("live");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let python = venv(&folder)?;
    Step::program("model of the operations", &python, &["tools/aws-model.py", "--check"]).run()?;

    let live = Live { folder, tools, python };
    let (_moto, port) = moto(&live.folder)?;
    let truth = live.seed(port, scale)?;
    let address = format!("http://127.0.0.1:{port}");

    let begun = Instant::now();
    let base = live.collect(&address, "base", &["--region", REGION])?;
    println!("xtask: {} calls in {} ms", base.calls(), begun.elapsed().as_millis());
    let report = live.report(&base)?;
    let seen = expected::verdicts(&truth, &report)?;
    println!("xtask: {seen}");
    expected::shown(&base.snapshot, &report)?;

    live.all_regions(&address)?;
    live.again(&address, &report)?;
    live.throttled(port, &report)?;
    live.denied(port, &report)?;
    live.resumed(port, &report)?;
    live.bad_days(port, &report)?;
    live.organization(port)?;
    live.mapped(port, &report)?;
    live.server(port)
}

/// Where the seeder and the proxy lie.
fn tools() -> Option<PathBuf> {
    let root = root().canonicalize().ok()?;
    root.ancestors().skip(1).map(|above| above.join("shared/tools")).find(|tools| tools.join("seed_moto.py").is_file())
}

/// A Python with the simulator.
pub(crate) fn venv(folder: &Path) -> Result<PathBuf, String> {
    let python = folder.join("venv/bin/python");
    if !python.exists() {
        let venv = folder.join("venv").display().to_string();
        Step::program("python venv", "python3".as_ref(), &["-m", "venv", &venv]).run()?;
    }
    let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    install.extend(PACKAGES);
    Step::program("pip", &python, &install).run()?;
    Ok(python)
}

/// Ends the process with the test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Live {
    folder: PathBuf,
    tools: PathBuf,
    python: PathBuf,
}

/// A snapshot that was collected, and how that ended.
struct Snapshot {
    path: PathBuf,
    snapshot: Value,
    code: i32,
}

impl Snapshot {
    fn calls(&self) -> u64 {
        let calls = self.snapshot.get("calls").and_then(Value::as_array);
        calls.into_iter().flatten().filter_map(|call| call.get("asked")?.as_u64()).sum()
    }

    fn failures(&self) -> Vec<String> {
        let list = self.snapshot.get("failures").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|f| Some(f.get("call")?.as_str()?.to_owned())).collect()
    }
}

impl Live {
    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn proxy(&self, to: u16, more: &[&str]) -> Result<(Running, String), String> {
        let port = free_port()?;
        let mut command = Command::new(&self.python);
        command.arg(self.tools.join("fault_proxy.py"));
        command.args(["--listen", &port.to_string(), "--to", &to.to_string()]).args(more);
        Ok((start(command, port)?, format!("http://127.0.0.1:{port}")))
    }

    fn seed(&self, port: u16, scale: &str) -> Result<Value, String> {
        let truth = self.at("truth.json");
        let seeder = self.tools.join("seed_moto.py").display().to_string();
        let endpoint = format!("http://127.0.0.1:{port}");
        let arguments = [&seeder, "--endpoint", &endpoint, "--scale", scale, "--truth", &truth];
        Step::program(&format!("seeding at {scale}x"), &self.python, &arguments).quiet().run()?;
        read(Path::new(&truth))
    }

    fn command(&self, address: &str, output: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(target().join("debug/attesta"));
        command.current_dir(root()).args(["--quiet", "collect", "aws", "--endpoint-url", address]).args(more);
        command.arg("--output").arg(output).stdin(Stdio::null());
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.env_remove("AWS_PROFILE").env("AWS_CONFIG_FILE", "/dev/null").env("NO_PROXY", "127.0.0.1");
        command
    }

    fn collect(&self, address: &str, name: &str, more: &[&str]) -> Result<Snapshot, String> {
        let path = self.folder.join(format!("{name}.json"));
        let _ = fs::remove_file(&path);
        let mut command = self.command(address, &path, more);
        let code = command.status().map_err(|e| format!("attesta collect aws: {e}"))?.code().unwrap_or(-1);
        if !matches!(code, 0 | 3) || !path.is_file() {
            return Err(format!("{name}: `attesta collect aws` ended with {code}; was it built with --features aws?"));
        }
        Ok(Snapshot { snapshot: read(&path)?, path, code })
    }

    fn report(&self, snapshot: &Snapshot) -> Result<Value, String> {
        let output = snapshot.path.with_extension("report.json");
        let (input, output_path) = (snapshot.path.display().to_string(), output.display().to_string());
        let arguments = ["check", &input, "--format", "json", "--fail-on", "never", "--output", &output_path];
        let code = Step::attesta("check", &arguments).quiet().code()?;
        // What was not seen was not checked.
        if code != snapshot.code {
            return Err(format!("{input}: collecting ended with {}, checking with {code}", snapshot.code));
        }
        read(&output)
    }

    /// Whether something exists at all is only told when every region was asked.
    fn all_regions(&self, address: &str) -> Result<(), String> {
        let all = self.collect(address, "all-regions", &[])?;
        let report = self.report(&all)?;
        for (policy, want) in [
            ("account-audit-trail", "pass"),
            ("account-config-recorder", "pass"),
            ("account-threat-detector", "pass"),
            ("account-object-lock", "fail"),
            ("account-access-analyzer", "unknown"),
            ("account-vulnerability-scanner", "unknown"),
        ] {
            let found = statuses(&report, |o| text(o, "policy") == policy);
            if found.values().collect::<Vec<_>>() != [want] {
                return Err(format!("{policy} in all regions is {found:?}, not {want}"));
            }
        }
        let regions = all.snapshot.get("regions").and_then(Value::as_array).map_or(0, Vec::len);
        println!("xtask: {regions} regions, {} calls, {} kinds complete", all.calls(), size(&all.snapshot, "complete"));
        if regions < 10 || size(&all.snapshot, "complete") < 6 {
            return Err("all regions: too few regions or complete kinds".to_owned());
        }
        Ok(())
    }

    /// The same account gives the same verdicts.
    fn again(&self, address: &str, base: &Value) -> Result<(), String> {
        let again = self.report(&self.collect(address, "again", &["--region", REGION, "--parallel", "1"])?)?;
        same("a second run, one call at a time", base, &again)
    }

    /// A service that says "slower" costs time, not findings.
    fn throttled(&self, port: u16, base: &Value) -> Result<(), String> {
        let (_proxy, address) = self.proxy(port, &["--throttle", "5"])?;
        let report = self.report(&self.collect(&address, "throttled", &["--region", REGION])?)?;
        same("every fifth call refused once", base, &report)
    }

    /// What is refused is named, and exactly that becomes unknown.
    fn denied(&self, port: u16, base: &Value) -> Result<(), String> {
        let faults = [
            "--deny=rds:DescribeDBInstances",
            "--deny=kms:GetKeyRotationStatus",
            "--deny=s3:GET bucket?policy",
            "--deny=guardduty:*",
            "--fail=cloudtrail:DescribeTrails",
            "--fail=sqs:GetQueueAttributes",
        ];
        let (_proxy, address) = self.proxy(port, &faults)?;
        let denied = self.collect(&address, "denied", &["--region", REGION])?;
        let report = self.report(&denied)?;
        let named = denied.failures();
        for call in [
            "rds:DescribeDBInstances",
            "kms:GetKeyRotationStatus",
            "s3:GetBucketPolicy",
            "guardduty:ListDetectors",
            "cloudtrail:DescribeTrails",
            "sqs:GetQueueAttributes",
        ] {
            let call = format!("{call} in {REGION}");
            let told = statuses(&report, |_| false).is_empty()
                && report.get("not_understood").is_some_and(|list| list.to_string().contains(&call));
            if !named.contains(&call) || !told {
                return Err(format!("{call} was refused, and is not named: {named:?}"));
            }
        }
        expected::only_these_changed(base, &report)
    }

    /// A run that was killed goes on, and ends like one that was not.
    fn resumed(&self, port: u16, base: &Value) -> Result<(), String> {
        let (_proxy, address) = self.proxy(port, &["--latency-ms", "20"])?;
        let path = self.folder.join("killed.json");
        let _ = fs::remove_file(&path);
        let journal = self.folder.join("killed.json.journal");
        let _ = fs::remove_file(&journal);
        let more = ["--region", REGION, "--parallel", "2"];
        let mut child = self.command(&address, &path, &more).spawn().map_err(|e| e.to_string())?;
        let lines = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
        let begun = Instant::now();
        while lines() < 100 && begun.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(20));
        }
        child.kill().and_then(|()| child.wait()).map_err(|e| e.to_string())?;
        let kept = lines();
        if path.exists() || kept < 100 {
            return Err(format!("a run that was killed left {kept} answers, and a snapshot: {}", path.exists()));
        }
        let resumed = self.collect(&address, "killed", &["--region", REGION, "--resume"])?;
        if journal.exists() {
            return Err("the journal outlives the run".to_owned());
        }
        println!("xtask: killed after {kept} answers, then resumed");
        same("a run that was killed and resumed", base, &self.report(&resumed)?)
    }
}

fn start(mut command: Command, port: u16) -> Result<Running, String> {
    let what = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running(command.spawn().map_err(|e| format!("{what}: {e}"))?);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > Duration::from_secs(90) {
            return Err(format!("{what} does not answer on port {port}"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(running)
}

/// Starts the simulator of AWS that [`venv`] installed.
pub(crate) fn moto(folder: &Path) -> Result<(Running, u16), String> {
    let port = free_port()?;
    let mut command = Command::new(folder.join("venv/bin/moto_server"));
    // Its stock images would bring some 1,300 snapshots that count as the account's own.
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false");
    Ok((start(command, port)?, port))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|e| e.to_string())
}

fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn size(value: &Value, key: &str) -> usize {
    value.get(key).and_then(Value::as_array).map_or(0, Vec::len)
}

fn text<'a>(outcome: &'a Value, key: &str) -> &'a str {
    outcome.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Statuses by address and policy, of the outcomes that are meant.
fn statuses(report: &Value, meant: impl Fn(&Value) -> bool) -> BTreeMap<(String, String), String> {
    let outcomes = report.get("outcomes").and_then(Value::as_array);
    let rows = outcomes.into_iter().flatten().filter(|outcome| meant(outcome)).map(|outcome| {
        let address = outcome.pointer("/resource/address").and_then(Value::as_str).unwrap_or_default();
        ((address.to_owned(), text(outcome, "policy").to_owned()), text(outcome, "status").to_owned())
    });
    rows.collect()
}

/// Fails unless both reports hold the same verdicts.
fn same(what: &str, one: &Value, other: &Value) -> Result<(), String> {
    let (one, other) = (statuses(one, |_| true), statuses(other, |_| true));
    let differ = one.iter().find(|(key, status)| other.get(*key) != Some(status));
    match differ {
        Some((key, status)) => Err(format!("{what}: {key:?} was {status}, is {:?}", other.get(key))),
        None if one.len() != other.len() => Err(format!("{what}: {} verdicts, not {}", other.len(), one.len())),
        None => {
            println!("xtask: {what}: the same {} verdicts", one.len());
            Ok(())
        }
    }
}
