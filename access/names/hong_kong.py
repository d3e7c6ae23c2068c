"""How a Cantonese syllable is spelled in Hong Kong names: nobody follows one system, so each has several spellings."""

from collections.abc import Iterator

_INITIALS = {
    "b": ("p", "b"),
    "d": ("t", "d"),
    "g": ("k", "g"),
    "gw": ("kw", "gw", "k"),
    "kw": ("kw", "k"),
    "z": ("ch", "ts", "tz", "j", "c"),
    "c": ("ch", "ts", "tz"),
    "s": ("s", "sh"),
    "j": ("y", "", "j"),
    "w": ("w", ""),
    "n": ("n", "l"),
    "ng": ("ng", ""),
}
"""Other initials are spelled as in Jyutping."""

_FINALS = {
    "aa": ("a", "ah", "ar"),
    "aai": ("ai",),
    "aau": ("au", "ao"),
    "aam": ("am",),
    "aan": ("an",),
    "aang": ("ang",),
    "aap": ("ap",),
    "aat": ("at",),
    "aak": ("ak", "ack", "uk", "ark"),
    "ai": ("ai", "ei"),
    "au": ("au", "ow", "ao"),
    "am": ("am", "um", "em"),
    "an": ("an", "en", "un"),
    "ang": ("ang", "ung"),
    "ap": ("ap", "up"),
    "at": ("at", "ut"),
    "ak": ("ak", "ack", "uk", "ark"),
    "e": ("e", "eh"),
    "ei": ("ei", "ee", "i", "ay", "ey"),
    "eng": ("eng", "ing"),
    "ek": ("ek", "ik"),
    "i": ("i", "ee", "ie"),
    "iu": ("iu", "ew"),
    "ing": ("ing", "eng"),
    "ik": ("ik", "ick"),
    "o": ("o", "or", "aw", "oh"),
    "oi": ("oi", "oy"),
    "ou": ("o", "ou", "oo", "ow", "u", "ao"),
    "u": ("u", "oo"),
    "un": ("un", "oon"),
    "uk": ("uk", "ook", "ok"),
    "oe": ("eu", "oe"),
    "oeng": ("eung", "eong", "ong"),
    "oek": ("euk", "eok"),
    "eoi": ("ui", "oi"),
    "eon": ("un", "on"),
    "eot": ("ut",),
    "yu": ("u", "ue", "oo", "yu"),
    "yun": ("uen", "un"),
    "yut": ("uet", "ut"),
}
"""Other finals (im, ip, it, in, on, ong, ok, ot, ung, ui, ut) are spelled as in Jyutping."""

_WHOLE = {
    "zi": ("tsz", "tsze", "tze", "tse", "che", "chi", "chee", "tzu", "see"),
    "ci": ("chi", "chee", "tsz", "tsze", "tze", "tse", "che", "see"),
    "si": ("sze", "sz", "si", "see", "tse", "tsz", "shi", "szu"),
    "gong": ("kwong",),
    "m": ("ng",),
}
"""Spellings of whole syllables beside those that initial and final give."""

SURNAMES = """
徐 tsui chui hsu tsue|沈 shum sum sham sung shen|蔡 choi tsoi choy chua tsai|蕭 siu shiu siao shiao hsiao
謝 tse che hsieh|曾 tsang tseng tsan|余 yu yue eu yee|吳 ng woo wu goh|葉 yip ip yeh yap|葛 kot quat got
翟 jat chak tsak|甄 yan yen|司 sze se szu|徒 to tou too|歐 au auw ow|陳 chan chen chin tan tchan ting
林 lam lim lin|黃 wong huang ooi oei ng|張 cheung chang teo teoh|李 lee li lei|王 wong wang ong heng
劉 lau liu low lew|郭 kwok kuok quek kuo|何 ho hoh|梁 leung liang leong neo|鄭 cheng tay chung|鄧 tang teng
許 hui hsu koh khoo|朱 chu choo|周 chow chau chou jow|趙 chiu chao chew|馮 fung feng foong|彭 pang
潘 poon pan phua|盧 lo loo lu|杜 to tu toh|羅 lo law loh|胡 wu woo hu oh|高 ko go kao koh|宋 sung soong
蘇 so su soo|譚 tam tham|鍾 chung choong|馬 ma mah|麥 mak mai mark|莫 mok moh|韓 hon han|唐 tong tang
孔 hung kung|石 shek shak sek|白 pak bak pai|伍 ng wu|方 fong fang|丁 ting ding|江 kong chiang|姚 yiu yao
姜 keung chiang|袁 yuen yuan un|任 yam jen yum|崔 tsui chui|程 ching cheng|倪 ngai ni|殷 yan yin|夏 ha hsia
賴 lai loy|雷 lui louie|龍 lung loong|龔 kung|關 kwan kuan quan|阮 yuen yun nguyen|鄺 kwong fong|簡 kan
藍 lam lan|施 sze shi see sy|冼 sin sinn|禤 huen hin|屈 wat wut|邱 yau chiu khoo|岑 shum sum|魏 ngai wei
嚴 yim yen|顧 koo ku|尹 wan yin|戴 tai dai|區 au auw|單 sin shin|仇 kau chau|查 cha char|解 hai kai
佘 she sher|詹 jim chim|卓 cheuk chuk|容 yung|游 yau yu|尤 yau yu|貝 pui pei bei|霍 fok|錢 chin tsien
金 kam king chin|黎 lai li|董 tung|田 tin tien|湯 tong|范 fan|柯 or ko o|莊 chong chuang|卜 puk buk
薛 sit hsueh|招 chiu|駱 lok|甯 ning linn|連 lin|植 chik|聶 nip lip|溫 wan wen|苗 miu|孫 suen sun
楊 yeung young yang yong ieong
"""
"""Spellings of surnames by themselves, old ones and those of Mandarin, Hokkien and Teochew families among them."""


def spellings(syllable: str) -> set[str]:
    """The spellings of one Jyutping syllable without its tone, Jyutping's own among them."""
    return {syllable, *_WHOLE.get(syllable, ()), *_by_rule(syllable)}


def _by_rule(syllable: str) -> Iterator[str]:
    if syllable in ("m", "ng", "hm", "hng"):
        return
    initial = next(
        (one for one in ("gw", "kw", "ng") if syllable.startswith(one)),
        syllable[0] if syllable[0] not in "aeiou" else "",
    )
    final = syllable[len(initial) :]
    for first in _INITIALS.get(initial, (initial,)):
        for rest in _FINALS.get(final, (final,)):
            yield first + rest


def surname_spellings() -> Iterator[tuple[str, list[str]]]:
    """(character, spellings) of the surnames that have some of their own."""
    for group in SURNAMES.replace("\n", "|").split("|"):
        if group.strip():
            surname, *spelled = group.split()
            yield surname, spelled
