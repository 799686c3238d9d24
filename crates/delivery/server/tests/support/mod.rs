//! A server in this process, and people who use it as a browser or a program would.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at a surprise; not every test uses all of it"
)]

pub(crate) mod device;
pub(crate) mod watched;

use std::sync::Arc;

use attesta_content::ContentSource;
use attesta_desk::Library;
use attesta_server::{Config, House, first_owner_link, router};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery staple 7";

/// A running instance.
pub(crate) struct Instance {
    pub(crate) house: Arc<House>,
    pub(crate) router: Router,
    pub(crate) folder: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: Value,
}

/// Somebody with a cookie jar, or a program with a token.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    cookie: Option<String>,
    csrf: Option<String>,
    token: Option<String>,
    pub(crate) account: String,
}

impl Instance {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
        config.sign_in_rate = 1_000;
        Self::with(config, folder).await
    }

    pub(crate) async fn with(config: Config, folder: tempfile::TempDir) -> Self {
        let house = House::open(config, Library::new(ContentSource::Embedded)).await.unwrap();
        Self { router: router(Arc::clone(&house)), house, folder }
    }

    /// Somebody who is not signed in.
    pub(crate) fn visitor(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None, csrf: None, token: None, account: String::new() }
    }

    /// The first owner, signed in, and the organisation.
    pub(crate) async fn owner(&self) -> (Browser, String) {
        let link = first_owner_link(&self.house).await.unwrap().expect("nobody can sign in yet");
        let secret = link.split_once('#').unwrap().1.to_owned();
        let first = json!({
            "link": secret, "email": "ada@example.org", "name": "Ada", "password": PASSWORD,
            "organisation": "Clinic", "kind": "assessed-entity",
        });
        let made = self.visitor().post("/api/v1/first", first).await.is(201);
        let owner = self.visitor().sign_in("ada@example.org", PASSWORD).await;
        (owner, made.json["organisation"].as_str().unwrap().to_owned())
    }

    /// Another owner with an organisation of their own.
    pub(crate) async fn rival(&self, owner: &Browser, org: &str) -> (Browser, String) {
        let (rival, _) = self.member(owner, org, "eve@example.org", json!({ "role": "contributor" })).await;
        let made = rival.post("/api/v1/organisations", json!({ "name": "Rival" })).await.is(201);
        let theirs = made.json["id"].as_str().unwrap().to_owned();
        // Out of the first organisation again.
        let people = owner.get(&format!("/api/v1/organisations/{org}/people")).await.is(200);
        let row =
            people.json["items"].as_array().unwrap().iter().find(|p| p["account"] == rival.account).unwrap().clone();
        let path = format!("/api/v1/organisations/{org}/people/{}", rival.account);
        owner.send("DELETE", &path, None, &[("if-match", &format!("\"{}\"", row["rev"]))]).await.is(200);
        (rival, theirs)
    }

    /// Invites somebody, who joins and signs in.
    pub(crate) async fn member(&self, owner: &Browser, org: &str, email: &str, position: Value) -> (Browser, Value) {
        let asked = json!({ "email": email, "position": position });
        let made = owner.post(&format!("/api/v1/organisations/{org}/invitations"), asked).await.is(201);
        let link = made.json["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let acceptance = json!({ "link": link, "email": email, "name": email, "password": PASSWORD });
        let joined = self.visitor().post("/api/v1/invitations/accept", acceptance).await.is(201);
        (self.visitor().sign_in(email, PASSWORD).await, joined.json)
    }
}

impl Browser {
    pub(crate) async fn sign_in(mut self, email: &str, password: &str) -> Self {
        let answer = self.post("/api/v1/session", json!({ "email": email, "password": password })).await.is(200);
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        self.csrf = Some(answer.json["csrf"].as_str().unwrap().to_owned());
        self.account = answer.json["account"].as_str().unwrap().to_owned();
        self
    }

    /// Signed in by a session that came another way, such as through a provider.
    pub(crate) async fn with_session(mut self, cookie: &str) -> Self {
        self.cookie = Some(cookie.to_owned());
        let me = self.get("/api/v1/session").await.is(200).json;
        self.csrf = Some(me["csrf"].as_str().unwrap().to_owned());
        self.account = me["account"].as_str().unwrap().to_owned();
        self
    }

