//! What a live snapshot (`attesta.live-aws/1`) says of identities, stores and trails.

use std::collections::BTreeMap;

use attesta_kernel::Digest;
use attesta_reach::{Answer, Effect, Identity, Pattern, Statement, Store, Who};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The account of a snapshot.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub number: String,
    /// When the snapshot was whole.
    pub at: String,
    /// Digest of the snapshot's bytes.
    pub digest: Digest,
    /// Users, roles and the root user.
    pub identities: Vec<Identity>,
    /// Why there may be more of them.
    pub more: Vec<String>,
    /// Buckets by name, with the region that each lives in.
    pub stores: BTreeMap<String, (Store, String)>,
    /// Trails.
    pub trails: Vec<Trail>,
    /// Why there may be more trails.
    pub more_trails: Vec<String>,
    /// Regions that were asked.
    pub regions: Vec<String>,
    /// Whether these are all that the account has enabled, and every trail was seen.
    pub all_regions: bool,
}

/// A trail and what it records of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// Whether it is on; `None` where that was not seen.
    pub logging: Option<bool>,
    /// Whether it records in every region.
    pub all_regions: bool,
    /// Its home.
    pub region: String,
    selectors: Vec<Selector>,
    unseen: bool,
}

/// What one selector of data events takes in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Selector {
    kinds: Vec<String>,
    /// Beginnings of ARNs that it is narrowed to; none where it takes all.
    beginnings: Option<Vec<String>>,
    reads: bool,
    writes: bool,
    /// Narrowed in a way that is not modelled.
    narrowed: bool,
}

impl Trail {
    /// Whether it records reads and writes of this kind of thing, of those below `arn`, or of all where none is named.
    pub fn records(&self, kind: &str, arn: Option<&str>) -> Answer {
        if self.logging == Some(false) {
            return Answer::No;
        }
        let mut told = if self.unseen { Answer::Unknown } else { Answer::No };
        let of_kind = self.selectors.iter().filter(|one| one.kinds.iter().any(|of| of == kind));
        let (mut reads, mut writes) = (Answer::No, Answer::No);
        for selector in of_kind {
            let fits = match (&selector.beginnings, arn) {
                (None, _) => true,
                (Some(list), Some(arn)) => list.iter().any(|beginning| arn.starts_with(beginning.as_str())),
                // All S3 is written `arn:aws:s3` or `arn:aws:s3:::`, all functions `arn:aws:lambda`.
                (Some(list), None) => list.iter().any(|one| one.trim_end_matches(':').split(':').count() <= 3),
            };
            // A selector that reaches into the store covers a part of it.
            let partly = arn.is_some_and(|arn| selector.beginnings.iter().flatten().any(|one| one.starts_with(arn)));
            let answer = match (fits, partly || selector.narrowed) {
                (true, _) if !selector.narrowed => Answer::Yes,
                (true, _) | (false, true) => Answer::Unknown,
                (false, false) => Answer::No,
            };
            reads = reads.max(if selector.reads { answer } else { Answer::No });
            writes = writes.max(if selector.writes { answer } else { Answer::No });
        }
        told = told.max(reads.min(writes));
        if self.logging.is_none() { told.min(Answer::Unknown) } else { told }
    }

    /// Its name, as its files are named after it.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// Whether it records what happens in a region.
    pub fn is_of(&self, region: &str) -> bool {
        self.all_regions || self.region == region
    }
}

#[derive(Deserialize)]
struct Snapshot {
    schema: String,
    account: String,
    finished: Option<String>,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    complete: Vec<String>,
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    region: String,
    resources: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    #[serde(rename = "as")]
    canonical: String,
    #[serde(default)]
    properties: Map<String, Value>,
    unseen: Option<String>,
}

