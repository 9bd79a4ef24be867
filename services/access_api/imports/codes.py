"""The codes that files hold: what each is called in a sentence, how long it is, whether a value is one."""

from collections.abc import Callable

from services.access_api.identifiers import is_finess, is_siren, is_siret, is_uai
from services.kernel.base.spreadsheets import Code


def _digits(length: int) -> Callable[[str], bool]:
    return lambda value: len(value) == length and value.isdecimal() and value.isascii()


FINESS = Code("FINESS", 9, is_finess)
SIREN = Code("SIREN", 9, is_siren)
SIRET = Code("SIRET", 14, is_siret)
UAI = Code("code UAI", 8, is_uai)
POSTAL = Code("code postal", 5, _digits(5))
