//! Figures for Prometheus, on an address of their own. They name routes, statuses and kinds of jobs; never a person, an
//! organisation or a path that somebody typed.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use attesta_store::Page;
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::watch};

use crate::{House, ServeError, house::lock};

/// Upper ends of a histogram's buckets, in microseconds.
const ENDS: [u64; 12] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000];
/// Methods that are told by name (RFC 9110 and RFC 5789).
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
/// Logs are counted no oftener than this.
const RECOUNT: Duration = Duration::from_secs(60);

/// How long requests took.
#[derive(Debug, Clone, Default)]
struct Histogram {
    buckets: [u64; ENDS.len()],
    count: u64,
    /// Microseconds.
    sum: u64,
}

/// What one route answered: method, route, status.
type Answered = (String, String, u16);

/// What is counted since the process began.
#[derive(Debug)]
pub(crate) struct Metrics {
    began: Timestamp,
    requests: Mutex<BTreeMap<Answered, u64>>,
    durations: Mutex<BTreeMap<(String, String), Histogram>>,
    jobs: Mutex<BTreeMap<(String, &'static str), u64>>,
    logs: Mutex<Option<(std::time::Instant, Logs)>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Logs {
    organisations: u64,
    leaves: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            began: Timestamp::now(),
            requests: Mutex::default(),
            durations: Mutex::default(),
            jobs: Mutex::default(),
            logs: Mutex::default(),
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Anybody may send any word as a method: those that nothing here knows are one.
        let method = if METHODS.contains(&method) { method } else { "other" };
        let (method, route) = (method.to_owned(), route.to_owned());
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        *lock(&self.requests).entry((method.clone(), route.clone(), status)).or_default() += 1;
        let mut durations = lock(&self.durations);
        let histogram = durations.entry((method, route)).or_default();
        histogram.count += 1;
        histogram.sum = histogram.sum.saturating_add(microseconds);
        for (bucket, _) in histogram.buckets.iter_mut().zip(ENDS).filter(|(_, end)| microseconds <= *end) {
            *bucket += 1;
        }
    }

    /// A job ended.
    pub(crate) fn did(&self, kind: &str, well: bool) {
        let how = if well { "done" } else { "failed" };
        *lock(&self.jobs).entry((kind.to_owned(), how)).or_default() += 1;
    }
}

/// Serves figures until it is told to stop.
///
/// # Errors
///
/// When the address cannot be had.
pub(crate) async fn serve(
    house: Arc<House>,
    address: SocketAddr,
    mut stop: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()> + Send, ServeError> {
    let listener = TcpListener::bind(address).await.map_err(|e| ServeError::Listen(address, e))?;
    let router = Router::new().route("/metrics", get(figures)).with_state(house);
    Ok(async move {
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::warn!("figures are served no more: {error}");
        }
    })
}

async fn figures(State(house): State<Arc<House>>) -> Response {
    let text = match written(&house).await {
        Ok(text) => text,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, form)], text).into_response()
}

/// The figures as Prometheus reads them.
async fn written(house: &House) -> Result<String, ServeError> {
    let metrics = &house.metrics;
    let mut text = String::new();
    head(&mut text, "attesta_build_info", "gauge", "The program that answers.");
    line(&mut text, "attesta_build_info", &[("version", env!("CARGO_PKG_VERSION"))], "1");
    head(&mut text, "process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.");
    line(&mut text, "process_start_time_seconds", &[], &metrics.began.as_second().to_string());
    if let Some(bytes) = resident() {
        head(&mut text, "process_resident_memory_bytes", "gauge", "Memory that the process holds.");
        line(&mut text, "process_resident_memory_bytes", &[], &bytes.to_string());
    }
    requests(&mut text, metrics);
    head(&mut text, "attesta_database_statements_total", "counter", "Statements that the database was sent.");
    line(&mut text, "attesta_database_statements_total", &[], &house.statements().to_string());
    head(&mut text, "attesta_jobs_ended_total", "counter", "Attempts at jobs in this process, by how they ended.");
    for ((kind, how), count) in lock(&metrics.jobs).iter() {
        line(&mut text, "attesta_jobs_ended_total", &[("kind", kind), ("how", how)], &count.to_string());
    }
    let counts: BTreeMap<String, u64> = house.job_counts().await?.into_iter().collect();
    head(&mut text, "attesta_jobs", "gauge", "Jobs in the queue of all servers, by state.");
    for state in attesta_store::JobState::ALL {
        let count = counts.get(state.as_str()).copied().unwrap_or(0).to_string();
        line(&mut text, "attesta_jobs", &[("state", state.as_str())], &count);
    }
    let logs = logs(house).await?;
    head(&mut text, "attesta_organisations", "gauge", "Organisations, the instance's own left out.");
    line(&mut text, "attesta_organisations", &[], &logs.organisations.to_string());
    head(&mut text, "attesta_ledger_leaves", "gauge", "Leaves of all logs, counted once a minute.");
    line(&mut text, "attesta_ledger_leaves", &[], &logs.leaves.to_string());
    Ok(text)
}

