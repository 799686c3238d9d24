//! Start-up scripts that hold what looks like a credential.

use crate::{
    aws::shared::{is_authored, looks_like_credential, unresolved},
    fact::Fact,
    view::View,
};

/// Whether the script at the first of these places that is stated holds a credential. Scripts are plain or in base 64.
pub(super) fn secrets(places: &[View<'_>]) -> Fact<bool> {
    let Some(script) = places.iter().find(|view| is_authored(view)).or(places.first()) else {
        unreachable_place()
    };
    let text = script.text();
    match text.value() {
        // State files of older providers keep a hash of the script and not itself.
        Some(text) if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            unresolved(script, "a hash of the script")
        }
        Some(text) => script.derive(holds_credential(&plain(text))),
        None if is_authored(script) => text.map(|_| false).or_default(false),
        None => script.derive(false),
    }
}
