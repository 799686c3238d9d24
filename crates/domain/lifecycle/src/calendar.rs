use std::fmt;

use attesta_assessment::{ActionId, PersonId, Purpose, Side};
use attesta_kernel::{Confidence, Date, Provenance};
use attesta_scoring::MaturityLevel;

use crate::{
    Clock, Derived, FigureName, InPlace, Life, Notices, Phase, Refusal, Setting, StageSet, SubmissionWindow, Terms,
    bridge_window, days_after, earliest, interim_window, plan_back,
};

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $title:literal;)+) => {
        /// What a line of the calendar speaks of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MilestoneKey {
            $($(#[$doc])* $name,)+
        }

        impl MilestoneKey {
            /// Every key.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word used in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What people read.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

keys! {
    /// The assessment was created.
    Created = "created", "Assessment created";
    /// Policies and procedures stand in time for the fieldwork's first day.
    DocumentsFirst = "documents-first", "Policies and procedures approved, for tests from the first day";
    /// They stand in time for its last.
    DocumentsLast = "documents-last", "Policies and procedures approved, at the very latest";
    /// Controls operate in time for the fieldwork's first day.
    OperationFirst = "operation-first", "Controls in operation, for tests from the first day";
    /// They operate in time for its last.
    OperationLast = "operation-last", "Controls in operation, at the very latest";
    /// The assessor tests.
    Fieldwork = "fieldwork", "Fieldwork";
    /// Management signs its letter.
    Letter = "letter", "Representation letter signed";
    /// Everything goes to HITRUST.
    Submission = "submission", "Submission to HITRUST";
    /// HITRUST looks whether it is whole.
    CheckIn = "check-in", "Check-in";
    /// The block of quality assurance.
    QaBlock = "qa-block", "Block of quality assurance";
    /// Until the first questions.
    QaFeedback = "qa-feedback", "First questions of HITRUST";
    /// Questions are answered.
    QaAnswers = "qa-answers", "Questions answered";
    /// The draft is read.
    DraftReview = "draft-review", "Draft report read";
    /// The final report is written.
    FinalReport = "final-report", "Final report";
    /// The day that was asked for.
    Target = "target", "Target";
    /// A corrective action is due.
    Cap = "cap", "Corrective action due";
    /// The certificate holds.
    Certificate = "certificate", "Certificate holds";
    /// The interim assessment can be created by hand.
    InterimCreate = "interim-create", "Interim assessment can be created";
    /// The interim assessment is submitted.
    Interim = "interim", "Interim assessment submitted";
    /// The next assessment is submitted.
    Recertification = "recertification", "Recertification submitted";
    /// A bridge assessment is submitted.
    Bridge = "bridge", "Bridge assessment submitted, if the next one is late";
    /// A rapid assessment's letter is signed.
    Rapid = "rapid", "Rapid assessment's letter signed";
    /// HITRUST is told of a security event.
    SecurityEvent = "security-event", "HITRUST told of a security event";
    /// HITRUST acts upon it.
    SecurityAction = "security-action", "HITRUST acts upon a security event";
    /// HITRUST is asked about a significant change.
    SignificantChange = "significant-change", "HITRUST asked about a significant change";
}

impl fmt::Display for MilestoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a day comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It was recorded.
    Recorded,
    /// It follows from what was recorded.
    Follows,
    /// It is planned back from the target.
    Planned,
    /// It was asked for.
    Target,
}

impl Origin {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Follows => "follows",
            Self::Planned => "planned",
            Self::Target => "target",
        }
    }
}

/// One line of the calendar: a day, or a time from its first day to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// What it speaks of.
    pub key: MilestoneKey,
    /// Of which thing, where there are several: a plan, an event.
    pub about: String,
    /// Who acts.
    pub owner: Side,
    /// The first day.
    pub begins: Date,
    /// The last day.
    pub ends: Date,
    /// Where it comes from.
    pub origin: Origin,
    /// The rule by which it was worked out, with its numbers.
    pub rule: String,
    /// Where the rule comes from; none where it was recorded or asked for.
    pub provenance: Option<Provenance>,
    /// The day on which it was done, where it was.
    pub done: Option<Date>,
}

/// How a line stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was done.
    Done,
    /// It was done after its day.
    DoneLate,
    /// Its last day has passed and it is not known to be done.
    Passed,
    /// Today lies in it.
    Now,
    /// It lies ahead.
    Ahead,
}

impl Standing {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::DoneLate => "done late",
            Self::Passed => "passed",
            Self::Now => "now",
            Self::Ahead => "ahead",
        }
    }
}

