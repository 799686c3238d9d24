//! `attesta access-evidence`: who could and who did reach a bucket; what of a principal's rights was used.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use attesta_cloudtrail::{Account, Engine, Question, Trail, account, query, read};
use attesta_evidence::Period;
use attesta_interchange::reports::reach::{Given, Head, PrincipalView, StoreView};
use attesta_kernel::Timestamp;
use attesta_reach::{Answer, Coverage, Event, Span, did, reach, usage};
use clap::{Args, Subcommand, ValueEnum};
use jiff::{ToSpan as _, tz::TimeZone};

use crate::{
    args::Common,
    collect,
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Who could and who did reach this bucket in a period
    ///
    /// Exit codes: 0 every act of the period was recorded and is at hand; 2 usage; 3 something was not seen (the document
    /// names it), or nothing could be read.
    Bucket {
        /// The bucket's name
        #[arg(value_name = "BUCKET")]
        bucket: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// What this principal may do, and which of it was used in a period
    ///
    /// Exit codes as above.
    Principal {
        /// The ARN of a user or a role
        #[arg(value_name = "ARN")]
        arn: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Print the same question as a query, to run where the events lie
    Query {
        /// About this bucket
        #[arg(long, value_name = "BUCKET", required_unless_present = "principal", conflicts_with = "principal")]
        bucket: Option<String>,
        /// About this principal
        #[arg(long, value_name = "ARN")]
        principal: Option<String>,
        /// The first and the last day
        #[arg(long, value_name = "FROM..TO")]
        period: Period,
        /// Where it is run
        #[arg(long, value_enum, default_value_t = Where::Athena)]
        engine: Where,
        /// The table of the trail's files, or the id of the event data store
        #[arg(long, value_name = "NAME", default_value = "cloudtrail_logs")]
        table: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// Live snapshot of the account (`attesta collect aws`)
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
    /// CloudTrail's files as it delivers them, log files and digests: files or folders; may be given several times
    #[arg(long, value_name = "PATH", required = true)]
    trail: Vec<PathBuf>,
    /// The first and the last day
    #[arg(long, value_name = "FROM..TO")]
    period: Period,
    /// How to write
    #[arg(short, long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// Where to write the document [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Markdown,
    /// For programs (docs/reference/collect-aws.md)
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Where {
    /// Athena, over the trail's bucket
    Athena,
    /// CloudTrail Lake
    Lake,
}

pub(crate) fn run(common: &Common, command: &AccessCommand) -> Result<Exit, Failure> {
    match command {
        AccessCommand::Bucket { bucket, inputs } => of_bucket(common, bucket, inputs),
        AccessCommand::Principal { arn, inputs } => of_principal(common, arn, inputs),
        AccessCommand::Query { bucket, principal, period, engine, table } => {
            let question = match (bucket, principal) {
                (Some(bucket), _) => Question::Bucket(bucket),
                (None, Some(arn)) => Question::Principal(arn),
                (None, None) => return Err(Failure::new(Exit::Usage, "neither --bucket nor --principal is given")),
            };
            let engine = match engine {
                Where::Athena => Engine::Athena,
                Where::Lake => Engine::Lake,
            };
            terminal::out(query(engine, table, question, span(*period)?).as_bytes()).map(|()| Exit::Met)
        }
    }
}

/// A period of days, as times in UTC.
fn span(period: Period) -> Result<Span, Failure> {
    let begin = |day: attesta_kernel::Date| day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let ends = period.to().checked_add(1.day()).and_then(begin);
    match (begin(period.from()), ends) {
        (Ok(from), Ok(to)) => Ok(Span { from, to }),
        _ => Err(Failure::new(Exit::Usage, "the period lies outside of what a calendar holds")),
    }
}

fn snapshot(path: &Path) -> Result<Account, Failure> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let most: u64 = 2 << 30;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| Failure::new(Exit::NotEvaluated, format!("{shown}: cannot be read: {error}")))?;
    account(&bytes).map_err(|why| {
        Failure::new(Exit::NotEvaluated, format!("{shown}: {why}")).help("write one with `attesta collect aws`")
    })
}

/// Acts on trails after which they may record something else.
const OF_TRAILS: [&str; 5] = ["StopLogging", "StartLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"];

/// Acts on a bucket after which others may reach it.
const OF_BUCKETS: [&str; 9] = [
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketAcl",
    "PutPublicAccessBlock",
    "DeletePublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutObjectAcl",
    "CreateBucket",
    "DeleteBucket",
];

fn changes_trails(event: &Event) -> bool {
    event.action.starts_with("cloudtrail:") && OF_TRAILS.contains(&&*event.name)
}

fn changes_rights(event: &Event) -> bool {
    let verbs = ["Put", "Attach", "Detach", "Create", "Delete", "Update", "Add", "Remove", "Set"];
    event.action.starts_with("iam:") && verbs.iter().any(|verb| event.name.starts_with(verb))
}

/// What both documents stand on.
struct Ground {
    account: Account,
    period: Span,
    /// The period, and the time between it and the snapshot: what the settings were is only known where no change of
    /// them can have gone unseen.
    settings: Span,
    read: attesta_cloudtrail::Read,
}

impl Ground {
    fn of(inputs: &Inputs, keep: &dyn Fn(&Event) -> bool) -> Result<Self, Failure> {
        let account = snapshot(&inputs.snapshot)?;
        let period = span(inputs.period)?;
        let taken: Timestamp = account.at.parse().map_err(|_| {
            Failure::new(Exit::NotEvaluated, format!("the snapshot's time `{}` is no time", account.at))
        })?;
        let settings = Span { from: period.from.min(taken), to: period.to.max(taken) };
        let read = read(&inputs.trail, keep);
        if read.inputs.is_empty() {
            let mut failure = Failure::new(Exit::NotEvaluated, "no file of CloudTrail could be read");
            failure.messages.extend(read.faults.iter().map(ToString::to_string));
            return Err(failure.help(
                "give the folder `AWSLogs/ACCOUNT` of the trail's bucket, with `CloudTrail` and `CloudTrail-Digest`",
            ));
        }
        Ok(Self { account, period, settings, read })
    }

    fn head(&self, inputs: &Inputs, coverage: Vec<Coverage>, not_seen: Vec<String>) -> Head<'_> {
        let snapshot = Given {
            path: inputs.snapshot.display().to_string(),
            digest: self.account.digest,
            what: "snapshot",
            records: self.account.identities.len(),
        };
        let files = self.read.inputs.iter().map(|input| Given {
            path: input.path.clone(),
            digest: input.digest,
            what: if input.is_digest { "digest" } else { "log" },
            records: input.records,
        });
        Head {
            account: &self.account.number,
            snapshot_at: &self.account.at,
            period: self.period,
            inputs: std::iter::once(snapshot).chain(files).collect(),
            not_seen,
            coverage,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// What both have not seen alike.
    fn not_seen(&self) -> Vec<String> {
        let mut not_seen: Vec<String> =
            self.read.faults.iter().map(|fault| format!("a file was not used: {fault}")).collect();
        not_seen.extend(self.account.more_trails.iter().map(|why| format!("there may be more trails: {why}")));
        let mut changed: Vec<&Event> =
            self.read.events.iter().filter(|event| self.settings.holds(event.at) && changes_trails(event)).collect();
        changed.sort_by_key(|event| event.at);
        not_seen.extend(changed.into_iter().map(|event| {
            format!("what is recorded was changed: {} by {} at {}", event.name, event.actor.name(), event.at)
        }));
        not_seen
    }

    /// What the digests of one trail prove; without a trail nothing is proven.
    fn coverage(&self, trail: Option<&Trail>, regions: &BTreeSet<String>) -> Vec<Coverage> {
        let name = trail.map_or("", Trail::name);
        regions.iter().map(|region| Coverage::of(self.settings, region, name, &self.read.deliveries)).collect()
    }
}

fn of_bucket(common: &Common, bucket: &str, inputs: &Inputs) -> Result<Exit, Failure> {
    let of_bucket = |event: &Event| event.store.as_deref() == Some(bucket);
    let ground = Ground::of(inputs, &|event| of_bucket(event) || changes_trails(event) || changes_rights(event))?;
    let Some((store, region)) = ground.account.stores.get(bucket) else {
        let what = format!("the snapshot shows no bucket `{bucket}`");
        return Err(Failure::new(Exit::NotEvaluated, what).help("collect the account that owns it"));
    };
    let mut not_seen = ground.not_seen();
    not_seen.extend(ground.account.more.iter().map(|why| format!("there may be more identities: {why}")));
    let (trail, why) = recording(&ground.account, &format!("{}/", store.arn), region);
    not_seen.extend(why);
    let mut regions = BTreeSet::from([region.clone()]);
    // Changes of a trail are recorded where it lives.
    regions.extend(trail.map(|trail| trail.region.clone()));
    let coverage = ground.coverage(trail, &regions);
    let whole = not_seen.is_empty() && coverage.iter().all(Coverage::is_whole);
    let changed = |event: &&Event| {
        ground.settings.holds(event.at)
            && event.refused.is_none()
            && (changes_rights(event) || (of_bucket(event) && OF_BUCKETS.contains(&&*event.name)))
    };
    let mut changes: Vec<&Event> = ground.read.events.iter().filter(changed).collect();
    changes.sort_by_key(|event| event.at);
    let changes =
        changes.iter().map(|event| format!("{}: {} by {}", event.at, event.name, event.actor.name())).collect();
    let view = StoreView {
        did: did(&ground.read.events, bucket, ground.period),
        could: reach(&ground.account.identities, store),
        bucket,
        changes,
        whole,
        head: ground.head(inputs, coverage, not_seen),
    };
    write(common, inputs, &view.json(), &view.markdown(), whole)
}

/// The trail that records every read and write of a bucket's objects, or why there is none.
fn recording<'a>(account: &'a Account, arn: &str, region: &str) -> (Option<&'a Trail>, Option<String>) {
    let answer = |trail: &Trail| trail.records("AWS::S3::Object", Some(arn));
    let here = || account.trails.iter().filter(|trail| trail.is_of(region));
    if let Some(trail) = here().find(|trail| answer(trail) == Answer::Yes) {
        return (Some(trail), None);
    }
    let why = if here().any(|trail| answer(trail) == Answer::Unknown) {
        format!("whether a trail records all reads and writes of {arn} in {region} could not be told")
    } else {
        format!("no trail records reads and writes of {arn} in {region}: whoever read it left no event")
    };
    (None, Some(why))
}

fn of_principal(common: &Common, arn: &str, inputs: &Inputs) -> Result<Exit, Failure> {
    let is_theirs = |event: &Event| event.actor.kind() == "principal" && event.actor.name() == arn;
    let ground = Ground::of(inputs, &|event| is_theirs(event) || changes_trails(event))?;
    let Some(identity) = ground.account.identities.iter().find(|identity| &*identity.arn == arn) else {
        let what = format!("the snapshot shows no user or role `{arn}`");
        return Err(Failure::new(Exit::NotEvaluated, what).help("give its IAM ARN; of a session, the role's"));
    };
    let mut used: BTreeMap<Box<str>, u64> = BTreeMap::new();
    for event in ground.read.events.iter().filter(|event| ground.period.holds(event.at) && is_theirs(event)) {
        // What was refused used no right.
        if event.refused.is_none() {
            let count = used.entry(event.action.clone()).or_default();
            *count = count.saturating_add(1);
        }
    }
    let mut not_seen = ground.not_seen();
    if !ground.account.all_regions {
        not_seen.push("the snapshot does not hold every enabled region: acts elsewhere were not seen".to_owned());
    }
    let regions: BTreeSet<String> = ground.account.regions.iter().cloned().collect();
    // Of several trails the one whose files are at hand, and of those one that records more than management.
    let whole_of = |trail: &&Trail| ground.coverage(Some(trail), &regions).iter().all(Coverage::is_whole);
    let everywhere = || ground.account.trails.iter().filter(|trail| trail.all_regions && trail.logging == Some(true));
    let records = |trail: &&Trail| trail.records("AWS::S3::Object", None) == Answer::Yes;
    let trail = everywhere().filter(whole_of).max_by_key(records).or_else(|| everywhere().max_by_key(records));
    if trail.is_none() {
        not_seen.push("no trail that is on records every region".to_owned());
    }
    let coverage = ground.coverage(trail, &regions);
    let whole = not_seen.is_empty() && coverage.iter().all(Coverage::is_whole);
    let recorded = |kind: &str| trail.is_some_and(|trail| trail.records(kind, None) == Answer::Yes);
    let (rights, beyond) = usage(&identity.statements, &used, whole, recorded);
    let view = PrincipalView {
        principal: arn,
        rights,
        beyond: beyond.into_iter().map(|(action, count)| (action.to_owned(), count)).collect(),
        unseen: identity.unseen.clone(),
        whole,
        head: ground.head(inputs, coverage, not_seen),
    };
    write(common, inputs, &view.json(), &view.markdown(), whole)
}

fn write(
    common: &Common,
    inputs: &Inputs,
    json: &serde_json::Value,
    markdown: &str,
    whole: bool,
) -> Result<Exit, Failure> {
    let text = match inputs.format {
        Format::Markdown => markdown.to_owned(),
        Format::Json => {
            let text =
                serde_json::to_string_pretty(json).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
            format!("{text}\n")
        }
    };
    match &inputs.output {
        None => terminal::out(text.as_bytes())?,
        Some(path) => {
            collect::write(path, text.as_bytes())?;
            if !common.quiet {
                let (from, to) = (inputs.period.from(), inputs.period.to());
                let shown = path.display();
                terminal::note(&format!(
                    "{shown}: keep it with `attesta evidence add {shown} --kind activity-record --period {from}..{to}`"
                ));
            }
        }
    }
    if !whole && !common.quiet {
        terminal::note("something was not seen: the document names it, and claims nothing of it");
    }
    Ok(if whole { Exit::Met } else { Exit::NotEvaluated })
}
