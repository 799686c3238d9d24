//! One contract, kept by both databases. Each case runs on SQLite and on a real PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

mod documents;
mod evidences;
mod jobs;
mod logs;
mod people;
mod support;
mod together;
mod walls;
mod whole;

macro_rules! both {
    ($($module:ident :: $case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let house = crate::support::sqlite().await;
                crate::$module::$case(&house).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(house) = crate::support::postgres().await {
                    crate::$module::$case(&house).await;
                }
            })*
        }
    };
}

both! {
    logs::an_organisation_begins_with_its_log,
    logs::an_organisation_is_founded_once,
    logs::nothing_happens_without_a_commit,
    logs::a_change_and_its_leaf_come_together,
    documents::the_second_writer_of_a_response_is_told,
    documents::two_at_once_lose_nothing,
    documents::earlier_forms_stay,
    documents::a_path_that_comes_back_goes_on_counting,
    documents::several_documents_are_written_or_none,
    documents::records_live,
    documents::records_are_sieved_and_paged,
    evidences::evidence_lives_by_its_events,
    evidences::evidence_without_bytes_is_refused,
    evidences::evidence_is_found_by_what_it_is_for,
    evidences::bytes_that_evidence_names_are_not_forgotten,
    logs::a_change_that_is_alone_sees_the_newest,
    logs::every_leaf_proves_itself,
    logs::a_log_grows_from_its_beginning,
    logs::a_changed_leaf_is_found,
    logs::the_trail_is_sieved,
    people::an_address_has_one_account,
    people::people_belong_to_several_organisations,
    people::a_bearer_secret_ends_once,
    people::a_door_tells_who_knocks_and_how_far_the_log_is,
    jobs::a_job_is_done_once_by_many_workers,
    jobs::a_lease_that_ran_out_is_work_again,
    jobs::a_job_that_always_fails_dies_and_can_be_revived,
    jobs::a_job_with_the_same_word_is_made_once,
    jobs::an_answer_is_kept_for_its_request,
    whole::a_database_is_brought_up_to_date_twice,
    documents::a_page_takes_at_most_three_statements,
    whole::everything_is_copied_into_either_kind,
    whole::a_database_tells_how_far_it_is,
    together::what_is_asked_together_is_what_is_asked_alone,
    together::what_is_asked_together_stays_behind_the_wall,
    walls::another_organisation_sees_nothing,
    walls::another_organisation_changes_nothing,
}
