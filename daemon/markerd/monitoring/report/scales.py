"""Axes: from values to heights, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_MOST_STEPS = 5
_LOGARITHMIC_FROM = 30
"""Where the largest value is so many times the smallest, the small ones would lie flat on a linear axis."""

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_ROUND_DURATIONS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE_S for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR_S for n in (1, 2, 3, 6, 12)),
)
_POWERS_S = (0.001, 0.01, 0.1, 1, 10, _MINUTE_S, 10 * _MINUTE_S, _HOUR_S, 6 * _HOUR_S, _DAY_S, 10 * _DAY_S)


@dataclass(frozen=True)
class Tick:
    """A value with its text."""

    value: float
    text: str


@dataclass(frozen=True)
class Scale:
    """From the lowest tick to the highest. A logarithmic one has no zero: what is smaller lies on its floor."""

    ticks: tuple[Tick, ...]
    is_logarithmic: bool = False

    def height(self, value: float) -> float:
        """From 0, the floor, to 1."""
        low, high = self.ticks[0].value, self.ticks[-1].value
        if self.is_logarithmic:
            value, low, high = (math.log(max(each, low)) for each in (value, low, high))
        return min(max((value - low) / (high - low), 0.0), 1.0)


def build_count_scale(highest: float) -> Scale:
    """For numbers of things: no tick between two whole numbers."""
    return _build_linear(highest, max(_compute_round_step(highest / _MOST_STEPS), 1.0), format_count)


def build_size_scale(highest_mb: float) -> Scale:
    return _build_linear(
        highest_mb, max(_compute_round_step(highest_mb / _MOST_STEPS), 1.0), lambda mb: f"{format_count(mb)} MB"
    )


def build_duration_scale(values_s: Iterable[float]) -> Scale:
    """For seconds: linear from zero, or logarithmic where short and long are too far apart."""
    values = [value for value in values_s if value > 0]
    lowest, highest = min(values, default=1.0), max(values, default=1.0)
    if highest / lowest >= _LOGARITHMIC_FROM and highest > _POWERS_S[1]:
        return Scale(tuple(Tick(value, format_duration(value)) for value in _list_powers(lowest, highest)), True)
    return _build_linear(highest, _choose_duration_step(highest / _MOST_STEPS), format_duration)


def _build_linear(highest: float, step: float, text: Callable[[float], str]) -> Scale:
    steps = max(math.ceil(highest / step - 1e-9), 1)
    return Scale(tuple(Tick(number * step, text(number * step)) for number in range(steps + 1)))


def _compute_round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, … that is at least so much."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= least * (1 - 1e-9))


def _choose_duration_step(least_s: float) -> float:
    if least_s < 1:
        return _compute_round_step(least_s)
    return next(
        (step for step in _ROUND_DURATIONS_S if step >= least_s), _compute_round_step(least_s / _DAY_S) * _DAY_S
    )


def _list_powers(lowest: float, highest: float) -> Sequence[float]:
    """Round durations, each some times the one before, of which the first and the last enclose the values."""
    powers = list(_POWERS_S)
    while powers[-1] < highest:
        powers.append(powers[-1] * 10)
    first = max((index for index, power in enumerate(powers) if power <= lowest), default=0)
    last = next(index for index, power in enumerate(powers) if power >= highest)
    inside = powers[first : last + 1]
    stride = math.ceil((len(inside) - 1) / _MOST_STEPS)
    return [*inside[:-1:stride], inside[-1]]


def format_count(number: float) -> str:
    return f"{number:,.0f}"


def format_duration(seconds: float) -> str:
    """As an axis has it: `500 ms`, `15 s`, `2 min`, `6 h`, `10 d`."""
    for size, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min"), (1, "s")):
        if seconds >= size:
            return f"{_format_short(seconds / size)} {unit}"
    return f"{_format_short(seconds * 1000)} ms" if seconds else "0"


def _format_short(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"
