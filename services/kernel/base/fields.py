"""Types of fields that every schema uses: strict, bounded, free of characters that do harm; no text holds a national number (NIR)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, StringConstraints, WithJsonSchema
from stdnum.fr import nir

T = TypeVar("T")

_CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f"
_INVISIBLE = (
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164"
    "\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff"
)
"""What Unicode calls default-ignorable, line separators and noncharacters among them, but for the selectors that emoji are written with."""
_INVISIBLE_BEYOND = "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
"""The same beyond the first plane: refused, and left out of the published pattern, which not every ECMAScript reads there."""
_BLANK = "\\s\\u2800\\ufe00-\\ufe0f"
"""What is allowed and shows nothing by itself: spaces, the empty Braille pattern, those selectors."""
_HARMFUL = _CONTROLS + _INVISIBLE
_HARMFUL_BESIDE_LINES = _HARMFUL.replace("\\u0000-\\u001f", "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f")
_HARMFUL_IN_LINE = re.compile(f"[{_HARMFUL}{_INVISIBLE_BEYOND}\ud800-\udfff]")
_HARMFUL_IN_TEXT = re.compile(f"[{_HARMFUL_BESIDE_LINES}{_INVISIBLE_BEYOND}\ud800-\udfff]")
_SHOWING = re.compile(f"[^{_BLANK}]")
_BLANK_BY_ITSELF = re.compile("[\u2800\ufe00-\ufe0f]")
_BETWEEN = "[^0-9A-Za-z]{0,5}"
_GROUPS = ("[1-478]", "[0-9]{2}", "(?:0[1-9]|1[0-2]|[2-9][0-9])", "(?:[0-9]{2}|2[AB])", "[0-9]{3}", "[0-9]{3}")
_THIRTEEN = _BETWEEN.join(f"({group})" for group in _GROUPS)
_KEY = f"(?:{_BETWEEN}|[^0-9]{{1,12}}cl[eé][^0-9]{{1,20}})([0-9]{{2}})"
_APART = "[^0-9A-Za-z]{1,5}"
_NIRS = (
    _THIRTEEN + _KEY,
    _APART.join(("([1-478])", *["([0-9])"] * 4, "([0-9])", "([0-9AB])", *["([0-9])"] * 8)),
    _APART.join(("([1-478][0-9])", *["([0-9]{2})"] * 2, "([0-9][0-9AB])", *["([0-9]{2})"] * 3, "([0-9])")),
    _APART.join(("([1-478][0-9]{2})", *["([0-9]{3})"] * 4)),
)
"""Sex, year, month, place, rank and key: in one run or in these groups, whatever is between; by one digit; by two; by three."""
_DIGIT = re.compile(r"\d")
FEWEST_DIGITS = 14  # one of the fifteen may be the letter of Corsica
_LIKE_A_NIR = tuple(re.compile(f"(?<![0-9])(?={each}(?![0-9]))", re.IGNORECASE) for each in _NIRS)

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)

MOST_MARKS = 30
_MAY_BE_MARKS = re.compile(f"[^\u0000-\u02ff]{{{MOST_MARKS + 1}}}")  # no mark stands before U+0300
FIRST_YEAR, LAST_YEAR = 1900, 2199
DAY_PATTERN = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT_PATTERN = DAY_PATTERN.removesuffix("$") + rf"T{_TIME}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{_TIME})$"


def hides_something(line: str) -> bool:
    """Whether a line holds controls or invisible characters."""
    return _HARMFUL_IN_LINE.search(line) is not None


def _line(value: str) -> str:
    if hides_something(value):
        raise ValueError("caractère de contrôle ou invisible refusé")
    return _said(value)


def _text(value: str) -> str:
    if _HARMFUL_IN_TEXT.search(value):
        raise ValueError("caractère de contrôle ou invisible refusé")
    return _said(value)


def _said(value: str) -> str:
    if not _SHOWING.search(value):
        raise ValueError("texte vide")
    return without_nir(value)


def without_nir(value: str) -> str:
    """The text. Raises `ValueError` when a national number (NIR) with its key stands in it."""
    if len(_DIGIT.findall(value)) < FEWEST_DIGITS:
        return value
    shown = value if value.isascii() else _BLANK_BY_ITSELF.sub("", unicodedata.normalize("NFKC", value))
    if any(nir.is_valid("".join(found.groups())) for pattern in _LIKE_A_NIR for found in pattern.finditer(shown)):
        raise ValueError("un numéro de sécurité sociale (NIR) ne s'écrit pas ici : retirez-le")
    return value


def _composed(value: Any, maximum: int) -> Any:
    """Composes accents before the length is measured, since NFC may make a text longer; what is far too long is left for that measure.

    Composing takes the square of a run of combining marks: more than Unicode allows in a stream (UAX 15) are refused.
    """
    if not isinstance(value, str) or value.isascii() or len(value) > 4 * maximum:
        return value
    if _MAY_BE_MARKS.search(value):
        run = 0
        for character in value:
            run = run + 1 if unicodedata.combining(character) else 0
            if run > MOST_MARKS:
                raise ValueError("trop de signes sur une même lettre")
    return unicodedata.normalize("NFC", value)


def _iso_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("une date s'écrit AAAA-MM-JJ")
    return value


def _in_range(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"l'année doit être comprise entre {FIRST_YEAR} et {LAST_YEAR}")
    return value


def _iso_instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise ValueError("un instant s'écrit AAAA-MM-JJTHH:MM:SS, puis Z ou un décalage")


def _in_utc(value: datetime) -> datetime:
    _in_range(value.date())  # as it is written: the first and the last years of Python have instants that UTC has no word for
    found = value.astimezone(UTC)
    _in_range(found.date())
    return found


@dataclass(frozen=True)
class FreeText:
    """What a text field holds: 1 to `maximum` characters, NFC, that show something; nothing invisible, no national number (NIR).

    `lines`: whether it may have several.
    """

    maximum: int
    lines: bool = False

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> Any:
        refused = _HARMFUL_BESIDE_LINES if self.lines else _HARMFUL
        published = {
            "type": "string",
            "minLength": 1,
            "maxLength": self.maximum,
            "pattern": f"^[^{refused}]*[^{refused}{_BLANK}][^{refused}]*$",  # one: of two, generators make no plain text
        }
        bounds = StringConstraints(min_length=1, max_length=self.maximum)
        check = AfterValidator(_text if self.lines else _line)
        composed = BeforeValidator(partial(_composed, maximum=self.maximum))  # the last of a type comes first
        return handler.generate_schema(Annotated[str, bounds, check, composed, WithJsonSchema(published)])


Line = Annotated[str, FreeText(200)]
"""A title or a name: one line, 200 characters at the most."""
Paragraphs = Annotated[str, FreeText(10_000, lines=True)]
"""A text of several lines."""
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"), AfterValidator(without_nir)
]
"""A short code: ASCII letters, digits, `_`, `.`, `-`."""
Day = Annotated[
    date,
    BeforeValidator(_iso_date),
    AfterValidator(_in_range),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN, "examples": ["2026-11-22"]}),
]
"""A calendar day, 1900 to 2199, written AAAA-MM-JJ."""
Instant = Annotated[
    datetime,
    BeforeValidator(_iso_instant),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN, "examples": ["2026-11-22T09:30:00.000001Z"]}),
]
"""An aware instant, kept in UTC to the microsecond."""
Cents = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000_000)]
"""Money in integer cents of euro, up to ten thousand million euros."""
PositiveCents = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000_000)]
"""Money that moves: at least one cent."""
Flag = Annotated[bool, Field(strict=True)]
"""True or false, and nothing that looks like it."""


def count(minimum: int, maximum: int) -> Any:
    """A type: a strict integer between two bounds, both included."""
    return Annotated[int, Field(strict=True, ge=minimum, le=maximum)]


def distinct(values: list[T]) -> list[T]:
    """Refuses a list that says something twice."""
    if len(set(values)) != len(values):
        raise ValueError("valeur donnée deux fois")
    return values
