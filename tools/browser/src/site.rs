//! A server on a free port, with people and an assessment in it.

use std::{net::SocketAddr, path::Path, sync::Arc};

use attesta_content::ContentSource;
use attesta_desk::Library;
use attesta_server::{Config, House, first_owner_link, router};
use axum::{Router, body::Body};
use http::Request;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const PASSWORD: &str = "correct horse battery staple 7";

/// Somebody who can sign in.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub email: String,
    pub name: String,
    pub account: String,
    pub cookie: String,
    csrf: String,
}

/// A running server.
#[derive(Debug)]
pub struct Site {
    pub address: String,
    pub org: String,
    pub owner: Person,
    pub house: Arc<House>,
    router: Router,
    _folder: tempfile::TempDir,
}

impl Site {
    /// A server with its first owner, Ada, and her organisation.
    pub async fn start() -> Self {
        let mut site = Self::listen(false).await;
        let link = first_owner_link(&site.house).await.unwrap().unwrap();
        let first = json!({
            "link": link.split_once('#').unwrap().1, "email": "ada@example.org", "name": "Ada Moreau",
            "password": PASSWORD, "organisation": "Harbor Telehealth", "kind": "assessed-entity",
        });
        let made = site.call(None, "POST", "/api/v1/first", Some(first), &[]).await;
        made["organisation"].as_str().unwrap().clone_into(&mut site.org);
        site.owner = site.sign_in("ada@example.org").await;
        site
    }

    /// A server that nobody owns yet.
    pub async fn unowned() -> Self {
        Self::listen(false).await
    }

    /// The demo, as `attesta serve --demo` opens it.
    pub async fn demo() -> Self {
        let site = Self::listen(true).await;
        let company = attesta_demo::riverbend(site.house.clock.today());
        attesta_server::demo::seed(&site.house, &company).await.unwrap();
        site
    }

    async fn listen(demo: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut config = Config::laptop(folder.path().join("data"), SocketAddr::from(([127, 0, 0, 1], port)));
        // A passkey belongs to a name, not to a number.
        config.public = format!("http://localhost:{port}");
        config.sign_in_rate = 1_000;
        config.demo = demo;
        let address = config.public.clone();
        let house = House::open(config, Library::new(ContentSource::Embedded)).await.unwrap();
        let router = router(Arc::clone(&house));
        let service = router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { address, org: String::new(), owner: Person::default(), house, router, _folder: folder }
    }

    /// Signs somebody in, beside the browser.
    pub async fn sign_in(&self, email: &str) -> Person {
        let body = json!({ "email": email, "password": PASSWORD });
        let request = Request::post("/api/v1/session").header("content-type", "application/json");
        let response = self.answer(request.body(Body::from(body.to_string())).unwrap()).await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let json = json_of(response).await;
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Person { email: email.to_owned(), name: text("name"), account: text("account"), cookie, csrf: text("csrf") }
    }

