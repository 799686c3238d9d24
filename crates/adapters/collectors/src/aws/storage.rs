//! Volumes, snapshots of volumes and databases, and shared file systems.

#[cfg(test)]
mod tests;

use attesta_resource::Kind;

use super::{
    database,
    shared::{self, access, always, authored, encryption, is_authored, is_cloudformation, prop, some, unresolved},
};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    node::Node,
    registry::{Alone, Main, Pull, Satellite},
    view::{Raw, View},
};

const DATABASES: &[&str] = &["aws_db_instance"];
const CLUSTERS: &[&str] = &["aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"];
const FSX: &[&str] = &[
    "aws_fsx_lustre_file_system",
    "aws_fsx_ontap_file_system",
    "aws_fsx_openzfs_file_system",
    "aws_fsx_windows_file_system",
];

pub(super) const MAINS: &[Main] = &[
    main(Kind::Volume, &["aws_ebs_volume"], &["id", "arn"], &[], volume),
    main(Kind::Volume, &["AWS::EC2::Volume"], &[], &[], volume),
    main(
        Kind::VolumeSnapshot,
        &["aws_ebs_snapshot"],
        &["id", "arn"],
        &[Pull { link: "volume_id", types: &["aws_ebs_volume"], names: &["id", "arn"] }],
        volume_snapshot,
    ),
    main(
        Kind::VolumeSnapshot,
        &["aws_ebs_snapshot_copy", "aws_ebs_snapshot_import"],
        &["id", "arn"],
        &[],
        volume_snapshot,
    ),
    main(
        Kind::VolumeSnapshot,
        &["aws_db_snapshot"],
        &["db_snapshot_identifier", "id", "db_snapshot_arn"],
        &[Pull { link: "db_instance_identifier", types: DATABASES, names: &["identifier", "id", "arn"] }],
        database_snapshot,
    ),
    main(
        Kind::VolumeSnapshot,
        &["aws_db_cluster_snapshot", "aws_neptune_cluster_snapshot"],
        &["db_cluster_snapshot_identifier", "id", "db_cluster_snapshot_arn"],
        &[Pull { link: "db_cluster_identifier", types: CLUSTERS, names: &["cluster_identifier", "id", "arn"] }],
        database_snapshot,
    ),
    main(
        Kind::VolumeSnapshot,
        &["aws_db_snapshot_copy", "aws_rds_cluster_snapshot_copy"],
        &["target_db_snapshot_identifier", "target_db_cluster_snapshot_identifier", "id"],
        &[],
        database_snapshot,
    ),
    main(Kind::FileSystem, &["aws_efs_file_system"], &["id", "arn", "creation_token"], &[], elastic),
    main(Kind::FileSystem, &["AWS::EFS::FileSystem"], &[], &[], elastic),
    main(Kind::FileSystem, FSX, &["id", "arn"], &[], managed),
    main(Kind::FileSystem, &["AWS::FSx::FileSystem"], &[], &[], managed),
];

const fn main(
    kind: Kind,
    types: &'static [&'static str],
    names: &'static [&'static str],
    pulls: &'static [Pull],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls, build }
}

const PERMISSION: &str = "aws_snapshot_create_volume_permission";
const EFS_POLICY: &str = "aws_efs_file_system_policy";
const EFS_BACKUP: &str = "aws_efs_backup_policy";

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &[PERMISSION],
        owners: &["aws_ebs_snapshot", "aws_ebs_snapshot_copy", "aws_ebs_snapshot_import"],
        links: &["snapshot_id"],
    },
    Satellite { types: &[EFS_POLICY, EFS_BACKUP], owners: &["aws_efs_file_system"], links: &["file_system_id"] },
];

/// What lets others in.
pub(super) const ALONE: &[Alone] = &[
    Alone { types: &[PERMISSION], owner: "aws_ebs_snapshot", links: &["snapshot_id"], what: "the snapshot" },
    Alone { types: &[EFS_POLICY], owner: "aws_efs_file_system", links: &["file_system_id"], what: "the file system" },
];

