use std::{convert::Infallible, sync::Arc, time::Duration};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, authorise};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use tokio::sync::{broadcast, mpsc};

use crate::{
    House,
    caller::Caller,
    problem::{Body, Problem},
    within,
};

/// Changes that another server wrote are looked for this often.
const LOOK: Duration = Duration::from_secs(2);
/// So many changes are sent at once.
const AT_ONCE: u32 = 200;

/// What changes, as it changes (server-sent events). `Last-Event-ID` goes on where a dropped connection stopped; without it
/// the stream begins now. Each event names what happened to what and by whom; what it is now is read from its own address.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/changes",
    tag = "ledger",
    params(("org" = String, Path, description = "The organisation's id"), ("last-event-id" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = "4XX", body = Body))
)]
pub(crate) async fn changes(
    State(house): State<Arc<House>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Ledger, &circumstance, now)?;
    let listening = house.listen();
    let size = house.store.room(&permit).await?.log().await?.size;
    let last = headers.get("last-event-id").map(|v| v.to_str().ok().and_then(|t| t.parse::<u64>().ok()));
    let next = match last {
        None => size,
        Some(Some(last)) => last.saturating_add(1).min(size),
        Some(None) => return Err(Problem::bad("the Last-Event-ID is no number")),
    };
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(follow(Arc::clone(&house), permit, caller, next, listening, sender));
    let stream = Receiving(receiver);
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

struct Receiving(mpsc::Receiver<Event>);

impl futures_core::Stream for Receiving {
    type Item = Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// Sends what is new until nobody listens any more, or the caller's access ends.
async fn follow(
    house: Arc<House>,
    permit: Permit,
    caller: Caller,
    mut next: u64,
    mut listening: broadcast::Receiver<(attesta_access::TenantId, u64)>,
    sender: mpsc::Sender<Event>,
) {
    let circumstance = Circumstance::within(caller.tenant());
    loop {
        // Access that ended meanwhile ends the stream too.
        let now = house.clock.now();
        if authorise(&caller.principal, Action::Read, ResourceKind::Ledger, &circumstance, now).is_err() {
            return;
        }
        let Ok(mut room) = house.store.room(&permit).await else { return };
        let Ok(found) = room.leaves(next, AT_ONCE).await else { return };
        next = found.last().map_or(next, |row| row.index + 1);
        let Ok(found) = within::reached(&permit, &mut room, found).await else { return };
        drop(room);
        for row in found {
            let told =
                serde_json::json!({ "kind": row.kind, "subject": row.subject, "actor": row.actor, "at": row.at });
            let event = Event::default().id(row.index.to_string()).event("change").data(told.to_string());
            if sender.send(event).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(LOOK) => {}
            () = grown(&mut listening, caller.tenant(), next) => {}
        }
    }
}

/// Waits until the organisation's log has leaf `next`, as far as this process knows.
async fn grown(
    listening: &mut broadcast::Receiver<(attesta_access::TenantId, u64)>,
    tenant: attesta_access::TenantId,
    next: u64,
) {
    loop {
        match listening.recv().await {
            Ok((of, size)) if of == tenant && size > next => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
