//! The command line of `init`, `evidence`, `verify`, `fsck` and `ledger`.

use std::path::PathBuf;

use attesta_evidence::{EvidenceId, KindId, Matter, Period, RetentionId, Role, Target, Text};
use attesta_kernel::Date;
use attesta_ledger::{ActorId, Origin, WitnessKey};
use attesta_scoring::MaturityLevel;
use clap::{Args, Subcommand};

use crate::args::ListFormat;

#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    /// The workspace's folder; it is made when it is not there
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Who the log is, in every checkpoint: like a web address without its scheme [default: made up]
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<Origin>,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Actor {
    /// Who does it: an id that stands in the log for ever, so no address and no full name
    #[arg(long, value_name = "ID", env = "ATTESTA_ACTOR", default_value = "local")]
    pub(crate) actor: ActorId,
}

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The workspace [default: the nearest folder upwards that has a vault]
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Add a file: its bytes are kept under their digest, and a leaf is logged
    Add(Box<AddOptions>),
    /// List evidence, and where each piece stands on a day
    List {
        #[command(flatten)]
        place: Place,
        /// The day [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        at: Option<Date>,
        /// Only what is for this requirement, citation, statement or element
        #[arg(long = "for", value_name = "TARGET")]
        target: Option<Target>,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show one piece of evidence with all that happened to it
    Show {
        /// Which
        id: EvidenceId,
        #[command(flatten)]
        place: Place,
        /// The day [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        at: Option<Date>,
    },
    /// Say what a piece of evidence is for; one document may be for many things
    Link(LinkOptions),
    /// Put a newer version in the place of an older one; links and description carry over
    Supersede {
        /// The older version
        id: EvidenceId,
        #[command(flatten)]
        add: Box<AddOptions>,
    },
    /// Hold a piece of evidence for a matter: nothing removes it until the hold is released
    Hold(HoldOptions),
    /// Release a hold
    Release(HoldOptions),
    /// Remove the bytes of a piece of evidence whose time is over; that it was here stays known
    Retire {
        /// Which
        id: EvidenceId,
        /// Why
        #[arg(long, value_name = "TEXT")]
        why: Text,
        #[command(flatten)]
        actor: Actor,
        #[command(flatten)]
        place: Place,
    },
    /// Write what an assessor needs to verify a piece of evidence offline: item.tlog-proof, leaf, key.vkey
    Proof {
        /// Which
        id: EvidenceId,
        /// The folder to write into; it is made when it is not there
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Under the kept checkpoint of so many leaves [default: the newest]
        #[arg(long, value_name = "LEAVES")]
        size: Option<u64>,
        #[command(flatten)]
        place: Place,
    },
    /// Copy the bytes of a piece of evidence out, checked against their digest
    Get {
        /// Which
        id: EvidenceId,
        /// The file to write; it must not be there
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddOptions {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) described: Described,
    #[command(flatten)]
    pub(crate) links: Links,
    /// The biggest file that is taken, in bytes [default: the content's figure, 1 GiB]
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_size: Option<u64>,
    #[command(flatten)]
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) place: Place,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

/// What is known of a file.
#[derive(Debug, Args)]
pub(crate) struct Described {
    /// What it is, in a few words
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<Text>,
    /// What kind of evidence; freshness and retention hang on it; one that is unknown lists them all
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<KindId>,
    /// Since when it is in effect
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) effective: Option<Date>,
    /// When it was taken from its system of origin
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) collected: Option<Date>,
    /// When it arrived [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) received: Option<Date>,
    /// The last day on which it counts
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) valid_until: Option<Date>,
    /// The period that it speaks of
    #[arg(long, value_name = "FROM..TO")]
    pub(crate) period: Option<Period>,
    /// The system that it came from
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<Text>,
    /// The query, report or path by which it was taken
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<Text>,
    /// Who collected it
    #[arg(long, value_name = "TEXT")]
    pub(crate) collector: Option<Text>,
    /// Who answers for it
    #[arg(long, value_name = "TEXT")]
    pub(crate) owner: Option<Text>,
    /// Its part in a test by samples: population, sample or lead-sheet
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<Role>,
    /// The scope component that it is about
    #[arg(long, value_name = "TEXT")]
    pub(crate) component: Option<Text>,
    /// Who attests, when it is somebody else's report
    #[arg(long, value_name = "TEXT", requires = "attested_report")]
    pub(crate) attested_by: Option<Text>,
    /// Which report or certificate
    #[arg(long, value_name = "TEXT", requires = "attested_by")]
    pub(crate) attested_report: Option<Text>,
    /// Not for every reader
    #[arg(long)]
    pub(crate) confidential: bool,
    /// How long to keep it, where that differs from its kind
    #[arg(long, value_name = "CLASS")]
    pub(crate) retention: Option<RetentionId>,
}

/// What a file is for.
#[derive(Debug, Args)]
pub(crate) struct Links {
    /// What it is for: a requirement, citation, statement, element or `framework:id`; may be given several times
    #[arg(long = "for", value_name = "TARGET")]
    pub(crate) targets: Vec<Target>,
    /// On which maturity level; may be given several times
    #[arg(long = "level", value_name = "LEVEL", requires = "targets")]
    pub(crate) levels: Vec<MaturityLevel>,
    /// For which evaluative element, by number; may be given several times
    #[arg(long = "element", value_name = "N", requires = "targets")]
    pub(crate) elements: Vec<u16>,
    /// Where in the document: section, page, paragraph
    #[arg(long = "where", value_name = "TEXT", requires = "targets")]
    pub(crate) place: Option<Text>,
}

