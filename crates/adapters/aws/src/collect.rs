//! One account, all of its asked regions, one snapshot.

use std::{
    collections::BTreeSet,
    fmt,
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, PoisonError},
};

use aws_config::{BehaviorVersion, Region, sts::AssumeRoleProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::{
    ask::{Ask, Call},
    client::{Bounds, Client},
    found::{Found, text},
    journal::Journal,
    model::Model,
    services::{
        Place, analytics, backup, balancer, compute, container, database, detection, edge, function, gateway, identity,
        keys, keys::Keys, logging, messaging, network, nothing, object_store, secret, storage,
    },
};

/// What the snapshot says of itself; `attesta-collectors` reads it.
const SCHEMA: &str = "attesta.live-aws/1";

/// Told while work goes on.
pub trait Progress: Send + Sync {
    /// A call was answered, or was given up.
    fn called(&self, region: &str, call: &str);
}

/// Which regions to ask.
#[derive(Debug, Clone)]
pub enum Regions {
    /// All that the account has enabled.
    Enabled,
    /// These.
    These(Vec<String>),
}

/// What to collect and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which regions.
    pub regions: Regions,
    /// A named profile of the shared configuration.
    pub profile: Option<String>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// The external id that the role demands.
    pub external_id: Option<String>,
    /// A simulator's address, asked instead of AWS.
    pub endpoint_url: Option<String>,
    /// Bounds on each call.
    pub bounds: Bounds,
    /// Where answers are kept until the snapshot is whole.
    pub journal: Option<PathBuf>,
    /// Whether to go on with an earlier run's answers.
    pub resume: bool,
    /// The version that writes.
    pub version: String,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Collected {
    /// The snapshot, as a JSON document.
    pub snapshot: Value,
    /// The account.
    pub account: String,
    /// The regions that were asked.
    pub regions: Vec<String>,
    /// Entries written, satellites included.
    pub resources: usize,
    /// Questions put.
    pub calls: u64,
    /// What was not answered.
    pub failures: Vec<Failure>,
}

/// Calls that were not answered, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `rds:DescribeDBInstances in us-east-1`.
    pub call: String,
    /// Why.
    pub why: String,
    /// How many.
    pub count: u32,
}

/// Why nothing could be collected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub help: String,
}

impl Error {
    fn new(what: impl fmt::Display, help: &str) -> Self {
        Self { what: what.to_string(), help: help.to_owned() }
    }
}

/// Services that hold kinds of the neutral model and are not asked yet; every report names them.
const NOT_ASKED: &[&str] = &[
    "EC2 Auto Scaling: launch configurations (launch_template)",
    "ECS: older revisions of task definitions (container_task)",
    "ElastiCache serverless, MemoryDB (cache)",
    "Elastic Load Balancing, classic (load_balancer)",
    "FSx (file_system)",
    "Firehose, MSK (stream)",
    "IAM server certificates (certificate)",
    "Organizations: policies of the organisation",
    "Redshift Serverless (data_warehouse)",
    "WAF Classic (web_firewall)",
];

/// Kinds of which all resources were seen when these types were. Whether something exists at all is asked of these
/// alone; of a kind that other services hold too, nothing is claimed.
const COMPLETE: &[(&str, &str, bool)] = &[
    ("access_analyzer", "aws_accessanalyzer_analyzer", false),
    ("audit_trail", "aws_cloudtrail", false),
    ("backup_plan", "AWS::Backup::BackupPlan", false),
    ("config_recorder", "aws_config_configuration_recorder", false),
    ("credential_policy", "aws_iam_account_password_policy", true),
    ("findings_hub", "AWS::SecurityHub::Hub", false),
    ("object_store", "aws_s3_bucket", true),
    ("threat_detector", "AWS::GuardDuty::Detector", false),
    ("vulnerability_scanner", "aws_inspector2_enabler", false),
];

/// Collects one account.
pub fn collect(options: &Options, progress: Arc<dyn Progress>) -> Result<Collected, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(error, "try again"))?;
    runtime.block_on(run(options, progress))
}

