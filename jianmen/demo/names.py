"""Names for people who do not exist: mainland ones in simplified characters, Hong Kong ones in traditional, and
Western ones. All are put together at random from common parts; a likeness to anybody is chance."""

from random import Random

from access.event.definition import Language

MAINLAND_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
)
MAINLAND_GIVEN = (
    "伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "超", "明", "霞", "平", "刚",
    "子涵", "梓轩", "浩然", "雨桐", "思远", "欣怡", "宇航", "佳琪", "俊杰", "诗涵", "志强", "晓东", "建华", "丽君",
    "天佑", "若曦", "一诺", "文博", "海燕", "春梅", "国栋", "雪莹",
)  # fmt: skip
MAINLAND_OFFICES = (
    "四川创新研究院", "成都智能制造有限公司", "绵阳科技城发展中心", "眉山新材料有限公司", "西部数据服务公司",
    "电子科技大学", "蓉城创业投资", "长虹路软件园",
)  # fmt: skip

HONG_KONG_SURNAMES = "陳黃李梁林鄭吳何張劉蔡楊葉馮羅曾謝鍾潘蘇鄧蕭葛歐"
HONG_KONG_GIVEN = (
    "嘉欣", "家豪", "詠詩", "志明", "美玲", "俊傑", "曉彤", "偉倫", "淑儀", "梓軒", "樂怡", "國榮", "穎琪", "浩賢",
    "慧敏", "子謙", "凱晴", "永康", "雅雯", "澤霖", "寶儀", "展鵬", "倩婷", "文軒",
)  # fmt: skip
HONG_KONG_OFFICES = (
    "香港創科協會", "維港金融科技", "九龍灣工業設計", "沙田生物科技", "將軍澳數據中心", "港島投資顧問",
)  # fmt: skip

WESTERN_GIVEN = (
    "Emma", "Liam", "Sofía", "Noah", "Chloé", "Lukas", "Anna", "James", "Zoë", "Mateo", "Freya", "Björn", "Grace",
    "Omar", "Nina", "Tomás", "Ruth", "Ivan", "Clara", "Søren",
)  # fmt: skip
WESTERN_SURNAMES = (
    "Smith", "Müller", "García", "O'Brien", "Dubois", "Rossi", "Novák", "Jensen", "Taylor", "Kowalski", "van Dijk",
    "Silva", "Andersson", "Brown", "Fischer", "Moreau", "Okafor", "Haddad", "MacLeod", "Nguyen",
)  # fmt: skip
WESTERN_OFFICES = (
    "Harbour Robotics", "Alpine Sensors AG", "Northern Light Ventures", "Delta Logistics", "Meridian Press",
)  # fmt: skip


def invent_name(random: Random) -> tuple[str, str, Language]:
    """A name, an organisation, and the language that such a person reads."""
    kind = random.random()
    if kind < 0.6:
        name = random.choice(MAINLAND_SURNAMES) + random.choice(MAINLAND_GIVEN)
        return name, random.choice(MAINLAND_OFFICES), "zh-Hans"
    if kind < 0.85:
        name = random.choice(HONG_KONG_SURNAMES) + random.choice(HONG_KONG_GIVEN)
        return name, random.choice(HONG_KONG_OFFICES), "zh-Hant"
    name = f"{random.choice(WESTERN_GIVEN)} {random.choice(WESTERN_SURNAMES)}"
    return name, random.choice(WESTERN_OFFICES), "en"
