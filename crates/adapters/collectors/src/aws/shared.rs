//! What several families need: name and tags, keys, credentials, values that only the provider decides.

#[cfg(test)]
mod vocabulary;

use attesta_resource::{Attribute, Record, Unknown, Value};

use super::policy_document;
use crate::{
    draft::{Draft, Records, put},
    fact::{Fact, State},
    node::Node,
    view::{Items, Raw, View},
};

/// `name`, `region` and `tags`. Tags are a map in Terraform and a list of `Key`/`Value` in CloudFormation; a few
/// CloudFormation types take a map or name the list after themselves.
pub(super) fn common(raw: &Raw, name: Option<String>, draft: &mut Draft) {
    if let Some(name) = name {
        draft.put("name", raw.derive(name));
    }
    // Version 6 of Terraform's provider has a region on every resource.
    draft.put("region", authored(raw.at("region").text()));
    let mut tags = Records::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut hidden = None;
    // `tags_all` adds the tags that Terraform's provider gives to everything.
    for key in ["tags", "tags_all", "Tags", "FileSystemTags", "BackupVaultTags", "BackupPlanTags", "HostedZoneTags"] {
        let list = raw.at(key);
        match list.node() {
            // `entries` steps into a list of one, which here is a list of one tag.
            Some(Node::List(_)) => tags.add(&list, tag),
            None if is_authored(&list) => hidden = hidden.or(list.unknown().map(|why| (why, list.origin()))),
            _ => {
                for (label, value) in list.entries().into_iter().filter(|(label, _)| !seen.contains(label)) {
                    // A snapshot holds hundreds of thousands of tags: only the value has a path of its own.
                    let mut tag = Record::new();
                    put(&mut tag, "key", list.derive(label));
                    put(&mut tag, "value", value.text());
                    tags.push(tag, list.origin());
                }
                seen.extend(list.entries().iter().map(|(label, _)| *label));
            }
        }
    }
    // Tags that cannot be seen may be any.
    if let Some((why, origin)) = hidden {
        tags.push_unknown(why, origin);
    }
    if !tags.is_empty() {
        tags.put(draft, "tags", raw.origin());
    }
}

fn tag(item: &View<'_>) -> Option<Record> {
    let mut tag = Record::new();
    put(&mut tag, "key", either(item, "Key", "key").text());
    put(&mut tag, "value", either(item, "Value", "value").text());
    (!tag.is_empty()).then_some(tag)
}

/// The property under the first of two names that says something. Pulumi writes some of Terraform's block names in the
/// plural (`rules` for `rule`).
pub(super) fn either<'a>(view: &View<'a>, one: &'static str, other: &'static str) -> View<'a> {
    let first = view.at(one);
    if first.is_absent() { view.at(other) } else { first }
}

/// Drops what only the provider decides. A Terraform plan marks every optional computed property that nobody set as
/// known after apply, from nothing; an expression of the author's has at least one reference.
///
/// Use it where AWS documents what an unset property means; elsewhere the unknown must stay.
pub(super) fn authored<T>(fact: Fact<T>) -> Fact<T> {
    match &fact.state {
        State::Unknown(Unknown::AfterApply { from }) if from.is_empty() => Fact::absent(fact.origin),
        _ => fact,
    }
}

/// Whether the author says something at this place: see [`authored`].
pub(super) fn is_authored(view: &View<'_>) -> bool {
    match view.unknown() {
        Some(Unknown::AfterApply { from }) => !from.is_empty(),
        Some(_) => true,
        None => !view.is_absent(),
    }
}

/// The property under its Terraform or its CloudFormation name, whichever this resource's source writes.
pub(super) fn prop<'a>(raw: &'a Raw, terraform: &'static str, cloudformation: &'static str) -> View<'a> {
    raw.at(if is_cloudformation(raw) { cloudformation } else { terraform })
}

/// The same one step further down.
pub(super) fn below<'a>(raw: &Raw, view: &View<'a>, terraform: &'static str, cloudformation: &'static str) -> View<'a> {
    view.at(if is_cloudformation(raw) { cloudformation } else { terraform })
}

/// Whether the resource speaks CloudFormation's dialect (Pulumi's native provider does too).
pub(super) fn is_cloudformation(raw: &Raw) -> bool {
    raw.type_name.starts_with("AWS::")
}

/// Whether it stands in a CloudFormation template; Pulumi's native provider speaks the same dialect from other files,
/// where addresses are URNs.
pub(super) fn is_template(raw: &Raw) -> bool {
    is_cloudformation(raw) && !raw.address.starts_with("urn:")
}

