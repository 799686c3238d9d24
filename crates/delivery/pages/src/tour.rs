//! The demo's guided tour: where it leads, and what is to be seen there. It stands on every page of the demo and is shown
//! by `tour.js`, which remembers how far one is.

use maud::{Markup, html};

/// A stop: its title, what is to be seen, and where; `{org}` and `{a}` stand for the organisation and its assessment.
const STOPS: &[(&str, &str, &str)] = &[
    (
        "How far the certificate is",
        "One sentence with its number, the 19 domains against the line that they must reach, what is due and what moved. \
         Every figure leads to where it comes from.",
        "/o/{org}",
    ),
    (
        "Every requirement, five levels each",
        "Arrow keys move, 0 to 4 rate, Shift chooses several, Ctrl-Z takes back. The entity's and the assessor's columns \
         stand side by side; Enter opens what a requirement asks, what proves it, and why its score is what it is.",
        "/o/{org}/a/{a}/requirements",
    ),
    (
        "Evidence that says how long it counts",
        "Drop files here. Each is kept under its digest, says until when it counts and by which rule, and has a proof that \
         anybody can check without this server.",
        "/o/{org}/evidence",
    ),
    (
        "What the account itself says",
        "The infrastructure code of the shipped example, judged by the shipped policies when this demo began: each finding names \
         the line or the setting to mend, the requirements that it touches, and since when it fails.",
        "/o/{org}/cloud/findings",
    ),
    (
        "What the cloud provider already proves",
        "Who answers for each element, what is asked of the provider, and what that does to the scores.",
        "/o/{org}/a/{a}/inheritance",
    ),
    ("What is missing", "Gaps by domain, those with a required corrective action plan apart.", "/o/{org}/a/{a}/gaps"),
    (
        "The shortest way",
        "The cheapest set of improvements that certifies, proven to be the cheapest. Change an answer below and see what it \
         would do before anybody does it.",
        "/o/{org}/a/{a}/plan",
    ),
    (
        "HIPAA, beside HITRUST",
        "Required specifications are met or not; addressable ones want a decision in writing. Agreements, risks and incidents \
         with their clocks are registers here.",
        "/o/{org}/a/{a}/hipaa",
    ),
    (
        "Who asks and who answers",
        "What the assessor asked of the company, with its thread. Walk in as Sofia, the assessor, to see the other side.",
        "/o/{org}/requests",
    ),
    (
        "Proof to customers",
        "A public page with honest states, on only where an owner says so, and a badge that ends with its certificate.",
        "/o/{org}/trust",
    ),
    (
        "What happened, and that nobody changed it",
        "Each line is a leaf of a log that only grows. Its checkpoint can leave the house, so that not even its keeper can \
         rewrite it unseen.",
        "/o/{org}/trail",
    ),
    ("Begin your own", "See it as somebody else, or start an organisation of your own.", "/demo"),
];

/// The tour, hidden until it is begun.
pub(crate) fn tour(org: &str) -> Markup {
    html! {
        aside.tour.sheet data-module="tour" aria-label="Guided tour" hidden {
            ol { @for (title, text, to) in STOPS {
                li hidden data-to=(to.replace("{org}", org)) { h2 { (title) } p { (text) } }
            } }
            div.row {
                button type="button" data-step="-1" { "Back" }
                button.main type="button" data-step="1" { "Next" }
                span.soft.small data-at {}
                button.quiet type="button" data-end { "End the tour" }
            }
        }
    }
}
