"""Names, places and phrases the company's records are made of."""

from __future__ import annotations

import random
from typing import NamedTuple


class Person(NamedTuple):
    first: str | None
    last: str | None
    mailbox: str

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first, self.last) if part) or "(no name)"


class Place(NamedTuple):
    country: str
    region: str
    city: str
    quarter: str | None
    street: str
    postal_code: str


_DUTCH = (
    ("Sanne", "Daan", "Fleur", "Bram", "Zoë", "Jurriën", "Lotte", "Thijs", "Noor", "Sjoerd"),
    ("de Vries", "van den Berg", "Bakker", "Jansen", "Visser", "van 't Hof", "Meijer", "Dijkstra", "Smit", "de Graaf"),
)
_ESTONIAN = (
    ("Liis", "Rasmus", "Õie", "Kristjan", "Mari-Liis", "Tõnu", "Kadri", "Märt", "Ülle", "Jaan"),
    ("Tamm", "Saar", "Mägi", "Sepp", "Kask", "Kukk", "Rebane", "Ilves", "Põld", "Õunapuu"),
)
_GERMAN = (
    ("Jürgen", "Anke", "Björn", "Friederike", "Matthias", "Käthe", "Uwe", "Sabine", "Götz", "Heike"),
    ("Müller", "Schröder", "Weiß", "Groß", "von Hohenfels", "Böhm", "Krüger", "Lange", "Köhler", "Schäfer"),
)
_JAPANESE = (
    (
        ("美咲", "misaki"),
        ("翔太", "shota"),
        ("さくら", "sakura"),
        ("健一", "kenichi"),
        ("陽子", "yoko"),
        ("大輔", "daisuke"),
    ),
    (
        ("田中", "tanaka"),
        ("佐藤", "sato"),
        ("鈴木", "suzuki"),
        ("高橋", "takahashi"),
        ("渡辺", "watanabe"),
        ("山本", "yamamoto"),
    ),
)
_ODD = (
    Person("Madonna", None, "madonna"),
    Person(None, "O'Neill-Þórsdóttir", "oneill"),
    Person("عمر", "الخطيب", "omar"),
    Person("Lucía 🌷", "Núñez", "lucia.nunez"),
    Person("=Jan", "+Piet", "janpiet"),
    Person("Null", "Null", "null"),
    Person("Li", "-", "li"),
)
_ASCII = str.maketrans(
    {"ë": "e", "õ": "o", "Õ": "O", "ä": "a", "ü": "u", "Ü": "U", "ö": "o", "ß": "ss", "'": "", " ": ""}
)


def _european(chance: random.Random, names: tuple[tuple[str, ...], tuple[str, ...]]) -> Person:
    first, last = chance.choice(names[0]), chance.choice(names[1])
    return Person(first, last, f"{first}.{last}".translate(_ASCII).lower())


def person(chance: random.Random) -> Person:
    kind = chance.random()
    if kind < 0.03:
        return chance.choice(_ODD)
    if kind < 0.15:
        first, last = chance.choice(_JAPANESE[0]), chance.choice(_JAPANESE[1])
        return Person(first[0], last[0], f"{first[1]}.{last[1]}")
    return _european(chance, chance.choice((_DUTCH, _ESTONIAN, _GERMAN)))


PLACES = (
    Place("Netherlands", "Noord-Holland", "Amsterdam", "De Pijp", "Ferdinand Bolstraat", "1072 LB"),
    Place("Netherlands", "Zuid-Holland", "Rotterdam", None, "Coolsingel", "3011 AD"),
    Place("Netherlands", "Utrecht", "Utrecht", "Wittevrouwen", "Biltstraat", "3572 BA"),
    Place("Estonia", "Harju maakond", "Tallinn", "Kristiine", "Mustamäe tee", "10615"),
    Place("Estonia", "Tartu maakond", "Tartu", None, "Rüütli", "51007"),
    Place("Germany", "Berlin", "Berlin", "Prenzlauer Berg", "Schönhauser Allee", "10439"),
    Place("Germany", "Nordrhein-Westfalen", "Köln", "Ehrenfeld", "Venloer Straße", "50823"),
    Place("Germany", "Bayern", "München", None, "Leopoldstraße", "80802"),
    Place("Japan", "東京都", "渋谷区", None, "道玄坂", "150-0043"),
    Place("Belgium", "Vlaams Gewest", "Gent", None, "Veldstraat", "9000"),
)