/// Whether some item of a list holds: Kleene's *or* over the items. An empty list gives a known false.
pub(super) fn some(list: &View<'_>, holds: impl Fn(&View<'_>) -> Fact<bool>) -> Fact<bool> {
    match list.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), origin: list.origin() },
        Items::Known(items) => items.iter().fold(list.derive(false), |found, item| {
            let here = match item.unknown() {
                Some(why) => Fact { state: State::Unknown(why), origin: item.origin() },
                None => holds(item),
            };
            found.or(here)
        }),
    }
}

/// An unknown fact with the reason in words.
pub(super) fn unresolved<T>(at: &View<'_>, what: &str) -> Fact<T> {
    Fact { state: State::Unknown(Unknown::Unresolved { what: what.into() }), origin: at.origin() }
}

/// What AWS documents to hold for every resource of this type. Of a resource outside the document nothing is claimed.
pub(super) fn always<T>(raw: &Raw, value: T) -> Fact<T> {
    raw.absent().or_default(value)
}

/// `<prefix>.key` and `<prefix>.customer_managed_key` from the property that names a KMS key.
/// No key named means a key of the provider's; so do the aliases `alias/aws/…`.
pub(super) fn customer_key(draft: &mut Draft, key_name: &'static str, managed_name: &'static str, key: &View<'_>) {
    draft.put(key_name, key.text());
    draft.put(managed_name, is_customer_key(key));
}

/// Whether the property names a key that the customer controls.
pub(super) fn is_customer_key(key: &View<'_>) -> Fact<bool> {
    names_customer_key(key.text())
}

/// The same for a key that was read already, e.g. through [`authored`].
pub(super) fn names_customer_key(key: Fact<String>) -> Fact<bool> {
    key.map(|name| !is_provider_key(&name)).or_default(false).derived()
}

/// AWS managed keys bear the alias `aws/SERVICE`, written as an alias or an alias ARN; AWS owned keys have no name
/// (KMS developer guide, "AWS managed keys"), but two services take a word for them.
fn is_provider_key(name: &str) -> bool {
    name.contains("alias/aws/") || name.starts_with("aws/") || name.eq_ignore_ascii_case("AWS_OWNED_KMS_KEY")
}

/// `encryption_at_rest.enabled`, `.key` and `.customer_managed_key`: a key counts only where encryption is on.
pub(super) fn encryption(draft: &mut Draft, enabled: Fact<bool>, key: Fact<String>) {
    let customer = names_customer_key(key.clone()).and(enabled.clone());
    draft.put("encryption_at_rest.enabled", enabled);
    draft.put("encryption_at_rest.key", key);
    draft.put("encryption_at_rest.customer_managed_key", customer);
}

/// What the access policies of one resource add up to.
pub(super) struct Access {
    /// Some statement lets anyone in, unconditionally.
    pub(super) anyone: Fact<bool>,
    /// Requests without TLS are refused.
    pub(super) denies_plain_http: Fact<bool>,
}

/// Reads the access policies that hang on one resource, inline or as satellites, and puts `policy.statements`.
/// Without any, both facts are absent.
pub(super) fn access<'a>(raw: &Raw, draft: &mut Draft, policies: impl IntoIterator<Item = View<'a>>) -> Access {
    let mut access = Access { anyone: Fact::absent(raw.origin()), denies_plain_http: Fact::absent(raw.origin()) };
    let mut policies = policies.into_iter().filter(is_authored).peekable();
    if let (None, Some(why)) = (policies.peek(), raw.unseen()) {
        draft.put(
            "policy.statements",
            Fact::<Vec<Attribute>> { state: State::Unknown(why.clone()), origin: raw.origin() },
        );
        return Access { anyone: raw.absent(), denies_plain_http: raw.absent() };
    }
    let mut statements = Vec::new();
    let mut origin = None;
    for policy in policies {
        let document = policy_document::parse(&policy);
        match document.statements.state {
            State::Known(items) => statements.extend(items),
            State::Unknown(why) => {
                statements.push(Attribute { value: Value::Unknown(why), origin: document.statements.origin });
            }
            State::Absent => {}
        }
        origin.get_or_insert_with(|| policy.origin());
        access.anyone = access.anyone.or(document.anyone);
        access.denies_plain_http = access.denies_plain_http.or(document.denies_plain_http);
    }
    if let Some(origin) = origin {
        draft.put("policy.statements", Fact::known(statements, origin));
    }
    access
}

