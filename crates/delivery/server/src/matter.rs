//! What a task, comment or request is about, and what access must know of it.

use std::collections::BTreeSet;

use attesta_access::{AccountId, Circumstance, Only, Permit, Reach, TenantId};
use attesta_store::{Record, Room, StoreError};
use attesta_work::About;

use crate::{caller::Caller, problem::Problem};

/// Reads what something is about, as it is sent or stored.
pub(crate) fn about(text: &str) -> Result<About, Problem> {
    text.parse().map_err(|e: attesta_work::AboutError| Problem::bad(e.to_string()))
}

/// Refuses what is about an assessment that the organisation does not have.
pub(crate) async fn stands(room: &mut Room, about: &About) -> Result<(), Problem> {
    if let Some(assessment) = about.assessment() {
        room.assessment(&assessment.to_string()).await?;
    }
    Ok(())
}

/// Refuses an owner who is not in the organisation.
pub(crate) async fn belongs(room: &mut Room, owner: &str) -> Result<(), Problem> {
    if owner.is_empty() || room.member(owner).await?.is_some() {
        return Ok(());
    }
    let owner: String = owner.chars().take(80).collect();
    Err(Problem::bad(format!("`{owner}` is nobody in this organisation")).help("name an account from its people"))
}

/// A circumstance about something.
pub(crate) fn circumstance(caller: &Caller, about: &About) -> Circumstance {
    // Whatever a provider's approver says about stands in the provider's own room, in its inbox or nowhere of theirs.
    let inbox = about.as_str().starts_with("inheritance-inbox/");
    let addressee = if inbox { caller.tenant() } else { TenantId::new(0, [0; 10]) };
    Circumstance {
        assessment: about.assessment(),
        addressed_to: Some(addressee),
        ..Circumstance::within(caller.tenant())
    }
}

/// The same for a thing that somebody made and that is somebody's.
pub(crate) fn of(caller: &Caller, about: &About, maker: &str, owner: &str) -> Circumstance {
    let one = |id: &str| Some(id.parse::<AccountId>().into_iter().collect::<BTreeSet<_>>());
    Circumstance { written_by: one(maker), assigned_to: one(owner), ..circumstance(caller, about) }
}

/// Whether a permit to read lists shows this.
pub(crate) fn shows(permit: &Permit, about: &str, maker: &str, owner: &str) -> bool {
    let reached = match permit.reach() {
        Reach::All => true,
        Reach::Named(named) => {
            about.parse::<About>().ok().and_then(|a| a.assessment()).is_some_and(|id| named.contains(&id))
        }
    };
    reached
        && match permit.only() {
            Only::Everything => true,
            Only::AssignedTo(account) => owner == account.to_string(),
            Only::WrittenBy(account) => maker == account.to_string(),
            Only::AddressedTo(_) => about.starts_with("inheritance-inbox/"),
            Only::Named(_) => false,
        }
}

/// Who answers for what a caller makes: a token's maker for a token.
pub(crate) fn maker(caller: &Caller) -> String {
    caller.principal.account().map(|a| a.to_string()).unwrap_or_default()
}

/// A record that was read at another revision than the sender's is somebody else's change.
pub(crate) fn unchanged(record: &Record, kind: &'static str, read: u64) -> Result<(), Problem> {
    if record.rev == read {
        return Ok(());
    }
    Err(StoreError::Changed { what: kind, id: record.id.clone(), read, now: record.rev }.into())
}

/// Text of several lines.
pub(crate) fn prose(what: &str, text: &str, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() > most || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
        return Err(Problem::bad(format!(
            "the {what} has more than {most} characters, or characters that nobody sees"
        )));
    }
    Ok(text.to_owned())
}

/// A day, or none.
pub(crate) fn day(text: &str) -> Result<String, Problem> {
    if !text.is_empty() && !text.parse::<attesta_kernel::Date>().is_ok_and(|date| date.to_string() == text) {
        let text: String = text.chars().take(40).collect();
        return Err(Problem::bad(format!("`{text}` is no day; write it as 2026-03-31")));
    }
    Ok(text.to_owned())
}
