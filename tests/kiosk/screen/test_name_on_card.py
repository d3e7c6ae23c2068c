"""Names on the screen: only for the badge that opens its own card, and masked."""

from __future__ import annotations

import pytest

from kiosk.screen.name_on_card import masked, person_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("陳大文", "陳**"),
        ("欧阳娜娜", "欧**"),
        ("Jane Smith", "J. Smith"),
        ("CHAN Tai Man", "T. Chan"),
        ("Tai Man CHAN", "T. Chan"),
        ("Plato", "P***"),
        ("Élodie Durand", "É. Durand"),
        ("陳大文 Chan Tai Man", "陳**"),
        ("Chan Tai Man", "T. Chan"),
        ("CHAN Tai Man Peter", "T. Chan"),
        ("Peter Chan Tai Man", "P. Chan"),
        ("Wang Wei", "W. Wang"),
        ("Na Li", "N. Li"),
        ("JOHN SMITH", "J. Smith"),
        ("Mary O’Brien", "M. O’Brien"),
        ("Dr Li", "Dr L***"),
        ("Prof. Élodie Durand", "É. Durand"),
        ("阿依古丽·买买提", "阿**"),
        ("·阿依古丽·买买提", "阿**"),
        ("𠮷田", "𠮷**"),
        ("...", ""),
        ("  ", ""),
    ],
)
def test_a_masked_name_is_known_to_its_owner_alone(name, shown):
    assert masked(name) == shown


@pytest.mark.parametrize(
    ("name", "family", "shown"),
    [
        ("Chan Tai Man", "Chan", "T. Chan"),
        ("CHAN Tai Man Peter", "CHAN", "T. Chan"),
        ("Lee Wong", "Lee", "W. Lee"),
        ("María García López", "García López", "M. García López"),
        ("Jan van der Berg", "van der Berg", "J. van der Berg"),
        ("Dr Na Li", "Li", "N. Li"),
        ("Dr Li", "Li", "Dr L***"),
        ("Plato", "Plato", "P***"),
        ("歐陽嘉欣", "歐陽", "歐陽**"),
        ("陳大文", "陳", "陳**"),
        ("陳", "陳", "陳**"),
        ("歐陽", "歐陽", "歐**"),
        ("阿依古丽·买买提", "买买提", "买买提**"),
        ("Jane Smith", "Jones", "J. Smith"),
    ],
)
def test_a_known_family_name_is_shown_wherever_it_stands(name, family, shown):
    assert masked(name, family) == shown


def test_the_badge_itself_opens_its_name_card(stand):
    guest = stand.world.register("陳大文", "zh-Hant")
    stand.world.deliver()
    stand.loop.step()
    answer = stand.door.present(guest.text, "in")

    person = person_of(answer, stand.door.name_card)
    assert person is not None
    assert (person.masked, person.language) == ("陳**", "zh-Hant")
    assert "陳" not in repr(person)


def test_without_its_secret_a_badge_shows_no_name(stand):
    guest = stand.world.register("Jane Smith")
    stand.world.deliver()
    stand.loop.step()

    assert person_of(stand.door.present_by_hand(guest.badge, "in"), stand.door.name_card) is None
