use attesta_assessment::{PersonId, PriorCertificate, Purpose, Side};
use attesta_kernel::Date;

use crate::{
    AllTerms, Certificate, CertificateStanding, Change, Command, Detail, Drift, Event, FigureName, Figures,
    FileChanges, Frozen, Gate, GateState, History, Life, Paper, Phase, Phases, Readiness, Refusal, Subject, TaskStatus,
    Terms, Track, Verb, Why, bridge_window, days_after, days_before, interim_window, may_change, months_after, route,
    verbs_of,
};

/// What holds for one assessment: content, and the assessment's own header.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Phases and tracks.
    pub phases: &'a Phases,
    /// Figures of the process.
    pub figures: &'a Figures,
    /// Terms of certificates.
    pub terms: &'a AllTerms,
    /// The program.
    pub program: &'a str,
    /// What the assessment is for.
    pub purpose: Purpose,
    /// The day on which it was created; it picks the track.
    pub created: Date,
    /// The certificate that it goes back to.
    pub prior: Option<&'a PriorCertificate>,
    /// Today.
    pub today: Date,
}

/// Who does or tells something, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The day on which it happened.
    pub at: Date,
    /// Who does it, or tells it of HITRUST.
    pub by: PersonId,
    /// On whose side they stand.
    pub side: Side,
    /// Reason, answer or wording.
    pub note: String,
    /// HITRUST's reference.
    pub reference: Option<String>,
}

/// What the caller found in the folder.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// How the gates stand.
    pub readiness: &'a Readiness,
    /// The files as they are now.
    pub files: &'a Frozen,
}

impl Setting<'_> {
    /// The assessment's track.
    ///
    /// # Errors
    ///
    /// When content has none for the day of its creation.
    pub fn track(&self) -> Result<&Track, Refusal> {
        let track = self.phases.track(self.purpose, self.created).map(|(track, _)| track);
        track.ok_or(Refusal::NoTrack { purpose: self.purpose, day: self.created })
    }

    fn terms(&self) -> Result<Terms<'_>, Refusal> {
        Ok(self.terms.of(self.program)?)
    }

    /// Whether the assessor may fill in answers.
    ///
    /// # Errors
    ///
    /// When content says nothing.
    pub fn answered_by_assessor(&self) -> Result<bool, Refusal> {
        Ok(self.terms()?.answered_by_assessor_on(self.created)?)
    }

    /// The prior certificate, its terms, and the day on which it expires.
    fn prior(&self) -> Result<(&PriorCertificate, Terms<'_>, Date), Refusal> {
        let prior = self.prior.ok_or(Refusal::NoPrior(self.purpose))?;
        let terms = self.terms.of(&prior.program)?;
        Ok((prior, terms, terms.expiry(prior.issued)?.day))
    }
}

/// Moves an assessment on, or refuses with everything that is missing.
///
/// # Errors
///
/// Every reason; the history is as it was.
pub fn advance(
    history: &History,
    setting: &Setting<'_>,
    seen: Seen<'_>,
    command: &Command,
    telling: Telling,
) -> Result<History, Vec<Refusal>> {
    let one = |refusal| vec![refusal];
    let life = history.life();
    let track = setting.track().map_err(one)?;
    let (verb, phase) = (command.verb(), life.state.phase());
    let Some(to) = route(verb, phase, track) else {
        let instead = verbs_of(phase, track);
        return Err(one(Refusal::NotHere { verb, phase, purpose: setting.purpose, instead }));
    };
    let mut asks = Asks { life, setting, track, seen, command, telling: &telling, to, found: Vec::new() };
    asks.telling();
    asks.frozen();
    asks.gates();
    asks.own();
    let (until, certificate) = (asks.until(), asks.certificate());
    if !asks.found.is_empty() {
        return Err(asks.found);
    }
    let Telling { at, by, side, note, reference } = telling;
    let event = Event {
        at,
        by,
        side,
        verb,
        from: phase,
        to,
        detail: command.detail().clone(),
        note,
        reference,
        files: changes(&life.files, seen.files),
        until,
        certificate,
    };
    history.with(event).map_err(one)
}

