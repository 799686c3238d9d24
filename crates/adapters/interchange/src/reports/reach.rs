//! Who could and who did reach a store, and what of a principal's rights was used: as JSON (`attesta.access-evidence/1`)
//! and as Markdown, fit to be kept as evidence.

use std::{collections::BTreeMap, fmt::Write as _};

use attesta_kernel::Digest;
use attesta_reach::{Actor, Answer, Coverage, Did, Grant, Nature, Reach, Span, Used};
use serde_json::{Value, json};

use super::markdown::{code, plain};

/// An input, as it lay there.
pub struct Given {
    /// Its path.
    pub path: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// What it is: `snapshot`, `log`, `digest`.
    pub what: &'static str,
    /// Records in it.
    pub records: usize,
}

/// What every document says first.
pub struct Head<'a> {
    /// The account.
    pub account: &'a str,
    /// When the account was asked: what is said of policies holds for that moment alone.
    pub snapshot_at: &'a str,
    /// The period that the events are about.
    pub period: Span,
    /// The inputs.
    pub inputs: Vec<Given>,
    /// What was not seen, in words; nothing is claimed of it.
    pub not_seen: Vec<String>,
    /// What of the period each region's digests prove.
    pub coverage: Vec<Coverage>,
    /// The version that writes.
    pub version: &'a str,
}

/// Who could and who did.
pub struct StoreView<'a> {
    /// What every document says first.
    pub head: Head<'a>,
    /// The bucket.
    pub bucket: &'a str,
    /// Who did.
    pub did: BTreeMap<Actor, Did>,
    /// Who could.
    pub could: Reach,
    /// Changes in the period of who could, and of what is recorded.
    pub changes: Vec<String>,
    /// Whether all acts of the period were recorded and are at hand: only then "nobody else" holds.
    pub whole: bool,
}

/// What of a principal's rights was used.
pub struct PrincipalView<'a> {
    /// What every document says first.
    pub head: Head<'a>,
    /// Its ARN.
    pub principal: &'a str,
    /// Granted patterns.
    pub rights: Vec<Used>,
    /// What was used and no policy here grants.
    pub beyond: Vec<(String, u64)>,
    /// Policies of it that were not seen.
    pub unseen: Vec<String>,
    /// Whether all acts of the period are at hand.
    pub whole: bool,
}

/// What is not modelled, and which way it could move the answer.
const NOT_MODELLED: [&str; 6] = [
    "Policies of the organisation (service and resource control), of sessions and of network endpoints, and the policies of KMS keys can only take away: who could is an upper bound.",
    "Who may assume a role is not followed further: a role that could read stands for all who may become it.",
    "ACLs of single objects, access points and grants of S3 Access Grants are not in the snapshot and could let more in.",
    "A signed link (presigned URL) acts with the rights of whoever signed it, and shows as that principal.",
    "That the trail records management events (changes of itself and of policies) is taken for granted.",
    "The signatures of CloudTrail's digests are not verified here (`aws cloudtrail validate-logs` does): they prove delivery, not that nobody rewrote both.",
];

/// No list in a document names more addresses or sessions.
const MOST_NAMES: usize = 50;

