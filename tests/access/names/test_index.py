"""Whom a search finds, in which order, and whom it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access.names.index import LARGE, SMALL, Hit, Named, NameIndex
from access.names.segment import Rank
from bench.support.crowd import crowd


def index_of(*names: str) -> NameIndex:
    index = NameIndex()
    index.put(Named(number, (name,)) for number, name in enumerate(names))
    return index


def found(index: NameIndex, query: str) -> list[int]:
    return [hit.identity for hit in index.search(query, 50).hits]


@pytest.mark.parametrize(
    ("stored", "queries"),
    [
        ("刘峰", "劉峰|刘 峰|liu feng|liufeng|feng liu|lf|lau fung|峰"),
        ("钱钟书", "錢鍾書|钱锺书"),
        ("張羣", "张群"),
        ("曾國衞", "曾国卫|tsang kwok wai"),
        ("顧嘉煇", "顾嘉辉"),
        ("渡邉", "渡辺|渡边"),
        ("靑山", "青山"),
        ("⼈名", "人名"),
        ("吉野家", "𠮷野家"),
        (
            "曾国藩",
            "zeng|ceng|zgf|zeng guofan|guofan zeng|zengguofan|tsang kwok|tseng kuo fan|gf|zeng gf",
        ),
        ("單仲偕", "sin chung kai|shan zhong xie|單"),
        ("區瑞強", "au sui keung|ou ruiqiang"),
        ("單雄信", "shan xiongxin"),
        ("梁振英", "leung chun|chunying leung|c y leung|leung cy|cy leung|LEUNG Chun-ying"),
        ("林鄭月娥", "lam cheng yuet ngor|cheng yuet ngor|yuet ngor"),
        ("吕布", "lv|lu|lyu|lü bu|lv bu"),
        ("西安安", "xi'an an|xian an"),
        ("歐陽震華", "au yeung|auyeung|ouyang|zhenhua"),
        (
            "陳大文",
            "chan tai man|chantaiman|taiman chan|tai man|陈大文|陳 大文|陳\u3000大文|chen dawen|cdw",
        ),
        (
            "阿依古丽·买买提",
            "买买提阿依古丽|买买提 阿依|maimaiti|ayiguli|买买提|阿依古丽买买提|mmt|aygl|maimaiti ayiguli",
        ),
        ("阿卜杜热合曼·买买提", "maimaiti|abudurehemàn"),
        ("陳 大文", "陳大文|大文|chan tai man"),
        ("María del Carmen de la Cruz", "mariadelcarmen|cruz maria"),
        ("Łukasz Żółć", "lukasz zolc|lukasz|ZOLC lukasz|zolclukasz"),
        ("Søren Ødegård", "soren|soren odegard|odeg"),
        ("O’Brien", "obrien|o brien|o'brien|brien"),
        ("Đặng Văn Đỗ", "dang do|dang van do"),
        ("Nguyễn Đức", "nguyen duc|nguyenduc"),
        ("Þór Æsa", "thor|aesa"),
        ("Yıldız", "yildiz"),
        ("Strauß, Jürgen", "strauss jurgen|ju str"),
        ("José\u0301 Díaz", "jose diaz"),
        ("ＺＨＡＮＧ\u3000Ｗｅｉ", "zhang wei|zhangwei"),
        ("Zhang Xiaoming", "zhang xiao ming|xiaoming zhang|xiaomingzhang"),
        ("陳大文 Peter", "peter chan|peter 陳|陈 peter|chan peter"),
        ("Müller-Lüdenscheidt", "muller|ludenscheidt"),
    ],
)
def test_a_person_is_found_by_all_of_these(stored: str, queries: str) -> None:
    index = index_of(stored)
    for query in queries.split("|"):
        assert [hit.rank < Rank.NEAR for hit in index.search(query, 5).hits] == [True], query


@pytest.mark.parametrize(
    ("stored", "query"),
    [
        ("黃大文", "王大文"),
        ("黃大文", "chan"),
        ("黃大文", "wong lung"),
        ("曾国藩", "zg f x"),
        ("Ann Example", "nn"),
        ("Ann Example", "ann exampler"),
        ("陳大文", ""),
        ("陳大文", " -- "),
        ("陳大文", "щ"),
        ("", "a"),
        ("陳大文", "c" * 200),
        ("陳大文", "c" * 70 + " man"),
    ],
)
def test_a_person_is_not_found_by_this(stored: str, query: str) -> None:
    assert found(index_of(stored), query) == []


def test_the_better_hit_comes_first_and_only_then_the_list_is_cut() -> None:
    names = ["李后主人", "小李后主", "李後主", "李后主"]
    index = index_of(*["王李后主"] * 30, *names)
    first = index.search("李后主", 3)
    assert [(hit.identity - 30, hit.rank) for hit in first.hits] == [
        (3, Rank.EXACT),
        (2, Rank.HAN_WHOLE),
        (0, Rank.HAN_BEGINNING),
    ]
    assert first.total == 34


def test_the_name_as_stored_comes_before_a_derived_spelling_before_a_company() -> None:
    index = index_of("陳大文", "Chan Tai Man", "陳大文明", "文陳大", "chan, tai man")
    index.put([Named(9, ("Ann Example",), ("Chan Tai Man & Sons",))])
    assert index.search("chan tai man", 9).hits == [
        Hit(1, Rank.EXACT),
        Hit(4, Rank.NAME_WORDS),
        Hit(0, Rank.SPELLED_WHOLE),
        Hit(2, Rank.SPELLED_BEGINNING),
        Hit(3, Rank.SPELLED_TURNED),
        Hit(9, Rank.OTHER_TEXTS),
    ]


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("keji", [1, 2, 3]),
        ("ke ji", [1, 2, 3]),
        ("jianmen kej", [1, 2]),
        ("kejijianmen", []),
        ("yinhang", [4]),
        ("wang keji", [2]),
        ("keji wang", [2]),
        ("yinhang 李", [4]),
        ("ji", []),
    ],
)
def test_a_chinese_company_is_found_in_letters_from_any_of_its_characters_on(
    query: str, who: list[int]
) -> None:
    index = NameIndex()
    companies = ("四川剑门科技", "劍門（成都）科技有限公司", "高新科技園", "中国银行成都分行")
    names = ("Ada", "王明", "Ann", "李雷")
    people = [
        Named(number, (name,), (company, f"R{number}"))
        for number, (name, company) in enumerate(zip(names, companies, strict=True), 1)
    ]
    for start in range(0, 4000, 1000):  # some segments, which are made one
        index.put(Named(10 + start + n, ("Eve",), ("Ltd",)) for n in range(1000))
        index.put(people[start // 1000 : start // 1000 + 1])
    assert sorted(hit.identity for hit in index.search(query, 20).hits) == who
    index.remove([1, 2, 3, 4])
    assert index.search(query, 20).hits == []


def test_a_whole_spelling_comes_before_one_that_was_cut_short() -> None:
    index = index_of("張偉", "陳偉", "曾偉")
    hits = index.search("chan", 9).hits
    assert hits[0] == Hit(1, Rank.SPELLED_BEGINNING)
    assert Hit(0, Rank.SPELLED_CUT) in hits
    assert index.search("c w", 9).hits[0].rank == Rank.SPELLED_CUT


def test_pages_follow_each_other() -> None:
    index = index_of(*["陳大文"] * 7)
    pages = [index.search("chan", 3, offset) for offset in (0, 3, 6, 9)]
    assert [hit.identity for page in pages for hit in page.hits] == list(range(7))
    assert {page.total for page in pages} == {7}


def test_all_words_but_one_are_enough_where_nobody_has_them_all() -> None:
    index = index_of("董建華", "王小明", "Ann Mary Example")
    assert index.search("tung kin hwa", 5).hits == [Hit(0, Rank.NEAR)]
    assert index.search("ann lisa example", 5).hits == [Hit(2, Rank.NEAR)]
    assert index.search("tung chee hwa", 5).hits == []
    assert index.search("tung hwa", 5).hits == []
    index.remove([0])
    assert index.search("tung kin hwa", 5).hits == []


def test_other_texts_find_people_too() -> None:
    index = NameIndex()
    texts = ("四川大学", "ST-0012", "+86 138 0013 8000", "ann@example.org")
    index.put([Named(1, ("Ann Example",), texts), Named(2, ("陳大文",), ("四川大學",))])
    for query in ("st-0012", "ST0012", "13800138000", "8000", "ann@example.org", "ann 四川"):
        assert found(index, query) == [1], query
    for query in ("四川", "大學", "川大学"):
        assert found(index, query) == [1, 2], query
    assert found(index, "chan 四川大学") == [2]
    assert found(index, "陈 四川") == [2]


def test_keys_of_name_cards_sealed_earlier_find_as_before() -> None:
    index = NameIndex()
    index.put([Named(1, ("張偉", "zhang wei", "zw", "张伟"))])
    for query in ("zhang", "zw", "张伟", "wei zhang", "cheung wai"):
        assert found(index, query) == [1], query


ZHANG = ("张伟", "zhangwei", "zw", "張偉")
CHAN = ("陳大文", "chendawen", "cdw", "陈大文", "Chan Tai Man")
OBRIEN = ("Siobhán O'Brien-Müller",)


@pytest.mark.parametrize(
    ("names", "query"),
    [
        (ZHANG, "张伟"),
        (ZHANG, "張偉"),
        (ZHANG, "伟"),
        (ZHANG, "zhangwei"),
        (ZHANG, "Zhang Wei"),
        (ZHANG, "zhāng wěi"),
        (ZHANG, "zhangw"),
        (ZHANG, "ZW"),
        (ZHANG, "ｚｗ"),
        (CHAN, "陈大文"),
        (CHAN, "大文"),
        (CHAN, "陳 大 文"),
        (CHAN, "tai man chan"),
        (CHAN, "chan t"),
        (OBRIEN, "siobhan obrien"),
        (OBRIEN, "o’brien"),
        (OBRIEN, "MULLER, Siobhán"),
        (OBRIEN, "  müller  "),
    ],
)
def test_all_names_and_keys_of_a_card_find_the_person(names: tuple[str, ...], query: str) -> None:
    index = NameIndex()
    index.put([Named(1, names)])
    assert found(index, query) == [1]


@pytest.mark.parametrize(
    ("names", "query"),
    [
        (ZHANG, "李"),
        (ZHANG, "wang"),
        (ZHANG, "伟张"),
        (CHAN, "hkstp"),
        (CHAN, "tai wong"),
        (OBRIEN, "rien"),
    ],
)
def test_other_names_do_not_find_a_person(names: tuple[str, ...], query: str) -> None:
    index = NameIndex()
    index.put([Named(1, names)])
    assert found(index, query) == []


def test_changes_and_removals_are_seen_at_once() -> None:
    index = index_of("陳大文", "王小明")
    index.put([Named(0, ("李四",))])
    assert found(index, "chan") == []
    assert found(index, "李四") == [0]
    index.remove([0, 7])
    assert found(index, "李四") == []
    index.remove([])
    assert len(index) == 1
    assert found(NameIndex(), "李四") == []


def test_everybody_may_be_removed_and_others_come() -> None:
    index = NameIndex()
    for start in range(0, 12 * SMALL, SMALL):
        index.put(Named(start + n, ("陳大文",)) for n in range(SMALL))
        index.remove(range(start, start + SMALL))
    assert len(index) == 0
    assert found(index, "chan") == []
    index.put([Named(1, ("陳大文",))])
    assert found(index, "chan") == [1]


def test_an_index_that_grew_and_changed_answers_as_one_made_at_once() -> None:
    people = list(crowd(12 * SMALL))
    named = [Named(n, (one.name,), (one.organisation, one.ref)) for n, one in enumerate(people)]
    grown, at_once = NameIndex(), NameIndex()
    for start in range(0, len(named), SMALL):
        grown.put(named[start : start + SMALL])
        grown.put([Named(start, ("改名",))])
    grown.put(named[::SMALL])
    grown.put(named[1:2])
    grown.remove(range(100, 200))
    at_once.put(named[:100] + named[200:])
    assert len(grown) == len(at_once) == 12 * SMALL - 100
    for query in ("王", "wang", "chan wai", "zgf", "R0000", "四川", "lukasz", "改名", "li 四川"):
        ours, theirs = grown.search(query, LARGE), at_once.search(query, LARGE)
        assert ours.total == theirs.total, query
        assert sorted(ours.hits) == sorted(theirs.hits), query


names = st.one_of(
    st.text(st.sampled_from("陳陈大文王小明李后後主单單·阿 "), min_size=1, max_size=6),
    st.text(st.characters(categories=["L", "Zs", "Pd"]), min_size=1, max_size=12),
)


@settings(deadline=None)
@given(names)
def test_everybody_is_found_by_their_own_name(name: str) -> None:
    hits = index_of("Somebody Else", name).search(name, 5).hits
    if any(character.isalnum() for character in name):
        assert hits[0].identity == 1
        assert hits[0].rank == Rank.EXACT


@settings(deadline=None)
@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=5))
def test_nothing_that_is_typed_or_stored_makes_a_search_fail(query: str, stored: list[str]) -> None:
    index = NameIndex()
    index.put(Named(n, (name, query), (name,)) for n, name in enumerate(stored))
    results = index.search(query, 50)
    assert len(results.hits) == results.total <= len(stored)
