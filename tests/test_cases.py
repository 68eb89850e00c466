"""Each input that once went wrong has a test that makes the input itself; the cases bear their first numbers."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
CASES = TESTS.parents[1] / "shared" / "cases"  # beside a checkout of the maintainers
ANSWERED = {
    "P01": ["experiments/test_preparation.py::test_predict_answers_file_by_file_as_evaluate_does"],
    "P02": [
        "data/test_image_folder.py::test_images_redrawn_under_the_same_names_and_sizes_are_decoded_anew_and_told_of",
        "experiments/test_folder_runs.py::test_images_redrawn_since_the_run_are_told_of",
    ],
    "P03": [
        "data/test_folder.py::test_the_parts_are_known_by_their_usual_names_in_any_case",
        "experiments/test_folder_runs.py::test_a_run_says_what_it_read_and_what_was_left_out",
    ],
    "P06": ["experiments/test_folder_runs.py::test_classes_whose_names_are_not_utf8_are_trained_on_by_escaped_names"],
    "P07": ["cli/test_hard_places.py::test_a_folder_whose_name_an_ascii_system_cannot_say_is_refused_in_a_line"],
    "P08": [
        "experiments/test_damaged.py::test_a_batch_of_one_under_batch_normalization_is_found_before_anything_is_written"
    ],
    "P09": ["cli/test_hard_places.py::test_a_run_with_one_held_out_image_is_exported_with_a_free_batch_axis"],
    "P10": ["cli/test_hard_places.py::test_cam_shows_as_many_classes_as_there_are"],
    "P11": ["data/test_image.py::test_an_orientation_that_cannot_be_read_means_upright"],
    "P12": [
        "data/test_image.py::test_a_photo_that_pillow_takes_for_a_bomb_is_read_small_where_it_is_a_jpeg",
        "data/test_image.py::test_an_image_beyond_the_limit_is_refused_with_the_limit_and_the_way_out",
    ],
    "P13": [
        "data/test_folder.py::test_every_usual_suffix_is_read_and_the_rest_is_counted",
        "data/test_folder.py::test_too_few_to_hold_one_out_are_refused_with_the_number_it_takes",
    ],
    "P15": ["experiments/test_damaged.py::test_a_record_of_another_machine_says_how_to_go_on"],
    "P17": ["cli/test_hard_places.py::test_a_moved_folder_is_named_to_each_verb_that_reads_it"],
    "P18": ["cli/test_hard_places.py::test_without_a_home_folder_the_variable_is_named"],
    "P28": [
        "cli/test_bounds.py::test_absurd_settings_are_planned_or_refused_in_a_line",
        "cli/test_bounds.py::test_absurd_options_are_one_line",
    ],
    "rel-eps-as-png": ["data/test_image.py::test_a_program_that_draws_is_not_run"],
    "rel-symlink-metrics": ["train/test_run_folder.py::test_links_and_fifos_in_a_record_are_refused"],
    "rel-symlink-checkpoint": [
        "train/test_run_folder.py::test_a_checkpoint_behind_a_link_is_neither_read_nor_written_nor_cleaned",
        "train/test_run_folder.py::test_a_checkpoint_deletes_only_files_of_its_own_names",
    ],
    "rel-deep-metrics": [
        "train/test_run_folder.py::test_a_hostile_row_is_one_line",
        "experiments/test_damaged.py::test_one_broken_record_hides_no_other",
        "experiments/test_damaged.py::test_compare_leaves_a_broken_record_out_and_says_so",
    ],
    "rel-learner-file": ["exercises/test_runner.py::test_a_file_that_is_no_exercise_is_refused"],
    "rel-state-step2": ["experiments/test_damaged.py::test_a_changed_field_is_refused"],
    "rel-best-loss": ["experiments/test_damaged.py::test_a_changed_value_is_refused"],
    "rel-no-optimizer": [
        "experiments/test_damaged.py::test_tensors_of_another_kind_are_refused_even_where_the_hashes_agree"
    ],
    "rel-no-optimizer-step": [
        "experiments/test_damaged.py::test_tensors_of_another_kind_are_refused_even_where_the_hashes_agree"
    ],
    "rel-nan-weights": [
        "experiments/test_damaged.py::test_tensors_of_another_kind_are_refused_even_where_the_hashes_agree"
    ],
    "rel-seconds-nan": ["experiments/test_damaged.py::test_a_number_that_is_none_is_one_line"],
    "rel-evidence": [
        "claims/test_broken_evidence.py::test_a_field_of_another_kind_is_one_line_and_hides_no_other_claim",
        "claims/test_broken_evidence.py::test_a_file_that_is_no_json_is_one_line",
    ],
    "rel-idx": ["data/test_idx.py::test_shapes_that_no_array_has_are_refused_in_a_line"],
    "rel-tar-sparse": ["data/test_archive.py::test_a_tar_whose_headers_lie_is_refused_in_a_line"],
    "rel-site-stamp": ["experiments/test_damaged.py::test_a_broken_site_stamp_is_one_line"],
    "rel-exercise": [
        "exercises/test_runner.py::test_no_verdict_but_the_graders_is_believed",
        "exercises/test_runner.py::test_what_leaves_its_group_or_its_parent_is_ended_too",
        "exercises/test_runner.py::test_a_fault_of_the_checker_is_said_to_be_that",
    ],
}


@pytest.mark.parametrize("case", ANSWERED)
def test_a_case_is_answered(case):
    assert ANSWERED[case]
    for answer in ANSWERED[case]:
        file, _, name = answer.partition("::")
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.M), answer


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases lie with the maintainers")
def test_no_case_is_without_an_answer():
    assert {folder.name for folder in CASES.iterdir() if folder.is_dir()} <= set(ANSWERED)
