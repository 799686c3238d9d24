//! Secrets that must be readable again (an authenticator's, a webhook's, a source's) are kept sealed: XChaCha20-Poly1305
//! under a key that lies in a file of its own, never in the database.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    Key, KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

use crate::{Chance, NoChance, chance::draw, secret_token::base32};

const HEADER: &str = "attesta-seal-keys/1";
const FORM: &str = "sealed/1";
const NONCE: usize = 24;
const MOST_KEYS: usize = 100;

/// Which key sealed something: 8 small letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Box<str>);

/// The keys: the last one seals, all of them open.
pub struct Keyring {
    keys: BTreeMap<KeyId, Zeroizing<[u8; 32]>>,
    current: KeyId,
    order: Vec<KeyId>,
}

/// Something sealed, as it is stored: `sealed/1:KEY:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    key: KeyId,
    bytes: Vec<u8>,
}

/// Sealing or opening failed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file cannot be read or written.
    #[error("the key file `{}`: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("the key file `{}`, line {line}, is not what was written; restore it from a backup", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where.
        line: usize,
    },
    /// Others can read the file.
    #[error("the key file `{}` can be read by others; make it yours alone (`chmod 600`)", path.display())]
    Open {
        /// Which.
        path: PathBuf,
    },
    /// The text is not a sealed secret.
    #[error("what is stored is not a sealed secret")]
    Form,
    /// The key is not in the file.
    #[error("the key `{}` is not in the key file; restore the file that was in use when this was sealed", .0.0)]
    NoKey(KeyId),
    /// The seal is broken, or it was made for something else.
    #[error("the seal is broken: what is stored was changed, or belongs to something else")]
    Broken,
    /// No randomness.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

impl Keyring {
    /// The keys in that file; on first start, a file with a new one.
    pub fn open_or_make(path: &Path, chance: &mut dyn Chance) -> Result<Self, SealError> {
        match Self::open(path) {
            Err(SealError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let keyring = Self::draw(chance)?;
                match keyring.write(path, false) {
                    // Another process made it in between: theirs is the one.
                    Err(SealError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                        Self::open(path)
                    }
                    written => written.map(|()| keyring),
                }
            }
            other => other,
        }
    }

    /// The keys in that file.
    pub fn open(path: &Path) -> Result<Self, SealError> {
        let file = |source| SealError::File { path: path.to_owned(), source };
        let about = fs::metadata(path).map_err(file)?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0 {
            return Err(SealError::Open { path: path.to_owned() });
        }
        if about.len() > 64 << 10 {
            return Err(SealError::Damaged { path: path.to_owned(), line: 1 });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(file)?);
        Self::read(&text).map_err(|line| SealError::Damaged { path: path.to_owned(), line })
    }

    /// Keys that live in memory only.
    pub fn draw(chance: &mut dyn Chance) -> Result<Self, NoChance> {
        let (id, key) = new_key(chance)?;
        Ok(Self { keys: [(id.clone(), key)].into(), current: id.clone(), order: vec![id] })
    }

    /// Adds a key that seals from now on; what older ones sealed can still be opened. The file is replaced whole.
    pub fn rotate(mut self, path: &Path, chance: &mut dyn Chance) -> Result<Self, SealError> {
        let (id, key) = new_key(chance)?;
        self.keys.insert(id.clone(), key);
        self.order.push(id.clone());
        self.current = id;
        self.write(path, true)?;
        Ok(self)
    }