impl Milestone {
    /// How it stands on a day.
    pub fn standing(&self, today: Date) -> Standing {
        match self.done {
            Some(done) if done > self.ends => Standing::DoneLate,
            Some(_) => Standing::Done,
            None if today > self.ends => Standing::Passed,
            None if today >= self.begins => Standing::Now,
            None => Standing::Ahead,
        }
    }

    /// How sure its rule is; none where it was recorded or asked for.
    pub fn confidence(&self) -> Option<Confidence> {
        self.provenance.as_ref().map(|p| p.confidence)
    }
}

/// Whether the target can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlook {
    /// None was asked for.
    NoTarget,
    /// It can; nothing that it needs has passed.
    Open,
    /// It can, though something should have stood for tests from the first day: it must be tested later in the fieldwork.
    Tight {
        /// What has passed.
        passed: Vec<MilestoneKey>,
    },
    /// It cannot.
    Missed {
        /// The first line that was due, and when.
        first: MilestoneKey,
        /// When it would have been due.
        due: Date,
        /// The earliest day that can be.
        earliest: Date,
    },
    /// It has been reached.
    Reached,
}

/// Every day of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The day on which it was made.
    pub today: Date,
    /// Its lines, by first day.
    pub lines: Vec<Milestone>,
    /// Whether the target can be met.
    pub outlook: Outlook,
    /// The day that was asked for.
    pub target: Option<Date>,
}

/// A corrective action with its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapDue {
    /// Which.
    pub action: ActionId,
    /// Who answers for it.
    pub owner: Option<PersonId>,
    /// When it is due.
    pub due: Date,
    /// When it was completed.
    pub done: Option<Date>,
}

/// What the calendar is made from, besides the setting.
#[derive(Debug, Clone, Copy)]
pub struct CalendarAsk<'a> {
    /// Where the assessment stands.
    pub life: &'a Life,
    /// The day by which it should be certified.
    pub target: Option<Date>,
    /// Levels that are scored.
    pub levels: &'a [MaturityLevel],
    /// What stands already.
    pub stands: InPlace,
    /// Corrective actions.
    pub caps: &'a [CapDue],
    /// Security events and significant changes.
    pub notices: &'a Notices,
}

/// Works out every day.
///
/// # Errors
///
/// When content says nothing for a day.
pub fn calendar(setting: &Setting<'_>, ask: CalendarAsk<'_>) -> Result<Calendar, Refusal> {
    let track = setting.track()?;
    let set = StageSet {
        validation: track.has(Phase::Validation),
        qa: track.has(Phase::Qa),
        draft: track.has(Phase::DraftReview),
    };
    let mut lines = vec![Milestone {
        done: Some(setting.created),
        ..recorded(MilestoneKey::Created, Side::Entity, setting.created)
    }];
    let planned = match ask.target {
        Some(target) if !ask.life.state.phase().is_final() => plan_back(setting.figures, set, ask.levels, target)?,
        _ => Vec::new(),
    };
    let planned: Vec<Milestone> = planned.into_iter().map(|m| settled(m, &ask)).collect();
    let outlook = outlook(setting, set, &ask, &planned)?;
    lines.extend(planned);
    lines.extend(under_way(setting, ask.life)?);
    lines.extend(after_certificate(setting, ask.life)?);
    lines.extend(ask.caps.iter().map(|cap| Milestone {
        about: cap.owner.as_ref().map_or_else(|| cap.action.to_string(), |o| format!("{} ({o})", cap.action)),
        done: cap.done,
        rule: "the day that its plan names".to_owned(),
        ..recorded(MilestoneKey::Cap, Side::Entity, cap.due)
    }));
    lines.extend(notices(setting, ask.notices)?);
    lines.sort_by(|a, b| (a.begins, a.ends, a.key, &a.about).cmp(&(b.begins, b.ends, b.key, &b.about)));
    Ok(Calendar { today: setting.today, lines, outlook, target: ask.target })
}

