use attesta_assessment::{PersonId, Purpose, Side};
use attesta_kernel::{Date, Digest};

use crate::{
    Certificate, CertificateStanding, Detail, Draft, FileChanges, Frozen, FrozenFile, Life, Outcome, Papers, Phase,
    Refusal, Reservation, Signed, State, Submission, Task, TaskStatus, Tasks, Track, Verb, digest_of_files,
};

/// Something that happened to an assessment, with all that followed from it: a history replays without any content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The day on which it happened.
    pub at: Date,
    /// Who did it, or told it of HITRUST.
    pub by: PersonId,
    /// On whose side they stood.
    pub side: Side,
    /// What was done.
    pub verb: Verb,
    /// In which phase.
    pub from: Phase,
    /// Into which phase.
    pub to: Phase,
    /// What was given with it.
    pub detail: Detail,
    /// Reason, answer or wording.
    pub note: String,
    /// HITRUST's reference.
    pub reference: Option<String>,
    /// Files that changed since the event before.
    pub files: FileChanges,
    /// The last day of a time that it began.
    pub until: Option<Date>,
    /// The certificate that it tells of.
    pub certificate: Option<Certificate>,
}

impl Life {
    /// The beginning of an assessment's life.
    pub fn begin(purpose: Purpose, track: &Track) -> Self {
        let state = match track.first() {
            Phase::PreAssessment => State::PreAssessment { returned: None },
            _ => State::Answering { returned: None },
        };
        Self { purpose, state, papers: Papers::default(), files: Frozen::new(), last: None }
    }

    /// What an event makes of it. Whether it may happen was judged before; here only what cannot be is refused.
    ///
    /// # Errors
    ///
    /// [`Refusal::History`] when the event does not fit.
    pub fn after(&self, event: &Event) -> Result<Self, Refusal> {
        if event.from != self.state.phase() {
            return Err(Refusal::History("an event begins in another phase than the one before ended in"));
        }
        if self.last.is_some_and(|last| event.at < last) {
            return Err(Refusal::History("an event is dated before the one that it follows"));
        }
        let mut papers = self.papers.clone();
        let signed = |on: Date| Signed { on, by: event.by.clone() };
        match (event.verb, &event.detail) {
            (Verb::BeginFieldwork, Detail::Day(on)) => papers.fieldwork = Some(*on),
            (Verb::CompleteValidation, _) => papers.validated = Some(event.at),
            (Verb::SignLetter, Detail::Day(on)) => papers.letter = Some(signed(*on)),
            (Verb::SignAgreement, Detail::Day(on)) => papers.agreement = Some(signed(*on)),
            (Verb::ReserveQa, Detail::Day(block)) => {
                let reference = event.reference.clone().unwrap_or_default();
                papers.reservation = Some(Reservation { block: *block, reference });
            }
            // What was represented is no longer what stands.
            (Verb::ReopenValidation | Verb::ReturnAnswers, _) => {
                papers.letter = None;
                papers.validated = None;
            }
            _ => {}
        }
        let files = with_changes(&self.files, &event.files);
        let state = self.state_after(event, &files).ok_or(Refusal::History("an event leads where it cannot lead"))?;
        if state.phase() != event.to {
            return Err(Refusal::History("an event does not end in the phase that it names"));
        }
        Ok(Self { purpose: self.purpose, state, papers, files, last: Some(event.at) })
    }

    fn state_after(&self, event: &Event, files: &Frozen) -> Option<State> {
        let state = &self.state;
        let note = || Some(event.note.clone());
        let submission = || match state.submission() {
            None => Some(Submission { at: event.at, digest: digest_of_files(files) }),
            before => before.cloned(),
        };
        let tasks = || state.tasks().cloned().unwrap_or_default();
        if event.to == event.from {
            return self.stays(event);
        }
        Some(match event.to {
            Phase::PreAssessment => State::PreAssessment { returned: note() },
            Phase::PreAssessmentReview => State::PreAssessmentReview,
            Phase::Answering => State::Answering { returned: note().filter(|_| event.verb == Verb::ReturnAnswers) },
            Phase::Validation => {
                State::Validation { reopened: note().filter(|_| event.verb == Verb::ReopenValidation) }
            }
            Phase::CapsAndLetter => {
                State::CapsAndLetter { returned: note().filter(|_| event.verb == Verb::ReturnCaps) }
            }
            Phase::CapReview => State::CapReview,
            Phase::CheckIn => State::CheckIn { submission: submission()? },
            Phase::CheckInTasks => {
                let Detail::Task(what) = &event.detail else { return None };
                State::CheckInTasks { submission: submission()?, tasks: raised(Tasks::new(), what) }
            }
            Phase::PendingQa => State::PendingQa { submission: submission()? },
            Phase::Qa => State::Qa { submission: submission()?, tasks: tasks() },
            Phase::QaTasks => State::QaTasks { submission: submission()?, tasks: tasks() },
            Phase::QaResponseReview => State::QaResponseReview { submission: submission()?, tasks: tasks() },
            Phase::PreparingDraft => State::PreparingDraft { submission: submission()? },
            Phase::DraftReview => {
                let draft = match state {
                    State::RevisingDraft { draft, .. } => draft.clone(),
                    _ => Draft { issued: event.at, until: event.until? },
                };
                State::DraftReview { submission: submission()?, draft }
            }
            Phase::RevisingDraft => {
                let State::DraftReview { draft, .. } = state else { return None };
                State::RevisingDraft { submission: submission()?, draft: draft.clone(), wording: event.note.clone() }
            }
            Phase::FinalReport => State::FinalReport { submission: submission()? },
            Phase::Complete => State::Complete { submission: submission()?, outcome: self.outcome(event)? },
            Phase::Withdrawn => State::Withdrawn { from: event.from, because: event.note.clone() },
        })
    }