fn requests(text: &mut String, metrics: &Metrics) {
    head(text, "attesta_http_requests_total", "counter", "Requests, by method, route and status.");
    for ((method, route, status), count) in lock(&metrics.requests).iter() {
        let labels = [("method", method.as_str()), ("route", route), ("status", &status.to_string())];
        line(text, "attesta_http_requests_total", &labels, &count.to_string());
    }
    const DURATION: &str = "attesta_http_request_duration_seconds";
    head(text, DURATION, "histogram", "How long requests took, by method and route.");
    for ((method, route), histogram) in lock(&metrics.durations).iter() {
        let labels = [("method", method.as_str()), ("route", route.as_str())];
        for (count, end) in histogram.buckets.iter().zip(ENDS) {
            let end = seconds(end);
            let all = [labels.as_slice(), &[("le", end.as_str())]].concat();
            line(text, &format!("{DURATION}_bucket"), &all, &count.to_string());
        }
        let all = [labels.as_slice(), &[("le", "+Inf")]].concat();
        line(text, &format!("{DURATION}_bucket"), &all, &histogram.count.to_string());
        line(text, &format!("{DURATION}_sum"), &labels, &seconds(histogram.sum));
        line(text, &format!("{DURATION}_count"), &labels, &histogram.count.to_string());
    }
}

async fn logs(house: &House) -> Result<Logs, ServeError> {
    if let Some((at, logs)) = *lock(&house.metrics.logs)
        && at.elapsed() < RECOUNT
    {
        return Ok(logs);
    }
    let (mut logs, mut page) = (Logs::default(), Page::first(500));
    logs.leaves += house.store.house_room().await?.log().await?.size;
    loop {
        let some = house.store.tenants(&page).await?;
        for tenant in some.iter().filter_map(|tenant| tenant.id.parse().ok()) {
            let permit = house.system(
                attesta_access::SystemActor::LedgerKeeper,
                attesta_access::Action::Read,
                attesta_access::ResourceKind::Ledger,
                tenant,
            );
            // The ledger's keeper may read every log; were it otherwise, it would not be counted.
            let Ok(permit) = permit else { continue };
            logs.organisations += 1;
            logs.leaves += house.store.room(&permit).await?.log().await?.size;
        }
        match some.last() {
            Some(last) => page.after.clone_from(&last.id),
            None => break,
        }
    }
    *lock(&house.metrics.logs) = Some((std::time::Instant::now(), logs));
    Ok(logs)
}

/// Memory that the process holds, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Microseconds as seconds.
fn seconds(microseconds: u64) -> String {
    let text = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: &str) {
    text.push_str(name);
    for (place, (label, value)) in labels.iter().enumerate() {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(text, "{}{label}=\"{value}\"", if place == 0 { '{' } else { ',' });
    }
    let _ = writeln!(text, "{} {value}", if labels.is_empty() { "" } else { "}" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_up_to_each_end_and_sums_exactly() {
        let metrics = Metrics::default();
        for milliseconds in [1, 3, 30, 20_000] {
            metrics.answered("GET", "/a/{b}", 200, Duration::from_millis(milliseconds));
        }
        metrics.answered("GET", "unknown\"\n", 404, Duration::from_micros(1));
        for method in ["BREW", "get", "AAAA"] {
            metrics.answered(method, "/a/{b}", 405, Duration::from_micros(1));
        }
        let mut text = String::new();
        requests(&mut text, &metrics);
        for line in [
            "attesta_http_requests_total{method=\"GET\",route=\"/a/{b}\",status=\"200\"} 4",
            "attesta_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{b}\",le=\"0.001\"} 1",
            "attesta_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{b}\",le=\"0.005\"} 2",
            "attesta_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{b}\",le=\"10\"} 3",
            "attesta_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{b}\",le=\"+Inf\"} 4",
            "attesta_http_request_duration_seconds_sum{method=\"GET\",route=\"/a/{b}\"} 20.034",
            "attesta_http_requests_total{method=\"GET\",route=\"unknown\\\"\\n\",status=\"404\"} 1",
            "attesta_http_requests_total{method=\"other\",route=\"/a/{b}\",status=\"405\"} 3",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