/// A planned line, marked as done where the record says so.
fn settled(mut line: Milestone, ask: &CalendarAsk<'_>) -> Milestone {
    let papers = &ask.life.papers;
    let submitted = ask.life.state.submission().map(|s| s.at);
    let fits = |day: Option<Date>| day.filter(|day| *day <= line.ends);
    line.done = match line.key {
        MilestoneKey::DocumentsFirst | MilestoneKey::DocumentsLast => fits(ask.stands.documents),
        MilestoneKey::OperationFirst | MilestoneKey::OperationLast => fits(ask.stands.operation),
        MilestoneKey::Fieldwork => papers.validated,
        MilestoneKey::Letter => papers.letter.as_ref().map(|l| l.on),
        MilestoneKey::Submission => submitted,
        MilestoneKey::CheckIn if past(ask.life, Phase::CheckInTasks) => submitted.map(|_| line.ends),
        MilestoneKey::QaBlock | MilestoneKey::QaFeedback if past(ask.life, Phase::Qa) => submitted.map(|_| line.ends),
        MilestoneKey::QaAnswers if past(ask.life, Phase::QaResponseReview) => submitted.map(|_| line.ends),
        MilestoneKey::DraftReview if past(ask.life, Phase::RevisingDraft) => submitted.map(|_| line.ends),
        _ => None,
    };
    line
}

fn past(life: &Life, phase: Phase) -> bool {
    life.state.phase() > phase && life.state.phase() != Phase::Withdrawn
}

fn outlook(
    setting: &Setting<'_>,
    set: StageSet,
    ask: &CalendarAsk<'_>,
    planned: &[Milestone],
) -> Result<Outlook, Refusal> {
    if ask.target.is_none() {
        return Ok(Outlook::NoTarget);
    }
    if ask.life.state.phase() == Phase::Complete {
        return Ok(Outlook::Reached);
    }
    let passed = |m: &&Milestone| matches!(m.standing(setting.today), Standing::Passed | Standing::DoneLate);
    let soft = |key| matches!(key, MilestoneKey::DocumentsFirst | MilestoneKey::OperationFirst);
    let submitted = ask.life.state.submission().map(|s| s.at);
    // Once it is submitted, what came before is settled.
    let counts = |m: &&Milestone| submitted.is_none() || m.begins >= submitted.unwrap_or(m.begins);
    if let Some(first) = planned.iter().filter(passed).filter(counts).find(|m| !soft(m.key)) {
        let earliest = earliest(setting.figures, set, ask.levels, setting.today, ask.stands, submitted)?;
        return Ok(Outlook::Missed { first: first.key, due: first.ends, earliest });
    }
    let passed: Vec<MilestoneKey> = planned.iter().filter(passed).filter(counts).map(|m| m.key).collect();
    Ok(if passed.is_empty() { Outlook::Open } else { Outlook::Tight { passed } })
}

fn recorded(key: MilestoneKey, owner: Side, day: Date) -> Milestone {
    Milestone {
        key,
        about: String::new(),
        owner,
        begins: day,
        ends: day,
        origin: Origin::Recorded,
        rule: "recorded".to_owned(),
        provenance: None,
        done: None,
    }
}

fn follows(key: MilestoneKey, owner: Side, derived: Derived) -> Milestone {
    Milestone {
        key,
        about: String::new(),
        owner,
        begins: derived.day,
        ends: derived.day,
        origin: Origin::Follows,
        rule: derived.rule,
        provenance: Some(derived.provenance),
        done: None,
    }
}

fn window(key: MilestoneKey, owner: Side, window: SubmissionWindow) -> Milestone {
    let rule = format!("from {} until {}", window.opens.rule, window.closes.rule);
    Milestone { begins: window.opens.day, rule, ..follows(key, owner, window.closes) }
}

/// What follows from papers of an assessment that is under way.
fn under_way(setting: &Setting<'_>, life: &Life) -> Result<Vec<Milestone>, Refusal> {
    let papers = &life.papers;
    let submitted = life.state.submission().map(|s| s.at);
    let mut lines = Vec::new();
    if let Some(began) = papers.fieldwork {
        let days = setting.figures.on(FigureName::Fieldwork, began)?;
        let last = Derived {
            day: days_after(began, days.value),
            rule: format!("it began on {began}; the submission follows within {} days", days.value),
            provenance: days.provenance.clone(),
        };
        lines.push(Milestone {
            begins: began,
            done: submitted,
            ..follows(MilestoneKey::Fieldwork, Side::Assessor, last)
        });
    }
    if let Some(letter) = &papers.letter {
        lines.push(Milestone { done: Some(letter.on), ..recorded(MilestoneKey::Letter, Side::Entity, letter.on) });
    }
    if let Some(at) = submitted {
        lines.push(Milestone { done: Some(at), ..recorded(MilestoneKey::Submission, Side::Assessor, at) });
    }
    if let Some(reservation) = &papers.reservation {
        let days = setting.figures.on(FigureName::QaBlock, reservation.block)?;
        let end = Derived {
            day: days_after(reservation.block, days.value.saturating_sub(1)),
            rule: format!("reserved from {}; a block is {} days", reservation.block, days.value),
            provenance: days.provenance.clone(),
        };
        let done = past(life, Phase::Qa).then_some(end.day);
        lines.push(Milestone { begins: reservation.block, done, ..follows(MilestoneKey::QaBlock, Side::Hitrust, end) });
    }
    if let crate::State::DraftReview { draft, .. } | crate::State::RevisingDraft { draft, .. } = &life.state {
        let days = setting.figures.on(FigureName::DraftReview, draft.issued)?;
        let until = Derived {
            day: draft.until,
            rule: format!("{} days after the draft of {}", days.value, draft.issued),
            provenance: days.provenance.clone(),
        };
        lines.push(Milestone { begins: draft.issued, ..follows(MilestoneKey::DraftReview, Side::Entity, until) });
    }
    Ok(lines)
}

