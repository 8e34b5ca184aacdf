"""Numbers, durations and times as a person reads them. No digits past the noise."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tensorrag.rates import dollars as dollars

MINUS = "−"
_PLAIN = re.compile(r"-?\d+(\.\d+)?")
_METRICS = {
    "loss": "Loss, train",
    "validation_loss": "Loss, validation",
    "val_loss": "Loss, validation",
    "accuracy": "Accuracy, train",
    "validation_accuracy": "Accuracy, validation",
    "r2": "R²",
    "validation_r2": "R² validation",
    "rows_per_second": "Rows per second",
}


def number(value: float | int | None, digits: int = 3) -> str:
    """Write a number with about this many significant digits: 0.87, 3.19, 12,345, 1.2e-05."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or (value == int(value) and abs(value) >= 1000):
        return f"{int(value):,}".replace("-", MINUS)
    size = abs(value)
    if size >= 10**digits:
        written = f"{value:,.0f}"
    elif size >= 1e-2 or value == 0:
        whole = len(str(int(size))) if size >= 1 else 1
        written = f"{value:,.{max(0, digits - whole)}f}"
    else:
        written = f"{value:.{digits - 1}g}"
    return written.replace("-", MINUS)


def measured(value: float | int | None) -> str:
    """Write what was measured; from a million on in short: 0.87, 140,541, 1.405 M, 19.75 G."""
    for size, unit in ((1e9, "G"), (1e6, "M")):
        if value is not None and size <= abs(value) < 1e6 * size:
            return f"{number(value / size, 4)} {unit}"
    return number(value)


def alike(value: float | int | None, reference: float | None) -> str:
    """Write a number beside a larger one: a baseline of -0.0087 beside 0.59 is −0.01."""
    coarse = value is not None and abs(value) < 0.01 <= abs(reference or 0)
    return rounded(value, 2) if coarse else measured(value)


def difference(written: str, other: str) -> str | None:
    """Write how much larger one number is than another as they are written: 0.89 and 0.71, 0.18.

    None where they are not written alike, as 1.405 M and 140,541 are not.
    """
    plain = [each.replace(",", "").replace(MINUS, "-") for each in (written, other)]
    if not all(_PLAIN.fullmatch(each) for each in plain):
        return None
    one, two = map(float, plain)
    return rounded(one - two, max(len(each.partition(".")[2]) for each in plain))


def apart(value: float, other: float) -> tuple[str, str]:
    """Write two numbers with as few digits as tell them apart: 0.66 and 0.52, 0.661 and 0.657."""
    written = [(number(value, digits), number(other, digits)) for digits in range(3, 17)]
    return next((pair for pair in written if pair[0] != pair[1]), written[0])


def brief(value: float | int | None) -> str:
    """Write a number with three digits at most and no trailing noughts: 0.46, 27.4, 50."""
    if value is None:
        return "–"
    short = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return short.replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """Write a number with its sign, also when it is positive."""
    written = number(value, digits)
    return f"+{written}" if value is not None and value > 0 else written


def rounded(value: float | None, digits: int, *, sign: bool = False) -> str:
    """Write a number with so many decimals; nought has no sign."""
    if value is None:
        return "–"
    nought = round(value, digits) == 0
    written = f"{0.0 if nought else value:,.{digits}f}".replace("-", MINUS)
    return f"+{written}" if sign and value > 0 and not nought else written


def short(value: float | int | None) -> str:
    """Write a large count in short: 950, 12.2 k, 3.4 M."""
    if value is None:
        return "–"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.1f} {unit}"
    return number(int(value))


def seconds(value: float | None) -> str:
    """Write a duration: 0.6 s, 24.4 s, 3 min 05 s, 2 h 10 min."""
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def left(value: float | None) -> str:
    """Write the time that is left, in whole seconds."""
    if value is None:
        return ""
    return f"{max(1, round(value))} s left" if value < 60 else f"{seconds(value)} left"


def size(count: int) -> str:
    """Write a number of bytes: 2.9 MB."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def percent(share: float) -> str:
    """Write a share: 80 %, 2.4 %."""
    value = share * 100
    return f"{value:.0f} %" if value == round(value) or value >= 10 else f"{value:.1f} %"


def when(moment: datetime | None, now: datetime | None = None) -> str:
    """Write a moment as its reader would say it: 12:03 today, yesterday, Thu 19 Nov."""
    if moment is None:
        return ""
    moment = moment.astimezone()
    now = now.astimezone() if now else datetime.now().astimezone()
    if moment.date() == now.date():
        return f"{moment:%H:%M} today"
    if moment.date() == (now - timedelta(days=1)).date():
        return "yesterday"
    return f"{moment:%a} {moment.day} {moment:%b}" + (
        "" if moment.year == now.year else f" {moment.year}"
    )


def day(moment: datetime, now: datetime | None = None) -> str:
    """Write a day: today, yesterday, Thu 19 Nov."""
    said = when(moment, now)
    return "today" if said.endswith(" today") else said


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count and its noun: 1 problem, 2 problems."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def words(name: str) -> str:
    """Turn a parameter's name into a label: ``learning_rate`` → Learning rate, ``svm`` → SVM."""
    text = name.replace("_", " ").strip()
    return text.upper() if text in ("csv", "svm", "url") else text[:1].upper() + text[1:]


def metric_words(name: str) -> str:
    """Write the name of a reported number."""
    return _METRICS.get(name, words(name))
