//! Access policies: JSON text, an object or a list of statements, read the way AWS reads them.
//!
//! Written after the IAM user guide, "IAM JSON policy elements reference". What cannot be seen stays unknown: an
//! unknown principal of an allow statement makes `anyone` unknown, unless another statement decides it.

mod condition;

use attesta_resource::{Attribute, Basis, Origin, Record, SourceIndex, Unknown, Value};

use crate::{
    draft::put,
    fact::{Fact, State},
    node::Node,
    view::{Items, Raw, View},
};

use condition::Conditions;

/// What a policy says, with the questions that every family asks of it.
#[derive(Debug)]
pub(super) struct Document {
    /// Its statements, as records of the dictionary's `policy.statements`; absent where there is no policy.
    pub(super) statements: Fact<Vec<Attribute>>,
    /// Some allow statement opens to anyone, with no condition that narrows who.
    pub(super) anyone: Fact<bool>,
    /// Anyone is denied all actions of the service when `aws:SecureTransport` is false.
    pub(super) denies_plain_http: Fact<bool>,
    /// Some statement allows every action on every resource.
    pub(super) full_admin: Fact<bool>,
}

/// The largest policies that AWS takes are some 32 KB (KMS); text far beyond that is not worth a parse.
const LONGEST_TEXT: usize = 256 * 1024;

/// Reads the policy that stands at `view`.
pub(super) fn parse(view: &View<'_>) -> Document {
    let mut reading = Reading::new(view);
    match (view.unknown(), view.node()) {
        (Some(why), _) => reading.unknown(why, &derived(view.origin())),
        (None, None) => {}
        (None, Some(node)) if node.is_empty() => {}
        (None, Some(_)) => reading.policy(view, None),
    }
    let present = !view.is_absent() && !view.node().is_some_and(Node::is_empty);
    let statements = match (view.unknown(), present) {
        (Some(why), _) => State::Unknown(why),
        (None, false) => State::Absent,
        (None, true) => match reading.unreadable.take() {
            Some(why) => State::Unknown(why),
            None => State::Known(std::mem::take(&mut reading.statements)),
        },
    };
    Document {
        statements: Fact { state: statements, origin: view.origin() },
        anyone: reading.anyone,
        denies_plain_http: reading.plain_http.refused(),
        full_admin: reading.full_admin,
    }
}

/// What has been gathered so far.
struct Reading {
    statements: Vec<Attribute>,
    unreadable: Option<Unknown>,
    anyone: Fact<bool>,
    full_admin: Fact<bool>,
    plain_http: PlainHttp,
}

impl Reading {
    fn new(view: &View<'_>) -> Self {
        let no = || Fact::known(false, derived(view.origin()));
        Self {
            statements: Vec::new(),
            unreadable: None,
            anyone: no(),
            full_admin: no(),
            plain_http: PlainHttp { everything: no(), objects: no(), containers: no() },
        }
    }

    /// Nothing is known of this part of the policy.
    fn unknown(&mut self, why: Unknown, origin: &Origin) {
        let fact = || Fact { state: State::Unknown(why.clone()), origin: origin.clone() };
        or_into(&mut self.anyone, fact());
        or_into(&mut self.full_admin, fact());
        or_into(&mut self.plain_http.everything, fact());
        self.unreadable = Some(why.clone());
    }

    /// A whole policy: text, an object, or a list of either (or of bare statements). `text` is where the text stands
    /// that this was parsed from; inside of it there are no paths.
    fn policy(&mut self, view: &View<'_>, text: Option<&Origin>) {
        let origin = place(view, text);
        if let Some(why) = view.unknown() {
            return self.unknown(why, &origin);
        }
        match view.node() {
            None => {}
            Some(Node::Text(json)) => match (text, parse_text(json)) {
                (None, Ok(node)) => {
                    let inner = enclose(node, origin.source);
                    self.policy(&inner.root(), Some(&origin));
                }
                (None, Err(why)) => self.unknown(why, &origin),
                (Some(_), _) => self.unknown(not_a_policy(), &origin),
            },
            Some(Node::List(items)) => {
                for index in 0..items.len() {
                    self.policy(&view.item(index), text);
                }
            }
            Some(Node::Map(_)) => {
                let list = field(view, "Statement");
                if !list.is_absent() {
                    match list.items() {
                        Items::Known(items) => items.iter().for_each(|item| self.statement(item, text)),
                        Items::Unknown(why) => self.unknown(why, &place(&list, text)),
                    }
                } else if !field(view, "Effect").is_absent() {
                    self.statement(view, text);
                } else {
                    self.unknown(not_a_policy(), &origin);
                }
            }
            Some(_) => self.unknown(not_a_policy(), &origin),
        }
    }

