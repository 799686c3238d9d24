//! One's own account: a passkey is made and signs in, with chromium's virtual authenticator.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at a surprise")]

use attesta_browser::{PASSWORD, Site, Window};
use http::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_made_and_signs_in_alone_and_after_a_password() {
    let site = Site::start().await;
    let window = Window::open(&site).await;
    let authenticator = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true,
    });
    window.extra(Method::POST, "webauthn/authenticator", authenticator).await.unwrap();
    window.goto("/sign-in?to=/account").await;
    window.fill("input[name=email]", "ada@example.org").await;
    window.fill("input[name=password]", PASSWORD).await;
    window.press("Sign in").await;
    window.says("Where you are signed in").await;
    window.look("account").await;
    window.fill("input[name=name]", "laptop").await;
    window.press("Make a passkey").await;
    window.says("Keep these codes").await;
    window.press("I have kept them").await;
    window.says("laptop").await;
    window.look("account-passkey").await;
    // Alone.
    window.press("Sign out").await;
    window.find("[data-passkey-in]:not([hidden])").await;
    window.look("sign-in-passkey").await;
    window.press("Sign in with a passkey").await;
    window.says("No assessment yet").await;
    // After the password, which does not do any more by itself.
    window.goto("/account").await;
    window.press("Sign out").await;
    window.find("[data-passkey-in]:not([hidden])").await;
    window.fill("input[name=email]", "ada@example.org").await;
    window.fill("input[name=password]", PASSWORD).await;
    window.click("form button.main").await;
    window.says("No assessment yet").await;
    // What matters asks again who one is, and a passkey will do.
    site.house.clock.advance(11 * 60);
    window.goto("/account").await;
    window.press("Remove").await;
    window.says("Is it you?").await;
    window.look("confirm-passkey").await;
    window.press("Use a passkey").await;
    window.says("none yet").await;
    // RSA is left out on purpose (docs/decisions/0011).
    window.quiet_but(&["pubKeyCredParams", "403"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_fills_in_its_secret_and_makes_the_owner() {
    let site = Site::unowned().await;
    let link = attesta_server::first_owner_link(&site.house).await.unwrap().unwrap();
    let window = Window::open(&site).await;
    window.goto(link.strip_prefix(&site.address).unwrap()).await;
    window.look("first").await;
    assert_eq!(window.path().await, "/first", "the secret does not stay in the address");
    window.fill("input[name=organisation]", "Clinic").await;
    window.fill("input[name=name]", "Ada").await;
    window.fill("input[name=email]", "ada@example.org").await;
    window.fill("input[name=password]", PASSWORD).await;
    window.click("form button.main").await;
    window.says("Your account is there").await;
    window.fill("input[name=email]", "ada@example.org").await;
    window.fill("input[name=password]", PASSWORD).await;
    window.press("Sign in").await;
    window.says("No assessment yet").await;
    // The link worked once.
    window.goto("/first").await;
    window.says("Somebody owns this already").await;
    window.quiet().await;
    window.close().await;
}
