//! EFS: file systems with their policies and backups.

use serde_json::json;

use super::{Place, nothing, placed};
use crate::found::{Found, Type, get, tags, text};

const FILES: Type = Type { name: "AWS::EFS::FileSystem", canonical: "aws_efs_file_system" };
const POLICY: Type = Type { name: "AWS::EFS::FileSystem (policy)", canonical: "aws_efs_file_system_policy" };
const BACKUP: Type = Type { name: "AWS::EFS::FileSystem (backup)", canonical: "aws_efs_backup_policy" };

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = place.arn("elasticfilesystem", "file-system/*");
    let asked = ("efs", "DescribeFileSystems", nothing());
    let (listed, systems) = place.list(&mut found, FILES, asked, "/FileSystems", &everything).await;
    let inputs = || systems.iter().map(|system| json!({ "FileSystemId": get(system, "/FileSystemId") }));
    let backups = place.each("efs", "DescribeBackupPolicy", inputs()).await;
    let policies = place.each("efs", "DescribeFileSystemPolicy", inputs()).await;
    for (((pointer, system), backup), policy) in placed(&systems, "/FileSystems").zip(&backups).zip(&policies) {
        let id = text(system, "/FileSystemId");
        let arn = place.arn("elasticfilesystem", &format!("file-system/{id}"));
        found.push(
            Found::new(FILES, &arn, &listed, &pointer)
                .set("id", json!(id))
                .set("arn", json!(arn))
                .set("encrypted", get(system, "/Encrypted"))
                .set("kms_key_id", place.keys.name(get(system, "/KmsKeyId")))
                .set("tags", tags(get(system, "/Tags"))),
        );
        let status = backup.at("/BackupPolicy/Status");
        // Without a policy of its own nothing backs a file system up.
        let status = if status.is_null() { json!("DISABLED") } else { status };
        found.push(
            Found::new(BACKUP, format!("{arn}?backup"), backup, "/BackupPolicy")
                .set("file_system_id", json!(id))
                .set("backup_policy", json!({ "status": status })),
        );
        let told = policy.at("/Policy");
        if !told.is_null() {
            found.push(
                Found::new(POLICY, format!("{arn}?policy"), policy, "/Policy")
                    .set("file_system_id", json!(id))
                    .set("policy", told),
            );
        }
    }
    found
}
