//! One contract, kept by both databases. Each case runs on SQLite and on a real PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

mod cases;
mod support;
mod walls;

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
    cases::an_organisation_begins_with_its_log,
    cases::an_organisation_is_founded_once,
    cases::nothing_happens_without_a_commit,
    cases::a_change_and_its_leaf_come_together,
    cases::the_second_writer_of_a_response_is_told,
    cases::two_at_once_lose_nothing,
    cases::earlier_forms_stay,
    cases::a_path_that_comes_back_goes_on_counting,
    cases::several_documents_are_written_or_none,
    cases::records_live,
    cases::records_are_sieved_and_paged,
    cases::evidence_lives_by_its_events,
    cases::evidence_without_bytes_is_refused,
    cases::evidence_is_found_by_what_it_is_for,
    cases::bytes_that_evidence_names_are_not_forgotten,
    cases::a_change_that_is_alone_sees_the_newest,
    cases::every_leaf_proves_itself,
    cases::a_log_grows_from_its_beginning,
    cases::a_changed_leaf_is_found,
    cases::the_trail_is_sieved,
    cases::an_address_has_one_account,
    cases::people_belong_to_several_organisations,
    cases::a_bearer_secret_ends_once,
    cases::a_job_is_done_once_by_many_workers,
    cases::a_lease_that_ran_out_is_work_again,
    cases::a_job_that_always_fails_dies_and_can_be_revived,
    cases::a_job_with_the_same_word_is_made_once,
    cases::an_answer_is_kept_for_its_request,
    cases::a_database_is_brought_up_to_date_twice,
    cases::a_page_takes_at_most_three_statements,
    cases::everything_is_copied_into_either_kind,
    cases::a_database_tells_how_far_it_is,
    walls::another_organisation_sees_nothing,
    walls::another_organisation_changes_nothing,
}