    /// Forgets every key but the one that seals now: what they sealed can never be opened again. The file is replaced whole.
    pub fn forget_older(mut self, path: &Path) -> Result<Self, SealError> {
        let current = self.current.clone();
        self.keys.retain(|id, _| *id == current);
        self.order.retain(|id| *id == current);
        self.write(path, true)?;
        Ok(self)
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// The key that seals now.
    pub fn current(&self) -> &KeyId {
        &self.current
    }

    /// Seals a secret. `context` says where it stands (such as `totp:acc_…`): put elsewhere it does not open.
    pub fn seal(&self, context: &str, secret: &[u8], chance: &mut dyn Chance) -> Result<Sealed, SealError> {
        let nonce = draw::<NONCE>(chance)?;
        let cipher = self.cipher(&self.current)?;
        let payload = Payload { msg: secret, aad: context.as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Broken)?;
        Ok(Sealed { key: self.current.clone(), bytes: [nonce.as_slice(), &sealed].concat() })
    }

    /// Opens what was sealed for that context.
    pub fn unseal(&self, context: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, rest) = sealed.bytes.split_first_chunk::<NONCE>().ok_or(SealError::Form)?;
        let payload = Payload { msg: rest, aad: context.as_bytes() };
        let opened = self.cipher(&sealed.key)?.decrypt(&XNonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| SealError::Broken)
    }

    /// Whether an older key sealed it, so that it should be sealed again.
    pub fn is_stale(&self, sealed: &Sealed) -> bool {
        sealed.key != self.current
    }

    fn cipher(&self, id: &KeyId) -> Result<XChaCha20Poly1305, SealError> {
        let key = self.keys.get(id).ok_or_else(|| SealError::NoKey(id.clone()))?;
        Ok(XChaCha20Poly1305::new(&Key::from(**key)))
    }

    fn read(text: &str) -> Result<Self, usize> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(1);
        }
        let (mut keys, mut order) = (BTreeMap::new(), Vec::new());
        for (at, line) in lines.enumerate() {
            let number = at.saturating_add(2);
            let (id, key) = line.split_once(' ').ok_or(number)?;
            let id: KeyId = id.parse().map_err(|_| number)?;
            let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(key).map_err(|_| number)?);
            let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| number)?;
            if keys.insert(id.clone(), Zeroizing::new(key)).is_some() || order.len() >= MOST_KEYS {
                return Err(number);
            }
            order.push(id);
        }
        let current = order.last().cloned().ok_or(2_usize)?;
        Ok(Self { keys, current, order })
    }

    /// Writes the file whole or not at all: bytes durable first, then the name.
    fn write(&self, path: &Path, replace: bool) -> Result<(), SealError> {
        let mut text = Zeroizing::new(format!("{HEADER}\n"));
        for id in &self.order {
            if let Some(key) = self.keys.get(id) {
                text.push_str(&format!("{} {}\n", id.0, URL_SAFE_NO_PAD.encode(**key)));
            }
        }
        let beside = path.with_extension(format!("new-{}", self.current));
        let written = write_private(&beside, &text).and_then(|()| {
            // A hard link refuses where the name is taken; a rename would replace what another process just made.
            if replace { fs::rename(&beside, path) } else { fs::hard_link(&beside, path) }
        });
        let _ = fs::remove_file(&beside);
        let durable = written.and_then(|()| match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            _ => Ok(()),
        });
        durable.map_err(|source| SealError::File { path: path.to_owned(), source })
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn new_key(chance: &mut dyn Chance) -> Result<(KeyId, Zeroizing<[u8; 32]>), NoChance> {
    let id = KeyId(base32(&draw::<5>(chance)?).into());
    Ok((id, Zeroizing::new(draw::<32>(chance)?)))
}

impl FromStr for KeyId {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits { Ok(Self(text.into())) } else { Err(SealError::Form) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Sealed {
    /// Which key sealed it.
    pub fn key(&self) -> &KeyId {
        &self.key
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}:{}:{}", self.key, URL_SAFE_NO_PAD.encode(&self.bytes))
    }
}

impl FromStr for Sealed {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix(FORM).and_then(|t| t.strip_prefix(':')).ok_or(SealError::Form)?;
        let (key, bytes) = rest.split_once(':').ok_or(SealError::Form)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).map_err(|_| SealError::Form)?;
        Ok(Self { key: key.parse()?, bytes })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys, {} seals)", self.keys.len(), self.current)
    }
}
