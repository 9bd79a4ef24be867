"""The plan's sector of a FINESS category: the nomenclature's domain, for the categories that the plan meets."""

from collections.abc import Mapping
from types import MappingProxyType

from services.contracts.codes import Sector

_CATEGORIES = {
    # hospitals, care at home, dialysis, mental health, health centres and houses, laboratories and pharmacies of hospitals
    Sector.sanitary: (
        "101 106 109 114 115 122 124 126 127 128 129 131 132 135 141 142 143 144 146 156 161 223 292 355 362 365 366 412 425 430 603 604"
        " 698"
    ),
    # older people, disabled children and adults, care and help at home, addictions
    Sector.medico_social: (
        "165 178 180 182 183 186 188 189 190 192 194 195 197 198 202 209 221 238 246 252 253 255 354 377 379 382 390 395 402 437 445 446"
        " 448 449 460 461 500 501 502"
    ),
    # shelter, protection of children, asylum seekers
    Sector.social: "159 166 172 175 176 177 214 219 236 256 257 258 259 286 295 440 441 442 443 462",
}

SECTORS: Mapping[str, Sector] = MappingProxyType({code: sector for sector, codes in _CATEGORIES.items() for code in codes.split()})


def sector_of(category_code: str | None) -> Sector | None:
    """The sector of a category, where it is known."""
    return SECTORS.get(category_code) if category_code else None