async fn run(options: &Options, progress: Arc<dyn Progress>) -> Result<Collected, Error> {
    let started = jiff::Timestamp::now();
    let model = Model::built_in().map_err(|error| Error::new(error, "please report it"))?;
    let (client, first) = client(options).await?;
    let journal =
        match &options.journal {
            Some(path) => {
                let about = format!("{:?} {:?} {:?}", options.role_arn, options.profile, options.endpoint_url);
                let journal = Journal::open(path, &about, options.resume);
                let shown = path.display();
                Some(journal.map_err(|error| {
                    Error::new(format!("{shown}: cannot be written: {error}"), "name another --output")
                })?)
            }
            None => None,
        };
    let parallel = options.bounds.parallel;
    let ask = Arc::new(Ask::new(model, client, options.endpoint_url.clone(), journal, parallel, progress));

    let told = who(&ask, &first).await?;
    let account = text(&told, "/Account").to_owned();
    let regions = regions(&ask, options, &first).await?;
    let keys = Arc::new(Keys::of(&ask, &account, &regions).await);
    let place = |region: &str| Place {
        ask: Arc::clone(&ask),
        partition: ask.model.partition(region).to_owned(),
        account: account.clone(),
        region: region.to_owned(),
        regions: Arc::new(regions.clone()),
        keys: Arc::clone(&keys),
        now: started,
    };

    let mut jobs: Vec<(usize, &'static str, Job)> = Vec::new();
    let mut not_offered = Vec::new();
    for (service, job) in global() {
        jobs.push((0, service, job(place(&first))));
    }
    for (section, region) in regions.iter().enumerate() {
        for (service, job) in regional() {
            if ask.model.offers(service, region) {
                jobs.push((section.saturating_add(1), service, job(place(region))));
            } else {
                not_offered.push(format!("{service} in {region}"));
            }
        }
    }
    let mut running = JoinSet::new();
    for (at, (section, service, job)) in jobs.into_iter().enumerate() {
        running.spawn(async move { (section, at, service, job.await) });
    }
    let mut done = Vec::new();
    while let Some(result) = running.join_next().await {
        match result {
            Ok(found) => done.push(found),
            Err(error) => return Err(Error::new(format!("the collector broke off: {error}"), "please report it")),
        }
    }
    done.sort_by_key(|(section, at, ..)| (*section, *at));

    let mut sections: Vec<(String, Vec<Value>)> = vec![("global".to_owned(), Vec::new())];
    sections.extend(regions.iter().map(|region| (region.clone(), Vec::new())));
    let mut blind = BTreeSet::new();
    let mut resources = 0_usize;
    for (section, _, _, found) in done {
        let Some((_, held)) = sections.get_mut(section) else { continue };
        for one in found {
            if one.unseen.is_some() {
                blind.insert(one.of.canonical);
            } else {
                resources = resources.saturating_add(1);
            }
            held.push(one.into_json());
        }
    }
    let everywhere = matches!(options.regions, Regions::Enabled);
    let complete: Vec<&str> = COMPLETE
        .iter()
        .filter(|(_, canonical, global)| (*global || everywhere) && !blind.contains(canonical))
        .map(|(kind, ..)| *kind)
        .collect();
    let (calls, failures, count) = tallies(&ask);
    let mut snapshot = Map::new();
    snapshot.insert("schema".to_owned(), json!(SCHEMA));
    snapshot.insert("tool".to_owned(), json!(format!("attesta {}", options.version)));
    snapshot.insert("model".to_owned(), json!(ask.model.source));
    snapshot.insert("started".to_owned(), json!(started.to_string()));
    snapshot.insert("finished".to_owned(), json!(jiff::Timestamp::now().to_string()));
    snapshot.insert("account".to_owned(), json!(account));
    snapshot.insert("caller".to_owned(), told.pointer("/Arn").cloned().unwrap_or_default());
    if ask.skew() != 0 {
        snapshot.insert("clock_behind_seconds".to_owned(), json!(ask.skew()));
    }
    snapshot.insert("regions".to_owned(), json!(regions));
    snapshot.insert("all_enabled_regions".to_owned(), json!(everywhere));
    snapshot.insert("complete".to_owned(), json!(complete));
    snapshot.insert("not_asked".to_owned(), json!(NOT_ASKED));
    snapshot.insert("not_offered".to_owned(), json!(not_offered));
    let told_failures: Vec<Value> =
        failures.iter().map(|f| json!({ "call": f.call, "why": f.why, "count": f.count })).collect();
    snapshot.insert("failures".to_owned(), Value::Array(told_failures));
    let held = sections.into_iter().filter(|(_, resources)| !resources.is_empty());
    let held: Vec<Value> = held
        .map(|(region, resources)| json!({ "account": account, "region": region, "resources": resources }))
        .collect();
    snapshot.insert("sections".to_owned(), Value::Array(held));
    snapshot.insert("calls".to_owned(), calls);
    Ok(Collected { snapshot: Value::Object(snapshot), account, regions, resources, calls: count, failures })
}

/// An account of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it can be asked: suspended ones cannot.
    pub active: bool,
}

