//! The queue, and answers to requests that come twice.

use attesta_kernel::Timestamp;
use attesta_store::{JobState, NewJob, Page, Replay, Store, StoreError};

use crate::support::{ACME, House, RIVAL, at};

fn job(id: &str, due: Timestamp, once: Option<&str>) -> NewJob {
    let (tenant, kind) = (Some(ACME.to_owned()), "mail".to_owned());
    NewJob { id: id.into(), tenant, kind, body: "{}".into(), due, most: 3, once: once.map(str::to_owned) }
}

async fn add_jobs(house: &House, jobs: &[NewJob]) {
    let mut work = house.work().await;
    for job in jobs {
        assert!(work.add_job(job, at(1)).await.unwrap());
    }
    work.commit_quietly().await.unwrap();
}

pub(crate) async fn a_job_is_done_once_by_many_workers(house: &House) {
    let jobs: Vec<NewJob> = (0..60).map(|n| job(&format!("j{n:02}"), at(1), None)).collect();
    add_jobs(house, &jobs).await;
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..4 {
        // Each has connections of its own, as another process would.
        let store = Store::open(&house.address, 2).await.unwrap();
        tasks.spawn(async move {
            let name = format!("w{worker}");
            let mut done = Vec::new();
            loop {
                let taken = store.take_jobs(&name, at(10), at(100), 3).await.unwrap();
                if taken.is_empty() {
                    return done;
                }
                for job in taken {
                    assert!(store.end_job(&job.id, &name, "sent", at(11)).await.unwrap());
                    done.push(job.id);
                }
            }
        });
    }
    let mut done: Vec<String> = tasks.join_all().await.into_iter().flatten().collect();
    done.sort();
    assert_eq!(done, jobs.iter().map(|j| j.id.clone()).collect::<Vec<_>>());
    assert_eq!(house.store.job_counts().await.unwrap(), [("done".to_owned(), 60)]);
    assert_eq!(house.store.forget_jobs(at(12)).await.unwrap(), 60);
}

pub(crate) async fn a_lease_that_ran_out_is_work_again(house: &House) {
    add_jobs(house, &[job("j1", at(5), None)]).await;
    let take = |worker: &'static str, now: i64| {
        let store = house.store.clone();
        async move { store.take_jobs(worker, at(now), at(now + 10), 5).await.unwrap().len() }
    };
    assert_eq!(take("a", 4).await, 0);
    assert_eq!(take("a", 5).await, 1);
    assert_eq!(take("b", 10).await, 0);
    assert!(house.store.keep_job("j1", "a", at(30)).await.unwrap());
    assert_eq!(take("b", 20).await, 0);
    assert_eq!(take("b", 31).await, 1);
    assert!(!house.store.keep_job("j1", "a", at(90)).await.unwrap());
    assert!(!house.store.end_job("j1", "a", "late", at(32)).await.unwrap());
    assert!(house.store.end_job("j1", "b", "done", at(33)).await.unwrap());
}

pub(crate) async fn a_job_that_always_fails_dies_and_can_be_revived(house: &House) {
    add_jobs(house, &[job("j1", at(0), None)]).await;
    for round in 1..=3 {
        let taken = house.store.take_jobs("a", at(round * 100), at(round * 100 + 10), 5).await.unwrap();
        assert_eq!(taken[0].attempts, u32::try_from(round).unwrap());
        let (again, now) = (at(round * 100 + 50), at(round * 100 + 1));
        assert!(house.store.fail_job("j1", "a", "refused", again, now).await.unwrap());
    }
    assert!(house.store.take_jobs("a", at(9000), at(9001), 5).await.unwrap().is_empty());
    let dead = house.store.jobs(ACME, Some(JobState::Dead), &Page::first(9)).await.unwrap();
    assert_eq!((dead.len(), dead[0].told.as_deref()), (1, Some("refused")));
    assert!(!house.store.revive_job(RIVAL, "j1", at(9100)).await.unwrap());
    assert!(house.store.revive_job(ACME, "j1", at(9100)).await.unwrap());
    assert_eq!(house.store.take_jobs("a", at(9200), at(9201), 5).await.unwrap().len(), 1);
    // Begun three times without an end: dead too.
    for round in 0..2 {
        assert_eq!(
            house.store.take_jobs("a", at(9300 + round * 100), at(9301 + round * 100), 5).await.unwrap().len(),
            1
        );
    }
    // Its own worker lives, whatever the clock says; another one buries it.
    assert_eq!(house.store.take_jobs("a", at(9998), at(9998), 5).await.unwrap().len(), 1);
    assert!(house.store.take_jobs("b", at(9999), at(10_000), 5).await.unwrap().is_empty());
    assert_eq!(house.store.jobs(ACME, Some(JobState::Dead), &Page::first(9)).await.unwrap().len(), 1);
}

pub(crate) async fn a_job_with_the_same_word_is_made_once(house: &House) {
    let mut work = house.work().await;
    assert!(work.add_job(&job("j1", at(0), Some("digest-2026-11-26")), at(1)).await.unwrap());
    assert!(!work.add_job(&job("j2", at(0), Some("digest-2026-11-26")), at(1)).await.unwrap());
    work.commit_quietly().await.unwrap();
    assert_eq!(house.store.jobs(ACME, None, &Page::first(9)).await.unwrap().len(), 1);
}

pub(crate) async fn an_answer_is_kept_for_its_request(house: &House) {
    let replay = Replay { request: "abc".into(), status: 201, answer: "{}".into() };
    let mut work = house.work().await;
    work.add_replay("p1", "key-1", &replay, at(1)).await.unwrap();
    assert!(matches!(work.add_replay("p1", "key-1", &replay, at(1)).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut work = house.work().await;
    work.add_replay("p1", "key-1", &replay, at(1)).await.unwrap();
    work.commit_quietly().await.unwrap();
    let mut room = house.room().await;
    assert_eq!(room.replay("p1", "key-1").await.unwrap(), Some(replay));
    assert_eq!(room.replay("p2", "key-1").await.unwrap(), None);
    drop(room);
    let mut work = house.work().await;
    assert_eq!(work.forget_replays(at(2)).await.unwrap(), 1);
}
