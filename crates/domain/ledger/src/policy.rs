use std::collections::{BTreeMap, BTreeSet};

use crate::{KeyError, VerifierKey, WitnessKey};

/// So many lines of each kind and no more; tlog-policy asks for 32 at least.
const MOST: usize = 1000;

/// Whom a verifier trusts: logs, witnesses, and how many of them must have cosigned (C2SP `tlog-policy`).
///
/// ```
/// let text = "witness a PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\nquorum a\n";
/// let error = attesta_ledger::Policy::parse(text).unwrap_err();
/// assert_eq!(error.line, 1, "that is a log's key, not a witness's");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Logs, any of which may have signed; empty when the key is given otherwise.
    pub logs: Vec<VerifierKey>,
    witnesses: BTreeMap<String, WitnessKey>,
    groups: BTreeMap<String, Group>,
    quorum: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    at_least: usize,
    members: Vec<String>,
}

/// The text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct PolicyError {
    /// Which line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// When a line is not of the form that tlog-policy defines, names somebody unknown or uses a name or key twice; when
    /// there is not exactly one quorum.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut policy = Self { logs: Vec::new(), witnesses: BTreeMap::new(), groups: BTreeMap::new(), quorum: None };
        let mut reading = Reading::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            let wrong = |why: String| PolicyError { line: number, why };
            if line.bytes().any(|b| b < 0x20 && b != b'\t' || b == 0x7f) {
                return Err(wrong("it holds a control character".to_owned()));
            }
            let items: Vec<&str> = line.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
            match items.first() {
                Some(first) if !first.starts_with('#') => policy.line(&items, &mut reading).map_err(wrong)?,
                _ => {}
            }
        }
        let whole = |why: &str| PolicyError { line: 0, why: why.to_owned() };
        if !reading.quorum {
            return Err(whole("there is no `quorum` line; `quorum none` asks for no witness"));
        }
        Ok(policy)
    }

    fn line(&mut self, items: &[&str], reading: &mut Reading) -> Result<(), String> {
        match items {
            ["log", key] | ["log", key, _] => {
                let key: VerifierKey = key.parse().map_err(|e: KeyError| format!("`log`: {e}"))?;
                reading.key(key.key.as_bytes())?;
                self.logs.push(key);
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                reading.name(name)?;
                let key: WitnessKey = key.parse().map_err(|e: KeyError| format!("witness `{name}`: {e}"))?;
                reading.key(key.0.key.as_bytes())?;
                self.witnesses.insert((*name).to_owned(), key);
            }
            ["group", name, threshold, members @ ..] if !members.is_empty() => {
                for member in members {
                    self.known(member)?;
                    if !reading.grouped.insert((*member).to_owned()) {
                        return Err(format!("`{member}` is in a group already"));
                    }
                }
                let at_least = match *threshold {
                    "any" => 1,
                    "all" => members.len(),
                    number => number.parse().ok().filter(|k| (1..=members.len()).contains(k)).ok_or_else(|| {
                        format!("`{number}` is neither `any`, `all` nor a number from 1 to {}", members.len())
                    })?,
                };
                reading.name(name)?;
                let members = members.iter().map(|m| (*m).to_owned()).collect();
                self.groups.insert((*name).to_owned(), Group { at_least, members });
            }
            ["quorum", name] => {
                if std::mem::replace(&mut reading.quorum, true) {
                    return Err("a second `quorum`".to_owned());
                }
                if *name != "none" {
                    self.known(name)?;
                    self.quorum = Some((*name).to_owned());
                }
            }
            _ => return Err("it is no `log`, `witness`, `group` or `quorum` line".to_owned()),
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<(), String> {
        if self.witnesses.contains_key(name) || self.groups.contains_key(name) {
            Ok(())
        } else {
            Err(format!("`{name}` is no witness or group of a line above"))
        }
    }

    /// The witnesses, by the names that the policy gives them.
    pub fn witnesses(&self) -> impl Iterator<Item = (&str, &WitnessKey)> {
        self.witnesses.iter().map(|(name, key)| (name.as_str(), key))
    }

    /// Whether these witnesses (by the policy's names) are enough.
    pub fn is_met_by(&self, cosigned: &BTreeSet<&str>) -> bool {
        self.quorum.as_ref().is_none_or(|name| self.has_witnessed(name, cosigned))
    }

    fn has_witnessed(&self, name: &str, cosigned: &BTreeSet<&str>) -> bool {
        match self.groups.get(name) {
            Some(group) => group.members.iter().filter(|m| self.has_witnessed(m, cosigned)).count() >= group.at_least,
            None => cosigned.contains(name),
        }
    }
}

#[derive(Default)]
struct Reading {
    names: BTreeSet<String>,
    keys: BTreeSet<[u8; 32]>,
    grouped: BTreeSet<String>,
    quorum: bool,
}

impl Reading {
    fn name(&mut self, name: &str) -> Result<(), String> {
        if name == "none" || !self.names.insert(name.to_owned()) {
            return Err(format!("the name `{name}` is taken"));
        }
        if self.names.len() > MOST { Err(format!("there are more than {MOST} names")) } else { Ok(()) }
    }

    fn key(&mut self, key: &[u8; 32]) -> Result<(), String> {
        if self.keys.len() >= MOST {
            return Err(format!("there are more than {MOST} keys"));
        }
        if self.keys.insert(*key) { Ok(()) } else { Err("its key stands in a line above already".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    fn witness(number: u8) -> String {
        SigningKey::from_seed(format!("w{number}.example").parse().unwrap(), &[number; 32]).witness().to_string()
    }

    fn example() -> String {
        let mut text = String::from("# comment\n\n");
        text +=
            &format!("log {}\t https://x\n", SigningKey::from_seed("l.example".parse().unwrap(), &[99; 32]).verifier());
        for (name, number) in [("X1", 1), ("X2", 2), ("X3", 3), ("Y1", 4), ("Y2", 5)] {
            text += &format!(" witness {name} {}\n", witness(number));
        }
        text + "group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n"
    }

    #[test]
    fn the_quorum_counts_as_the_groups_say() {
        let policy = Policy::parse(&example()).unwrap();
        for (cosigned, met) in [
            (&["X1", "X2", "Y1"][..], true),
            (&["X1", "X3", "Y2"], true),
            (&["X1", "X2"], false),
            (&["X1", "Y1", "Y2"], false),
            (&["X1", "X2", "Z"], false),
            (&[], false),
        ] {
            assert_eq!(policy.is_met_by(&cosigned.iter().copied().collect()), met, "{cosigned:?}");
        }
        assert!(Policy::parse("quorum none\n").unwrap().is_met_by(&BTreeSet::new()));
    }

    #[test]
    fn what_is_no_policy_is_refused_with_its_line() {
        let good = example();
        for (from, to, line) in [
            ("quorum both\n", "", 0),
            ("quorum both\n", "quorum both\nquorum none\n", 13),
            ("quorum both", "quorum none of them", 12),
            ("quorum both", "quorum nobody", 12),
            ("group X 2", "group X 4", 9),
            ("group X 2", "group X 0", 9),
            ("group Y any Y1 Y2", "group Y any Y1 X1", 10),
            ("group Y any Y1 Y2", "group Y any", 10),
            ("group Y any Y1 Y2", "group X any Y1 Y2", 10),
            ("witness X2", "witness none", 5),
            ("witness X2", "witness X1", 5),
            (" witness X1 w1", " witness X1 w9", 4),
            ("# comment", "\u{1}", 1),
            ("# comment", "wittness X", 1),
        ] {
            let changed = good.replacen(from, to, 1);
            assert_ne!(changed, good);
            assert_eq!(Policy::parse(&changed).map_err(|e| e.line), Err(line), "{changed}");
        }
        let twice = good.replacen(&witness(2), &witness(1), 1);
        assert_eq!(Policy::parse(&twice).map_err(|e| e.line), Err(5));
    }
}
