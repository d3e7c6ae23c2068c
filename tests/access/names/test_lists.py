"""The lists of public names: every pair of scripts is found both ways, and Hong Kong names by their spellings."""

from pathlib import Path

from access.names.index import Named, NameIndex
from access.names.segment import Rank
from bench.support.crowd import crowd

LISTS = Path(__file__).parents[2] / "samples" / "names"


def pairs() -> list[list[str]]:
    text = (LISTS / "name-pairs.txt").read_text("utf-8")
    return [pair.split() for pair in text.replace("\n", "|").split("|") if pair.strip()]


def hong_kong() -> list[list[str]]:
    """Traditional, simplified, family name, given names."""
    return [line.split() for line in (LISTS / "hk-names.tsv").read_text("utf-8").splitlines()]


def index_of(names: list[str]) -> NameIndex:
    index = NameIndex()
    index.put(Named(number, (name,)) for number, name in enumerate(names))
    return index


def test_every_name_is_found_in_the_other_script() -> None:
    both = pairs()
    assert len(both) > 370
    for stored, typed in ((0, 1), (1, 0)):
        index = index_of([pair[stored] for pair in both])
        missed = [
            pair
            for number, pair in enumerate(both)
            if number not in {hit.identity for hit in index.search(pair[typed], 50).hits}
        ]
        assert missed == []


def test_hong_kong_names_are_found_by_their_official_spellings() -> None:
    people = hong_kong()
    index = index_of([person[0] for person in people])
    whole, families = 0, 0
    for number, (_, _, family, *given) in enumerate(people):
        ways = (
            f"{family} {' '.join(given)}",
            f"{family} {''.join(given)}",
            f"{' '.join(given)} {family}",
            f"{family}{''.join(given)}",
        )
        whole += any(
            hit.identity == number and hit.rank < Rank.NEAR
            for way in ways
            for hit in index.search(way, 50).hits
        )
        families += number in {hit.identity for hit in index.search(family, 217).hits}
    assert len(people) == 217
    assert whole >= 205
    assert families == 217


def test_few_strangers_are_found_with_the_right_ones() -> None:
    """Of 26,000 made-up people: by a whole Chinese name nearly nobody else, by a Hong Kong name one or two."""
    index = index_of([person.name for person in crowd(26_000)])
    chinese = [person for pair in pairs() for person in pair if len(person) > 2]
    extra = [len([h for h in index.search(n, 50).hits if h.rank > Rank.EXACT]) for n in chinese]
    assert sum(extra) / len(extra) < 0.1
    spelled = [" ".join(person[2:]) for person in hong_kong()]
    hits = [[h for h in index.search(n, 500).hits if h.rank < Rank.NEAR] for n in spelled]
    assert sum(map(len, hits)) / len(hits) < 3
