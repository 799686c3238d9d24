//! `answers/*.yaml`: what the assessed entity answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_assessment::{Answered, EvidenceUse, Judgement, LevelAnswer, Met, Part, RequirementKey, Strength};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_kernel::{Place, Share};
use attesta_scoring::{MaturityLevel, Score};
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_saphyr::Spanned;

use crate::{index, memo::Memo};

pub(crate) const SCHEMA: &str = "attesta.answers/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    answers: Vec<RawAnswer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    requirement: Spanned<String>,
    owner: Option<Spanned<String>>,
    not_applicable: Option<Spanned<String>>,
    policy: Option<Spanned<RawLevel>>,
    procedure: Option<Spanned<RawLevel>>,
    implemented: Option<Spanned<RawLevel>>,
    measured: Option<Spanned<RawLevel>>,
    managed: Option<Spanned<RawLevel>>,
    #[serde(default)]
    comment: String,
    not_sampled: Option<String>,
}

/// A level: either its only part's keys right here, or `parts`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLevel {
    met: Option<RawMet>,
    inapplicable: Option<BTreeSet<u8>>,
    strength: Option<Spanned<String>>,
    measure: Option<Spanned<String>>,
    score: Option<Spanned<String>>,
    because: Option<String>,
    parts: Option<Vec<Spanned<RawPart>>>,
    weights_because: Option<String>,
    #[serde(default)]
    evidence: Vec<Spanned<RawUse>>,
    since: Option<Spanned<String>>,
    tested: Option<Spanned<String>>,
    sample: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    component: Spanned<String>,
    weight: Option<Spanned<u32>>,
    met: Option<RawMet>,
    inapplicable: Option<BTreeSet<u8>>,
    strength: Option<Spanned<String>>,
    measure: Option<Spanned<String>>,
    score: Option<Spanned<String>>,
    because: Option<String>,
}

enum RawMet {
    Word(String),
    These(BTreeSet<u8>),
}

enum RawUse {
    Id(String),
    At(RawPlaced),
}

/// A value that is a word or something longer. Unlike an untagged enum it keeps what is wrong inside, and where.
macro_rules! word_or {
    ($name:ident, $expects:literal, $word:ident, $visit:ident($access:ident: $kind:ident) -> $longer:ident by $read:path) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;

                impl<'de> Visitor<'de> for Either {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expects)
                    }

                    fn visit_str<E>(self, text: &str) -> Result<$name, E> {
                        Ok($name::$word(text.to_owned()))
                    }

                    fn $visit<A: $kind<'de>>(self, $access: A) -> Result<$name, A::Error> {
                        Ok($name::$longer(Deserialize::deserialize($read($access))?))
                    }
                }

                deserializer.deserialize_any(Either)
            }
        }
    };
}

word_or!(RawMet, "all, none or a list like [1, 2]", Word, visit_seq(list: SeqAccess) -> These by SeqAccessDeserializer::new);
word_or!(RawUse, "an id of evidence (in quotes where it is a number), or {id: …, at: …}", Id,
    visit_map(map: MapAccess) -> At by MapAccessDeserializer::new);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaced {
    id: String,
    at: Option<String>,
    #[serde(default)]
    elements: BTreeSet<u8>,
}

/// Parts weigh at most this much, so that exact means stay exact.
const MOST_WEIGHT: u32 = 1_000;
/// A level has at most this many parts.
const MOST_PARTS: usize = 500;

pub(crate) fn read(files: &[File], memo: &Memo, faults: &mut Vec<Fault>) -> BTreeMap<RequirementKey, Placed<Answered>> {
    let rows = files.iter().flat_map(|file| memo.of(file, faults, rows)).collect();
    index("requirement", rows, |row| row.requirement.clone(), faults)
}