/// Whether a link of `satellite` names this resource, by its address or by one of `names`; ARNs by their last part.
pub(super) fn points_to(link: &View<'_>, raw: &Raw, names: &[&'static str]) -> bool {
    if link.late().is_some_and(|from| from.contains(&raw.address)) {
        return true;
    }
    link.text().value().is_some_and(|text| {
        let short = if text.starts_with("arn:") { text.rsplit([':', '/']).next().unwrap_or(text) } else { text };
        *text == *raw.address
            || names.iter().any(|name| raw.at(name).text().value().is_some_and(|own| own == text || own == short))
    })
}

/// Whether a name and its value look like a credential that stands in the source as it is. Conservative: a known shape
/// of key, or a name that says so with a literal value that is neither empty, a reference nor a placeholder.
pub(super) fn looks_like_credential(name: &str, value: &str) -> bool {
    let value = value.trim();
    has_key_shape(value) || has_password_in_address(value) || (says_credential(name) && is_literal(value))
}

/// Whether a name says that what it names is a credential.
pub(super) fn says_credential(name: &str) -> bool {
    // A name of where the credential is kept, or of a property of it, is not the credential.
    const ABOUT: &[&str] = &[
        "arn",
        "id",
        "name",
        "path",
        "file",
        "length",
        "policy",
        "version",
        "url",
        "uri",
        "ttl",
        "expiry",
        "rotation",
        "enabled",
        "key_id",
        "prefix",
        "region",
        "type",
        "field",
        "header",
        "age",
        "expiration",
    ];
    let words = words(name);
    let joined = words.join("_");
    if words.last().is_some_and(|last| ABOUT.contains(&last.as_str())) {
        return false;
    }
    const SINGLE: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "dbpass",
        "secret",
        "secrets",
        "token",
        "apikey",
        "credential",
        "credentials",
    ];
    const SEVERAL: &[&str] =
        &["api_key", "private_key", "access_key", "secret_key", "encryption_key", "signing_key", "auth_key"];
    // `DB_PASS` is one, `PASS_THROUGH` is not.
    words.last().is_some_and(|last| last == "pass")
        || words.iter().any(|word| SINGLE.contains(&word.as_str()) || word.ends_with("password"))
        || SEVERAL.iter().any(|phrase| contains_words(&joined, phrase))
}

/// Shapes of keys that issuers document: AWS access key ids (IAM user guide, "unique identifiers"), PEM private keys,
/// GitHub, Slack and Stripe tokens.
fn has_key_shape(value: &str) -> bool {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY") {
        return true;
    }
    value.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).any(|token| {
        let body = |prefix: &str, least: usize| {
            token.strip_prefix(prefix).is_some_and(|rest| {
                rest.len() >= least && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            })
        };
        let access_key = |prefix: &str| {
            token.len() == 20
                && token.strip_prefix(prefix).is_some_and(|rest| {
                    rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                        // AWS's own documentation uses these as examples.
                        && !rest.ends_with("EXAMPLE")
                })
        };
        access_key("AKIA")
            || access_key("ASIA")
            || body("ghp_", 36)
            || body("github_pat_", 40)
            || body("xoxb-", 20)
            || body("xoxp-", 20)
            || body("sk_live_", 20)
    })
}

/// An address with a user and a password in it (`postgres://ehr:hunter2@db/records`).
fn has_password_in_address(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(|c: char| c == '/' || c == '?' || c == '#' || c.is_whitespace()).next();
        let user = authority.and_then(|text| text.rsplit_once('@')).map(|(user, _)| user);
        user.and_then(|text| text.split_once(':')).is_some_and(|(_, password)| {
            // A shell's variable is no more the password than a template's is.
            is_literal(password) && !password.starts_with(['$', '%', '{', '<'])
        })
    })
}

/// Whether a value is the thing itself rather than a pointer to it or a stand-in for it.
fn is_literal(value: &str) -> bool {
    const STAND_INS: &[&str] = &[
        "changeme",
        "change_me",
        "placeholder",
        "redacted",
        "example",
        "dummy",
        "none",
        "null",
        "true",
        "false",
        "todo",
    ];
    let small = value.to_ascii_lowercase();
    !(small.is_empty()
        || small.starts_with("arn:")
        || small.starts_with("ssm:")
        || small.starts_with("/")
        || small.starts_with("http://")
        || small.starts_with("https://")
        || small.contains("{{")
        || small.contains("${")
        || (small.starts_with('<') && small.ends_with('>'))
        || small.chars().all(|c| c.is_ascii_digit())
        || small.chars().all(|c| matches!(c, '*' | 'x' | '.' | '-'))
        || STAND_INS.contains(&small.as_str()))
}