impl Head<'_> {
    fn json(&self, kind: &str) -> Value {
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .map(|one| json!({ "path": one.path, "sha256": one.digest.to_string(), "what": one.what, "records": one.records }))
            .collect();
        let coverage: Vec<Value> = self
            .coverage
            .iter()
            .map(|one| {
                let gap = |gap: &attesta_reach::Gap| json!({ "from": gap.span.from.to_string(), "to": gap.span.to.to_string(), "why": gap.why });
                json!({ "region": one.region, "whole": one.is_whole(), "gaps": one.gaps.iter().map(gap).collect::<Vec<_>>() })
            })
            .collect();
        json!({
            "schema": "attesta.access-evidence/1", "kind": kind, "attesta": self.version, "account": self.account,
            "policies_as_of": self.snapshot_at,
            "period": { "from": self.period.from.to_string(), "to": self.period.to.to_string() },
            "inputs": inputs, "not_seen": self.not_seen, "coverage": coverage, "not_modelled": NOT_MODELLED,
        })
    }

    fn markdown(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "Account {}, period {} to before {}; policies as of {}.\n",
            plain(self.account),
            self.period.from,
            self.period.to,
            plain(self.snapshot_at)
        );
        let _ = writeln!(out, "### What was not seen\n");
        if self.not_seen.is_empty() {
            let _ = writeln!(out, "Nothing that these inputs should hold is missing.");
        }
        for one in &self.not_seen {
            let _ = writeln!(out, "- {}", plain(one));
        }
        for one in &self.coverage {
            let gaps = one.gaps.len();
            let word = if one.is_whole() {
                "every hour has a digest, and all files that they name are at hand".to_owned()
            } else {
                format!("{gaps} gaps")
            };
            let _ = writeln!(out, "- Log files of {}: {word}.", plain(&one.region));
            for gap in one.gaps.iter().take(MOST_NAMES) {
                let _ = writeln!(out, "  - {} to {}: {}", gap.span.from, gap.span.to, plain(&gap.why));
            }
        }
        let _ = writeln!(out, "\n### What is not modelled\n");
        for one in NOT_MODELLED {
            let _ = writeln!(out, "- {}", plain(one));
        }
    }

    fn inputs(&self, out: &mut String) {
        let _ = writeln!(out, "\n### Inputs\n\n| What | Records | File | SHA-256 |\n|:--|--:|:--|:--|");
        for one in &self.inputs {
            let _ = writeln!(out, "| {} | {} | {} | `{}` |", one.what, one.records, code(&one.path), one.digest);
        }
    }
}

fn merged(head: Value, more: Value) -> Value {
    let (Value::Object(mut head), Value::Object(more)) = (head, more) else { return Value::Null };
    head.extend(more);
    Value::Object(head)
}

fn grant(one: &Grant) -> Value {
    json!({ "who": one.who, "could": one.nature.as_str(), "action": one.action, "answer": one.answer.as_str(), "by": one.by, "because": one.because })
}

