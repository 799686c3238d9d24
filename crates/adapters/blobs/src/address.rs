use std::{fmt, path::PathBuf, str::FromStr};

/// Where blobs are kept: `file:DIR` or `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket, and a prefix inside (may be empty).
    S3 {
        /// The bucket.
        bucket: String,
        /// What every key begins with.
        prefix: String,
    },
}

/// The text names no place for blobs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither of the two forms.
    #[error("`{0}` is no place for blobs; write `file:DIR` or `s3://bucket/prefix`")]
    Form(String),
    /// This binary has no S3.
    #[error("`s3://{0}` needs a binary that was built with the feature `s3`")]
    NoS3(String),
    /// What S3 was told is not enough, or wrong.
    #[error("`s3://{bucket}` cannot be opened: {why}")]
    S3 {
        /// The bucket.
        bucket: String,
        /// What is wrong.
        why: String,
    },
    /// The folder cannot be made or opened.
    #[error("the folder `{}` cannot be opened: {why}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || AddressError::Form(text.chars().take(200).collect());
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let named = (3..=63).contains(&bucket.len())
                && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
            let prefix = prefix.trim_matches('/');
            let clean = prefix.is_empty() || prefix.split('/').all(|part| !matches!(part, "" | "." | ".."));
            if !named || !clean || prefix.chars().any(|c| c.is_control() || c == '\\') {
                return Err(wrong());
            }
            return Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        }
        let folder = text.strip_prefix("file:").ok_or_else(wrong)?;
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        if folder.is_empty() || folder.contains('\0') {
            return Err(wrong());
        }
        Ok(Self::Folder(PathBuf::from(folder)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "file:{}", path.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// What a configuration says of S3; what it does not say comes from the environment (`AWS_…`) or the machine's role.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct S3 {
    /// The region.
    pub region: Option<String>,
    /// Where the API answers, for anything but AWS itself. Plain `http://` only when this says so.
    pub endpoint: Option<String>,
    /// The access key.
    pub access_key: Option<String>,
    /// Its secret.
    pub secret_key: Option<String>,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |value: &Option<String>| value.as_ref().map(|_| "(hidden)");
        f.debug_struct("S3")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("access_key", &hidden(&self.access_key))
            .field("secret_key", &hidden(&self.secret_key))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket() {
        let s3 = |bucket: &str, prefix: &str| Address::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
        let table = [
            ("file:blobs", Some(Address::Folder("blobs".into()))),
            ("file:/var/lib/attesta", Some(Address::Folder("/var/lib/attesta".into()))),
            ("file:///var/lib/attesta", Some(Address::Folder("/var/lib/attesta".into()))),
            ("s3://evidence", Some(s3("evidence", ""))),
            ("s3://evidence/a/b/", Some(s3("evidence", "a/b"))),
            ("s3://evidence/a/../b", None),
            ("s3://Evidence", None),
            ("s3://", None),
            ("file:", None),
            ("blobs", None),
            ("https://x", None),
        ];
        for (text, want) in table {
            assert_eq!(text.parse::<Address>().ok(), want, "{text}");
        }
        for text in ["file:blobs", "s3://evidence", "s3://evidence/a/b"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let s3 = S3 { access_key: Some("AKIA".to_owned()), secret_key: Some("s3cr3t".to_owned()), ..S3::default() };
        assert!(!format!("{s3:?}").contains("AKIA") && !format!("{s3:?}").contains("s3cr3t"));
    }
}
