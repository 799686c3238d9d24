//! A server with a place that may be watched, and what is done with its sources.

use std::{fs, sync::Arc, time::Duration};

use attesta_server::{Allowed, Config, House, jobs::Worker};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Browser, Instance};

/// A server with a place that may be watched.
pub(crate) struct Watched {
    pub(crate) instance: Instance,
    pub(crate) owner: Browser,
    pub(crate) org: String,
    pub(crate) place: std::path::PathBuf,
}

pub(crate) fn volume(address: &str, encrypted: Value) -> Value {
    json!({"kind": "volume", "address": address, "names": [format!("arn:aws:ec2:us-east-1:111122223333:volume/{address}")],
        "attributes": {"encryption_at_rest.enabled": encrypted}})
}

pub(crate) fn estate(volumes: &[Value]) -> String {
    let header = json!({"schema": "attesta.neutral-resources/1", "complete": ["volume"]});
    std::iter::once(&header).chain(volumes).map(|v| format!("{v}\n")).collect()
}

impl Watched {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(more: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
        config.sign_in_rate = 1_000;
        let place = folder.path().join("infra");
        fs::create_dir(&place).unwrap();
        config.places.insert("infra".to_owned(), Allowed { path: place.clone(), organisation: None });
        let only = Allowed { path: place.clone(), organisation: Some("ten_somebody-else".to_owned()) };
        config.places.insert("private".to_owned(), only);
        more(&mut config);
        let instance = Instance::with(config, folder).await;
        let (owner, org) = instance.owner().await;
        Self { instance, owner, org, place }
    }

    pub(crate) fn write(&self, volumes: &[Value]) {
        fs::write(self.place.join("estate.jsonl"), estate(volumes)).unwrap();
    }

    pub(crate) fn at(&self, rest: &str) -> String {
        format!("/api/v1/organisations/{}/{rest}", self.org)
    }

    pub(crate) async fn get(&self, rest: &str) -> Value {
        self.owner.get(&self.at(rest)).await.is(200).json
    }

    pub(crate) async fn create(&self, name: &str, origin: Value) -> String {
        let new = json!({ "name": name, "origin": origin, "schedule": { "every": "1h" } });
        let made = self.owner.post(&self.at("sources"), new).await.is(201);
        made.json["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn worker(&self) -> JoinHandle<()> {
        worker(&self.instance.house)
    }

    /// Until there are so many looks.
    pub(crate) async fn runs(&self, count: usize) -> Vec<Value> {
        for _ in 0..300 {
            let runs = self.get("runs").await["items"].as_array().unwrap().clone();
            if runs.len() >= count {
                assert_eq!(runs.len(), count, "{runs:#?}");
                return runs;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let jobs = self.get("jobs").await;
        panic!("nobody looked: {jobs:#}");
    }

    pub(crate) async fn look(&self, source: &str) {
        self.owner.post(&self.at(&format!("sources/{source}/runs")), json!({})).await.is(202);
    }

    pub(crate) async fn alerts(&self) -> Vec<String> {
        let found = self.get("posture/timeline").await;
        found["items"].as_array().unwrap().iter().map(|a| a["news"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn worker(house: &Arc<House>) -> JoinHandle<()> {
    tokio::spawn(Worker::new(Arc::clone(house)).run(std::future::pending()))
}