fn rows(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Answered>> {
    match yaml::parse::<Raw>(file, SCHEMA) {
        Ok(raw) => {
            let reading = &mut Reading { file, faults };
            raw.answers.into_iter().filter_map(|raw| answer(reading, raw)).collect()
        }
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    }
}

fn answer(reading: &mut Reading<'_>, raw: RawAnswer) -> Option<Placed<Answered>> {
    let place = reading.place(&raw.requirement);
    let requirement = reading.value::<RequirementKey>(&raw.requirement);
    let owner = reading.optional(raw.owner.as_ref());
    let not_applicable = match &raw.not_applicable {
        Some(reason) => reading.says("not_applicable", reason).map(Some),
        None => Some(None),
    };
    let mut levels = BTreeMap::new();
    let mut sound = true;
    for (level, raw) in [
        (MaturityLevel::Policy, raw.policy),
        (MaturityLevel::Procedure, raw.procedure),
        (MaturityLevel::Implemented, raw.implemented),
        (MaturityLevel::Measured, raw.measured),
        (MaturityLevel::Managed, raw.managed),
    ] {
        let Some(raw) = raw else { continue };
        match self::level(reading, level, raw) {
            Some(answer) => drop(levels.insert(level, answer)),
            None => sound = false,
        }
    }
    if let (Some(Some(_)), false) = (&not_applicable, levels.is_empty()) {
        let message = format!("`{}` is not applicable and answered", raw.requirement.value);
        reading.complain(&raw.requirement, message, "remove `not_applicable`, or the levels");
        sound = false;
    }
    let answered = Answered {
        requirement: requirement?.value,
        owner: owner?,
        not_applicable: not_applicable?,
        levels,
        comment: raw.comment,
        not_sampled: raw.not_sampled,
    };
    sound.then(|| Placed::new(place, answered))
}

/// The keys that judge one part.
struct RawJudgement {
    met: Option<RawMet>,
    inapplicable: Option<BTreeSet<u8>>,
    strength: Option<Spanned<String>>,
    measure: Option<Spanned<String>>,
    score: Option<Spanned<String>>,
    because: Option<String>,
}

impl RawJudgement {
    fn is_empty(&self) -> bool {
        self.met.is_none()
            && self.inapplicable.is_none()
            && self.strength.is_none()
            && self.measure.is_none()
            && self.score.is_none()
            && self.because.is_none()
    }
}

fn level(reading: &mut Reading<'_>, level: MaturityLevel, raw: Spanned<RawLevel>) -> Option<LevelAnswer> {
    let place = reading.place(&raw);
    let RawLevel { met, inapplicable, strength, measure, score, because, .. } = raw.value;
    let own = RawJudgement { met, inapplicable, strength, measure, score, because };
    let (parts, rest) = (raw.value.parts, (raw.value.evidence, raw.value.since, raw.value.tested, raw.value.sample));
    let (uses, since, tested, sample) = rest;
    let parts: Option<Vec<Part>> = match parts {
        Some(parts) if own.is_empty() && (1..=MOST_PARTS).contains(&parts.len()) => {
            let read: Vec<_> = parts.into_iter().map(|raw| part(reading, level, raw, sample.as_ref())).collect();
            read.into_iter().collect()
        }
        Some(parts) => {
            let (what, help) = if own.is_empty() {
                (format!("`{level}` has {} parts", parts.len()), format!("give one to {MOST_PARTS}"))
            } else {
                let help = "give `met`, `strength`, `score` and `because` inside each part";
                (format!("`{level}` mixes `parts` with keys of a part"), help.to_owned())
            };
            reading.faults.push(Fault::new(place.clone(), what, help));
            None
        }
        None => judgement(reading, level, &place, own, sample.as_ref())
            .map(|judgement| vec![Part { component: None, weight: 1, judgement }]),
    };
    let in_place_since = reading.day(since.as_ref());
    let tested_on = reading.day(tested.as_ref());
    let sample = reading.optional(sample.as_ref());
    let evidence: Option<Vec<EvidenceUse>> = uses.into_iter().map(|raw| evidence(reading, raw)).collect();
    Some(LevelAnswer {
        parts: parts?,
        weights_because: raw.value.weights_because,
        evidence: evidence?,
        in_place_since: in_place_since?,
        tested_on: tested_on?,
        sample: sample?,
    })
}

fn evidence(reading: &mut Reading<'_>, raw: Spanned<RawUse>) -> Option<EvidenceUse> {
    let place = reading.place(&raw);
    let (id, at, elements) = match raw.value {
        RawUse::Id(id) => (id, None, BTreeSet::new()),
        RawUse::At(raw) => (raw.id, raw.at, raw.elements),
    };
    match id.parse() {
        Ok(evidence) => Some(EvidenceUse { evidence, at, elements }),
        Err(error) => {
            reading.faults.push(Fault::plain(place, error.to_string()));
            None
        }
    }
}

fn part(
    reading: &mut Reading<'_>,
    level: MaturityLevel,
    raw: Spanned<RawPart>,
    sample: Option<&Spanned<String>>,
) -> Option<Part> {
    let place = reading.place(&raw);
    let RawPart { component, weight, met, inapplicable, strength, measure, score, because } = raw.value;
    let component = reading.value(&component);
    let weight = match weight {
        Some(weight) if !(1..=MOST_WEIGHT).contains(&weight.value) => {
            let message = format!("a weight of {} is not allowed", weight.value);
            reading.complain(&weight, message, format!("give a whole number from 1 to {MOST_WEIGHT}"));
            None
        }
        weight => Some(weight.map_or(1, |w| w.value)),
    };
    let own = RawJudgement { met, inapplicable, strength, measure, score, because };
    let judgement = judgement(reading, level, &place, own, sample);
    Some(Part { component: Some(component?.value), weight: weight?, judgement: judgement? })
}

fn judgement(
    reading: &mut Reading<'_>,
    level: MaturityLevel,
    place: &Place,
    raw: RawJudgement,
    sample: Option<&Spanned<String>>,
) -> Option<Judgement> {
    let mut refuse = |message: String, help: &str| {
        reading.faults.push(Fault::new(place.clone(), message, help));
        None
    };
    if let Some(score) = &raw.score {
        if raw.met.is_some() || raw.inapplicable.is_some() || raw.strength.is_some() || raw.measure.is_some() {
            return refuse(
                format!("`{level}` gives a score and judges elements"),
                "give `score` and `because`, or `met` and `strength`",
            );
        }
        let Some(because) = raw.because.filter(|b| !b.trim().is_empty()) else {
            return refuse(format!("`{level}` gives a score without a reason"), "add `because: …`");
        };
        let score = reading.value::<Score>(score)?.value;
        return Some(Judgement::Given { score, because });
    }
    if raw.because.is_some() {
        return refuse(format!("`{level}` gives a reason without a score"), "write it under `comment`");
    }
    let met = match raw.met {
        Some(RawMet::These(these)) => Met::These(these),
        Some(RawMet::Word(word)) if word == "all" => Met::All,
        Some(RawMet::Word(word)) if word == "none" => Met::These(BTreeSet::new()),
        Some(RawMet::Word(word)) => {
            return refuse(format!("`{word}` does not say which elements are met"), "write all, none, or [1, 2]");
        }
        None => {
            return refuse(format!("`{level}` does not say which elements are met"), "add `met: all`, none or [1, 2]");
        }
    };
    let strength = match (raw.strength, raw.measure) {
        (Some(_), Some(_)) => {
            return refuse(format!("`{level}` gives a strength and a measure"), "give one of them");
        }
        (None, None) => {
            return refuse(
                format!("`{level}` does not say how strong it is"),
                "add `strength:` with a tier such as documented, or a share such as 8 of 10; or `measure:` with its id",
            );
        }
        (None, Some(measure)) => Strength::Measure(reading.value(&measure)?.value),
        (Some(strength), None) if strength.value == "sample" => match sample {
            Some(sample) => Strength::Sample(reading.value(sample)?.value),
            None => {
                return refuse(
                    format!("`{level}` takes its strength from a sample and names none"),
                    "add `sample:` with its id",
                );
            }
        },
        (Some(strength), None) => match share(&strength.value) {
            Some(Ok(share)) => Strength::Share(share),
            Some(Err(why)) => {
                reading.complain(&strength, why, "write it like 8 of 10");
                return None;
            }
            None => Strength::Tier(reading.says("strength", &strength)?.into()),
        },
    };
    Some(Judgement::Rated { met, inapplicable: raw.inapplicable.unwrap_or_default(), strength })
}

/// `8 of 10`; nothing where the text is no share at all.
fn share(text: &str) -> Option<Result<Share, String>> {
    let (part, whole) = text.split_once(" of ")?;
    Some(match (part.trim().parse::<u32>(), whole.trim().parse::<u32>()) {
        (Ok(part), Ok(whole)) if whole > 0 && part <= whole => Ok(Share::new(part, whole)),
        _ => Err(format!("`{text}` is no share")),
    })
}
