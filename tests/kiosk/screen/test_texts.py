"""Every answer has words in all three languages."""

from __future__ import annotations

from typing import get_args

import pytest

from access.event.definition import LANGUAGES
from access.rules.decide import Reason
from kiosk.door.readiness import Cause
from kiosk.pages import staff_texts as staff_words
from kiosk.screen import texts as words
from kiosk.screen.texts import Notice

REASONS = get_args(Reason)
OPENS_ALWAYS = {"ok", "repeat", "not_inside", "standby", "reentry", "overridden"}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_that_can_refuse_has_a_headline_in_three_languages(reason):
    if reason not in OPENS_ALWAYS:
        assert all(words.HEADLINES[reason][language] for language in LANGUAGES)


@pytest.mark.parametrize("reason", REASONS)
def test_staff_read_every_reason_in_three_languages(reason):
    assert all(staff_words.REASONS[reason][language] for language in LANGUAGES)


@pytest.mark.parametrize("notice", get_args(Notice))
def test_every_state_of_the_door_has_a_headline_in_three_languages(notice):
    assert all(words.NOTICES[notice][language] for language in LANGUAGES)


@pytest.mark.parametrize("cause", get_args(Cause))
def test_every_cause_has_words_for_whoever_mends_the_door(cause):
    assert all(words.CAUSES[cause][language] for language in LANGUAGES)


@pytest.mark.parametrize(
    "table",
    [
        words.HEADLINES, words.ADDED, words.NOTES, words.NOTICES, words.NOTICE_LINES, words.CAUSES,
        staff_words.REASONS, staff_words.WHYS, staff_words.ERRORS, staff_words.LABELS,
        staff_words.COUNT_LABELS, staff_words.GATE_LABELS,
    ],
)  # fmt: skip
def test_no_table_lacks_a_language_or_a_blank_to_fill_in(table):
    for key, said in table.items():
        assert set(said) == set(LANGUAGES), key
        blanks = {frozenset(part.split("}")[0] for part in said[n].split("{")[1:]) for n in said}
        assert len(blanks) == 1, key