#[derive(Debug, Args)]
pub(crate) struct LinkOptions {
    /// Which
    pub(crate) id: EvidenceId,
    #[command(flatten)]
    pub(crate) links: Links,
    /// Take the links away instead
    #[arg(long)]
    pub(crate) remove: bool,
    #[command(flatten)]
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) workspace: Place,
}

#[derive(Debug, Args)]
pub(crate) struct HoldOptions {
    /// Which
    pub(crate) id: EvidenceId,
    /// What it is held for: a short name
    #[arg(long, value_name = "MATTER")]
    pub(crate) matter: Matter,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Text,
    #[command(flatten)]
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// The file that is said to be the evidence
    #[arg(value_name = "EVIDENCE")]
    pub(crate) evidence: PathBuf,
    /// Its proof: item.tlog-proof, or the folder that holds it
    #[arg(value_name = "PROOF")]
    pub(crate) proof: PathBuf,
    /// The log's key, from somewhere else than the proof: the key itself, or a file with it
    #[arg(long, value_name = "VKEY_OR_FILE", required_unless_present = "policy")]
    pub(crate) key: Option<String>,
    /// A policy (C2SP tlog-policy) with the witnesses that must have cosigned
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct FsckOptions {
    /// The workspace; a server's data has flags instead
    #[arg(value_name = "DIR", default_value = ".")]
    #[cfg_attr(feature = "server", arg(conflicts_with = "AuditedArgs"))]
    pub(crate) dir: PathBuf,
    /// A checkpoint that left the log earlier: the log must continue it; may be given several times
    #[arg(long, value_name = "CHECKPOINT")]
    pub(crate) against: Vec<PathBuf>,
    /// The log's key from elsewhere; the vault's own must be the same
    #[arg(long, value_name = "VKEY_OR_FILE")]
    #[cfg_attr(feature = "server", arg(conflicts_with = "AuditedArgs"))]
    pub(crate) key: Option<String>,
    /// Write derived files again, publish what is stored and unpublished, remove what nothing names
    #[arg(long)]
    #[cfg_attr(feature = "server", arg(conflicts_with = "AuditedArgs"))]
    pub(crate) repair: bool,
    #[cfg(feature = "server")]
    #[command(flatten)]
    pub(crate) server: crate::serve::settings::AuditedArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Print the newest checkpoint and keep it, so that it can leave: to mail, a report, a witness
    Checkpoint {
        #[command(flatten)]
        place: Place,
        /// Write it there instead
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List what is in the log
    Log {
        #[command(flatten)]
        place: Place,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Copy the log (tiles, leaves, checkpoint, key; no evidence, no records) into a folder that any web server can serve
    Export {
        /// The folder; it must not be there
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Prove that the log only grew since a checkpoint that left it
    Consistency {
        /// The older checkpoint
        #[arg(value_name = "CHECKPOINT")]
        old: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Ask a witness to cosign the newest checkpoint, or take its answer in
    ///
    /// Without --answer it prints the body for the witness's `add-checkpoint` (C2SP tlog-witness).
    Witness(Box<WitnessOptions>),
    /// Ask a timestamp authority (RFC 3161) about the newest checkpoint, or take its answer in
    ///
    /// Nothing goes over the network: send the query as `application/timestamp-query`, and bring the reply back.
    Timestamp(TimestampOptions),
}

#[derive(Debug, Args)]
pub(crate) struct WitnessOptions {
    /// How many leaves the witness saw last
    #[arg(long, value_name = "LEAVES", default_value_t = 0, conflicts_with = "answer")]
    pub(crate) old: u64,
    /// The witness's answer: cosignature lines, or the cosigned checkpoint
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) answer: Option<PathBuf>,
    /// The witness's key
    #[arg(long, value_name = "VKEY")]
    pub(crate) key: Option<WitnessKey>,
    /// The checkpoint that was cosigned [default: the newest that was kept]
    #[arg(long, value_name = "LEAVES", requires = "answer")]
    pub(crate) size: Option<u64>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct TimestampOptions {
    /// Write the query for the authority there
    #[arg(long, value_name = "FILE", conflicts_with = "reply", required_unless_present = "reply")]
    pub(crate) query: Option<PathBuf>,
    /// The authority's reply; it is verified, and kept with the checkpoint
    #[arg(long, value_name = "FILE", requires = "roots")]
    pub(crate) reply: Option<PathBuf>,
    /// Root certificates that you trust, in PEM form
    #[arg(long, value_name = "FILE")]
    pub(crate) roots: Option<PathBuf>,
    /// Certificates between, where the reply does not bring them
    #[arg(long, value_name = "FILE")]
    pub(crate) certificates: Option<PathBuf>,
    /// The checkpoint that was asked about [default: the newest that was kept]
    #[arg(long, value_name = "LEAVES", requires = "reply")]
    pub(crate) size: Option<u64>,
    #[command(flatten)]
    pub(crate) place: Place,
}