/// Collects refusals, so that one run shows them all.
struct Asks<'a> {
    life: &'a Life,
    setting: &'a Setting<'a>,
    track: &'a Track,
    seen: Seen<'a>,
    command: &'a Command,
    telling: &'a Telling,
    to: Phase,
    found: Vec<Refusal>,
}

impl Asks<'_> {
    fn refuse(&mut self, refusal: impl Into<Refusal>) {
        self.found.push(refusal.into());
    }

    /// Who tells it, when and why.
    fn telling(&mut self) {
        let (verb, telling, today) = (self.command.verb(), self.telling, self.setting.today);
        let phase = self.life.state.phase();
        // Without an assessor in it, the entity submits.
        let owner = match verb {
            Verb::Submit if phase == Phase::Answering => Side::Entity,
            _ => verb.side(),
        };
        let for_entity = matches!(verb, Verb::HandInPreAssessment | Verb::SubmitAnswers);
        let assessor_may =
            for_entity && telling.side == Side::Assessor && self.setting.answered_by_assessor().unwrap_or(false);
        // HITRUST is not here: whoever takes part may tell what it did.
        if owner != telling.side && owner != Side::Hitrust && !assessor_may {
            self.refuse(Refusal::WrongSide { verb, owner, side: telling.side });
        }
        if telling.at > today {
            self.refuse(Refusal::InFuture { what: "the day", at: telling.at, today });
        }
        match self.life.last {
            Some(last) if telling.at < last => self.refuse(Refusal::BeforeLast { at: telling.at, last }),
            None if telling.at < self.setting.created => self.refuse(Refusal::BeforeItsTime {
                what: "the day",
                on: telling.at,
                earlier_what: "the assessment's creation on",
                earlier: self.setting.created,
            }),
            _ => {}
        }
        if verb.wants_reason() && telling.note.trim().is_empty() {
            self.refuse(Refusal::NoReason(verb));
        }
        let told = telling.reference.as_ref().is_some_and(|r| !r.trim().is_empty());
        if (verb.side() == Side::Hitrust || verb == Verb::ReserveQa) && !told {
            self.refuse(Refusal::NoReference(verb));
        }
    }

    /// Nothing that was handed on or submitted may have changed since the last event, but for what this phase lets change.
    fn frozen(&mut self) {
        let Some(since) = self.life.last else { return };
        let phase = self.life.state.phase();
        let by_assessor = self.setting.answered_by_assessor().unwrap_or(false);
        for (path, what, how) in drift(&self.life.files, self.seen.files) {
            match any_side_may_change(phase, what, by_assessor) {
                // What was drafted early does no harm; nobody relied on it yet.
                Change::Allowed | Change::AllowedByTask | Change::Refused(Why::TooEarly) => {}
                Change::Refused(why) => self.refuse(Refusal::Frozen { path, what, how, since, why }),
            }
        }
    }

    fn gates(&mut self) {
        let verb = self.command.verb();
        let gates: &[Gate] = match verb {
            Verb::HandInPreAssessment | Verb::ApprovePreAssessment => &[Gate::Scope, Gate::Factors],
            Verb::SubmitAnswers => &[Gate::Answers, Gate::Checks],
            Verb::CompleteValidation => &[Gate::Validation, Gate::Overrides, Gate::Checks],
            Verb::HandInCaps => &[Gate::Caps],
            Verb::Submit if !self.track.has(Phase::Validation) => &[Gate::Answers, Gate::Checks],
            Verb::Submit => &[Gate::Validation, Gate::Overrides, Gate::Caps, Gate::Checks],
            _ => &[],
        };
        for gate in gates {
            match self.seen.readiness.of(*gate) {
                GateState::Open => {}
                GateState::Shut(lacks) if lacks.is_empty() => {
                    self.refuse(Refusal::Unseen { gate: *gate, why: "it is shut, and nobody said why".to_owned() });
                }
                GateState::Shut(lacks) => {
                    for lack in lacks {
                        self.refuse(Refusal::Shut { gate: *gate, what: lack.what, mend: lack.mend });
                    }
                }
                GateState::Unseen(why) => self.refuse(Refusal::Unseen { gate: *gate, why }),
            }
        }
    }

    /// What the verb asks of papers, days and tasks.
    fn own(&mut self) {
        let at = self.telling.at;
        match (self.command.verb(), self.command.detail()) {
            (Verb::BeginFieldwork, Detail::Day(on)) => {
                self.not_after("the fieldwork's first day", *on);
                self.not_before("the fieldwork's first day", *on, "the assessment's creation on", self.setting.created);
                if self.life.papers.fieldwork.is_some() && self.telling.note.trim().is_empty() {
                    self.refuse(Refusal::NoReason(Verb::BeginFieldwork));
                }
            }
            (Verb::CompleteValidation, _) => match self.life.papers.fieldwork {
                Some(began) => self.not_before("the day", at, "the fieldwork's first day", began),
                None => self.refuse(Refusal::NoFieldwork),
            },
            (Verb::SignLetter | Verb::SignAgreement, Detail::Day(on)) => {
                self.not_after("the signature of", *on);
                self.not_before("the signature of", *on, "the assessment's creation on", self.setting.created);
                if let Some(validated) = self.life.papers.validated.filter(|_| self.command.verb() == Verb::SignLetter)
                {
                    self.not_before("the letter of", *on, "the end of the validation on", validated);
                }
            }
            (Verb::HandInCaps, _) => self.papers(&[Paper::Letter]),
            (Verb::ReserveQa, Detail::Day(block)) => {
                self.not_before("the block of", *block, "the day of its reservation", at);
                match self.setting.figures.on(FigureName::ReservationHorizon, at) {
                    Ok(months) if *block > months_after(at, months.value) => {
                        self.refuse(Refusal::BlockTooFar { block: *block, at, months: months.value });
                    }
                    Ok(_) => {}
                    Err(e) => self.refuse(e),
                }
            }
            (Verb::Submit, _) => self.submission(),
            (Verb::AnswerTask, Detail::Number(n)) => self.task(*n, |s| match s {
                TaskStatus::Open | TaskStatus::Answered(_) => None,
                TaskStatus::Closed(_) => Some("closed already"),
            }),
            (Verb::CloseTask, Detail::Number(n)) => self.task(*n, |s| match s {
                TaskStatus::Answered(_) => None,
                TaskStatus::Open => Some("not answered yet"),
                TaskStatus::Closed(_) => Some("closed already"),
            }),
            (Verb::ReopenTask, Detail::Number(n)) => self.task(*n, |s| match s {
                TaskStatus::Open => Some("open already"),
                TaskStatus::Answered(_) | TaskStatus::Closed(_) => None,
            }),
            (Verb::HandOverTasks, _) if self.tasks_that(|s| *s == TaskStatus::Open).is_empty() => {
                self.refuse(Refusal::NoOpenTask);
            }
            (Verb::HandBackTasks, _) => {
                let tasks = self.tasks_that(|s| *s == TaskStatus::Open);
                if !tasks.is_empty() {
                    self.refuse(Refusal::TasksLeft { tasks, needed: "answered" });
                }
            }
            (Verb::FinishQa, _) => {
                let tasks = self.tasks_that(|s| !matches!(s, TaskStatus::Closed(_)));
                if !tasks.is_empty() {
                    self.refuse(Refusal::TasksLeft { tasks, needed: "closed" });
                }
            }
            (Verb::RequestWording, _) => {
                if let crate::State::DraftReview { draft, .. } = &self.life.state
                    && at > draft.until
                {
                    self.refuse(Refusal::DraftClosed { until: draft.until, at });
                }
            }
            (Verb::BeginQa, _) => {
                if let Some(reservation) = self.life.papers.reservation.clone() {
                    self.not_before("the day", at, "the reserved block of", reservation.block);
                }
            }
            (verb @ (Verb::Suspend | Verb::Reinstate | Verb::Revoke), _) => self.standing(verb),
            _ => {}
        }
    }

    fn not_before(&mut self, what: &'static str, on: Date, earlier_what: &'static str, earlier: Date) {
        if on < earlier {
            self.refuse(Refusal::BeforeItsTime { what, on, earlier_what, earlier });
        }
    }

    /// What is recorded as done cannot lie after the day on which it is recorded.
    fn not_after(&mut self, what: &'static str, on: Date) {
        if on > self.telling.at {
            self.refuse(Refusal::InFuture { what, at: on, today: self.telling.at });
        }
    }

    fn papers(&mut self, needed: &[Paper]) {
        let papers = &self.life.papers;
        let lacking = needed.iter().copied().filter(|paper| {
            self.track.papers.contains(paper)
                && match paper {
                    Paper::Letter => papers.letter.is_none(),
                    Paper::Agreement => papers.agreement.is_none(),
                    Paper::Reservation => papers.reservation.is_none(),
                }
        });
        let lacking: Vec<Refusal> = lacking.map(Refusal::NoPaper).collect();
        self.found.extend(lacking);
    }

    fn submission(&mut self) {
        let at = self.telling.at;
        self.papers(&Paper::ALL);
        if self.seen.files.is_empty() {
            self.refuse(Refusal::NothingToFreeze);
        }
        if let Some(block) = self.life.papers.reservation.as_ref().map(|r| r.block).filter(|block| at > *block) {
            self.refuse(Refusal::BlockMissed { block, at });
        }
        if self.track.has(Phase::Validation) {
            match (self.life.papers.fieldwork, self.setting.figures.on(FigureName::Fieldwork, at)) {
                (None, _) => self.refuse(Refusal::NoFieldwork),
                (Some(began), Ok(most)) if began < days_before(at, most.value) => {
                    self.refuse(Refusal::FieldworkTooLong { began, at, days: most.value });
                }
                (Some(_), Ok(_)) => {}
                (Some(_), Err(e)) => self.refuse(e),
            }
        }
        if let Err(refusal) = self.window() {
            self.refuse(refusal);
        }
    }

    /// Interim, rapid and bridge assessments have a time of their own.
    fn window(&self) -> Result<(), Refusal> {
        let (purpose, at, figures) = (self.setting.purpose, self.telling.at, self.setting.figures);
        let window = match purpose {
            Purpose::Readiness | Purpose::Validated => return Ok(()),
            Purpose::Rapid => {
                let (_, _, expiry) = self.setting.prior()?;
                return match &self.life.papers.letter {
                    Some(letter) if letter.on > expiry => Err(Refusal::LetterAfterExpiry { signed: letter.on, expiry }),
                    _ => Ok(()),
                };
            }
            Purpose::Interim => {
                let (prior, terms, _) = self.setting.prior()?;
                interim_window(terms, figures, prior.issued)?
            }
            Purpose::Bridge => {
                let (prior, terms, _) = self.setting.prior()?;
                bridge_window(terms, figures, prior.issued)?.map(|(window, _)| window)
            }
        };
        let Some(window) = window else {
            let program = self.setting.prior.map_or_else(String::new, |p| p.program.clone());
            return Err(Refusal::NoSuchAssessment { program, purpose });
        };
        let (opens, closes) = (window.opens.day, window.closes.day);
        if (opens..=closes).contains(&at) { Ok(()) } else { Err(Refusal::OutsideWindow { purpose, opens, closes, at }) }
    }

    fn task(&mut self, number: u32, wrong: fn(&TaskStatus) -> Option<&'static str>) {
        match self.life.state.tasks().and_then(|t| t.get(&number)).map(|t| wrong(&t.status)) {
            None => self.refuse(Refusal::NoTask(number)),
            Some(Some(stands)) => self.refuse(Refusal::TaskStands { number, stands }),
            Some(None) => {}
        }
    }

    fn tasks_that(&self, wanted: impl Fn(&TaskStatus) -> bool) -> Vec<u32> {
        let tasks = self.life.state.tasks().into_iter().flatten();
        tasks.filter(|(_, task)| wanted(&task.status)).map(|(number, _)| *number).collect()
    }

    fn standing(&mut self, verb: Verb) {
        use CertificateStanding::{Active, Revoked, Suspended};
        let wrong = match (verb, self.life.state.certificate().map(|(_, standing)| standing)) {
            (_, None) => "no certificate came of this assessment",
            (_, Some(Revoked)) => "the certificate is revoked",
            (Verb::Suspend, Some(Suspended)) => "the certificate is suspended already",
            (Verb::Reinstate, Some(Active)) => "the certificate stands",
            _ => return,
        };
        self.refuse(Refusal::Standing(wrong));
    }

    /// The last day of the time in which a draft may be read.
    fn until(&mut self) -> Option<Date> {
        if self.command.verb() != Verb::IssueDraft || self.life.state.phase() != Phase::PreparingDraft {
            return None;
        }
        let at = self.telling.at;
        match self.setting.figures.on(FigureName::DraftReview, at) {
            Ok(days) => Some(days_after(at, days.value)),
            Err(e) => {
                self.refuse(e);
                None
            }
        }
    }

    /// The certificate that HITRUST is told to have issued.
    fn certificate(&mut self) -> Option<Certificate> {
        let certifies = self.command.verb() == Verb::Certify && self.to == Phase::Complete;
        if !certifies || self.setting.purpose == Purpose::Interim {
            return None;
        }
        match self.certified() {
            Ok(certificate) => Some(certificate),
            Err(refusal) => {
                self.refuse(refusal);
                None
            }
        }
    }

    fn certified(&self) -> Result<Certificate, Refusal> {
        let (program, issued, expires) = if self.setting.purpose == Purpose::Bridge {
            let (prior, terms, expiry) = self.setting.prior()?;
            let Some((_, ends)) = bridge_window(terms, self.setting.figures, prior.issued)? else {
                return Err(Refusal::NoSuchAssessment { program: prior.program.clone(), purpose: Purpose::Bridge });
            };
            (prior.program.clone(), expiry, ends.day)
        } else {
            let letter = self.life.papers.letter.as_ref().ok_or(Refusal::NoPaper(Paper::Letter))?;
            (self.setting.program.to_owned(), letter.on, self.setting.terms()?.expiry(letter.on)?.day)
        };
        let reference = self.telling.reference.clone().unwrap_or_default();
        Ok(Certificate { program, purpose: self.setting.purpose, issued, expires, reference })
    }
}

