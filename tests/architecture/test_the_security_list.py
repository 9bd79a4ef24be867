"""The list of what an API is attacked by (after OWASP's API top ten of 2023 and ASVS 5.0), and the tests that hold each line."""

import ast
from collections.abc import Iterator, Mapping

import pytest

from tests.golden.snapshots import ROOT

LIST: Mapping[str, tuple[str, ...]] = {
    "S1 objects of others": (
        "test_s1_what_a_route_declares_is_what_its_operation_does",
        "test_s1_a_leak_and_a_right_that_is_refused_are_seen",
    ),
    "S2 functions of others": (
        "test_s2_a_thousand_requests_of_twenty_organisations_are_shown_no_foreign_row",
        "test_no_right_is_every_role_s",
    ),
    "S3 fields of the server": ("test_hostile_requests_are_refused", "test_patch_changes_the_fields_that_were_sent_and_no_other"),
    "S4 filters on hidden columns": ("test_hostile_requests_are_refused", "test_every_filter_of_a_list_on_one_value_has_its_index"),
    "S6 what is revoked": ("test_a_suspension_is_felt_in_every_service_through_a_broker", "test_whatever_a_token_stands_on_may_be_revoked"),
    "S7 another service's rights": ("test_a_token_of_one_service_is_refused_by_the_others", "test_a_service_sees_nothing_of_another"),
    "S8 forged tokens": ("test_a_hostile_token_is_refused", "test_b6_a_claim_that_is_missing_is_refused_by_its_name"),
    "S9 secrets of credentials": (
        "test_s9_an_unknown_client_costs_what_a_wrong_secret_does",
        "test_a_secret_is_shown_once_and_only_its_hash_is_kept",
    ),
    "S11 bodies without end": ("test_b9_a_body_that_does_not_come_is_408", "test_hostile_requests_are_refused"),
    "S12 pages": ("test_no_list_counts_rows_to_skip", "test_a_broken_cursor_is_refused"),
    "S13 bounds": ("test_whatever_comes_in_is_bounded",),
    "S15 texts": ("test_a_heap_of_accents_is_refused_before_it_is_composed", "test_a_text_has_one_pattern"),
    "S17 the last place and the last cent": (
        "test_200_acceptances_at_once_for_10_places_give_10_placements_and_190_refusals",
        "test_200_commitments_at_once_are_exactly_28",
    ),
    "S18 repeated requests": ("test_twenty_at_once_have_one_effect", "test_another_body_under_the_key_is_refused"),
    "S19 moves": ("test_g5_what_live_allows_is_done_and_nothing_else_is",),
    "S21 stale versions": ("test_a_change_needs_the_version_that_was_read", "test_of_two_changes_at_once_one_wins"),
    "S23 the corpus on every field": ("test_hostile_requests_are_refused", "test_the_corpus_finds_what_is_wrong_with_the_usual_way"),
    "S24 characters": ("test_b7_a_text_that_shows_nothing_or_hides_something_is_refused",),
    "S25 numbers": ("test_hostile_requests_are_refused",),
    "S26 JSON": ("test_hostile_requests_are_refused",),
    "S27 days": ("test_every_day_is_in_one_period_of_each_kind_which_its_name_says", "test_hostile_requests_are_refused"),
    "S28 national identifiers": (
        "test_siret_agrees_with_python_stdnum",
        "test_a_finess_has_a_luhn_key_where_the_letter_of_corsica_is_a_digit",
    ),
    "S30 log lines": ("test_every_request_is_one_line_of_json_and_no_secret_is_in_it",),
    "S31 secrets in logs": ("test_every_request_is_one_line_of_json_and_no_secret_is_in_it",),
    "S32 what a fault tells": ("test_a_bug_is_a_problem_that_tells_nothing_and_stores_nothing",),
    "S33 other origins": ("test_no_other_origin_is_let_in", "test_it_is_off_by_default"),
    "S34 headers": ("test_every_answer_carries_the_safe_headers",),
    "S35 forwarded headers": ("test_a_forwarded_host_changes_nothing",),
    "S37 SQL": ("test_hostile_requests_are_refused",),
    "S38 roles of the database": ("test_a_service_sees_nothing_of_another", "test_the_application_works_under_its_runtime_role"),
    "S39 walls": ("test_s39_what_nouns_mark_has_a_policy_and_nothing_else_has",),
    "S40 drift": ("test_the_database_is_what_the_tables_declare",),
}
"""What is not here has its place with what it is about: imports, limits, figures of few, webhooks, the proxy, four eyes."""


def functions() -> Iterator[str]:
    """The names of all tests."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.name


@pytest.mark.parametrize("line", LIST)
def test_each_line_is_held_by_tests_that_there_are(line: str) -> None:
    assert set(LIST[line]) - NAMES == set()


NAMES = frozenset(functions())
