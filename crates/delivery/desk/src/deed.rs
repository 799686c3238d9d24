//! Something that somebody does with an assessment's files, for whoever keeps them with a log: what is written, what is
//! answered, and what the log says of it.

use attesta_assessment::{Person, PersonId, Side};
use attesta_catalog::Placed;
use attesta_kernel::Place;
use attesta_workspace::Change;

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
};

/// What was done: whatever keeps the files writes all of `changes`, or none.
#[derive(Debug)]
pub struct Deed<T> {
    /// What to answer.
    pub answer: T,
    /// What to write.
    pub changes: Vec<Change>,
    /// What the log says beside who and when: ids and words of our own, never content.
    pub told: serde_json::Value,
}

/// Somebody with an account who takes part in an assessment.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The account's id.
    pub account: String,
    /// Their name.
    pub name: String,
    /// Whose interests their role stands for.
    pub side: Side,
    /// The role, as people.yaml says what somebody does.
    pub role: String,
}

impl Desk {
    /// The person of an account: whom people.yaml or a file below `people/` names with it. Who takes part for the first time
    /// is written down, on the side of their role.
    ///
    /// # Errors
    ///
    /// When the files put the account on another side than its role stands for, or the file cannot be written.
    pub fn join(&mut self, guest: &Guest) -> Result<PersonId, Failure> {
        let known = self.dossier.people.values().find(|p| p.value.account.as_deref() == Some(guest.account.as_str()));
        if let Some(known) = known {
            if known.value.side == guest.side {
                return Ok(known.value.id.clone());
            }
            let (person, side) = (&known.value.id, known.value.side);
            let message = format!(
                "{}: `{person}` stands on the {side}'s side, and the role `{}` is the {}'s",
                known.place, guest.role, guest.side
            );
            return Err(Failure::new(Kind::Refused, message)
                .help("mend people.yaml, or let somebody else do it: nobody acts for two sides"));
        }
        let id: PersonId = guest
            .account
            .to_lowercase()
            .replace('_', "-")
            .parse()
            .map_err(|e| Failure::new(Kind::BadInput, format!("{e}")))?;
        let person = Person {
            id: id.clone(),
            name: guest.name.clone(),
            side: guest.side,
            role: guest.role.clone(),
            credentials: Default::default(),
            implemented: Default::default(),
            account: Some(guest.account.as_str().into()),
        };
        let change = attesta_workspace::person_change(&person);
        let place = Place::new(self.folder.shown(&change.inside), None);
        self.folder.write(&[change]).map_err(crate::answer::conflict)?;
        self.dossier.people.insert(id.clone(), Placed::new(place, person));
        Ok(id)
    }

    /// The account of somebody in people.yaml.
    pub fn account_of(&self, person: &PersonId) -> Option<&str> {
        self.dossier.people.get(person).and_then(|p| p.value.account.as_deref())
    }
}
