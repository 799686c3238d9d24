//! Who changed something, as far as events tell. A name is given only where an event's resource and time fit.

use attesta_kernel::Timestamp;
use attesta_resource::{Resource, Snapshot};

/// A change that somebody asked a provider for and that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEvent {
    /// When.
    pub at: Timestamp,
    /// The service: `s3`, `rds`.
    pub service: String,
    /// The operation: `DeleteBucketEncryption`.
    pub operation: String,
    /// Who, as the event names them.
    pub actor: String,
    /// Every name and ARN in the request and among its resources.
    pub names: Vec<String>,
}

/// Who changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// This event alone fits.
    Known(ChangeEvent),
    /// Several fit; the newest come first.
    Perhaps(Vec<ChangeEvent>),
    /// None fits.
    NotKnown,
}

/// No more events are named for one resource.
const MOST: usize = 5;

/// Who changed a resource after `from` and until `to`. Without a time at which it was last seen otherwise nobody is named.
pub fn who(
    events: &[ChangeEvent],
    snapshot: &Snapshot,
    resource: &Resource,
    from: Option<Timestamp>,
    to: Timestamp,
) -> Who {
    let Some(from) = from else { return Who::NotKnown };
    let type_name = snapshot.source(resource.source).map_or("", |s| &*s.type_name).to_lowercase();
    let names: Vec<&str> = resource.names.iter().chain([&resource.address]).map(|n| &**n).collect();
    let fits = |event: &&ChangeEvent| {
        from < event.at
            && event.at <= to
            && event.names.iter().any(|told| {
                // An ARN and an id made by the provider say which service they are of; a bare name fits only where the
                // resource's own type names the service.
                let sure = told.starts_with("arn:") || is_made_id(told) || type_name.contains(&event.service);
                sure && names.contains(&told.as_str())
            })
    };
    let mut found: Vec<ChangeEvent> = events.iter().filter(fits).cloned().collect();
    found.sort_by(|a, b| (b.at, &a.operation, &a.actor).cmp(&(a.at, &b.operation, &b.actor)));
    found.truncate(MOST);
    match found.as_slice() {
        [] => Who::NotKnown,
        [one] => Who::Known(one.clone()),
        _ => Who::Perhaps(found),
    }
}

/// `sg-0a1b2c3d`: letters, a dash, and at least eight hexadecimal digits.
fn is_made_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(kind, digits)| {
        !kind.is_empty()
            && kind.bytes().all(|b| b.is_ascii_lowercase())
            && digits.len() >= 8
            && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}
