//! Pages for whoever zooms far in, holds a small screen, or has no mouse (WCAG 2.2: 1.4.10, 2.4.7, 2.4.11, 2.5.8).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::{Value, json};

const ENTER: &str = "\u{e007}";

/// Somebody of the demo who may enter every room, and the address of the assessment that home shows.
async fn inside(site: &Site, who: &str) -> (Window, String, String) {
    let window = Window::open(site).await;
    window.goto("/demo").await;
    window.press(who).await;
    window.find("nav.rooms").await;
    let home = window.path().await;
    let first =
        "return document.querySelector(\"a[href*='/a/']\").getAttribute('href').split('/').slice(0, 5).join('/')";
    let assessment = window.run(first, vec![]).await.as_str().unwrap().to_owned();
    (window, home, assessment)
}

/// The size of the window in CSS pixels: 320 is a screen of 1280 at a zoom of 400 %.
async fn wide(window: &Window, pixels: u32) {
    let size = json!({ "width": pixels, "height": 720, "deviceScaleFactor": 1, "mobile": false });
    window.devtools("Emulation.setDeviceMetricsOverride", size).await;
}

/// The key that leads on; a field for files takes no keys from WebDriver.
async fn tab(window: &Window) {
    for kind in ["keyDown", "keyUp"] {
        let key = json!({ "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
        window.devtools("Input.dispatchKeyEvent", key).await;
    }
}

/// What sticks out at the side, but for what scrolls in a part of its own.
const STICKS_OUT: &str = "const room = document.documentElement.clientWidth; \
    if (document.documentElement.scrollWidth <= room) return []; \
    const apart = (e) => { for (let at = e.parentElement; at; at = at.parentElement) \
        if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(at).overflowX)) return true; return false; }; \
    return [`${document.documentElement.scrollWidth} of ${room}`, ...[...document.querySelectorAll('body *')] \
        .filter((e) => e.getBoundingClientRect().right > room + 1 && !apart(e) && !e.closest('.unseen')) \
        .slice(0, 8).map((e) => `${e.tagName}.${e.className} ${e.id}: ${(e.textContent ?? '').trim().slice(0, 40)}`)]";

#[tokio::test(flavor = "multi_thread")]
async fn no_page_scrolls_sideways_at_320_pixels() {
    let site = Site::demo().await;
    let (window, home, assessment) = inside(&site, "Mara Lindqvist").await;
    let mut pages =
        vec![home.clone(), assessment.clone(), "/account".to_owned(), "/words".to_owned(), "/verify".to_owned()];
    for room in [
        "assessments",
        "evidence",
        "cloud",
        "cloud/findings",
        "cloud/resources",
        "cloud/drift",
        "cloud/waivers",
        "cloud/policies",
        "requests",
        "tasks",
        "people",
        "tokens",
        "trail",
        "trust",
        "jobs",
        "webhooks",
        "retention",
        "health",
    ] {
        pages.push(format!("{home}/{room}"));
    }
    for room in [
        "scoping",
        "scoping?step=scope",
        "requirements",
        "requirements?open=ATT-01-01",
        "requirements/ATT-01-01",
        "inheritance",
        "gaps",
        "plan",
        "testing",
        "samples",
        "quality",
        "phase",
        "actions",
        "calendar",
        "hipaa",
        "in-short",
        "reports",
        "reports/readiness",
        "reports/gaps",
    ] {
        pages.push(format!("{assessment}/{room}"));
    }
    wide(&window, 320).await;
    let mut wrong = Vec::new();
    for page in &pages {
        window.goto(page).await;
        window.find("#main").await;
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let found = window.run(STICKS_OUT, vec![]).await;
        if found.as_array().is_some_and(|found| !found.is_empty()) {
            wrong.push(format!("{page}: {found:#}"));
        }
    }
    assert!(wrong.is_empty(), "{} pages scroll sideways:\n{}", wrong.len(), wrong.join("\n"));
    // What axe finds at a small size it may not find at a big one: targets that come close, contrast of what is put elsewhere.
    for (name, page) in [
        ("home", home.clone()),
        ("grid", format!("{assessment}/requirements")),
        ("requirement", format!("{assessment}/requirements/ATT-01-01")),
        ("evidence", format!("{home}/evidence")),
        ("trust", format!("{home}/trust")),
    ] {
        wide(&window, 400).await;
        window.goto(&page).await;
        window.find("#main").await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        window.look(&format!("small-{name}")).await;
        // A screen of 1360 at a zoom of 200 %.
        wide(&window, 680).await;
        window.screenshot(&format!("zoomed-{name}")).await;
    }
    window.close().await;
}

/// What has the focus: whether it is marked, and whether something lies over all of it.
const FOCUSED: &str = "const e = document.activeElement; if (!e || e === document.body) return null; \
    const s = getComputedStyle(e), r = e.getBoundingClientRect(); \
    const marked = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none' \
        || !!e.closest('label') && getComputedStyle(e.closest('label')).outlineStyle !== 'none'; \
    const at = (x, y) => { const t = document.elementFromPoint(x, y); return !!t && (t === e || e.contains(t) || t.contains(e)); }; \
    const inset = 2; const seen = [[r.left + inset, r.top + inset], [r.right - inset, r.top + inset], [r.left + inset, r.bottom - inset], \
        [r.right - inset, r.bottom - inset], [(r.left + r.right) / 2, (r.top + r.bottom) / 2]].some(([x, y]) => at(x, y)); \
    return { what: `${e.tagName}.${e.className} ${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 40)}`, marked, seen }";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_mouse_sees_where_they_are() {
    let site = Site::demo().await;
    let (window, home, assessment) = inside(&site, "Mara Lindqvist").await;
    let mut wrong = Vec::new();
    for (page, most) in [
        (home.clone(), 70),
        (format!("{assessment}/requirements?open=ATT-01-01"), 90),
        (format!("{home}/evidence"), 70),
        (format!("{assessment}/gaps"), 70),
        (format!("{home}/trust"), 80),
    ] {
        window.goto(&page).await;
        window.find("#main").await;
        let mut reached = 0;
        for _ in 0..most {
            tab(&window).await;
            let found = window.run(FOCUSED, vec![]).await;
            if found == Value::Null {
                break;
            }
            reached += 1;
            if found["marked"] != true || found["seen"] != true {
                wrong.push(format!("{page}: {found}"));
            }
        }
        assert!(reached > 20, "{page}: only {reached} places take the focus");
    }
    assert!(wrong.is_empty(), "{} places are not seen:\n{}", wrong.len(), wrong.join("\n"));
    // The whole way with keys alone: past what stands on every page, into the grid, to a requirement, and out again.
    window.goto(&format!("{assessment}/requirements")).await;
    window.find("#grid[data-ready]").await;
    tab(&window).await;
    window.keys(ENTER).await;
    let mut into = false;
    for _ in 0..25 {
        tab(&window).await;
        into = window.run("return document.activeElement.closest('#grid td, #grid th') !== null", vec![]).await
            == json!(true);
        if into {
            break;
        }
    }
    assert!(into, "the keys do not come into the grid");
    window.keys(ENTER).await;
    window.find("#panel .one").await;
    window.keys("\u{e00c}").await;
    let back = window.run("return document.activeElement.closest('#grid td, #grid th') !== null && document.getElementById('panel').hidden", vec![]).await;
    assert_eq!(back, json!(true), "Escape closes what is open and comes back to the grid");
    window.quiet().await;
    window.close().await;
}