    /// Invites somebody to the organisation, who joins and signs in. `position` is as the API takes it.
    pub async fn member(&self, email: &str, name: &str, position: Value) -> Person {
        let base = format!("/api/v1/organisations/{}/invitations", self.org);
        let asked = json!({ "email": email, "position": position });
        let made = self.call(Some(&self.owner), "POST", &base, Some(asked), &[]).await;
        let link = made["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let joins = json!({ "link": link, "email": email, "name": name, "password": PASSWORD });
        self.call(None, "POST", "/api/v1/invitations/accept", Some(joins), &[]).await;
        self.sign_in(email).await
    }

    /// Makes an assessment of a fixture's folder; its id.
    pub async fn assessment(&self, fixture: &str) -> String {
        self.assessment_of(files(fixture)).await
    }

    /// Makes an assessment of documents; its id.
    pub async fn assessment_of(&self, files: serde_json::Map<String, Value>) -> String {
        let body = json!({ "name": "HITRUST r2 2026", "files": files });
        let path = format!("/api/v1/organisations/{}/assessments", self.org);
        self.call(Some(&self.owner), "POST", &path, Some(body), &[]).await["id"].as_str().unwrap().to_owned()
    }

    /// The organisation's address in the API, with a path after it.
    pub fn api(&self, path: &str) -> String {
        format!("/api/v1/organisations/{}{path}", self.org)
    }

    /// Watches a source that is sent to, and looks at it once for each estate: volumes, and whether they are encrypted.
    pub async fn watched(&self, name: &str, estates: &[&[(&str, bool)]]) -> String {
        let new = json!({ "name": name, "origin": { "kind": "pushed" }, "schedule": { "every": "7d" } });
        let made = self.call(Some(&self.owner), "POST", &self.api("/sources"), Some(new), &[]).await;
        let source = made["id"].as_str().unwrap().to_owned();
        let worker = attesta_server::jobs::Worker::new(Arc::clone(&self.house));
        let working = tokio::spawn(worker.run(std::future::pending()));
        for (before, volumes) in estates.iter().enumerate() {
            let header = json!({ "schema": "attesta.neutral-resources/1", "complete": ["volume"] });
            let volume = |(address, encrypted): &(&str, bool)| json!({ "kind": "volume", "address": address, "attributes": { "encryption_at_rest.enabled": encrypted } });
            let lines = std::iter::once(header).chain(volumes.iter().map(volume));
            let text: String = lines.map(|line| format!("{line}\n")).collect();
            let path = self.api(&format!("/sources/{source}/snapshots?name=estate.jsonl"));
            let request = Request::post(path).header("cookie", &self.owner.cookie);
            let request =
                request.header("x-attesta-csrf", &self.owner.csrf).header("content-type", "application/octet-stream");
            let response = self.answer(request.body(Body::from(text)).unwrap()).await;
            assert!(response.status().is_success(), "{}", response.status());
            let runs = self.api(&format!("/runs?source={source}"));
            for _ in 0..400 {
                let seen = self.call(Some(&self.owner), "GET", &runs, None, &[]).await;
                if seen["items"].as_array().unwrap().len() > before {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
        working.abort();
        source
    }

    /// One call of the API that must succeed.
    pub async fn call(
        &self,
        who: Option<&Person>,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Value {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(person) = who {
            request = request.header("cookie", &person.cookie).header("x-attesta-csrf", &person.csrf);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        let response = self.answer(request.body(Body::from(body)).unwrap()).await;
        let status = response.status();
        let json = json_of(response).await;
        assert!(status.is_success(), "{method} {path}: {status} {json}");
        json
    }

    /// A page as its bytes travel to a browser.
    pub async fn page(&self, who: &Person, path: &str) -> Vec<u8> {
        let request = Request::get(path).header("cookie", &who.cookie);
        let request = request.header("accept", "text/html").header("accept-encoding", "gzip").body(Body::empty());
        let response = self.answer(request.unwrap()).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap().to_vec()
    }

    /// Sends all bytes of an upload.
    pub async fn send_bytes(&self, who: &Person, upload: &str, bytes: &[u8]) {
        let request = Request::patch(upload).header("cookie", &who.cookie).header("x-attesta-csrf", &who.csrf);
        let request = request.header("content-type", "application/octet-stream").header("upload-offset", "0");
        let response = self.answer(request.body(Body::from(bytes.to_vec())).unwrap()).await;
        assert!(response.status().is_success(), "{upload}: {}", response.status());
    }

    async fn answer(&self, request: Request<Body>) -> http::Response<Body> {
        use tower::ServiceExt as _;
        self.router.clone().oneshot(request).await.unwrap()
    }
}

/// The documents of a fixture's folder, without its stages.
pub fn files(fixture: &str) -> serde_json::Map<String, Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(fixture);
    let mut files = serde_json::Map::new();
    collect(&root, &root, &mut files);
    files
}

async fn json_of(response: http::Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn collect(root: &Path, folder: &Path, files: &mut serde_json::Map<String, Value>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let inside = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !inside.starts_with("stages") {
                collect(root, &path, files);
            }
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(inside, Value::String(text));
        }
    }
}
