//! One suite, run on SQLite and on PostgreSQL: what the store promises, it promises on both.
//!
//! The modules are marked as tests, so that the lints see their helpers as what they are.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod log;
#[cfg(test)]
mod people;
#[cfg(test)]
mod permits;
#[cfg(test)]
mod work;

/// Makes of every named case one test per database.
macro_rules! store_test_suite {
    ($($module:ident { $($case:ident)* })*) => {
        mod sqlite {
            $(mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let home = crate::harness::Home::sqlite();
                    Box::pin(crate::$module::$case(&home)).await;
                    home.close().await;
                }
            )*})*
        }
        mod postgres {
            $(mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let home = crate::harness::Home::postgres();
                    Box::pin(crate::$module::$case(&home)).await;
                    home.close().await;
                }
            )*})*
        }
    };
}

store_test_suite! {
    engine {
        an_empty_database_is_brought_up_to_date_and_stays_so
        two_programs_may_migrate_at_once
        refuses_a_database_of_a_newer_program
        refuses_to_read_a_database_that_is_behind
        every_migration_can_be_taken_back
        a_dropped_transaction_leaves_nothing
        a_failed_transaction_leaves_nothing
        a_cancelled_transaction_leaves_nothing
        a_displaced_transaction_is_run_again
        success_is_never_told_after_a_failed_statement
        two_programs_write_to_one_store
        a_reader_sees_one_state
        a_transaction_that_ended_says_so
        transactions_fit_into_handlers
        what_was_committed_is_there_after_reopening
    }
    log {
        an_event_is_read_as_it_was_written
        refuses_a_version_that_was_passed
        of_two_writers_at_one_version_exactly_one_wins
        writers_that_read_first_all_get_their_turn
        positions_have_no_gaps
        the_log_is_followed_in_pages
        streams_are_listed_by_prefix
        nothing_appended_still_checks_and_audits
        an_audit_entry_is_written_once_per_transaction
        audit_pages_come_newest_first
        leaves_get_numbers_in_the_order_of_commits
        refuses_a_gap_in_the_numbers_of_leaves
        openings_change_and_leaves_do_not
        a_tile_is_written_once
        a_checkpoint_neither_shrinks_nor_forks
    }
    work {
        a_job_is_done_once
        a_job_waits_until_it_is_due
        an_expired_lease_passes_to_the_next_worker
        a_lease_can_be_extended
        a_failed_job_is_tried_again_and_then_given_up
        a_job_queued_twice_waits_once
        a_job_queued_while_it_runs_runs_once_more
        many_workers_never_share_a_job
        a_crashed_server_takes_its_jobs_back
        jobs_are_listed_in_pages
        messages_are_sent_in_order_and_once
        a_message_of_a_dead_sender_is_taken_over
        an_unfinished_write_is_told_apart_and_taken_over_once
        an_answer_is_given_again
        of_two_equal_writes_one_does_the_work
        numbers_are_given_out_once
        attempts_are_counted_per_window
        settings_are_read_back
    }
    people {
        an_account_is_found_by_its_login
        a_login_belongs_to_one_account
        a_blocked_account_is_signed_out
        a_withdrawn_role_ends_its_sessions
        a_password_hash_is_replaced
        a_saved_search_is_its_accounts_own
        a_session_ends
        a_setup_link_works_once
        a_newer_setup_link_replaces_the_older
    }
    cases {
        a_document_is_written_over
        documents_are_listed_by_what_they_carry
        pages_of_documents_miss_nothing
        documents_sort_alike_everywhere
        documents_are_made_anew_from_the_log
        a_stale_draft_is_refused
        drafts_are_listed_per_account
        a_basket_is_kept_and_forgotten
        an_erased_text_leaves_a_tombstone
        a_case_is_erased_as_a_whole
    }
    permits {
        a_delivery_is_entered_once
        versions_of_registers_are_listed
        a_permit_is_found_in_its_newest_version
        permits_are_listed_in_pages
        a_permit_status_only_moves_forward
        an_extract_changes_its_state
        of_two_checkers_one_is_told
        outputs_are_listed_by_state
    }
    archive {
        an_archive_brings_everything_back
        an_archive_holds_one_state_while_others_write
        refuses_to_restore_over_rows
        refuses_a_damaged_archive
        refuses_an_archive_of_a_newer_program
        every_table_is_archived_or_left_out
        nobody_is_signed_in_after_a_restore
        a_failed_snapshot_leaves_no_file
    }
}
