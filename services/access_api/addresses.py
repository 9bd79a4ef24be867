"""How a person is reached: e-mail addresses and telephone numbers, folded to one writing, as types of fields."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from services.kernel.base.fields import without_nir

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS_PATTERN = rf"^[A-Za-z0-9._%+'-]{{1,64}}@({_LABEL}\.){{1,8}}[A-Za-z]{{2,24}}$"
TELEPHONE_PATTERN = r"^\+?[0-9]([ .-]?[0-9]){5,14}$"
LONGEST_ADDRESS = 254

_address = re.compile(ADDRESS_PATTERN, re.ASCII).match
_SEPARATORS = str.maketrans("", "", " .-")


def folded(address: str) -> str:
    """An address as it is stored and compared: without the spaces around it, in lower case."""
    return address.strip().lower()


def is_address(value: str) -> bool:
    """Whether a folded text has the form of an e-mail address."""
    return len(value) <= LONGEST_ADDRESS and _address(value) is not None and not value.endswith("\n")


def _addressed(address: str) -> str:
    return without_nir(folded(address))


def _dialled(number: str) -> str:
    return without_nir(number.translate(_SEPARATORS))


Address = Annotated[
    str,
    StringConstraints(min_length=6, max_length=LONGEST_ADDRESS, pattern=ADDRESS_PATTERN),
    AfterValidator(_addressed),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 6,
            "maxLength": LONGEST_ADDRESS,
            "pattern": ADDRESS_PATTERN,
            "examples": ["claire.martin@ch-exemple.example.org"],
        }
    ),
]
"""An e-mail address, stored in lower case."""
Telephone = Annotated[
    str,
    StringConstraints(min_length=6, max_length=31, pattern=TELEPHONE_PATTERN),
    AfterValidator(_dialled),
    WithJsonSchema({"type": "string", "minLength": 6, "maxLength": 31, "pattern": TELEPHONE_PATTERN, "examples": ["+33 2 40 00 00 00"]}),
]
"""A telephone number, stored without what separates its digits."""
