//! Who could: identities of the account, and whom the store's own policy lets in.

use std::collections::BTreeMap;

use crate::{Answer, Effect, Pattern, Statement, Who, could};

/// What an act does to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// It reads what is stored.
    Reads,
    /// It names what is stored.
    Lists,
    /// It changes or removes what is stored.
    Writes,
    /// Anything else.
    Other,
}

impl Nature {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Lists => "lists",
            Self::Writes => "writes",
            Self::Other => "other",
        }
    }

    /// Of an event's operation (S3 user guide, "Amazon S3 CloudTrail events").
    pub fn of_event(name: &str) -> Self {
        match name {
            "GetObject" | "SelectObjectContent" | "GetObjectTorrent" | "CopyObject" | "UploadPartCopy" => Self::Reads,
            "ListObjects" | "ListObjectVersions" | "ListMultipartUploads" | "HeadObject" | "GetObjectAttributes" => {
                Self::Lists
            }
            "PutObject"
            | "DeleteObject"
            | "DeleteObjects"
            | "CompleteMultipartUpload"
            | "UploadPart"
            | "RestoreObject" => Self::Writes,
            _ => Self::Other,
        }
    }
}

/// What is asked of each identity: the action, in lower case, and whether it acts on objects rather than on the store.
const ASKED: [(Nature, &str, bool); 5] = [
    (Nature::Reads, "s3:getobject", true),
    (Nature::Reads, "s3:getobjectversion", true),
    (Nature::Lists, "s3:listbucket", false),
    (Nature::Writes, "s3:putobject", true),
    (Nature::Writes, "s3:deleteobject", true),
];

/// A user, a role or the root user with its policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its ARN.
    pub arn: Box<str>,
    /// Statements of its own policies and of its groups'.
    pub statements: Vec<Statement>,
    /// Policies that were not seen: they may allow more, or deny.
    pub unseen: Vec<String>,
    /// What may narrow it and is not modelled.
    pub narrowed: Vec<String>,
}

/// A store with its own policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its ARN.
    pub arn: Box<str>,
    /// The account that owns it.
    pub account: Box<str>,
    /// Statements of its policy.
    pub statements: Vec<Statement>,
    /// Why its policy was not seen.
    pub unseen: Option<String>,
    /// Whether what its policy opens to everyone is closed by a block of public access.
    pub blocked: Answer,
}

/// Whether somebody could do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub who: Box<str>,
    /// What.
    pub nature: Nature,
    /// The action.
    pub action: &'static str,
    /// The answer.
    pub answer: Answer,
    /// The policies that allow it.
    pub by: Vec<Box<str>>,
    /// Why it is not sure.
    pub because: Vec<String>,
}

/// Who could.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Identities of the account.
    pub inside: Vec<Grant>,
    /// Others whom the store's policy names.
    pub outside: Vec<Grant>,
}

/// Who could act on a store, by the policies that were seen.
pub fn reach(identities: &[Identity], store: &Store) -> Reach {
    let mut reach = Reach::default();
    for (nature, action, on_objects) in ASKED {
        let resources = Pattern::new(if on_objects { format!("{}/*", store.arn) } else { store.arn.to_string() });
        for identity in identities {
            reach.inside.push(of_identity(identity, store, (nature, action), &resources));
        }
        reach.outside.extend(of_others(identities, store, (nature, action), &resources));
    }
    let order =
        |one: &Grant, other: &Grant| (&one.who, one.nature, one.action).cmp(&(&other.who, other.nature, other.action));
    reach.inside.sort_by(order);
    reach.outside.sort_by(order);
    reach
}