impl Told {
    fn text(&self, key: &str) -> &str {
        self.properties.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Types whose list holds identities and their policies.
const IAM: [&str; 4] = ["aws_iam_user", "aws_iam_role", "aws_iam_group", "aws_iam_policy"];

/// Reads a snapshot of one account.
///
/// # Errors
///
/// Why it is none.
pub fn account(bytes: &[u8]) -> Result<Account, String> {
    let snapshot: Snapshot = serde_json::from_slice(bytes).map_err(|error| format!("is no live snapshot: {error}"))?;
    if snapshot.schema != "attesta.live-aws/1" {
        return Err(format!("is a `{}`, not a live snapshot (`attesta collect aws`)", snapshot.schema));
    }
    let at = snapshot.finished.ok_or("is a collection that was broken off: run it again with --resume")?;
    let all: Vec<(&str, &Told)> = snapshot
        .sections
        .iter()
        .flat_map(|section| section.resources.iter().map(|one| (section.region.as_str(), one)))
        .collect();
    let of =
        |canonical: &'static str| all.iter().filter(move |(_, one)| one.canonical == canonical).map(|(_, one)| *one);
    let unseen = |names: &[&str]| -> Vec<String> {
        let hidden = all.iter().filter(|(_, one)| names.contains(&one.canonical.as_str()));
        hidden.filter_map(|(_, one)| Some(format!("{}: {}", one.id, one.unseen.as_deref()?))).collect()
    };
    let policies: BTreeMap<&str, &Told> =
        of("aws_iam_policy").filter(|one| one.unseen.is_none()).map(|one| (one.text("arn"), one)).collect();
    let own = |canonical: &'static str, key: &'static str, name: &str| -> Vec<&Told> {
        of(canonical).filter(|one| one.text(key) == name).collect()
    };
    let mut identities = Vec::new();
    for (canonical, inline, attached, key) in [
        ("aws_iam_user", "aws_iam_user_policy", "aws_iam_user_policy_attachment", "user"),
        ("aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment", "role"),
    ] {
        for one in of(canonical).filter(|one| one.unseen.is_none()) {
            let name = one.text("name");
            let mut identity = Identity {
                arn: one.id.as_str().into(),
                statements: Vec::new(),
                unseen: Vec::new(),
                narrowed: Vec::new(),
            };
            if one.id.ends_with(":root") {
                identity.statements.push(everything("the root user"));
            }
            for policy in own(inline, key, name) {
                take(policy, &mut identity);
            }
            for attachment in own(attached, key, name) {
                attach(attachment.text("policy_arn"), &policies, &mut identity);
            }
            match one.properties.get("$groups") {
                Some(Value::Array(groups)) => {
                    for group in groups.iter().filter_map(Value::as_str) {
                        for policy in own("aws_iam_group_policy", "group", group) {
                            take(policy, &mut identity);
                        }
                        for attachment in own("aws_iam_group_policy_attachment", "group", group) {
                            attach(attachment.text("policy_arn"), &policies, &mut identity);
                        }
                    }
                }
                None | Some(Value::Null) => {}
                Some(_) => identity.unseen.push("its groups were not seen".to_owned()),
            }
            match one.properties.get("permissions_boundary") {
                None | Some(Value::Null) => {}
                Some(Value::String(arn)) if arn.is_empty() => {}
                Some(boundary) => {
                    let shown = boundary.as_str().unwrap_or("not seen");
                    identity.narrowed.push(format!("a permissions boundary may narrow it: {shown}"));
                }
            }
            identities.push(identity);
        }
    }
    // A list that broke off may have lost a policy of any of them.
    let more = unseen(&IAM);
    for identity in &mut identities {
        identity.unseen.extend(more.iter().cloned());
    }
    identities.sort_by(|one, other| one.arn.cmp(&other.arn));
    let mut stores = BTreeMap::new();
    for one in of("aws_s3_bucket").filter(|one| one.unseen.is_none()) {
        let name = one.text("bucket");
        let mut holder = Identity { arn: "".into(), statements: Vec::new(), unseen: Vec::new(), narrowed: Vec::new() };
        take(one, &mut holder);
        let block = of("aws_s3_bucket_public_access_block").find(|block| block.text("bucket") == name);
        let blocked = match block.and_then(|block| block.properties.get("restrict_public_buckets")) {
            Some(Value::Bool(true)) => Answer::Yes,
            Some(Value::Bool(false)) => Answer::No,
            _ => Answer::Unknown,
        };
        let store = Store {
            arn: one.id.as_str().into(),
            account: snapshot.account.as_str().into(),
            statements: holder.statements,
            unseen: holder.unseen.into_iter().next(),
            blocked,
        };
        stores.insert(name.to_owned(), (store, one.text("region").to_owned()));
    }
    let trails = all.iter().filter(|(_, one)| one.canonical == "aws_cloudtrail" && one.unseen.is_none());
    let trails: Vec<Trail> = trails.map(|(region, one)| trail(region, one)).collect();
    Ok(Account {
        number: snapshot.account,
        at,
        digest: Digest::of(bytes),
        identities,
        more,
        stores,
        trails,
        more_trails: unseen(&["aws_cloudtrail"]),
        all_regions: snapshot.complete.iter().any(|kind| kind == "audit_trail"),
        regions: snapshot.regions,
    })
}

fn everything(policy: &str) -> Statement {
    Statement {
        effect: Effect::Allow,
        who: Who::Holder,
        actions: vec![Pattern::action("*")],
        but_actions: false,
        resources: vec![Pattern::new("*")],
        but_resources: false,
        conditional: false,
        policy: policy.into(),
    }
}

/// AWS's own policies are not in a snapshot; of these it is public what they say of everything, or of S3.
fn attach(arn: &str, policies: &BTreeMap<&str, &Told>, identity: &mut Identity) {
    if let Some(policy) = policies.get(arn) {
        return take(policy, identity);
    }
    let actions: &[&str] = match arn.split_once(":iam::aws:policy/").map(|(_, name)| name) {
        Some("AdministratorAccess") => &["*"],
        Some("AmazonS3FullAccess") => &["s3:*", "s3-object-lambda:*"],
        Some("AmazonS3ReadOnlyAccess") => {
            &["s3:get*", "s3:list*", "s3:describe*", "s3-object-lambda:get*", "s3-object-lambda:list*"]
        }
        _ => {
            identity.unseen.push(format!("what {arn} says is not in the snapshot"));
            return;
        }
    };
    let actions = actions.iter().map(|action| Pattern::action(action)).collect();
    identity.statements.push(Statement { actions, ..everything(arn) });
}

/// The statements of a resource's `policy`.
fn take(one: &Told, identity: &mut Identity) {
    let shown = if one.text("name").is_empty() { one.id.clone() } else { format!("{} ({})", one.text("name"), one.id) };
    let parsed = match one.properties.get("policy") {
        _ if one.unseen.is_some() => Err(one.unseen.clone().unwrap_or_default()),
        None | Some(Value::Null) => return,
        Some(Value::String(text)) if text.is_empty() => return,
        Some(Value::String(text)) => {
            serde_json::from_str::<Value>(text).map_err(|error| format!("is no JSON: {error}"))
        }
        Some(Value::Object(map)) if map.contains_key("$unknown") => {
            Err(map.get("$unknown").and_then(Value::as_str).unwrap_or_default().to_owned())
        }
        Some(value) => Ok(value.clone()),
    };
    let statements = parsed.and_then(|document| statements(&document, &shown));
    match statements {
        Ok(more) => identity.statements.extend(more),
        Err(why) => identity.unseen.push(format!("{shown}: {why}")),
    }
}

fn statements(document: &Value, policy: &str) -> Result<Vec<Statement>, String> {
    let list = match document.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err("holds no statement".to_owned()),
    };
    list.into_iter().map(|one| statement(one, policy)).collect()
}

fn statement(one: &Value, policy: &str) -> Result<Statement, String> {
    let effect = match one.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err("a statement is neither Allow nor Deny".to_owned()),
    };
    let list = |key: &str, other: &str| -> Result<(Vec<String>, bool), String> {
        match (one.get(key), one.get(other)) {
            (Some(value), None) => Ok((texts(value)?, false)),
            (None, Some(value)) => Ok((texts(value)?, true)),
            (None, None) => Ok((Vec::new(), true)),
            (Some(_), Some(_)) => Err(format!("a statement has both {key} and {other}")),
        }
    };
    let (actions, but_actions) = list("Action", "NotAction")?;
    let (resources, but_resources) = list("Resource", "NotResource")?;
    let who = match (one.get("Principal"), one.get("NotPrincipal")) {
        (None, None) => Who::Holder,
        (_, Some(_)) => Who::AllBut,
        (Some(principal), None) => Who::These(principals(principal)?),
    };
    // `${aws:username}` and the like stand for what only the request knows.
    let variable = resources.iter().any(|text| text.contains("${"));
    let resources = resources.iter().map(|text| Pattern::new(variables(text))).collect();
    let has_condition = one.get("Condition").is_some_and(|told| told.as_object().is_none_or(|map| !map.is_empty()));
    Ok(Statement {
        effect,
        who,
        actions: actions.iter().map(|text| Pattern::action(text)).collect(),
        but_actions,
        resources,
        but_resources,
        conditional: has_condition || variable,
        policy: policy.into(),
    })
}

