//! The files that a new assessment begins with: they load as they are, and their comments say what to write.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use attesta_assessment::{Additions, Assessment, FactorAnswer, FactorGroup, FactorId, Factors, Purpose, Yields};
use attesta_catalog::Placed;

use crate::{ASSESSMENT, Change, Over, scoping, text};

/// The files of a new assessment.
pub fn first_files(header: &Assessment, factors: &Factors, additions: &Additions) -> Vec<Change> {
    let asked = factors.iter().any(|f| f.is_asked(&header.program, &header.additions, header.created));
    let mut files = vec![
        (ASSESSMENT, assessment(header, additions)),
        ("scope.yaml", SCOPE.to_owned()),
        ("people.yaml", PEOPLE.to_owned()),
        ("evidence.yaml", EVIDENCE.to_owned()),
        ("measures.yaml", MEASURES.to_owned()),
        ("answers/answers.yaml", ANSWERS.to_owned()),
    ];
    if asked {
        files.push(("factors.yaml", factor_answers(header, factors, &BTreeMap::new())));
    }
    files.into_iter().map(|(inside, text)| Change { inside: inside.to_owned(), text, over: Over::Nothing }).collect()
}

fn assessment(header: &Assessment, additions: &Additions) -> String {
    let list = |words: Vec<String>| words.join(", ");
    let chosen = list(header.additions.iter().map(|a| text(a.as_str())).collect());
    let fitting = additions.0.values().filter(|a| a.programs.contains(header.program.as_str()));
    let (own, sources): (Vec<_>, Vec<_>) = fitting.partition(|a| a.yields != Yields::Requirements);
    let mut fitting: Vec<&str> = own.into_iter().map(|a| a.id.as_str()).collect();
    let more = sources.len();
    fitting.extend(sources.into_iter().take(3).map(|a| a.id.as_str()));
    let fitting = format!("{} and {} more (content/additions/)", fitting.join(", "), more.saturating_sub(3));
    let mut out = format!(
        "# What this assessment is. `attesta assess tailor .` shows what it asks.\n\
         schema: attesta.assessment/1\n\
         id: {}\n\
         title: {}\n\
         organisation: {}\n\
         type: {}\n\
         # readiness, validated, interim, rapid or bridge; not every type allows each.\n\
         purpose: {}\n\
         csf: {}\n\
         # The day of creation picks the figures that hold.\n\
         created: {}\n\
         # Compliance factors and add-ons: {}.\n\
         additions: [{chosen}]\n\
         # Packs that requirements come from; none means those that ship. `attesta assess import` adds your licensed ones.\n\
         packs: [{}]\n",
        text(header.id.as_str()),
        text(&header.title),
        text(&header.organisation),
        text(&header.program),
        header.purpose,
        text(&header.csf),
        header.created,
        fitting,
        list(header.packs.iter().map(|p| text(p.as_str())).collect()),
    );
    if header.measured_and_managed {
        out.push_str("measured_and_managed: true\n");
    } else {
        out.push_str(
            "# Whether Measured and Managed are scored where the type leaves that open.\nmeasured_and_managed: false\n",
        );
    }
    let _ = writeln!(out, "rubric: {}", text(&header.rubric));
    match header.target {
        Some(day) => {
            let _ = writeln!(out, "target: {day}");
        }
        None => out.push_str("# The day on which it should be certified.\n# target: 2027-06-30\n"),
    }
    let needs_prior = matches!(header.purpose, Purpose::Interim | Purpose::Rapid | Purpose::Bridge);
    let prior = if needs_prior {
        "This purpose goes back to a certificate; name it:"
    } else {
        "An earlier certificate, where there is one:"
    };
    let _ = writeln!(
        out,
        "# {prior}\n# prior: {{assessment: last-year, type: {}, issued: 2026-01-31, csf: \"v11.5.0\"}}",
        header.program
    );
    out
}