fn of_identity(
    identity: &Identity,
    store: &Store,
    (nature, action): (Nature, &'static str),
    resources: &Pattern,
) -> Grant {
    // Within one account either policy may allow; a denial in either decides (IAM user guide, "Policy evaluation for
    // requests within a single account").
    let statements = identity.statements.iter().chain(&store.statements);
    let (mut answer, by) =
        could(statements, action, resources, |statement| speaks_of(statement, &identity.arn, &store.account));
    let mut because = Vec::new();
    if let Some(why) = &store.unseen {
        answer = Answer::Unknown;
        because.push(format!("the store's policy: {why}"));
    }
    if !identity.unseen.is_empty() {
        // What was not seen may allow; and it may deny.
        answer = Answer::Unknown;
        because.extend(identity.unseen.iter().cloned());
    }
    if answer == Answer::Yes && !identity.narrowed.is_empty() {
        answer = Answer::Unknown;
        because.extend(identity.narrowed.iter().cloned());
    }
    if answer == Answer::Unknown && because.is_empty() {
        because.push("a statement's condition, or whom it excepts".to_owned());
    }
    let by = by.into_iter().map(Into::into).collect();
    Grant { who: identity.arn.clone(), nature, action, answer, by, because }
}

/// Whether a statement speaks of an identity of the store's own account.
fn speaks_of(statement: &Statement, arn: &str, account: &str) -> Answer {
    let list = match &statement.who {
        Who::Holder => return Answer::Yes,
        Who::AllBut => return Answer::Unknown,
        Who::These(list) => list,
    };
    let mut answer = Answer::No;
    for principal in list {
        answer = answer.max(if &**principal == "*" || &**principal == arn {
            Answer::Yes
        } else if &**principal == account || principal.ends_with(&format!("::{account}:root")) {
            // Naming the account hands the decision to its own policies; a denial of it denies all of its identities.
            if statement.effect == Effect::Deny { Answer::Yes } else { Answer::No }
        } else if is_session_of(principal, arn) {
            Answer::Unknown
        } else {
            Answer::No
        });
    }
    answer
}

/// `arn:aws:sts::1:assumed-role/NAME/SESSION` of `arn:aws:iam::1:role/path/NAME`.
fn is_session_of(principal: &str, arn: &str) -> bool {
    let role = principal.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
    role.is_some_and(|role| arn.contains(":role/") && arn.rsplit('/').next() == Some(role))
}

fn of_others(
    identities: &[Identity],
    store: &Store,
    (nature, action): (Nature, &'static str),
    resources: &Pattern,
) -> Vec<Grant> {
    let mut others: BTreeMap<&str, bool> = BTreeMap::new();
    for statement in store.statements.iter().filter(|one| one.effect == Effect::Allow && one.speaks_of(action)) {
        match &statement.who {
            Who::Holder => {}
            Who::AllBut => _ = others.insert("*", true),
            Who::These(list) => {
                let own = |name: &str| {
                    name == &*store.account
                        || name.ends_with(&format!("::{}:root", store.account))
                        || identities.iter().any(|one| &*one.arn == name)
                };
                others.extend(list.iter().filter(|name| !own(name)).map(|name| (&**name, &**name == "*")));
            }
        }
    }
    let mut grants = Vec::new();
    for (name, is_anyone) in others {
        let applies = |statement: &Statement| match &statement.who {
            Who::Holder => Answer::No,
            Who::AllBut if is_anyone => Answer::Yes,
            Who::AllBut => Answer::Unknown,
            Who::These(list) if list.iter().any(|one| &**one == name || &**one == "*") => Answer::Yes,
            Who::These(_) => Answer::No,
        };
        let (mut answer, by) = could(store.statements.iter(), action, resources, applies);
        if answer == Answer::No {
            continue;
        }
        let mut because = Vec::new();
        if answer == Answer::Unknown {
            because.push("a statement's condition, or whom it excepts".to_owned());
        }
        if is_anyone {
            match store.blocked {
                Answer::Yes => continue,
                Answer::Unknown => {
                    answer = Answer::Unknown;
                    because.push("whether public access is blocked was not seen".to_owned());
                }
                Answer::No => {}
            }
        } else if !name.starts_with("service:") && answer == Answer::Yes {
            // The other account's own policies must allow it as well, and are not seen here.
            answer = Answer::Unknown;
            because.push("the other account's own policies decide as well".to_owned());
        }
        let who = if is_anyone { "anyone" } else { name };
        grants.push(Grant {
            who: who.into(),
            nature,
            action,
            answer,
            by: by.into_iter().map(Into::into).collect(),
            because,
        });
    }
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::1:user/ada";

    fn statement(effect: Effect, who: Who, action: &str, resource: &str) -> Statement {
        Statement {
            effect,
            who,
            actions: vec![Pattern::action(action)],
            but_actions: false,
            resources: vec![Pattern::new(resource)],
            but_resources: false,
            conditional: false,
            policy: "p".into(),
        }
    }

    fn identity(statements: Vec<Statement>) -> Identity {
        Identity { arn: USER.into(), statements, unseen: Vec::new(), narrowed: Vec::new() }
    }

    fn store(statements: Vec<Statement>) -> Store {
        let (arn, account) = ("arn:aws:s3:::phi".into(), "1".into());
        Store { arn, account, statements, unseen: None, blocked: Answer::No }
    }

    fn these(names: &[&str]) -> Who {
        Who::These(names.iter().map(|name| (*name).into()).collect())
    }

    fn reads(identity: Identity, store: &Store) -> Answer {
        reach(&[identity], store).inside.iter().find(|grant| grant.action == "s3:getobject").unwrap().answer
    }

    #[test]
    fn either_policy_allows_and_a_denial_in_either_decides() {
        use Effect::{Allow, Deny};
        let own = |effect| statement(effect, Who::Holder, "s3:Get*", "arn:aws:s3:::phi/*");
        let theirs = |effect, who: &[&str]| statement(effect, these(who), "s3:*", "arn:aws:s3:::phi/*");
        for (identity_says, store_says, want) in [
            (vec![], vec![], Answer::No),
            (vec![own(Allow)], vec![], Answer::Yes),
            (vec![], vec![theirs(Allow, &[USER])], Answer::Yes),
            (vec![], vec![theirs(Allow, &["*"])], Answer::Yes),
            (vec![], vec![theirs(Allow, &["arn:aws:iam::1:root"])], Answer::No),
            (vec![own(Allow)], vec![theirs(Deny, &["*"])], Answer::No),
            (vec![own(Allow)], vec![theirs(Deny, &["arn:aws:iam::1:root"])], Answer::No),
            (vec![own(Allow), own(Deny)], vec![], Answer::No),
            (vec![own(Allow)], vec![theirs(Deny, &["arn:aws:iam::1:user/bob"])], Answer::Yes),
            (vec![own(Allow)], vec![statement(Deny, Who::AllBut, "s3:*", "*")], Answer::Unknown),
        ] {
            assert_eq!(
                reads(identity(identity_says.clone()), &store(store_says.clone())),
                want,
                "{identity_says:?} {store_says:?}"
            );
        }
    }

    #[test]
    fn what_was_not_seen_or_may_narrow_makes_it_unknown_never_no() {
        let allow = || vec![statement(Effect::Allow, Who::Holder, "*", "*")];
        let mut unseen = identity(Vec::new());
        unseen.unseen.push("a policy".to_owned());
        assert_eq!(reads(unseen, &store(Vec::new())), Answer::Unknown);
        let mut narrowed = identity(allow());
        narrowed.narrowed.push("a boundary".to_owned());
        assert_eq!(reads(narrowed, &store(Vec::new())), Answer::Unknown);
        let mut hidden = store(Vec::new());
        hidden.unseen = Some("denied".to_owned());
        assert_eq!(reads(identity(Vec::new()), &hidden), Answer::Unknown);
        assert_eq!(reads(identity(allow()), &hidden), Answer::Unknown);
        let mut maybe = allow();
        maybe[0].conditional = true;
        assert_eq!(reads(identity(maybe), &store(Vec::new())), Answer::Unknown);
    }

    #[test]
    fn a_denial_of_some_objects_leaves_the_others() {
        let statements = vec![
            statement(Effect::Allow, Who::Holder, "s3:*", "*"),
            statement(Effect::Deny, Who::Holder, "s3:*", "arn:aws:s3:::phi/secret/*"),
        ];
        assert_eq!(reads(identity(statements), &store(Vec::new())), Answer::Yes);
    }

    #[test]
    fn others_whom_the_store_lets_in_are_named() {
        let mut one = store(vec![statement(
            Effect::Allow,
            these(&["*", "arn:aws:iam::2:root"]),
            "s3:GetObject",
            "arn:aws:s3:::phi/*",
        )]);
        let told = |store: &Store| {
            let grants = reach(&[], store).outside;
            grants.iter().map(|grant| (grant.who.to_string(), grant.answer)).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&one),
            [("anyone".to_owned(), Answer::Yes), ("arn:aws:iam::2:root".to_owned(), Answer::Unknown)]
        );
        one.blocked = Answer::Yes;
        assert_eq!(told(&one), [("arn:aws:iam::2:root".to_owned(), Answer::Unknown)]);
        one.blocked = Answer::Unknown;
        assert_eq!(told(&one)[0], ("anyone".to_owned(), Answer::Unknown));
    }
}