fn any_side_may_change(phase: Phase, what: Subject, by_assessor: bool) -> Change {
    let all = Side::ALL.map(|side| may_change(phase, what, side, by_assessor));
    let allowed = all.iter().find(|c| matches!(c, Change::Allowed | Change::AllowedByTask));
    // Where nobody may, the entity's answer tells why.
    allowed.copied().unwrap_or_else(|| may_change(phase, what, Side::Entity, by_assessor))
}

fn changes(was: &Frozen, now: &Frozen) -> FileChanges {
    drift(was, now).into_iter().map(|(path, ..)| (path.clone(), now.get(&path).cloned())).collect()
}

/// What differs between files as they were and as they are now, by path.
pub fn drift(frozen: &Frozen, now: &Frozen) -> Vec<(Box<str>, Subject, Drift)> {
    let mut found: Vec<(Box<str>, Subject, Drift)> = Vec::new();
    for (path, was) in frozen {
        match now.get(path) {
            None => found.push((path.clone(), was.subject, Drift::Missing)),
            Some(is) if is.digest != was.digest => found.push((path.clone(), was.subject, Drift::Changed)),
            Some(_) => {}
        }
    }
    let added = now.iter().filter(|(path, _)| !frozen.contains_key(*path));
    found.extend(added.map(|(path, file)| (path.clone(), file.subject, Drift::Added)));
    found.sort();
    found
}