/// What follows from a certificate: the one that came of this assessment, or the one that it goes back to.
fn after_certificate(setting: &Setting<'_>, life: &Life) -> Result<Vec<Milestone>, Refusal> {
    let own = life.state.certificate().map(|(c, _)| (c.program.as_str(), c.issued, c.purpose));
    let prior = setting.prior.map(|p| (p.program.as_str(), p.issued, Purpose::Validated));
    let Some((program, issued, purpose)) = own.or(prior) else { return Ok(Vec::new()) };
    if purpose == Purpose::Bridge {
        let Some((certificate, _)) = life.state.certificate() else { return Ok(Vec::new()) };
        let holds = recorded(MilestoneKey::Certificate, Side::Entity, certificate.issued);
        return Ok(vec![Milestone { ends: certificate.expires, about: "bridge".to_owned(), ..holds }]);
    }
    let terms = setting.terms.of(program)?;
    let mut lines = certificate_lines(setting, terms, issued)?;
    // Completed interim assessments are told by their own folder.
    if own.is_none() && setting.purpose == Purpose::Interim {
        let done = life.state.submission().map(|s| s.at);
        for line in lines.iter_mut().filter(|l| l.key == MilestoneKey::Interim) {
            line.done = done;
        }
    }
    Ok(lines)
}

fn certificate_lines(setting: &Setting<'_>, terms: Terms<'_>, issued: Date) -> Result<Vec<Milestone>, Refusal> {
    let expiry = terms.expiry(issued)?;
    let mut lines = vec![
        Milestone { begins: issued, ..follows(MilestoneKey::Certificate, Side::Entity, expiry.clone()) },
        follows(MilestoneKey::Recertification, Side::Assessor, expiry.clone()),
    ];
    if let Some(interim) = interim_window(terms, setting.figures, issued)? {
        if let Some(create) = interim.create.clone() {
            lines.push(follows(MilestoneKey::InterimCreate, Side::Assessor, create));
        }
        lines.push(window(MilestoneKey::Interim, Side::Assessor, interim));
    }
    if let Some((bridge, _)) = bridge_window(terms, setting.figures, issued)? {
        lines.push(window(MilestoneKey::Bridge, Side::Assessor, bridge));
    }
    if terms.kind.allows(Purpose::Rapid, expiry.day) && setting.purpose != Purpose::Rapid {
        let rule = format!("on the day of the expiry at the latest, {}", expiry.day);
        lines.push(follows(MilestoneKey::Rapid, Side::Entity, Derived { rule, ..expiry }));
    }
    Ok(lines)
}

fn notices(setting: &Setting<'_>, notices: &Notices) -> Result<Vec<Milestone>, Refusal> {
    let mut lines = Vec::new();
    for event in &notices.events {
        let about = event.id.to_string();
        let (due, done) = match event.clock(setting.figures, setting.today)? {
            Clock::Stopped(_) => continue,
            Clock::Running(due) | Clock::Due(due) => (due, None),
            Clock::Told { on, due, acts_by } => {
                let line = follows(MilestoneKey::SecurityAction, Side::Hitrust, acts_by);
                lines.push(Milestone { about: about.clone(), ..line });
                (due, Some(on))
            }
        };
        lines.push(Milestone { about, done, ..follows(MilestoneKey::SecurityEvent, Side::Entity, due) });
    }
    for change in &notices.changes {
        lines.push(Milestone {
            about: change.id.to_string(),
            done: change.consulted.as_ref().map(|c| c.on),
            rule: "a significant change is told to HITRUST; no day is published, so its own day stands here".to_owned(),
            ..recorded(MilestoneKey::SignificantChange, Side::Entity, change.on)
        });
    }
    Ok(lines)
}
