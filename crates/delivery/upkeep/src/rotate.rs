//! New keys: for the log of an organisation, and for what is sealed. Old checkpoints stay verifiable with the key that
//! signed them, and the log itself tells of the change.

use attesta_identity::{Keyring, Sealed, SystemChance};
use attesta_kernel::Timestamp;
use attesta_ledger::SigningKey;
use attesta_store::{HOUSE, Holder, Log, Page, Work};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Opened, Place, UpkeepError};

/// What every sealed secret begins with.
const SEALED: &str = "sealed/1:";
/// Organisations of one look.
const LOOK: u32 = 500;

/// A log that has another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Whose.
    pub organisation: String,
    /// The key that signed until now.
    pub former_key: String,
    /// The key that signs from now on: tell it to whoever verifies.
    pub key: String,
    /// The leaf that tells of it, with what the former key states of the new one.
    pub leaf: u64,
}

/// What was sealed anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resealed {
    /// The key that seals from now on, by its id in the file.
    pub key: String,
    /// How many secrets were sealed anew.
    pub secrets: u64,
    /// How many keys the file holds now.
    pub keys: usize,
}

/// Gives the log of an organisation, or of the instance itself (`house`), a new signing key. Servers may be at work.
///
/// # Errors
///
/// When there is no such organisation, or its key cannot be had: then nothing was changed.
pub async fn change_log_key(place: &Place, organisation: &str, at: Timestamp) -> Result<Changed, UpkeepError> {
    let opened = place.open().await?;
    if organisation != HOUSE && organisation.parse::<attesta_access::TenantId>().is_err() {
        return Err(UpkeepError::refused(
            format!("`{}` is no organisation's id", organisation.chars().take(80).collect::<String>()),
            "ids look like ten_01J…; `attesta doctor` lists them; `house` is the instance's own",
        ));
    }
    let mut work = opened.work(organisation).await?;
    let log = work.room().log().await?;
    let key = opened.signer(organisation, &log)?;
    let seed: [u8; 32] = attesta_disk::random()?;
    let new = SigningKey::from_seed(key.name().clone(), &seed);
    let secret = new.to_secret_text();
    let sealed = opened.keyring.seal(&Log::sealed_for(organisation), secret.as_bytes(), &mut SystemChance)?;
    let committed = work.commit_under_new_key("system", at, &key, (&new, &sealed.to_string())).await?;
    opened.store.close().await;
    Ok(Changed {
        organisation: organisation.to_owned(),
        former_key: log.vkey,
        key: new.verifier().to_string(),
        leaf: committed.size.saturating_sub(1),
    })
}

/// Adds a key that seals from now on, and seals everything anew with it; or, with `forget`, adds none, and removes the older
/// ones once nothing needs them. `settings` are the sealed secrets of the configuration, which people seal by hand. Servers
/// and workers must not be at work: they do not know the new key.
///
/// # Errors
///
/// When something cannot be opened, or still needs an older key: then everything opens as before.
pub async fn change_seal_key(
    place: &Place,
    settings: &[(String, String)],
    forget: bool,
    at: Timestamp,
) -> Result<Resealed, UpkeepError> {
    let mut opened = place.open().await?;
    if !forget {
        opened.keyring = opened.keyring.rotate(&place.keys(), &mut SystemChance)?;
    }
    for (name, text) in settings.iter().filter(|_| forget) {
        if text.parse::<Sealed>().is_ok_and(|sealed| opened.keyring.is_stale(&sealed)) {
            return Err(UpkeepError::refused(
                format!("the configuration's secret of `{name}` is sealed by an older key"),
                format!(
                    "seal it again (`attesta serve --seal-secret {name}`), and put that into the configuration first"
                ),
            ));
        }
    }
    let mut organisations = Vec::new();
    let mut page = Page::first(LOOK);
    loop {
        let some = opened.store.tenants(&page).await?;
        organisations.extend(some.iter().map(|tenant| tenant.id.clone()));
        match some.last() {
            Some(last) => page.after.clone_from(&last.id),
            None => break,
        }
    }
    // The instance's own comes last: its leaf says that all of it was done.
    organisations.sort_by_key(|id| id == HOUSE);
    let mut secrets = 0;
    for organisation in &organisations {
        let mut work = opened.work(organisation).await?;
        secrets += reseal(&opened, &mut work).await?;
        if organisation == HOUSE {
            let key = opened.keyring.current().to_string();
            work.tell("seal-key.changed", HOUSE, &json!({ "key": key, "secrets": secrets, "forgot": forget }))?;
            let log = work.room().log().await?;
            let signer = opened.signer(HOUSE, &log)?;
            work.commit("system", at, &signer).await?;
        } else {
            work.commit_quietly().await?;
        }
    }
    let Opened { store, keyring, .. } = opened;
    store.close().await;
    let keyring = if forget { keyring.forget_older(&place.keys())? } else { keyring };
    Ok(Resealed { key: keyring.current().to_string(), secrets, keys: keyring.count() })
}

async fn reseal(opened: &Opened, work: &mut Work) -> Result<u64, UpkeepError> {
    let mut count = 0;
    for holder in work.room().holders().await? {
        let (text, anew) = anew(&opened.keyring, &holder)?;
        if anew == 0 {
            continue;
        }
        if !work.reseal(&holder, &text).await? {
            return Err(UpkeepError::refused(
                format!("{} {} was changed meanwhile", holder.kind, holder.id),
                "stop every server and worker, and run this again: it goes on where it stood",
            ));
        }
        count += anew;
    }
    Ok(count)
}

/// The text with every secret in it sealed by the newest key, and how many that were.
fn anew(keyring: &Keyring, holder: &Holder) -> Result<(String, u64), UpkeepError> {
    if holder.kind == "log" {
        let mut value = Value::String(holder.text.clone());
        let count = seal(keyring, holder, &mut value)?;
        return Ok((value.as_str().unwrap_or_default().to_owned(), count));
    }
    let Ok(mut value) = serde_json::from_str::<Value>(&holder.text) else { return Ok((String::new(), 0)) };
    let count = seal(keyring, holder, &mut value)?;
    Ok((value.to_string(), count))
}

fn seal(keyring: &Keyring, holder: &Holder, value: &mut Value) -> Result<u64, UpkeepError> {
    match value {
        Value::String(text) if text.starts_with(SEALED) => {
            // What only looks like one is somebody's words.
            let Ok(sealed) = text.parse::<Sealed>() else { return Ok(0) };
            if !keyring.is_stale(&sealed) {
                return Ok(0);
            }
            let context = context(holder);
            let damaged = |why: String| UpkeepError::damaged(format!("{} {}", holder.kind, holder.id), why);
            let opened = keyring.unseal(&context, &sealed).map_err(|e| damaged(e.to_string()))?;
            *text = keyring.seal(&context, &opened, &mut SystemChance)?.to_string();
            Ok(1)
        }
        Value::Array(all) => all.iter_mut().try_fold(0, |sum, one| Ok(sum + seal(keyring, holder, one)?)),
        Value::Object(all) => all.values_mut().try_fold(0, |sum, one| Ok(sum + seal(keyring, holder, one)?)),
        _ => Ok(0),
    }
}

/// For what the secrets of a row are sealed.
fn context(holder: &Holder) -> String {
    match holder.kind.as_str() {
        "log" => Log::sealed_for(&holder.id),
        "account" => format!("totp:{}", holder.id),
        "job" => format!("mail:{}", holder.id),
        kind => format!("{kind}:{}", holder.id),
    }
}