/// The words of a name in small letters: `dbPassword`, `DB_PASSWORD` and `db-password` all give `db`, `password`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before_is_lower = false;
    let mut open = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            open = false;
        } else {
            let starts = !open || (c.is_ascii_uppercase() && before_is_lower);
            if starts {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
            open = true;
        }
        before_is_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words
}

/// Whether `phrase` stands in `joined` as whole words; both have `_` between words.
fn contains_words(joined: &str, phrase: &str) -> bool {
    joined == phrase
        || joined.starts_with(&format!("{phrase}_"))
        || joined.ends_with(&format!("_{phrase}"))
        || joined.contains(&format!("_{phrase}_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_by_shape_and_by_name() {
        for (name, value, want) in [
            ("anything", "AKIAIOSFODNN7REALKEY", true),
            ("anything", "AKIAIOSFODNN7EXAMPLE", false),
            ("user_data", "export KEY=AKIAIOSFODNN7ABCDEFG\n", true),
            ("key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", true),
            ("cert", "-----BEGIN CERTIFICATE-----\nMIIE", false),
            ("GITHUB", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", true),
            ("DB_PASSWORD", "hunter2", true),
            ("dbPassword", "hunter2", true),
            ("MASTERPASSWORD", "hunter2", true),
            ("DB_PASS", "hunter2", true),
            ("smtpPass", "hunter2", true),
            ("dbpass", "hunter2", true),
            ("PASS_THROUGH", "all", false),
            ("BYPASS", "all", false),
            ("DATABASE_URL", "postgres://ehr:hunter2@db/records", true),
            ("clone", "https://bot:$TOKEN@example.org/x.git", false),
            ("DATABASE_URL", "postgres://ehr@db/records", false),
            ("DATABASE_URL", "postgres://ehr:${password}@db/records", false),
            ("DATABASE_URL", "postgres://db:5432/records?mail=a@b", false),
            ("DB_PASSWORD", "", false),
            ("DB_PASSWORD", "${var.password}", false),
            ("DB_PASSWORD", "{{resolve:secretsmanager:x}}", false),
            ("DB_PASSWORD", "changeme", false),
            ("DB_PASSWORD", "********", false),
            ("DB_PASSWORD_ARN", "arn:aws:secretsmanager:…", false),
            ("SECRET_NAME", "prod/db", false),
            ("API_KEY", "c0ffee", true),
            ("apiKey", "c0ffee", true),
            ("TOKEN_TTL", "3600", false),
            ("token", "3600", false),
            ("KEYBOARD", "qwerty", false),
            ("AWS_ACCESS_KEY_ID", "from the environment", false),
            ("secret_access_key", "wJalrXUtnFEMI", true),
            ("STAGE", "prod", false),
            ("SECRETARY", "Ann", false),
        ] {
            assert_eq!(looks_like_credential(name, value), want, "{name}={value}");
        }
    }

    #[test]
    fn tags_of_both_dialects() {
        use crate::testing::{one, show};
        use serde_json::json;
        let tags = |kind, properties| show(&one(&[("r", kind, properties)]), "tags");
        let terraform = json!({"tags": {"env": "prod"}, "tags_all": {"env": "prod", "team": "ehr"}});
        assert_eq!(tags("aws_kms_key", terraform), r#"[{key: "env", value: "prod"}, {key: "team", value: "ehr"}]"#);
        let list = json!({"Tags": [{"Key": "env", "Value": "prod"}]});
        assert_eq!(tags("AWS::KMS::Key", list), r#"[{key: "env", value: "prod"}]"#);
        let hidden = json!({"Tags": [{"Key": "env", "Value": {"$unknown": "Ref"}}]});
        assert_eq!(tags("AWS::KMS::Key", hidden), r#"[{key: "env", value: unknown: cannot be resolved here (`Ref`)}]"#);
        assert_eq!(tags("AWS::KMS::Key", json!({})), "absent");
    }

    #[test]
    fn keys_of_the_provider() {
        assert!(is_provider_key("alias/aws/s3"));
        assert!(is_provider_key("arn:aws:kms:us-east-1:1:alias/aws/ebs"));
        assert!(!is_provider_key("alias/phi"));
        assert!(!is_provider_key("arn:aws:kms:us-east-1:1:key/aws"));
    }
}