/// Each variable as a `*`.
fn variables(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let not_text = || "a statement lists something that is no text".to_owned();
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(not_text)).collect(),
        _ => Err(not_text()),
    }
}

fn principals(value: &Value) -> Result<Vec<Box<str>>, String> {
    let Value::Object(kinds) = value else { return Ok(texts(value)?.into_iter().map(Into::into).collect()) };
    let mut all = Vec::new();
    for (kind, list) in kinds {
        all.extend(texts(list)?.into_iter().map(|name| match kind.as_str() {
            "AWS" => name.into(),
            "Service" => format!("service:{name}").into(),
            other => Box::<str>::from(format!("{}:{name}", other.to_ascii_lowercase())),
        }));
    }
    Ok(all)
}

fn trail(region: &str, one: &Told) -> Trail {
    let mut selectors = Vec::new();
    let mut unseen = false;
    let mut each = |key: &str, read: &dyn Fn(&Value) -> Option<Selector>| match one.properties.get(key) {
        Some(Value::Array(list)) => selectors.extend(list.iter().filter_map(read)),
        Some(Value::Object(_)) => unseen = true,
        _ => {}
    };
    each("event_selector", &|told| {
        let word = told.get("read_write_type").and_then(Value::as_str).unwrap_or("All");
        let data: Vec<&Value> = told.get("data_resource").and_then(Value::as_array).into_iter().flatten().collect();
        let kinds = data.iter().filter_map(|one| one.get("type")?.as_str().map(str::to_owned)).collect();
        let values = data.iter().map(|one| one.get("values").and_then(Value::as_array));
        let narrowed = values.clone().any(|list| list.is_none());
        let beginnings = values.flatten().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect();
        let (reads, writes) = (word != "WriteOnly", word != "ReadOnly");
        (!data.is_empty()).then_some(Selector { kinds, beginnings: Some(beginnings), reads, writes, narrowed })
    });
    each("advanced_event_selector", &|told| {
        let fields: Vec<&Value> = told.get("field_selector").and_then(Value::as_array).into_iter().flatten().collect();
        let of = |name: &'static str| {
            fields.iter().filter(move |one| one.get("field").and_then(Value::as_str) == Some(name))
        };
        let words = |one: &Value, key: &str| -> Option<Vec<String>> {
            let list = one.get(key)?.as_array()?;
            Some(list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
        };
        let kinds: Vec<String> = of("resources.type").filter_map(|one| words(one, "equals")).flatten().collect();
        let read_only: Vec<String> = of("readOnly").filter_map(|one| words(one, "equals")).flatten().collect();
        let is = |word: &str| read_only.is_empty() || read_only.iter().any(|told| told == word);
        let arns: Vec<&&Value> = of("resources.ARN").collect();
        let beginnings =
            (!arns.is_empty()).then(|| arns.iter().filter_map(|one| words(one, "starts_with")).flatten().collect());
        let plain = |one: &Value| {
            let name = one.get("field").and_then(Value::as_str).unwrap_or_default();
            let known = matches!(name, "eventCategory" | "resources.type" | "readOnly" | "resources.ARN");
            let others = ["not_equals", "not_starts_with", "ends_with", "not_ends_with"];
            let by_arn = name != "resources.ARN" || (one.get("starts_with").is_some() && one.get("equals").is_none());
            known && by_arn && others.iter().all(|key| one.get(*key).is_none())
        };
        let narrowed = !fields.iter().all(|one| plain(one));
        let (reads, writes) = (is("true"), is("false"));
        (!kinds.is_empty()).then_some(Selector { kinds, beginnings, reads, writes, narrowed })
    });
    Trail {
        arn: one.id.clone(),
        logging: one.properties.get("enable_logging").and_then(Value::as_bool),
        all_regions: one.properties.get("is_multi_region_trail").and_then(Value::as_bool) == Some(true),
        region: region.to_owned(),
        selectors,
        unseen,
    }
}

#[cfg(test)]
mod tests;
