"""Codes that are of no indicator, and the code to read instead: those that were renamed, and the views on another."""

from collections.abc import Mapping, Sequence

ELSEWHERE: Mapping[str, Sequence[str]] = {
    "A01": ("N01",),
    "A02": ("N02",),
    "K40": ("I01",),
    "K41": ("I04",),
    "K45": ("I09",),
    "K50": ("R04",),
    "K55": ("R02", "R03"),
}
"""A view (K40 to K57) is here once an indicator that it shows is."""