    /// What only records something.
    fn stays(&self, event: &Event) -> Option<State> {
        let mut state = self.state.clone();
        match (&mut state, event.verb, &event.detail) {
            (
                State::CheckInTasks { tasks, .. } | State::Qa { tasks, .. } | State::QaResponseReview { tasks, .. },
                Verb::RaiseTask,
                Detail::Task(what),
            ) => *tasks = raised(std::mem::take(tasks), what),
            (State::CheckInTasks { tasks, .. } | State::QaTasks { tasks, .. }, Verb::AnswerTask, Detail::Number(n)) => {
                tasks.get_mut(n)?.status = TaskStatus::Answered(event.note.clone());
            }
            (State::QaResponseReview { tasks, .. }, Verb::CloseTask, Detail::Number(n)) => {
                let task = tasks.get_mut(n)?;
                let TaskStatus::Answered(answer) = &task.status else { return None };
                task.status = TaskStatus::Closed(answer.clone());
            }
            (State::QaResponseReview { tasks, .. }, Verb::ReopenTask, Detail::Number(n)) => {
                tasks.get_mut(n)?.status = TaskStatus::Open;
            }
            (State::Complete { outcome: Outcome::Certified { standing, .. }, .. }, verb, _) => {
                *standing = match verb {
                    Verb::Suspend => CertificateStanding::Suspended,
                    Verb::Reinstate => CertificateStanding::Active,
                    Verb::Revoke => CertificateStanding::Revoked,
                    _ => return None,
                };
            }
            (_, Verb::BeginFieldwork | Verb::SignLetter | Verb::SignAgreement | Verb::ReserveQa, Detail::Day(_)) => {}
            _ => return None,
        }
        Some(state)
    }

    fn outcome(&self, event: &Event) -> Option<Outcome> {
        let certified = || {
            let certificate = event.certificate.clone()?;
            Some(Outcome::Certified { certificate, standing: CertificateStanding::Active })
        };
        match (event.verb, self.purpose) {
            (Verb::IssueReport, _) => Some(Outcome::Reported),
            (Verb::Certify, Purpose::Interim) => Some(Outcome::Retained),
            (Verb::Decline, Purpose::Interim) => Some(Outcome::NotRetained),
            (Verb::Certify, _) => certified(),
            (Verb::Decline, Purpose::Bridge) => Some(Outcome::NotBridged),
            (Verb::Decline, _) => Some(Outcome::ValidatedOnly),
            _ => None,
        }
    }
}

/// The files after some changed.
fn with_changes(files: &Frozen, changes: &FileChanges) -> Frozen {
    let mut files = files.clone();
    for (path, change) in changes {
        match change {
            Some(file) => drop(files.insert(path.clone(), file.clone())),
            None => drop(files.remove(path)),
        }
    }
    files
}

impl FrozenFile {
    fn texts(&self) -> (String, String) {
        (self.subject.to_string(), self.digest.to_string())
    }
}

/// The tasks with one more, numbered after the last.
fn raised(mut tasks: Tasks, what: &str) -> Tasks {
    let number = tasks.last_key_value().map_or(1, |(n, _)| n.saturating_add(1));
    tasks.insert(number, Task { what: what.to_owned(), status: TaskStatus::Open });
    tasks
}

impl Event {
    /// The event as texts in a fixed order, for its digest.
    fn texts(&self) -> Vec<String> {
        let day = |d: Option<Date>| d.map_or_else(String::new, |d| d.to_string());
        let mut texts = vec![
            self.at.to_string(),
            self.by.to_string(),
            self.side.to_string(),
            self.verb.to_string(),
            self.from.to_string(),
            self.to.to_string(),
            match &self.detail {
                Detail::Nothing => String::new(),
                Detail::Day(day) => format!("day {day}"),
                Detail::Task(text) => format!("task {text}"),
                Detail::Number(number) => format!("number {number}"),
            },
            self.note.clone(),
            self.reference.as_ref().map_or_else(String::new, |r| format!("reference {r}")),
            day(self.until),
        ];
        if let Some(c) = &self.certificate {
            texts.extend([
                "certificate".to_owned(),
                c.program.clone(),
                c.purpose.to_string(),
                c.issued.to_string(),
                c.expires.to_string(),
                c.reference.clone(),
            ]);
        }
        for (path, file) in &self.files {
            let (subject, digest) = file.as_ref().map_or_else(Default::default, FrozenFile::texts);
            texts.extend([path.to_string(), subject, digest]);
        }
        texts
    }

    /// The digest of the event after the one before it: whoever changes an entry changes all that follow.
    pub fn digest(&self, before: Option<Digest>) -> Digest {
        let before = before.map_or_else(String::new, |d| d.to_string());
        let texts = self.texts();
        let parts = [b"attesta.history/1".as_slice(), before.as_bytes()];
        Digest::of_parts(parts.into_iter().chain(texts.iter().map(|t| t.as_bytes())))
    }
}