fn volume(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    encryption(draft, is_encrypted(raw), authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
}

/// Off unless said otherwise (CreateVolume). A snapshot that the volume is made from decides where nothing is said;
/// so would the account's setting "encryption by default", which no volume names.
fn is_encrypted(raw: &Raw) -> Fact<bool> {
    let stated = prop(raw, "encrypted", "Encrypted");
    let fact = authored(stated.bool());
    if fact.is_absent() && is_said(&prop(raw, "snapshot_id", "SnapshotId")) {
        return unresolved(&stated, "not set: taken over from the snapshot that it is made from");
    }
    fact.or_default(false)
}

fn volume_snapshot(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("of", raw.by_type("volume"));
    let own = authored(raw.at("encrypted").bool());
    let enabled = own.or_else(|| match joined.first(&["aws_ebs_volume"]) {
        Some(volume) => is_encrypted(volume).derived(),
        None => unresolved(&raw.at("encrypted"), "not set: as the volume or snapshot that it is made from"),
    });
    draft.put("encryption_at_rest.enabled", enabled);
    draft.put("encryption_at_rest.key", authored(raw.at("kms_key_id").text()));
    // Private unless shared (EC2 user guide, "Share an Amazon EBS snapshot").
    let public = joined.of(&[PERMISSION]).fold(always(raw, false), |public, permission| {
        public.or(permission.at("account_id").text().map(|account| account == "all"))
    });
    draft.put("public", public);
}

fn database_snapshot(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let of_cluster = raw.type_name.contains("cluster");
    draft.put("of", raw.derive(if of_cluster { "database_cluster" } else { "database" }));
    let stated = shared::either(&raw.root(), "encrypted", "storage_encrypted");
    let key = authored(raw.at("kms_key_id").text());
    let source = joined.first(DATABASES).or_else(|| joined.first(CLUSTERS));
    let enabled = authored(stated.bool()).or_else(|| match source {
        Some(source) => database::is_encrypted(source).derived(),
        // A copy that is given a key is encrypted with it.
        None if key.value().is_some() => raw.derive(true),
        None => unresolved(&stated, "not set: as the database that it is made from"),
    });
    draft.put("encryption_at_rest.enabled", enabled);
    draft.put("encryption_at_rest.key", key);
    // `all` makes it public (RDS API, ModifyDBSnapshotAttribute).
    let shared = some(&raw.at("shared_accounts"), |account| account.text().map(|id| id == "all"));
    draft.put("public", authored(shared).or_default(false));
}

fn elastic(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    // Off unless said otherwise (EFS API, CreateFileSystem).
    let enabled = authored(prop(raw, "encrypted", "Encrypted").bool()).or_default(false);
    encryption(draft, enabled, authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
    let status = match joined.first(&[EFS_BACKUP]) {
        Some(policy) => policy.at("backup_policy").at("status"),
        None => raw.at("BackupPolicy").at("Status"),
    };
    // Only file systems in one zone are backed up without being told (EFS user guide, "Backing up EFS file systems").
    let one_zone = is_said(&prop(raw, "availability_zone_name", "AvailabilityZoneName"));
    draft.put("backup.enabled", status.text().map(|word| word.eq_ignore_ascii_case("ENABLED")).or_default(one_zone));
    let separate = joined.of(&[EFS_POLICY]).map(|policy| policy.at("policy"));
    let inside = is_cloudformation(raw).then(|| raw.at("FileSystemPolicy"));
    let access = access(raw, draft, separate.chain(inside));
    draft.put("transport.tls_required", access.denies_plain_http.or_default(false));
}

/// FSx encrypts every file system (FSx user guides, "Encryption of data at rest").
fn managed(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    encryption(draft, always(raw, true), authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
    let (stated, default) = match &*raw.type_name {
        "aws_fsx_windows_file_system" => (raw.at("automatic_backup_retention_days"), Some(7)),
        "aws_fsx_lustre_file_system" => (raw.at("automatic_backup_retention_days"), Some(0)),
        _ if !is_cloudformation(raw) => (raw.at("automatic_backup_retention_days"), Some(0)),
        _ => {
            let windows = raw.at("WindowsConfiguration");
            let lustre = raw.at("LustreConfiguration");
            let others = shared::either(&raw.root(), "OntapConfiguration", "OpenZFSConfiguration");
            // CreateFileSystem documents a default for these two only.
            if !windows.is_absent() {
                (windows.at("AutomaticBackupRetentionDays"), Some(30))
            } else if others.is_absent() {
                (lustre.at("AutomaticBackupRetentionDays"), Some(0))
            } else {
                (others.at("AutomaticBackupRetentionDays"), None)
            }
        }
    };
    let days = authored(stated.int());
    let days = match default {
        Some(default) => days.or_default(default),
        None => days,
    };
    draft.put("backup.enabled", days.map(|days| days > 0).derived());
}

fn is_said(view: &View<'_>) -> bool {
    is_authored(view) && !view.node().is_some_and(Node::is_empty)
}
