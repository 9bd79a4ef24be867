"""What is counted, in French: the singular, the plural, and so many of them."""

from typing import NamedTuple

NARROW = "\u202f"
"""The narrow no-break space that groups digits and comes before %, € and units."""


def number(value: int) -> str:
    """A whole number, digits grouped by three."""
    return f"{value:,}".replace(",", NARROW).replace("-", "−")


def money(cents: int) -> str:
    """Euros; cents only when there are some."""
    euros, rest = divmod(abs(cents), 100)
    return ("−" if cents < 0 else "") + number(euros) + (f",{rest:02}" if rest else "") + f"{NARROW}€"


class Noun(NamedTuple):
    """What is counted, in the singular and in the plural."""

    one: str
    several: str

    def counted(self, amount: int) -> str:
        """So many of them: French has its plural from two on."""
        return f"{number(amount)} {self.several if abs(amount) >= 2 else self.one}"

    def named(self) -> "Noun":
        """The same by itself, without an amount before it."""
        return self


class Euros(Noun):
    """What is said of euros, which are counted in cents: engagé, engagés."""

    def counted(self, amount: int) -> str:
        """So many euros, with what is said of them."""
        return f"{money(amount)} {self.several if abs(amount) >= 200 else self.one}"

    def named(self) -> Noun:
        """The same by itself: euro engagé, euros engagés."""
        return Noun(f"euro {self.one}", f"euros {self.several}")
