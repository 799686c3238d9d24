//! Somebody who keeps the last checkpoint of a log that they saw, as a witness does, and an audit of a whole log.

use std::{collections::BTreeMap, io};

use attesta_kernel::Timestamp;
use attesta_ledger::{
    Checkpoint, Entries, Hash, Leaf, MemoryTree, SignedCheckpoint, TileId, VerifierKey, verify_consistency,
};
use attesta_testkit::Client;

use crate::stage::{Org, text};

/// Watches the log of one organisation.
#[derive(Debug)]
pub(crate) struct Watch {
    org: Org,
    key: VerifierKey,
    last: Checkpoint,
    pub(crate) seen: u64,
}

/// What a log holds: how often each kind of event happened to each subject.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) leaves: u64,
    pub(crate) events: BTreeMap<(String, String), u64>,
}

impl Audit {
    pub(crate) fn count(&self, kind: &str, subject: &str) -> u64 {
        self.events.get(&(kind.to_owned(), subject.to_owned())).copied().unwrap_or(0)
    }
}

impl Watch {
    pub(crate) fn new(org: &Org, client: &mut Client) -> Self {
        let log = client.get(&format!("{}/log", org.base())).unwrap().is(200).unwrap().json();
        let key: VerifierKey = text(&log, "key").parse().unwrap();
        let last = SignedCheckpoint::open(&text(&log, "checkpoint"), &key).unwrap().checkpoint;
        Self { org: org.clone(), key, last, seen: 0 }
    }

    /// Looks at the log: it must go on from what was seen last.
    pub(crate) fn look(&mut self, client: &mut Client) -> io::Result<()> {
        let answer = client.get(&format!("{}/log", self.org.base()))?;
        if answer.status == 503 {
            return Ok(());
        }
        let log = answer.is(200)?.json();
        // The key is the one that was seen first: another would be a fork.
        assert_eq!(text(&log, "key"), self.key.to_string());
        let head = SignedCheckpoint::open(&text(&log, "checkpoint"), &self.key).unwrap().checkpoint;
        assert!(head.size >= self.last.size, "the log of {} leaves has {} now", self.last.size, head.size);
        if head.size == self.last.size {
            assert_eq!(head.root, self.last.root, "a fork at {}", head.size);
            return Ok(());
        }
        let path = format!("{}/consistency?old={}&new={}", self.org.base(), self.last.size, head.size);
        let answer = client.get(&path)?;
        if answer.status == 503 {
            return Ok(());
        }
        let told = answer.is(200)?.json();
        let hashes = told["hashes"].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap());
        let hashes: Vec<Hash> = hashes.collect();
        verify_consistency(self.last.size, &self.last.root, head.size, &head.root, &hashes).unwrap();
        self.last = head;
        self.seen += 1;
        Ok(())
    }

    /// Reads every leaf, builds the tree anew, and compares it with what was signed. No leaf is older than the one before.
    pub(crate) fn audit(&mut self, client: &mut Client) -> Audit {
        self.look(client).unwrap();
        let (mut tree, mut audit, mut before) = (MemoryTree::default(), Audit::default(), Timestamp::MIN);
        for index in 0..self.last.size.div_ceil(256) {
            let tile = TileId::entries(index, self.last.size);
            let bytes = client.get(&format!("{}/log/{}", self.org.base(), tile.path())).unwrap().is(200).unwrap().body;
            for bytes in Entries::decode(tile, &bytes).unwrap() {
                tree.push(Hash::of_leaf(&bytes));
                let leaf = Leaf::from_bytes(&bytes).unwrap();
                assert!(leaf.at >= before, "leaf {} is of {}, the one before of {before}", audit.leaves, leaf.at);
                before = leaf.at;
                *audit.events.entry((leaf.kind.to_string(), leaf.subject.to_string())).or_default() += 1;
                audit.leaves += 1;
            }
        }
        assert_eq!(
            tree.root(self.last.size),
            Some(self.last.root),
            "the leaves do not lead to the root that was signed"
        );
        audit
    }
}