    fn statement(&mut self, view: &View<'_>, text: Option<&Origin>) {
        let origin = place(view, text);
        let why = match view.node() {
            _ if view.unknown().is_some() => view.unknown(),
            Some(Node::Map(_)) if repeats_a_key(view) => Some(unresolved("a key stands twice in one statement")),
            Some(Node::Map(_)) => None,
            None => return,
            Some(_) => Some(not_a_policy()),
        };
        if let Some(why) = why {
            let unreadable = self.unreadable.take();
            self.unknown(why.clone(), &origin);
            // One statement that cannot be seen leaves the others visible.
            self.unreadable = unreadable;
            self.statements.push(Attribute { value: Value::Unknown(why), origin });
            return;
        }
        let statement = Statement::read(view, text);
        or_into(&mut self.anyone, statement.anyone());
        or_into(&mut self.full_admin, statement.full_admin());
        self.plain_http.add(&statement);
        self.statements.push(Attribute { value: Value::Record(statement.into_record()), origin });
    }
}

/// One statement, taken apart.
struct Statement {
    origin: Origin,
    effect: Fact<String>,
    actions: Fact<Vec<Attribute>>,
    not_actions: Fact<Vec<Attribute>>,
    resources: Fact<Vec<Attribute>>,
    not_resources: Fact<Vec<Attribute>>,
    principals: Fact<Vec<Attribute>>,
    not_principals: Fact<bool>,
    conditions: Conditions,
}

impl Statement {
    fn read(view: &View<'_>, text: Option<&Origin>) -> Self {
        let effect = field(view, "Effect");
        let condition = field(view, "Condition");
        Self {
            origin: derived(place(view, text)),
            effect: at(effect.text(), place(&effect, text)).map(|e| e.to_ascii_lowercase()),
            // Action names are not case-sensitive ("IAM JSON policy elements: Action").
            actions: words(&field(view, "Action"), text, |w| w.to_ascii_lowercase()),
            not_actions: words(&field(view, "NotAction"), text, |w| w.to_ascii_lowercase()),
            resources: words(&field(view, "Resource"), text, str::to_owned),
            not_resources: words(&field(view, "NotResource"), text, str::to_owned),
            principals: principals(&field(view, "Principal"), text),
            not_principals: field(view, "NotPrincipal").is_set(),
            conditions: Conditions::read(&condition, &place(&condition, text)),
        }
    }

    /// An effect that is missing or neither `Allow` nor `Deny` is refused by AWS; what was meant cannot be known.
    fn has_effect(&self, wanted: &str) -> Fact<bool> {
        let state = match &self.effect.state {
            State::Known(effect) if effect == "allow" || effect == "deny" => State::Known(effect == wanted),
            State::Unknown(why) => State::Unknown(why.clone()),
            _ => State::Unknown(unresolved("a statement whose effect is neither Allow nor Deny")),
        };
        Fact { state, origin: self.origin.clone() }
    }

    fn some(&self, list: &Fact<Vec<Attribute>>, test: impl Fn(&str) -> bool) -> Fact<bool> {
        some(list, &self.origin, test)
    }

    /// Allow for everyone, or for everyone but some (`NotPrincipal`), or for any user of an identity provider that the
    /// whole world shares, with no condition on who.
    fn anyone(&self) -> Fact<bool> {
        let any = self.some(&self.principals, |p| matches!(p, "*" | "service:*" | "federated:*"));
        let open = any.or(self.not_principals.clone()).and(self.conditions.narrows_who(&self.origin).negate());
        let shared = self.conditions.opens_shared_provider(&self.principals, &self.origin);
        self.has_effect("allow").and(open.or(shared))
    }

