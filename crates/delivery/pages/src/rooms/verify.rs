//! Verifying a proof, in the browser of whoever has it.

use maud::{Markup, html};

/// The page: nothing of what is dropped leaves the browser.
pub fn page() -> Markup {
    html! {
        h1 { "Verify a proof" }
        p { "Choose a file, the proof that came with it, and the key of the log. Everything is worked out in this browser: no byte of them is sent anywhere, and you need no account." }
        form.sheet method="post" data-module="verify" {
            div.field { label for="verify-file" { "The file" } input id="verify-file" type="file" required; }
            div.field { label for="verify-proof" { "Its proof" } input id="verify-proof" type="file" required aria-describedby="verify-proof-hint";
                p.hint #verify-proof-hint { "item.tlog-proof, or the .json that a share link gives." } }
            div.field { label for="verify-key" { "The key of the log" } textarea.short id="verify-key" required spellcheck="false" autocomplete="off" aria-describedby="verify-key-hint" {}
                p.hint #verify-key-hint { "One line, like attesta.example/acme+0ed85f46+AeCg… Take it from the organisation's public page, a letter or last year's report: a key that came with the proof vouches for nothing." }
                label.button { "From a file" input.unseen id="verify-key-file" type="file"; } }
            div.row { button.main { "Verify" } }
            div.verdict role="status" aria-live="polite" {}
        }
        noscript { p.problem { "Without scripts this page cannot verify. The command below can." } }
        details { summary { "Without this page" }
            p { "You need not trust the server that gave you this page. The program does the same offline, and so do 60 lines of Python in its documentation (docs/how-to/verify-offline.md):" }
            p { code.command { "attesta verify FILE item.tlog-proof --key key.vkey" } }
        }
        details { summary { "What is verified, and what is not" }
            ul {
                li { "The file is, byte for byte, the one that was logged (SHA-256)." }
                li { "The log's key signed the tree in which it stands (Ed25519)." }
                li { "It stands in that tree at its number (RFC 9162)." }
            }
            p { "Not that the file is true, nor that nothing was left out, nor that the owner of the log shows everybody the same history: for that there are witnesses and timestamps, which the program verifies and this page does not." }
        }
    }
}