def address(chance: random.Random) -> dict[str, str | None]:
    """An address object, every part in it, some null."""
    place, number = chance.choice(PLACES), str(chance.randint(1, 240)) + chance.choice(("", "", "", "a", " bis"))
    whole = f"{place.street} {number}, {place.postal_code} {place.city}, {place.country}"
    return {
        "value": whole if chance.random() < 0.8 else f"{place.street} {number}\n{place.city}",
        "country": place.country,
        "admin_area_level_1": place.region,
        "admin_area_level_2": None,
        "locality": place.city,
        "sublocality": place.quarter,
        "route": place.street,
        "street_number": number,
        "subpremise": chance.choice((None, None, None, "3 hoog")),
        "postal_code": place.postal_code,
        "formatted_address": whole,
    }


_FIRM = (
    "Vermeer",
    "Haas",
    "Kivi",
    "Nordlicht",
    "Sepa",
    "Groot",
    "Lindqvist",
    "Tamme",
    "Adler",
    "Wolff",
    "Zeeman",
    "Kalda",
)
_STEM = ("Noord", "Rhein", "Balti", "Amstel", "Ülemiste", "Spree", "Maas", "Emajõe", "Elbe", "IJssel", "Pärnu", "Isar")
_TRADE = (
    "Logistiek",
    "Bakkerij",
    "Catering",
    "Kurier",
    "Wasserij",
    "Gartenbau",
    "Post",
    "Toidukaubad",
    "Facility",
    "Bouw",
)
_JAPANESE_TRADE = ("商事", "物流", "食品", "自転車", "サービス")
_LEGAL = ("B.V.", "B.V.", "GmbH", "GmbH & Co. KG", "OÜ", "AS", "N.V.")
_ODD_FIRM = (
    "=Sum & Partners B.V.",
    "@Work Coworking",
    "Café ☕ Zuid",
    "00-Seven Koeriers",
    "Bäckerei „Zum Löwen“",
    "A/B <Testing> B.V.",
)


def firm(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.02:
        return chance.choice(_ODD_FIRM)
    if kind < 0.12:
        return f"株式会社{chance.choice(_JAPANESE[1])[0]}{chance.choice(_JAPANESE_TRADE)}"
    if kind < 0.5:
        return f"{chance.choice(_FIRM)} {chance.choice(_TRADE)} {chance.choice(_LEGAL)}"
    return f"{chance.choice(_STEM)}{chance.choice(('', '-', ' '))}{chance.choice(_TRADE)} {chance.choice(_LEGAL)}"


WISHES = (
    "12 cargo bikes", "service plan 2026", "fleet renewal", "pilot with 3 bikes", "battery swap", "lease, 36 months",
    "warehouse e-bikes", "spare parts", "training day", "second location", "city delivery trial", "insurance bundle",
)  # fmt: skip
ODD_TITLES = (
    '=HYPERLINK("http://example.test","click")', "+31 20 123 4567", "-5% discount?", "@SUM(A1:A9)", "007", "🚲🚲🚲",
    "Ünïcödé – „quotes“ & <b>tags</b>", "Line one\nline two", "  spaces around  ", "9007199254740993", "TRUE", "2026-01-02",
    "العربية deal", "e\u0301 combining", "{{ template }}", "NULL",
)  # fmt: skip
ODD_TEXTS = (
    "=1+1", "+31 20 123 4567", "-5", "@SUM(A1)", "007", "12345678901234567890", "0123456789", "\ttab first", "'quoted",
    '=cmd|" /C calc"!A0', "1e5", "3-4", "1/2", "🤷‍♀️ to be agreed", "naïve, “smart” quotes", "a;b,c\td", "NaN", "#REF!",
)  # fmt: skip
SENTENCES = (
    "Wants delivery before the summer.", "Price is fine, contract is with legal.", "Asked for a test ride in Köln.",
    "Budget is decided in Q3.", "Competes with a van lease.", "Roof garage needs charging points.",
    "Küsis pakkumist eesti keeles.", "来週もう一度連絡します。", "Loved the demo 👍",
)  # fmt: skip
LOST = ("Too expensive", "Chose a competitor", "No budget this year", "No answer", "=Lost+Found", "Bought vans instead")
WORRYING = "Bell\u0007, null\u0000, escape\u001b[31m, vertical\u000btab, form\u000cfeed, delete\u007f, next\u0085line, lone end"
SUBJECTS = (
    "Call about the offer", "Demo in the yard", "Send contract", "Lunch", "Follow up", "Check credit", "Test ride",
    "=TODAY()", "Bel terug ☎️", "Prepare tender", "契約書を送る",
)  # fmt: skip


def text(chance: random.Random) -> str:
    return " ".join(chance.choices(SENTENCES, k=chance.randint(1, 4)))


def long_text(size: int) -> str:
    """A text of exactly `size` characters that is not one word."""
    sentence = "Each bay needs its own meter, said the installer; see the drawing. "
    return (sentence * (size // len(sentence) + 1))[: size - 1] + "."