    /// Every action on every resource. `NotAction` that leaves out no more than it names grants identity actions, with
    /// which its holder can take all the others; so it counts unless it excepts `iam:*` (as PowerUserAccess does).
    fn full_admin(&self) -> Fact<bool> {
        let all_actions = self.some(&self.actions, is_any_action);
        let all_but = is_present(&self.not_actions, &self.origin)
            .and(self.some(&self.not_actions, |a| is_any_action(a) || a == "iam:*").negate());
        let all_resources = self.some(&self.resources, is_every_resource);
        let resources_but = is_present(&self.not_resources, &self.origin)
            .and(self.some(&self.not_resources, is_every_resource).negate());
        self.has_effect("allow").and(all_actions.or(all_but)).and(all_resources.or(resources_but))
    }

    /// All actions of at least one service.
    fn wildcard_actions(&self) -> Fact<bool> {
        let named = self.some(&self.actions, is_service_wide);
        let excepted =
            is_present(&self.not_actions, &self.origin).and(self.some(&self.not_actions, is_any_action).negate());
        self.has_effect("allow").and(named.or(excepted))
    }

    fn into_record(self) -> Record {
        let mut record = Record::new();
        let (full_admin, wildcard, anyone) = (self.full_admin(), self.wildcard_actions(), self.anyone());
        put(&mut record, "effect", self.effect);
        put(&mut record, "actions", self.actions);
        put(&mut record, "not_actions", self.not_actions);
        put(&mut record, "resources", self.resources);
        put(&mut record, "principals", self.principals);
        put(&mut record, "conditional", self.conditions.narrows(&self.origin));
        put(&mut record, "condition_keys", self.conditions.into_keys());
        put(&mut record, "full_admin", full_admin);
        put(&mut record, "wildcard_actions", wildcard);
        put(&mut record, "anyone", anyone);
        record.shrink();
        record
    }
}

/// What of a service is closed to requests without TLS. An S3 bucket is two resources: itself and its objects, and a
/// policy covers it only when it names both (S3 user guide, "Restrict access to only HTTPS").
struct PlainHttp {
    everything: Fact<bool>,
    objects: Fact<bool>,
    containers: Fact<bool>,
}

impl PlainHttp {
    fn add(&mut self, statement: &Statement) {
        let refuses = statement
            .has_effect("deny")
            .and(statement.some(&statement.principals, |p| p == "*"))
            .and(statement.some(&statement.actions, is_service_wide))
            .and(statement.conditions.are_plain_http(&statement.origin));
        if refuses.value() == Some(&false) {
            return;
        }
        let resources = &statement.resources;
        let about_buckets = statement
            .some(&statement.actions, |a| a == "s3:*")
            .or(statement.some(resources, |r| r.contains(":s3:::") || r.ends_with("/*")));
        let elsewhere = is_present(resources, &statement.origin).and(about_buckets.negate());
        // A resource's own policy may leave the resource out where there is only one (EFS user guide, "Resource-based
        // policy examples"). What `NotResource` leaves out stays open.
        let unsaid = is_present(resources, &statement.origin)
            .or(is_present(&statement.not_resources, &statement.origin))
            .negate();
        let everything = statement.some(resources, is_any).or(elsewhere).or(unsaid);
        let objects = statement.some(resources, is_all_objects);
        let containers = statement.some(resources, is_container);
        or_into(&mut self.everything, refuses.clone().and(everything));
        or_into(&mut self.objects, refuses.clone().and(objects));
        or_into(&mut self.containers, refuses.and(containers));
    }

    fn refused(self) -> Fact<bool> {
        self.everything.or(self.objects.and(self.containers))
    }
}

/// The part of an S3 resource after the partition: `bucket`, `bucket/*`, `bucket/folder/*`. Addresses of Pulumi hold
/// slashes of their own.
fn bucket_path(resource: &str) -> &str {
    let path = resource.rsplit_once(":::").map_or(resource, |(_, path)| path);
    if path.starts_with("urn:") { path.rsplit_once("::").map_or(path, |(_, name)| name) } else { path }
}

