//! `factors.yaml`, the additions of `assessment.yaml` and `scope.yaml` as pages and the API write them: whole files that load
//! as they are, with the comments that help whoever opens them in an editor.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use attesta_assessment::{
    AdditionId, Assessment, Coverage, Environment, FactorAnswer, FactorAnswers, FactorId, Factors, Inclusion, Scope,
};
use attesta_catalog::Placed;
use attesta_kernel::Digest;

use crate::{ASSESSMENT, Change, Over, begin, text};

/// Where the answers to the factors stand.
pub const FACTORS: &str = "factors.yaml";
/// Where the scope stands.
pub const SCOPE: &str = "scope.yaml";

/// The file of all answers; `read` is the digest of the one that was read.
pub fn factors_change(header: &Assessment, factors: &Factors, answers: &FactorAnswers, read: Option<Digest>) -> Change {
    let text = begin::factor_answers(header, factors, &answers.0);
    Change { inside: FACTORS.to_owned(), text, over: Over::Read(read) }
}

/// An answer behind its factor's name.
pub(crate) fn answer(answer: &FactorAnswer) -> String {
    let mut words: Vec<String> = answer.choices.iter().map(|c| text(c.as_str())).collect();
    let is = match (words.len(), words.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            words.extend(last);
            format!("[{}]", words.join(", "))
        }
    };
    let because = answer.because.trim();
    let because = if because.is_empty() { String::new() } else { format!(", because: {}", text(because)) };
    format!("{{is: {is}{because}}}")
}

/// What is answered and not asked here: it is kept as it was, so that an answer to an earlier question loses nothing.
pub(crate) fn kept<'a>(
    answers: &'a BTreeMap<FactorId, Placed<FactorAnswer>>,
    written: &BTreeSet<&FactorId>,
) -> Vec<(&'a FactorId, &'a FactorAnswer)> {
    answers.iter().filter(|(id, _)| !written.contains(id)).map(|(id, a)| (id, &a.value)).collect()
}

/// The header with other additions, and nothing else changed: comments and order stay.
pub fn additions_change(was: &str, additions: &BTreeSet<AdditionId>) -> Change {
    let list: Vec<String> = additions.iter().map(|a| text(a.as_str())).collect();
    let line = format!("additions: [{}]\n", list.join(", "));
    let (mut out, mut inside, mut done) = (String::with_capacity(was.len() + line.len()), false, false);
    for row in was.split_inclusive('\n') {
        if row.starts_with("additions:") {
            out.push_str(&line);
            (inside, done) = (true, true);
            continue;
        }
        // What a list over several lines goes on with.
        inside = inside && (row.starts_with([' ', '\t', '-', ']']) && !row.trim().is_empty());
        if !inside {
            out.push_str(row);
        }
    }
    if !done {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&line);
    }
    Change { inside: ASSESSMENT.to_owned(), text: out, over: Over::Read(Some(Digest::of(was.as_bytes()))) }
}

fn words<T: AsRef<str>>(given: impl IntoIterator<Item = T>) -> String {
    given.into_iter().map(|w| text(w.as_ref())).collect::<Vec<_>>().join(", ")
}

fn inclusion(out: &mut String, inclusion: &Inclusion) {
    match inclusion {
        Inclusion::In => out.push_str("    in_scope: true\n"),
        Inclusion::Out { because } => {
            let _ = writeln!(out, "    in_scope: false\n    because: {}", text(because));
        }
    }
}

/// The word of an environment, as files have it.
pub fn environment(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "production",
        Environment::Development => "development",
        Environment::BackOffice => "back-office",
    }
}

/// The word of a coverage, as files have it.
pub fn coverage(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Inheritance => "inheritance",
        Coverage::Report => "report",
        Coverage::Tested => "tested",
        Coverage::InternalAssessor => "internal-assessor",
        Coverage::CarvedOut => "carved-out",
    }
}