/// Every factor that is asked, with the answers that it takes as a comment, and its answer where there is one.
pub(crate) fn factor_answers(
    header: &Assessment,
    factors: &Factors,
    answers: &BTreeMap<FactorId, Placed<FactorAnswer>>,
) -> String {
    let mut written: BTreeSet<&FactorId> = BTreeSet::new();
    let mut out = String::from(
        "# Answers to the tailoring factors. Write the answer that fits behind a factor, such as `{is: payer}`, and where a reason\n\
         # is asked for, `{is: no, because: \"why\"}`; reasons are shown in the report. A factor without an answer never takes a\n\
         # requirement away. `attesta assess tailor . --what-if FACTOR=ANSWER` shows what an answer would change.\n\
         schema: attesta.factor-answers/1\n\
         factors:\n",
    );
    for group in FactorGroup::ALL {
        let asked: Vec<_> = factors
            .iter()
            .filter(|f| f.group == group && f.is_asked(&header.program, &header.additions, header.created))
            .collect();
        if asked.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  # --- {group}");
        for factor in asked {
            let several = if factor.several { " (several may hold)" } else { "" };
            let _ = writeln!(out, "  # {}{several}", factor.asks);
            let words: Vec<String> = factor.choices.iter().map(|c| c.id.to_string()).collect();
            let default = factor.counts_as.as_ref().map(|d| format!("; unanswered counts as {d}"));
            let needs: Vec<&str> = factor.rationale.iter().map(|c| c.as_str()).collect();
            let because =
                if needs.is_empty() { String::new() } else { format!("; `{}` needs a reason", needs.join(", ")) };
            let _ = writeln!(out, "  #   {}{}{because}", words.join(" | "), default.unwrap_or_default());
            let answer = answers.get(&factor.id).map(|a| format!(" {}", scoping::answer(&a.value)));
            let _ = writeln!(out, "  {}:{}", factor.id, answer.unwrap_or_default());
            written.insert(&factor.id);
        }
    }
    let kept = scoping::kept(answers, &written);
    if !kept.is_empty() {
        out.push_str("  # --- not asked here, and left aside\n");
        for (id, answer) in kept {
            let _ = writeln!(out, "  {id}: {}", scoping::answer(answer));
        }
    }
    out
}

const SCOPE: &str = r#"# What is assessed, what is not, and why. `attesta assess scope .` tells what contradicts itself or looks too broad or too narrow.
schema: attesta.scope/1
description: ""
# Kinds of data that the organisation handles; `ephi`, `pii`, `card` and the like.
# data_types: [ephi]
# systems:
#   - id: patient-portal
#     title: "Patient portal"
#     environment: production        # production, development or back-office
#     touches: [ephi]
#     in_scope: true
#     providers: [cloud-host]
#     dedicated: true                # whether it runs in an isolated environment
#   - id: payroll
#     title: "Payroll"
#     environment: back-office
#     in_scope: false
#     because: "holds personnel data alone and is not connected to the portal"
# facilities:
#   - {id: office, title: "Office", place: US-CO, in_scope: true}
# components:                        # parts that are scored by themselves
#   - {id: portal, title: "Portal and its database", systems: [patient-portal], facilities: [office], rationale: "one team, one process"}
# providers:
#   - {id: cloud-host, title: "Cloud host", services: ["hosting"], coverage: inheritance, ephi: true}
# flows:
#   - {from: outside, to: patient-portal, data: [ephi]}
"#;

const PEOPLE: &str = r#"# Who takes part: on the side of the entity, the assessor, a provider or hitrust.
schema: attesta.people/1
people: []
# people:
#   - {id: lead, name: "Name", side: entity, role: "compliance lead"}
"#;

const EVIDENCE: &str = r#"# The register of evidence; the files themselves stand below this folder, e.g. in evidence/.
schema: attesta.evidence/1
evidence: []
# evidence:
#   - {id: access-policy, title: "Access policy", kind: policy, file: evidence/access-policy.pdf, effective: 2026-01-15, owner: lead}
"#;

const MEASURES: &str = r#"# Measures and metrics about controls, for the levels Measured and Managed.
schema: attesta.measures/1
measures: []
"#;

const ANSWERS: &str = r#"# What is answered, by requirement and level. `attesta assess tailor .` lists the requirements.
schema: attesta.answers/1
answers: []
# answers:
#   - requirement: ATT-12-01
#     policy: {met: all, strength: documented, evidence: [access-policy]}
#     implemented: {met: [1, 2, 3], strength: very-high}
"#;