/// Whether every object of a bucket is meant, not those below some folder only.
fn is_all_objects(resource: &str) -> bool {
    let path = bucket_path(resource);
    path.strip_suffix('*').is_some_and(|before| !before.trim_end_matches('*').trim_end_matches('/').contains('/'))
}

fn is_container(resource: &str) -> bool {
    !bucket_path(resource).contains('/')
}

/// Who is named. A bare `*` and any kind of principal that is `*` mean anyone.
fn principals(view: &View<'_>, text: Option<&Origin>) -> Fact<Vec<Attribute>> {
    if !matches!(view.node(), Some(Node::Map(_))) {
        return words(view, text, str::to_owned);
    }
    let mut all = Vec::new();
    for (kind, value) in view.entries() {
        let prefix = match kind.to_ascii_lowercase().as_str() {
            "service" => "service:",
            "federated" => "federated:",
            _ => "",
        };
        let named = words(&value, text, |who| format!("{prefix}{who}"));
        match named.state {
            State::Known(mut items) => all.append(&mut items),
            State::Unknown(why) => all.push(Attribute { value: Value::Unknown(why), origin: named.origin }),
            State::Absent => {}
        }
    }
    Fact::known(all, place(view, text))
}

/// One text or a list of texts; a text that may yet turn into `*` is unknown.
fn words(view: &View<'_>, text: Option<&Origin>, spell: impl Fn(&str) -> String) -> Fact<Vec<Attribute>> {
    let origin = place(view, text);
    let state = match one_or_more(view) {
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(_) if view.is_absent() => State::Absent,
        Items::Known(items) => State::Known(
            items
                .iter()
                .filter_map(|item| {
                    let state = match certain(item.text()).state {
                        State::Known(word) if may_become_any(&word) => {
                            State::Unknown(Unknown::Unresolved { what: word.into() })
                        }
                        State::Known(word) => State::Known(spell(&word)),
                        other => other,
                    };
                    Fact { state, origin: place(item, text) }.into_attribute()
                })
                .collect(),
        ),
    };
    Fact { state, origin }
}

/// CloudFormation's pseudo parameters are not known before deployment, but each is one certain word and never `*`.
fn certain(word: Fact<String>) -> Fact<String> {
    let state = match word.state {
        State::Unknown(Unknown::Unresolved { what }) if is_pseudo_parameter(&what) => {
            State::Known(format!("${{{what}}}"))
        }
        state => state,
    };
    Fact { state, origin: word.origin }
}

/// The items there; a pseudo parameter alone is one.
fn one_or_more<'v>(view: &View<'v>) -> Items<'v> {
    match view.items() {
        Items::Unknown(Unknown::Unresolved { what }) if is_pseudo_parameter(&what) => Items::Known(vec![view.clone()]),
        items => items,
    }
}

/// Whether it is one certain word of CloudFormation's that is only known at deployment.
pub(super) fn is_pseudo_parameter(name: &str) -> bool {
    matches!(name, "AWS::AccountId" | "AWS::Region" | "AWS::StackId" | "AWS::StackName" | "AWS::Partition")
}

/// Kleene's *or* over a list of texts.
fn some(list: &Fact<Vec<Attribute>>, origin: &Origin, test: impl Fn(&str) -> bool) -> Fact<bool> {
    let fact = |state| Fact { state, origin: origin.clone() };
    match &list.state {
        State::Absent => fact(State::Known(false)),
        State::Unknown(why) => fact(State::Unknown(why.clone())),
        State::Known(items) => items.iter().fold(fact(State::Known(false)), |sofar, item| match &item.value {
            Value::Text(text) => sofar.or(fact(State::Known(test(text)))),
            Value::Unknown(why) => sofar.or(fact(State::Unknown(why.clone()))),
            _ => sofar,
        }),
    }
}

