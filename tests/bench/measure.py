"""How contenders are compared: CPU of their processes, interleaved rounds, the median of the ratios of each round."""

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Figure:
    """One line of the table. A ratio above 1 says that ours is cheaper; low and high are the extremes of the rounds."""

    name: str
    ours: float
    yardstick: float
    ratio: float
    low: float
    high: float
    unit: str

    def row(self) -> dict[str, Any]:
        """What `build/bench.json` says of it."""
        return {key: value if isinstance(value, str) else round(value, 3) for key, value in asdict(self).items()}


def compared(name: str, ours: Sequence[float], yardstick: Sequence[float], unit: str) -> Figure:
    """The figure of two contenders' costs, a pair a round."""
    ratios = [theirs / own for own, theirs in zip(ours, yardstick, strict=True)]
    return Figure(name, median(ours), median(yardstick), median(ratios), min(ratios), max(ratios), unit)


def cpu_seconds(*pids: int) -> float:
    """User and system time that processes have had so far, all their threads together, to the microsecond."""
    # Linux numbers the CPU clock of each process; `clock_getcpuclockid` does this sum in C
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def resident_mb(pid: int) -> float:
    """Memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE / 1_048_576


def table(figures: Sequence[Figure]) -> str:
    """The figures, for a person."""
    head = f"{'name':<22}{'ours':>12}{'yardstick':>12}  {'unit':<18}{'ratio':>7}   (rounds from low to high)"
    return "\n".join([head, *map(_line, figures)])


def _line(f: Figure) -> str:
    return f"{f.name:<22}{f.ours:>12.1f}{f.yardstick:>12.1f}  {f.unit:<18}{f.ratio:>7.2f}   ({f.low:.2f} to {f.high:.2f})"
