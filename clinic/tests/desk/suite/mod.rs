//! What a desk does, whatever its database: the same tests run on SQLite and on PostgreSQL.
#![allow(unreachable_pub, reason = "tests")]
mod checks;
mod day;
mod late;
mod session;
mod twoway;

pub use checks::*;
pub use day::*;
pub use late::*;
pub use session::*;
pub use twoway::*;

/// Runs every test on the place that `place(&nation)` gives.
macro_rules! tests {
    ($(#[$attribute:meta])*) => {
        $crate::suite::tests! { @each [$(#[$attribute])*]
            a_wrong_password_is_refused_and_slowed_down
            nothing_is_told_without_a_session
            a_change_needs_the_header_of_our_page
            a_session_ends_with_its_time_and_when_the_clerk_leaves
            a_new_password_ends_every_session
            a_genuine_code_is_accepted_once
            of_two_desks_that_race_on_one_code_exactly_one_accepts
            the_same_card_at_another_counter_within_the_hour_is_a_warning
            a_restarted_desk_remembers_what_it_has_seen
            a_clock_a_day_behind_is_told
            lists_that_are_a_day_old_leave_the_decision_to_a_person
            a_scan_counts_from_its_first_character
            the_day_lists_checks_the_newest_first
            a_comparison_of_faces_can_be_taken_back
            numbers_of_the_queue_count_from_one_each_day
            two_counters_never_give_one_number_twice
            a_step_of_the_queue_can_be_taken_back
            what_is_older_than_the_clinic_says_is_forgotten
            a_page_that_was_alone_hands_in_what_it_saw
            a_replay_that_a_page_hands_in_the_next_day_is_found_and_told
            a_check_whose_answer_was_lost_is_no_second_use_of_its_code
            a_card_that_a_page_saw_after_another_counter_is_kept_with_the_warning
            a_key_without_its_credential_is_refused
            a_sighting_that_comes_late_is_no_warning_for_another_time_of_day
            a_sighting_that_comes_late_does_not_hide_the_newest
            a_comparison_made_after_a_lost_answer_is_kept_and_an_older_one_changes_nothing
            every_table_about_people_is_empty_after_its_time
            whoever_shows_another_face_leaves_the_queue_until_that_is_taken_back
            whom_the_clerk_did_not_recognise_is_served_nowhere
            a_desk_without_a_name_asks_nothing
            the_answer_to_a_question_is_taken_once_and_closes_it
            a_phone_is_told_the_purpose_and_one_that_it_could_not_show_is_refused
            of_two_phones_that_answer_one_question_at_once_one_is_taken
            a_question_waits_until_its_answer_is_kept
            an_encrypted_answer_waits_until_it_is_kept_and_one_that_is_refused_closes_its_question
            an_answer_counts_from_its_first_character
            a_question_says_what_it_is_for_and_which_level_will_do
            a_desk_that_takes_answers_alone_refuses_a_code_for_any_clinic
            an_encrypted_answer_is_read_where_it_was_asked_for
            a_question_is_over_after_a_minute
            a_camera_is_shown_the_portrait_that_the_issuer_vouches_for
        }
    };
    (@each $attributes:tt $($name:ident)*) => {
        $($crate::suite::tests! { @one $attributes $name })*
    };
    (@one [$(#[$attribute:meta])*] $name:ident) => {
        #[test]
        $(#[$attribute])*
        fn $name() {
            suite::$name(place);
        }
    };
}
pub(crate) use tests;