/// The accounts that can be asked from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// The account of the credentials that we begin with.
    pub own: String,
    /// The organisation's, where it was asked.
    pub members: Vec<Member>,
    /// Why there may be more of them.
    pub missing: Option<String>,
}

/// Asks whose credentials these are, and with `organization` which accounts the organisation has. No role is assumed.
///
/// # Errors
///
/// When it cannot be asked who we are.
pub fn members(options: &Options, organization: bool) -> Result<Members, Error> {
    struct Quiet;
    impl Progress for Quiet {
        fn called(&self, _region: &str, _call: &str) {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(error, "try again"))?;
    runtime.block_on(async {
        let plain = Options { role_arn: None, external_id: None, journal: None, ..options.clone() };
        let model = Model::built_in().map_err(|error| Error::new(error, "please report it"))?;
        let (client, first) = client(&plain).await?;
        let parallel = plain.bounds.parallel;
        let ask = Arc::new(Ask::new(model, client, plain.endpoint_url.clone(), None, parallel, Arc::new(Quiet)));
        let own = who(&ask, &first).await?;
        let own = text(&own, "/Account").to_owned();
        if !organization {
            return Ok(Members { own, members: Vec::new(), missing: None });
        }
        let reply = ask.one(Call::new("organizations", "ListAccounts", &first, nothing())).await;
        let (list, missing) = reply.list("/Accounts");
        let members = list.iter().map(|account| Member {
            id: text(account, "/Id").to_owned(),
            name: text(account, "/Name").to_owned(),
            active: text(account, "/Status") == "ACTIVE",
        });
        Ok(Members { own, members: members.collect(), missing })
    })
}

/// What stands for an account of which nothing could be asked: a snapshot of which nothing is known.
pub fn unseen_account(account: &str, call: &str, why: &str, version: &str) -> Value {
    let now = jiff::Timestamp::now().to_string();
    json!({
        "schema": SCHEMA, "tool": format!("attesta {version}"), "started": now, "finished": now, "account": account,
        "regions": [], "all_enabled_regions": false, "complete": [], "not_asked": NOT_ASKED, "not_offered": [],
        "failures": [{ "call": format!("{call} of account {account}"), "why": why, "count": 1 }], "sections": [],
        "calls": [],
    })
}

async fn who(ask: &Arc<Ask>, first: &str) -> Result<Value, Error> {
    let caller = ask.one(Call::new("sts", "GetCallerIdentity", first, nothing())).await;
    match caller.missing() {
        None => Ok(caller.at("")),
        Some(why) => {
            let help = "give credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID, a role) that AWS accepts; `aws sts get-caller-identity` tries the same";
            Err(Error::new(format!("who we are could not be asked: {why}"), help))
        }
    }
}

type Job = Pin<Box<dyn Future<Output = Vec<Found>> + Send>>;
type Start = fn(Place) -> Job;

/// Makes a job of a service's function, which borrows its place.
macro_rules! jobs {
    ($(($service:literal, $function:path)),* $(,)?) => {
        [$(($service, (|place| Box::pin(async move { $function(&place).await })) as Start)),*]
    };
}

#[expect(clippy::as_conversions, reason = "a closure to a function pointer, which cannot lose anything")]
fn global() -> [(&'static str, Start); 3] {
    jobs![("iam", identity::collect), ("s3", object_store::collect), ("cloudfront", edge::distributions)]
}

#[expect(clippy::as_conversions, reason = "a closure to a function pointer, which cannot lose anything")]
fn regional() -> [(&'static str, Start); 32] {
    jobs![
        ("ec2", network::collect),
        ("ec2", compute::collect),
        ("kms", keys::collect),
        ("cloudtrail", logging::trails),
        ("rds", database::collect),
        ("logs", logging::log_groups),
        ("guardduty", detection::detectors),
        ("config", logging::recorders),
        ("dynamodb", database::tables),
        ("lambda", function::collect),
        ("sns", messaging::topics),
        ("sqs", messaging::queues),
        ("secretsmanager", secret::secrets),
        ("efs", storage::collect),
        ("ecr", container::registries),
        ("elbv2", balancer::collect),
        ("ssm", secret::parameters),
        ("backup", backup::collect),
        ("securityhub", detection::hub),
        ("redshift", analytics::warehouses),
        ("opensearch", analytics::domains),
        ("kinesis", analytics::streams),
        ("elasticache", analytics::caches),
        ("ecs", container::services),
        ("eks", container::kubernetes),
        ("acm", edge::certificates),
        ("wafv2", edge::firewalls),
        ("apigateway", gateway::rest),
        ("apigatewayv2", gateway::http),
        ("inspector2", detection::scanner),
        ("accessanalyzer", detection::analyzers),
        ("athena", gateway::workgroups),
    ]
}

/// Credentials by AWS's own chain, a role on top where one is named, and the region to begin in.
async fn client(options: &Options) -> Result<(Client, String), Error> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Regions::These(regions) = &options.regions
        && let Some(first) = regions.first()
    {
        loader = loader.region(Region::new(first.clone()));
    }
    let mut config = loader.load().await;
    if config.region().is_none() {
        config = config.into_builder().region(Region::from_static("us-east-1")).build();
    }
    let first = config.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string);
    let help = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run where a role is attached";
    let mut provider = config.credentials_provider().ok_or_else(|| Error::new("no credentials are set", help))?;
    if let Some(role) = &options.role_arn {
        let mut builder = AssumeRoleProvider::builder(role).session_name("attesta-collect").configure(&config);
        if let Some(id) = &options.external_id {
            builder = builder.external_id(id);
        }
        provider = SharedCredentialsProvider::new(builder.build().await);
    }
    Ok((Client::new(provider, options.bounds), first))
}

async fn regions(ask: &Arc<Ask>, options: &Options, first: &str) -> Result<Vec<String>, Error> {
    if let Regions::These(regions) = &options.regions {
        let mut unique = Vec::new();
        for region in regions {
            if !unique.contains(region) {
                unique.push(region.clone());
            }
        }
        return Ok(unique);
    }
    let reply = ask.one(Call::new("ec2", "DescribeRegions", first, nothing())).await;
    let (list, missing) = reply.list("/Regions");
    let mut regions: Vec<String> =
        list.iter().map(|region| text(region, "/RegionName").to_owned()).filter(|name| !name.is_empty()).collect();
    if let Some(why) = missing {
        let what = format!("which regions are enabled could not be asked: {why}");
        return Err(Error::new(what, "name them with --region, or allow ec2:DescribeRegions"));
    }
    if regions.is_empty() {
        return Err(Error::new("the account has no enabled region", "name one with --region"));
    }
    // Questions about the whole account are put where we began.
    regions.sort_by_key(|region| (region != first, region.clone()));
    Ok(regions)
}

/// What happened to every call, what was not answered, and how many there were.
fn tallies(ask: &Ask) -> (Value, Vec<Failure>, u64) {
    let tallies = ask.tally.lock().unwrap_or_else(PoisonError::into_inner);
    let mut calls = Vec::new();
    let mut failures = Vec::new();
    let mut count = 0_u64;
    for ((region, call), tally) in tallies.iter() {
        count = count.saturating_add(tally.asked);
        let failed: Map<String, Value> = tally.failed.iter().map(|(why, count)| (why.clone(), json!(count))).collect();
        calls.push(json!({
            "region": region, "call": call, "asked": tally.asked, "answered": tally.answered, "none": tally.none,
            "pages": tally.pages, "failed": failed,
        }));
        failures.extend(tally.failed.iter().map(|(why, count)| Failure {
            call: format!("{call} in {region}"),
            why: why.clone(),
            count: *count,
        }));
    }
    (Value::Array(calls), failures, count)
}