/// The file of a scope; `read` is the digest of the one that was read.
pub fn scope_change(scope: &Scope, read: Option<Digest>) -> Change {
    let mut out = String::from(
        "# What is assessed, what is not, and why. `attesta assess scope .` tells what contradicts itself or looks too broad or too narrow.\n\
         schema: attesta.scope/1\n",
    );
    let _ = writeln!(out, "description: {}", text(&scope.description));
    let _ = writeln!(out, "data_types: [{}]", words(&scope.data_types));
    let mut list = |name: &str, empty: bool, rows: &mut dyn FnMut(&mut String)| {
        if !empty {
            let _ = writeln!(out, "{name}:");
            rows(&mut out);
        }
    };
    list("systems", scope.systems.is_empty(), &mut |out| {
        for (id, system) in &scope.systems {
            let system = &system.value;
            let _ = writeln!(out, "  - id: {}\n    title: {}", text(id.as_str()), text(&system.title));
            let _ = writeln!(out, "    environment: {}", environment(system.environment));
            let _ = writeln!(out, "    touches: [{}]", words(&system.touches));
            inclusion(out, &system.inclusion);
            if !system.providers.is_empty() {
                let _ = writeln!(out, "    providers: [{}]", words(system.providers.iter().map(|p| p.as_str())));
            }
            if let Some(dedicated) = system.dedicated {
                let _ = writeln!(out, "    dedicated: {dedicated}");
            }
        }
    });
    list("facilities", scope.facilities.is_empty(), &mut |out| {
        for (id, facility) in &scope.facilities {
            let facility = &facility.value;
            let _ = writeln!(out, "  - id: {}\n    title: {}", text(id.as_str()), text(&facility.title));
            let _ = writeln!(out, "    place: {}", text(&facility.place));
            inclusion(out, &facility.inclusion);
        }
    });
    list("components", scope.components.is_empty(), &mut |out| {
        for (id, component) in &scope.components {
            let component = &component.value;
            let _ = writeln!(out, "  - id: {}\n    title: {}", text(id.as_str()), text(&component.title));
            let _ = writeln!(out, "    systems: [{}]", words(component.systems.iter().map(|s| s.as_str())));
            let _ = writeln!(out, "    facilities: [{}]", words(component.facilities.iter().map(|f| f.as_str())));
            if let Some(rationale) = &component.rationale {
                let _ = writeln!(out, "    rationale: {}", text(rationale));
            }
        }
    });
    list("providers", scope.providers.is_empty(), &mut |out| {
        for (id, provider) in &scope.providers {
            let provider = &provider.value;
            let _ = writeln!(out, "  - id: {}\n    title: {}", text(id.as_str()), text(&provider.title));
            let _ = writeln!(out, "    services: [{}]", words(&provider.services));
            if let Some(how) = provider.coverage {
                let _ = writeln!(out, "    coverage: {}", coverage(how));
            }
            let _ = writeln!(out, "    ephi: {}", provider.ephi);
        }
    });
    list("flows", scope.flows.is_empty(), &mut |out| {
        for flow in &scope.flows {
            let flow = &flow.value;
            let _ = writeln!(
                out,
                "  - {{from: {}, to: {}, data: [{}]}}",
                text(&flow.from),
                text(&flow.to),
                words(&flow.data)
            );
        }
    });
    Change { inside: SCOPE.to_owned(), text: out, over: Over::Read(read) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Folder;

    fn story() -> Folder {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/telehealth-r2");
        Folder::open(&root).unwrap()
    }

    fn with(change: Change) -> Folder {
        let mut documents = story().documents().unwrap();
        documents.texts.insert(change.inside, Arc::from(change.text));
        Folder::of_documents("story", documents)
    }

    #[test]
    fn a_scope_that_is_written_is_read_again_as_it_was() {
        let scope = crate::scope(&story()).unwrap();
        let again = crate::scope(&with(scope_change(&scope, None))).unwrap();
        let plain = |s: &Scope| {
            let systems: Vec<_> = s.systems.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect();
            let facilities: Vec<_> = s.facilities.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect();
            let components: Vec<_> = s.components.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect();
            let providers: Vec<_> = s.providers.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect();
            let flows: Vec<_> = s.flows.iter().map(|f| f.value.clone()).collect();
            (s.description.clone(), s.data_types.clone(), systems, facilities, components, providers, flows)
        };
        assert_eq!(plain(&again), plain(&scope));
        let empty = crate::scope(&with(scope_change(&Scope::default(), None))).unwrap();
        assert_eq!(empty, Scope::default());
    }

    #[test]
    fn only_the_additions_of_a_header_change() {
        let chosen: BTreeSet<AdditionId> = ["hipaa", "ai1"].iter().map(|a| a.parse().unwrap()).collect();
        let header = |text: &str| {
            let folder = with(Change { inside: ASSESSMENT.to_owned(), text: text.to_owned(), over: Over::Older });
            crate::header(&folder).unwrap().value
        };
        let was = story().file(ASSESSMENT).unwrap().unwrap().text.to_string();
        let spread = was.replace("additions: [hipaa, hipaa-breach,", "additions: [hipaa, hipaa-breach,\n   ");
        assert_ne!(spread, was);
        let listed =
            was.replace("additions: [hipaa, hipaa-breach, hipaa-privacy, nist-csf-2.0]", "additions:\n- hipaa\n- soc2");
        assert_ne!(listed, was);
        let none: String = was.lines().filter(|l| !l.starts_with("additions")).map(|l| format!("{l}\n")).collect();
        for text in [&was, &spread, &listed, &none] {
            let after = header(&additions_change(text, &chosen).text);
            assert_eq!(after, Assessment { additions: chosen.clone(), ..header(&was) }, "{text}");
        }
    }
}
