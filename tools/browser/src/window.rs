//! A browser window that looks at a site.

use std::time::{Duration, Instant};

use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::{
    Violation, axe,
    driver::Driver,
    folder,
    site::{Person, Site},
};

/// What a page may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser.
#[derive(Debug)]
pub struct Window {
    pub client: Client,
    address: String,
    _driver: Driver,
}

/// A command that WebDriver's standard lacks: chromium's log, its DevTools, a virtual authenticator.
#[derive(Debug)]
pub struct Extra {
    /// Below the session's address.
    pub path: String,
    pub method: Method,
    pub body: Value,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (self.method.clone(), (self.method == Method::POST).then(|| self.body.to_string()))
    }
}

impl Window {
    /// A browser with nobody signed in.
    pub async fn open(site: &Site) -> Self {
        let driver = Driver::start().await;
        let mut wanted = Capabilities::new();
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=1360,900",
            "--force-color-profile=srgb",
            "--hide-scrollbars",
        ];
        wanted.insert("goog:chromeOptions".to_owned(), json!({ "args": args }));
        wanted.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(wanted).connect(&driver.address).await;
        let window = Self { client: client.expect("chromium starts"), address: site.address.clone(), _driver: driver };
        window.goto("/health/live").await;
        window
    }

    /// A browser in which somebody is signed in.
    pub async fn of(site: &Site, person: &Person) -> Self {
        let window = Self::open(site).await;
        window.as_person(person).await;
        window
    }

    /// Becomes somebody.
    pub async fn as_person(&self, person: &Person) {
        let (name, value) = person.cookie.split_once('=').unwrap();
        // WebDriver's own command wants a domain, and takes no `localhost`.
        let cookie = json!({ "name": name, "value": value, "url": self.address, "httpOnly": true });
        self.devtools("Network.setCookie", cookie).await;
    }

    pub async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.address)).await.unwrap();
    }

    /// The path and query that is shown.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    /// Waits for an element; stops the test when it does not come.
    pub async fn find(&self, css: &str) -> Element {
        let begun = Instant::now();
        loop {
            match self.client.find(Locator::Css(css)).await {
                Ok(element) => return element,
                Err(_) if begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(40)).await,
                Err(error) => {
                    self.screenshot("failed").await;
                    panic!("no `{css}` on {}: {error}", self.path().await)
                }
            }
        }
    }

    /// Waits until the text of the page holds some words.
    pub async fn says(&self, words: &str) {
        let begun = Instant::now();
        loop {
            let text = self.text("body").await;
            if text.contains(words) {
                return;
            }
            if begun.elapsed() > PATIENCE {
                self.screenshot("failed").await;
                panic!("`{words}` is not on {}:\n{text}", self.path().await);
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    pub async fn text(&self, css: &str) -> String {
        self.run("return document.querySelector(arguments[0])?.innerText ?? ''", vec![json!(css)])
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub async fn click(&self, css: &str) {
        self.clicked(Locator::Css(css), css).await;
    }

    /// Clicks the link or button with this text.
    pub async fn press(&self, words: &str) {
        let found = format!("//*[self::a or self::button or self::summary][contains(normalize-space(.), \"{words}\")]");
        self.clicked(Locator::XPath(&found), words).await;
    }

    /// A part that is just being refreshed is waited for: what was found a moment ago may be gone.
    async fn clicked(&self, place: Locator<'_>, told: &str) {
        let begun = Instant::now();
        loop {
            let clicked = match self.client.find(place).await {
                Ok(element) => element.click().await,
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => return,
                Err(_) if begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => panic!("`{told}` cannot be clicked on {}: {error}", self.path().await),
            }
        }
    }

    /// Presses what is called so, and waits until the page was loaded anew for it.
    pub async fn press_and_reload(&self, words: &str) {
        self.run("window.isOld = true", vec![]).await;
        self.press(words).await;
        let begun = Instant::now();
        while self.run("return window.isOld === true", vec![]).await == Value::Bool(true) {
            assert!(begun.elapsed() < PATIENCE, "`{words}` did not load {} anew", self.path().await);
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// Types into a field; a part that is just being refreshed is waited for.
    pub async fn fill(&self, css: &str, text: &str) {
        let begun = Instant::now();
        loop {
            let field = self.find(css).await;
            let typed = match field.clear().await {
                Ok(()) => field.send_keys(text).await,
                Err(error) => Err(error),
            };
            match typed {
                Ok(()) => return,
                Err(_) if begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => panic!("`{css}` takes no text: {error}"),
            }
        }
    }

    /// Keys for whatever has the focus.
    pub async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub async fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.client.execute(script, args).await.unwrap_or_else(|e| panic!("`{script}`: {e}"))
    }

    pub async fn extra(&self, method: Method, path: &str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Extra { path: path.to_owned(), method, body }).await
    }

    /// A command of chromium's DevTools.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        self.extra(Method::POST, "goog/cdp/execute", json!({ "cmd": command, "params": params })).await.unwrap()
    }

    /// Cuts the connection, or brings it back.
    pub async fn offline(&self, gone: bool) {
        self.devtools("Network.enable", json!({})).await;
        let how = json!({ "offline": gone, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", how).await;
    }

    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Keeps a picture of the page in `target/screenshots`.
    pub async fn screenshot(&self, name: &str) {
        let png = self.client.screenshot().await.unwrap();
        std::fs::write(folder("screenshots").join(format!("{name}.png")), png).unwrap();
    }

    /// What axe finds on the page (WCAG 2.2 AA and its best practices).
    pub async fn axe(&self) -> Vec<Violation> {
        self.client.execute(axe::source(), vec![]).await.unwrap();
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
            .then((r) => done(r.violations), (e) => done([{ id: 'broke', impact: '', help: String(e), nodes: [] }]));";
        let found = self.client.execute_async(script, vec![]).await.unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let violation = |v: &Value| Violation {
            rule: text(&v["id"]),
            impact: text(&v["impact"]),
            help: text(&v["help"]),
            places: v["nodes"].as_array().into_iter().flatten().map(|n| n["html"].to_string()).take(4).collect(),
        };
        found.as_array().expect("axe answers with a list").iter().map(violation).collect()
    }

    /// Looks at a page in both themes: a picture of each, and nothing for axe to find.
    pub async fn look(&self, name: &str) {
        for (dark, suffix) in [(false, ""), (true, "-dark")] {
            self.dark(dark).await;
            self.screenshot(&format!("{name}{suffix}")).await;
            let found = self.axe().await;
            assert!(found.is_empty(), "{name}{suffix}: {found:#?}");
        }
        self.dark(false).await;
    }

    /// Refuses anything in the console: errors, warnings, and what the content security policy stopped.
    pub async fn quiet(&self) {
        self.quiet_but(&[]).await;
    }

    /// The same, but for lines that a test provokes.
    pub async fn quiet_but(&self, expected: &[&str]) {
        let log = self.extra(Method::POST, "se/log", json!({ "type": "browser" })).await.unwrap();
        let loud: Vec<&Value> = log
            .as_array()
            .into_iter()
            .flatten()
            .filter(|line| !expected.iter().any(|e| line["message"].as_str().unwrap_or_default().contains(e)))
            .collect();
        assert!(loud.is_empty(), "the console is not quiet: {loud:#?}");
    }

    pub async fn close(self) {
        self.client.close().await.ok();
    }
}
