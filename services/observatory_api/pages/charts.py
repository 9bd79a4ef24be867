"""Charts as inline SVG: no script, colours from the style sheet, a title and a text that says the same."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 320, 118
LEFT, RIGHT, TOP, BOTTOM = 4, 316, 20, 94
STEPS = (1, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Point:
    """One month: its name in full and in short, its value, and its value said with its unit."""

    name: str
    short: str
    value: float | None
    said: str


@dataclass(frozen=True)
class Chart:
    """What is drawn: `bars` for what happened in each month, a line for what stood at its end."""

    name: str
    title: str
    text: str
    points: Sequence[Point]
    bars: bool
    share: bool
    say: Callable[[float], str]
    empty: str
    """What stands in the place of marks, where no month has a value."""


@dataclass(frozen=True)
class Scale:
    """From values to places in the drawing."""

    low: float
    high: float
    count: int

    def x(self, position: int) -> float:
        """The middle of a month."""
        return LEFT + (RIGHT - LEFT) * (position + 0.5) / self.count

    def y(self, value: float) -> float:
        """The height of a value."""
        return BOTTOM - (BOTTOM - TOP) * (value - self.low) / (self.high - self.low)


def drawn(chart: Chart) -> Markup:
    """The chart as an SVG element."""
    scale = _scale(chart)
    found = [one for one in chart.points if one.value is not None]
    marks = [*_grid(chart, scale), *_months(chart, scale)]
    if not found:
        marks.append(_text(WIDTH / 2, (TOP + BOTTOM) / 2 + 4, chart.empty, "middle"))
    else:
        marks += _bars(chart, scale) if chart.bars else _line(chart, scale)
        marks += _hints(chart, scale)
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{name}-title {name}-text" focusable="false">'
        '<title id="{name}-title">{title}</title><desc id="{name}-text">{text}</desc>{marks}</svg>'
    ).format(w=WIDTH, h=HEIGHT, name=chart.name, title=chart.title, text=chart.text, marks=Markup("").join(marks))


def level(share: float) -> Markup:
    """A bar beside a value that is written in words: decoration, which says nothing more."""
    return Markup(
        '<svg class="level" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100" height="8"/><rect class="bar" width="{width}" height="8"/></svg>'
    ).format(width=_short(100 * max(0.0, min(1.0, share))))


def ceiling(value: float) -> float:
    """The next round number: one digit times a power of ten, or 1."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    return next(power * step for step in STEPS if power * step >= value)


def _scale(chart: Chart) -> Scale:
    values = [one.value for one in chart.points if one.value is not None]
    highest, lowest = max(values, default=0.0), min(values, default=0.0)
    high = 1.0 if chart.share and highest <= 1 else ceiling(highest)
    return Scale(-ceiling(-lowest) if lowest < 0 else 0.0, high, max(1, len(chart.points)))


def _grid(chart: Chart, scale: Scale) -> Iterator[Markup]:
    for value, kind in ((scale.high, "grid"), ((scale.high + scale.low) / 2, "grid"), (scale.low, "grid"), (0, "axis")):
        y = _short(scale.y(value))
        yield Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(kind, LEFT, RIGHT, y, y)
    yield _text(LEFT, TOP - 6, chart.say(scale.high), "start")
    if scale.low:
        yield _text(LEFT, scale.y(scale.low) - 3, chart.say(scale.low), "start")


def _months(chart: Chart, scale: Scale) -> Iterator[Markup]:
    last = len(chart.points) - 1
    for position, x, anchor in ((0, LEFT, "start"), (last // 2, scale.x(last // 2), "middle"), (last, RIGHT, "end")):
        yield _text(x, HEIGHT - 8, chart.points[position].short, anchor)


def _bars(chart: Chart, scale: Scale) -> Iterator[Markup]:
    wide = (RIGHT - LEFT) / scale.count * 0.64
    for position, point in enumerate(chart.points):
        if point.value is not None:
            top, bottom = sorted((scale.y(point.value), scale.y(0)))
            yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                "bar now" if position == scale.count - 1 else "bar",
                _short(scale.x(position) - wide / 2),
                _short(top),
                _short(wide),
                _short(max(bottom - top, 0.8)),
            )


def _line(chart: Chart, scale: Scale) -> Iterator[Markup]:
    placed = [(position, scale.x(position), scale.y(one.value)) for position, one in enumerate(chart.points) if one.value is not None]
    for run in _runs(placed):
        path = " ".join(f"{_short(x)},{_short(y)}" for _, x, y in run)
        base = _short(scale.y(0))
        yield Markup('<polygon class="area" points="{},{} {} {},{}"/>').format(_short(run[0][1]), base, path, _short(run[-1][1]), base)
        yield Markup('<polyline class="line" points="{}"/>').format(path)
    for position, x, y in placed:
        yield Markup('<circle class="dot" cx="{}" cy="{}" r="{}"/>').format(_short(x), _short(y), 4 if position == scale.count - 1 else 2.2)


def _runs(placed: Sequence[tuple[int, float, float]]) -> Iterator[list[tuple[int, float, float]]]:
    """The stretches of months that follow each other: a month without a value breaks the line."""
    run: list[tuple[int, float, float]] = []
    for one in placed:
        if run and one[0] != run[-1][0] + 1:
            yield run
            run = []
        run.append(one)
    yield run


def _hints(chart: Chart, scale: Scale) -> Iterator[Markup]:
    wide = (RIGHT - LEFT) / scale.count
    for position, point in enumerate(chart.points):
        yield Markup('<rect class="hint" x="{}" y="0" width="{}" height="{}"><title>{}</title></rect>').format(
            _short(LEFT + wide * position), _short(wide), HEIGHT, f"{point.name} : {point.said}"
        )


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(_short(x), _short(y), anchor, words)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