fn is_present(list: &Fact<Vec<Attribute>>, origin: &Origin) -> Fact<bool> {
    let state = match &list.state {
        State::Known(items) => State::Known(!items.is_empty()),
        State::Absent => State::Known(false),
        State::Unknown(why) => State::Unknown(why.clone()),
    };
    Fact { state, origin: origin.clone() }
}

/// Whether a pattern lets any text through, or any that is not empty: a star, perhaps with question marks.
fn is_any(text: &str) -> bool {
    text.contains('*') && text.bytes().all(|b| matches!(b, b'*' | b'?'))
}

/// Whether every resource is meant: `*`, or an ARN of which no more than the partition is named.
fn is_every_resource(text: &str) -> bool {
    let rest = match text.strip_prefix("arn:").map(|rest| rest.split_once(':').unwrap_or(("", rest))) {
        None => return is_any(text),
        Some((_, rest)) => rest,
    };
    rest.ends_with('*') && rest.bytes().all(|b| matches!(b, b'*' | b'?' | b':' | b'/'))
}

/// Whether a pattern that narrows by source keeps nobody out.
pub(super) fn is_hollow(pattern: &str) -> bool {
    condition::is_hollow(pattern)
}

fn is_any_action(action: &str) -> bool {
    is_any(action) || action.split_once(':').is_some_and(|(service, name)| is_any(service) && is_any(name))
}

fn is_service_wide(action: &str) -> bool {
    is_any(action) || action.split_once(':').is_some_and(|(_, name)| is_any(name))
}

/// Whether nothing but placeholders of a template (`${Name}`) and stars stand here, so that the text
/// may turn out to be `*`. Policy variables (`${aws:username}`) and pseudo parameters (`${AWS::AccountId}`) never do.
fn may_become_any(text: &str) -> bool {
    let mut rest = text;
    let mut placeholders = false;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { return false };
        if !before.bytes().all(|b| b == b'*') || is_certain(name) {
            return false;
        }
        placeholders = true;
        rest = tail;
    }
    placeholders && rest.bytes().all(|b| b == b'*')
}

fn is_policy_variable(name: &str) -> bool {
    matches!(name, "*" | "?" | "$") || (name.contains(':') && !name.contains("::"))
}

/// What stands for one certain word.
fn is_certain(placeholder: &str) -> bool {
    is_policy_variable(placeholder) || is_pseudo_parameter(placeholder)
}

/// The element `name`; AWS writes elements with capitals, some tools do not.
fn field<'v>(map: &View<'v>, name: &'static str) -> View<'v> {
    let exact = map.at(name);
    if !exact.is_absent() {
        return exact;
    }
    map.entries().into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or(exact, |(_, value)| value)
}

fn repeats_a_key(map: &View<'_>) -> bool {
    let keys: Vec<&str> = map.entries().into_iter().map(|(key, _)| key).collect();
    keys.iter().enumerate().any(|(i, key)| keys.iter().skip(i + 1).any(|other| other.eq_ignore_ascii_case(key)))
}

fn parse_text(json: &str) -> Result<Node, Unknown> {
    if json.len() > LONGEST_TEXT {
        return Err(unresolved("a policy text longer than any that AWS takes"));
    }
    // serde_json stops at 128 levels.
    serde_json::from_str(json).map_err(|_| unresolved("policy text that is not JSON"))
}

fn enclose(node: Node, source: SourceIndex) -> Raw {
    Raw { address: "".into(), type_name: "".into(), source, node }
}

fn place(view: &View<'_>, text: Option<&Origin>) -> Origin {
    text.map_or_else(|| view.origin(), |origin| derived(origin.clone()))
}

fn at<T>(fact: Fact<T>, origin: Origin) -> Fact<T> {
    Fact { state: fact.state, origin }
}

fn derived(origin: Origin) -> Origin {
    Origin { basis: Basis::Derived, ..origin }
}

fn or_into(sofar: &mut Fact<bool>, more: Fact<bool>) {
    *sofar = sofar.clone().or(more);
}

fn unresolved(what: &str) -> Unknown {
    Unknown::Unresolved { what: what.into() }
}

fn not_a_policy() -> Unknown {
    unresolved("not a policy document")
}

#[cfg(test)]
mod tests;
