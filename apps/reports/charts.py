"""Charts as geometry: a template draws them as SVG with attributes, on pages and on paper, without JavaScript.

Each chart is drawn twice, wide and narrow, because text in a picture shrinks with it; the page shows one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10

from django.utils.translation import pgettext

from gmtc.figures import money, quantity

HEIGHT, TOP, BOTTOM, LEFT = 230, 14, 26, 58
WIDE, NARROW = 760, 340
LETTER = 6.2  # the usual width of a letter of the labels
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Series:
    name: str
    values: Sequence[Decimal]


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    is_last: bool
    text: str
    url: str


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    left: int
    zero: float
    bars: list[Bar]
    grid: list[Label]
    labels: list[Label]


@dataclass(frozen=True)
class Columns:
    """Upright bars, one group for each of `names`; `urls` lead from the last series to what a bar is made of."""

    title: str
    names: Sequence[str]
    series: Sequence[Series]
    urls: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        return not any(value for series in self.series for value in series.values)

    @property
    def wide(self) -> Drawing:
        return self.draw(WIDE)

    @property
    def narrow(self) -> Drawing:
        return self.draw(NARROW)

    @property
    def rows(self) -> list[tuple[str, list[Decimal]]]:
        """The same figures as a table."""
        return [(name, [series.values[n] for series in self.series]) for n, name in enumerate(self.names)]

    def draw(self, width: int) -> Drawing:
        values = [value for series in self.series for value in series.values]
        marks = ticks(min([*values, Decimal(0)]), max([*values, Decimal(0)]))
        low, high = marks[0], marks[-1]
        field = HEIGHT - TOP - BOTTOM

        def y(value) -> float:
            return round(TOP + field * float((high - value) / (high - low)), 1)

        step = (width - LEFT) / max(len(self.names), 1)
        thick = min(step * 0.7 / len(self.series), 34)
        bars = []
        for n, name in enumerate(self.names):
            start = LEFT + step * n + (step - thick * len(self.series)) / 2
            for number, series in enumerate(self.series):
                value = series.values[n]
                bars.append(
                    Bar(
                        x=round(start + thick * number, 1),
                        y=min(y(value), y(0)),
                        width=round(thick - 1.5, 1),
                        height=round(abs(y(value) - y(0)), 1),
                        is_last=number == len(self.series) - 1,
                        text=f"{name} · {series.name}: {money(value)}",
                        url=self.urls[n] if self.urls and number == len(self.series) - 1 else "",
                    )
                )
        every = ceil(max((len(name) for name in self.names), default=1) * LETTER / step)
        return Drawing(
            width=width,
            height=HEIGHT,
            left=LEFT,
            zero=y(0),
            bars=bars,
            grid=[Label(LEFT - 8, y(mark), short(mark)) for mark in marks],
            labels=[
                Label(round(LEFT + step * (n + 0.5), 1), HEIGHT - 8, name)
                for n, name in enumerate(self.names)
                if n % every == 0
            ],
        )


@dataclass(frozen=True)
class Ranking:
    """Lying bars, one for each row of a table that names them: `share` per cent of the longest one."""

    values: Sequence[Decimal]

    def shares(self) -> list[float]:
        longest = max((abs(value) for value in self.values), default=Decimal(0))
        return [round(float(abs(value) / longest * 100), 1) if longest else 0.0 for value in self.values]


def ticks(low: Decimal, high: Decimal) -> list[Decimal]:
    """Round figures at even distances, from at most `low` to at least `high`, about five."""
    span = float(high - low)
    if not span:
        return [Decimal(0), Decimal(1)]
    rough = span / 4
    power = 10 ** floor(log10(rough))
    step = next(each * power for each in STEPS if each * power >= rough * 0.999)
    first, last = floor(float(low) / step), ceil(float(high) / step)
    return [Decimal(str(round(n * step, 6))) for n in range(first, last + 1)]


def short(value: Decimal) -> str:
    """12,500 as it fits beside an axis: 12.5 k."""
    size = abs(value)
    for limit, unit in ((1_000_000, pgettext("million", "m")), (1_000, pgettext("thousand", "k"))):
        if size >= limit:
            return f"{quantity(value / limit)} {unit}"
    return quantity(value)