    /// The cookie that this browser shows.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    /// The same person without the page's CSRF token.
    pub(crate) fn forged(mut self) -> Self {
        self.csrf = None;
        self
    }

    /// A program with a token.
    pub(crate) fn program(&self, secret: &str) -> Self {
        Self { cookie: None, csrf: None, token: Some(secret.to_owned()), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body), &[]).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let mut all = headers.to_vec();
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        if !bytes.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        self.raw(method, path, bytes, &all).await
    }

    /// The body as it comes, for what never ends.
    pub(crate) async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> axum::body::BodyDataStream {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    pub(crate) async fn raw(&self, method: &str, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-attesta-csrf", csrf);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.unwrap().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, bytes, json }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// A problem with this code.
    #[track_caller]
    pub(crate) fn says(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.json["type"], format!("urn:attesta:problem:{code}"), "{}", answer.json);
        answer
    }

    pub(crate) fn etag(&self) -> String {
        self.headers["etag"].to_str().unwrap().to_owned()
    }
}

impl Instance {
    /// Somebody of the assessor firm, as a guest of that assessment.
    pub(crate) async fn assessor(&self, owner: &Browser, org: &str, assessment: &str, role: &str) -> Browser {
        self.assessor_named(owner, org, assessment, role, "sam@firm.example").await
    }

    /// The same with an address.
    pub(crate) async fn assessor_named(
        &self,
        owner: &Browser,
        org: &str,
        assessment: &str,
        role: &str,
        email: &str,
    ) -> Browser {
        let until = self.house.clock.now() + std::time::Duration::from_secs(180 * 24 * 3600);
        let position = json!({ "role": role, "until": until.to_string(), "assessments": [assessment] });
        self.member(owner, org, email, position).await.0
    }
}

/// Begins an assessment from a folder of the repository, without some of its files.
pub(crate) async fn begun(owner: &Browser, org: &str, name: &str, without: &[&str]) -> String {
    let mut files = fixture(name);
    without.iter().for_each(|path| drop(files.as_object_mut().unwrap().remove(*path)));
    let asked = json!({ "name": name, "files": files });
    let made = owner.post(&format!("/api/v1/organisations/{org}/assessments"), asked).await.is(201);
    made.json["id"].as_str().unwrap().to_owned()
}

/// What a use case, which the commands call too, says of the folder itself.
pub(crate) fn by_command<T>(name: &str, of: impl FnOnce(&attesta_desk::Desk) -> T) -> T {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(name);
    let library = Library::new(ContentSource::Embedded);
    let today = attesta_server::Clock::default().today();
    of(&attesta_desk::Desk::open(attesta_workspace::Folder::open(&root).unwrap(), &library, today).unwrap())
}

/// Sends with the revision that an answer told.
pub(crate) async fn etagged(who: &Browser, method: &str, path: &str, body: &Value, read: &Answer) -> Answer {
    who.send(method, path, Some(body.clone()), &[("if-match", &read.etag())]).await
}

/// A list of a report from all of its pages.
pub(crate) async fn all_pages(who: &Browser, path: &str, list: &str, limit: u32) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    let sign = if path.contains('?') { '&' } else { '?' };
    loop {
        let after_text = after.replace('|', "%7C").replace(' ', "%20");
        let page = who.get(&format!("{path}{sign}limit={limit}&after={after_text}")).await.is(200);
        let items = page.json[list].as_array().unwrap();
        assert!(items.len() <= usize::try_from(limit).unwrap());
        all.extend(items.iter().cloned());
        match page.json["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return all,
        }
    }
}

/// The files of an assessment that lies in the repository.
pub(crate) fn fixture(name: &str) -> Value {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(name);
    let mut files = serde_json::Map::new();
    collect(&root, &root, &mut files);
    Value::Object(files)
}

fn collect(root: &std::path::Path, folder: &std::path::Path, files: &mut serde_json::Map<String, Value>) {
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