impl StoreView<'_> {
    /// The document for programs.
    pub fn json(&self) -> Value {
        let did: Vec<Value> = self
            .did
            .iter()
            .map(|(actor, did)| {
                let acts: Vec<Value> = did
                    .acts
                    .iter()
                    .map(|(name, act)| json!({ "event": name, "nature": Nature::of_event(name).as_str(), "done": act.done, "refused": act.refused }))
                    .collect();
                json!({
                    "who": actor.name(), "kind": actor.kind(), "reads": did.reads(), "objects": did.objects.len(),
                    "first": did.first.to_string(), "last": did.last.to_string(), "acts": acts,
                    "sessions": did.sessions.iter().take(MOST_NAMES).collect::<Vec<_>>(), "sessions_count": did.sessions.len(),
                    "addresses": did.addresses.iter().take(MOST_NAMES).collect::<Vec<_>>(), "addresses_count": did.addresses.len(),
                })
            })
            .collect();
        let more = json!({
            "bucket": self.bucket,
            "did": did,
            "nobody_else": if self.whole { "holds" } else { "unknown" },
            "could": self.could.inside.iter().map(grant).collect::<Vec<_>>(),
            "could_from_outside": self.could.outside.iter().map(grant).collect::<Vec<_>>(),
            "changes": self.changes,
        });
        merged(self.head.json("store"), more)
    }

    /// The document for people.
    pub fn markdown(&self) -> String {
        let mut out = format!("# Who could and who did reach {}\n\n", plain(self.bucket));
        let nobody = if self.whole {
            "Nobody else did: every act of the period was recorded, and all of the records are at hand."
        } else {
            "Whether anybody else did is **unknown**: see what was not seen."
        };
        let _ = writeln!(
            out,
            "## Who did\n\n| Who | Read objects | Distinct objects | Other acts | Refused | First | Last |\n|:--|--:|--:|:--|--:|:--|:--|"
        );
        for (actor, did) in &self.did {
            let others: Vec<String> = did
                .acts
                .iter()
                .filter(|(name, act)| Nature::of_event(name) != Nature::Reads && act.done > 0)
                .map(|(name, act)| format!("{} {}", plain(name), act.done))
                .collect();
            let refused = did.acts.values().fold(0_u64, |sum, act| sum.saturating_add(act.refused));
            let (reads, objects) = (did.reads(), did.objects.len());
            let _ = writeln!(
                out,
                "| {} {} | {reads} | {objects} | {} | {refused} | {} | {} |",
                actor.kind(),
                code(actor.name()),
                others.join(", "),
                did.first,
                did.last
            );
        }
        if self.did.is_empty() {
            let _ = writeln!(out, "| no event at hand names this bucket in the period | | | | | | |");
        }
        let _ = writeln!(
            out,
            "\n{nobody}\n\n## Who could read\n\n| Who | Could read | By | Why it is not sure |\n|:--|:--|:--|:--|"
        );
        let reads = |one: &&Grant| one.nature == Nature::Reads && one.answer != Answer::No;
        for one in self.could.outside.iter().chain(&self.could.inside).filter(reads) {
            let by: Vec<String> = one.by.iter().map(|by| code(by)).collect();
            let (action, answer) = (one.action, one.answer.as_str());
            let _ = writeln!(
                out,
                "| {} | {answer} (`{action}`) | {} | {} |",
                code(&one.who),
                by.join(", "),
                plain(&one.because.join("; "))
            );
        }
        let no =
            self.could.inside.iter().filter(|one| one.action == "s3:getobject" && one.answer == Answer::No).count();
        let _ = writeln!(
            out,
            "\n{no} identities of the account could not, by the policies that were seen. The JSON document names all, and who could list and write.\n"
        );
        if !self.changes.is_empty() {
            let _ = writeln!(
                out,
                "### Changes in the period\n\nWho could is told as of the snapshot; these acts changed it, or what is recorded:\n"
            );
            for one in &self.changes {
                let _ = writeln!(out, "- {}", plain(one));
            }
            out.push('\n');
        }
        self.head.markdown(&mut out);
        self.head.inputs(&mut out);
        out
    }
}

impl PrincipalView<'_> {
    /// The document for programs.
    pub fn json(&self) -> Value {
        let rights: Vec<Value> = self
            .rights
            .iter()
            .map(|one| json!({ "grants": one.grants, "policy": one.policy, "verdict": one.verdict.as_str(), "because": one.because, "used": one.by }))
            .collect();
        let beyond: Vec<Value> =
            self.beyond.iter().map(|(action, count)| json!({ "action": action, "count": count })).collect();
        let more = json!({
            "principal": self.principal, "rights": rights, "used_beyond": beyond, "policies_not_seen": self.unseen,
            "period_whole": self.whole,
        });
        merged(self.head.json("principal"), more)
    }

    /// The document for people.
    pub fn markdown(&self) -> String {
        let mut out = format!("# What {} may do, and what it did\n\n", plain(self.principal));
        let _ = writeln!(out, "| Granted | By | In the period | Used |\n|:--|:--|:--|:--|");
        for one in &self.rights {
            let used: Vec<String> = one.by.iter().map(|(action, count)| format!("{} {count}", code(action))).collect();
            let verdict = match one.because {
                Some(why) => format!("{}: {why}", one.verdict.as_str()),
                None => one.verdict.as_str().to_owned(),
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                code(&one.grants),
                code(&one.policy),
                plain(&verdict),
                used.join(", ")
            );
        }
        let _ = writeln!(
            out,
            "\n*unused* is only said where every use would have been recorded and all records are at hand; *not seen* claims nothing.\n"
        );
        for (action, count) in &self.beyond {
            let _ = writeln!(
                out,
                "- {} was used {count} times and no policy seen here grants it (another policy, or an event named unlike its action).",
                code(action)
            );
        }
        for one in &self.unseen {
            let _ = writeln!(out, "- not seen: {}", plain(one));
        }
        out.push('\n');
        self.head.markdown(&mut out);
        self.head.inputs(&mut out);
        out
    }
}
