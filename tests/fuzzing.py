"""What users give is read or refused in one line: python tests/fuzzing.py [--minutes 60] [--only NAME]

Each property takes something that a user might give, hostile or not. PlotoptError alone may come out of
what reads it, of one printable line, within bounds of processor time and memory, and no other file may be
opened meanwhile. What fails is kept in build/fuzz. ``test_fuzzing.py`` tries a few examples of each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hostile
import numpy as np
import readers
from hostile_svg import drawings
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from naming import Commanded, commands, run_commanded
from promises import bounded, check_line, nothing_else_opened, read_or_refused

from plotopt.catalog import load_stock, parse_pens
from plotopt.picture import read_picture
from plotopt.plot.reading import Grouping, read_svg
from plotopt.profiles import load_profile

KEPT = Path(__file__).parent.parent / "build" / "fuzz"
_PER_ROUND = 100


@contextmanager
def _file(data: bytes, suffix: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"given{suffix}"
        path.write_bytes(data)
        yield path


def picture_is_read(data: bytes) -> None:
    """Light between nought and one, in three channels, or a refusal."""
    with _file(data, "") as path, nothing_else_opened(path):
        picture = read_or_refused(lambda: read_picture(path, 1024), 20, 2000)
    if picture is not None:
        linear = picture.linear
        assert linear.shape[2] == 3
        assert linear.dtype == np.float32
        assert ((linear >= 0) & (linear <= 1)).all()
        assert all(note.isprintable() for note in picture.notes)


def drawing_is_read(given: tuple[bytes, Grouping]) -> None:
    """A page within its bounds and finite curves of pens that there can be, or a refusal."""
    data, grouping = given
    with _file(data, ".svg") as path, nothing_else_opened(path):
        reading = read_or_refused(lambda: read_svg(path, grouping), 30, 500)
    if reading is not None:
        assert min(reading.page.width_mm, reading.page.height_mm) >= 1
        assert max(reading.page.width_mm, reading.page.height_mm) <= 5000
        chains = [chain for layer in reading.layers for chain in layer.chains]
        assert all(np.isfinite(chain).all() and chain.shape[1:] == (4, 2) for chain in chains)
        assert all(note.isprintable() for note in reading.notes)


def profile_is_read(data: bytes) -> None:
    """A machine with positive figures, or a refusal."""
    with _file(data, ".toml") as path, nothing_else_opened(path):
        profile = read_or_refused(lambda: load_profile(str(path)), 10, 200)
    assert profile is None or 0 < profile.travel_x_mm < np.inf


def pens_are_read(data: bytes) -> None:
    """Pens that can be found again by the names that they have, or a refusal."""
    with _file(data, ".toml") as path, nothing_else_opened(path):
        pens = read_or_refused(lambda: parse_pens(str(path)), 10, 200)
        if pens is not None:
            assert parse_pens(pens[-1].text) == (pens[-1],)


def paper_is_read(data: bytes) -> None:
    """The paper asked for, or a refusal."""
    with _file(data, ".toml") as path, nothing_else_opened(path):
        stock = read_or_refused(lambda: load_stock(f"{path}:cream"), 10, 200)
        assert stock is None or stock.name == f"{path}:cream"


def text_is_read(given: tuple[str, str]) -> None:
    """A value, and the same one again from its own text where it has one; or a refusal."""
    name, text = given
    reader = readers.READERS[name]
    with nothing_else_opened(None):
        value = read_or_refused(lambda: reader.read(text), 5, 200)
        if value is not None and reader.spell is not None:
            assert reader.read(reader.spell(value)) == value


def settings_are_read(given: tuple[str, dict[str, Any]]) -> None:
    """Settings that can be told as a command line and read again from it, or a refusal."""
    name, options = given
    read = readers.SETTINGS[name]
    with nothing_else_opened(None):
        told = read_or_refused(lambda: read(**options), 10, 200)
        if told is not None:
            options = {key: text for key, text in told.options().items() if text is not None}
            assert read(**options).options() == told.options()


def files_stay_in_their_place(given: Commanded) -> None:
    """A command on a file of any name writes sound files beside it or where it was told to, or refuses."""
    with bounded(120, 2000):
        refusal = run_commanded(given)
    if refusal is not None:
        check_line(refusal)


@dataclass
class Property:
    """What must hold for all examples of a strategy; ``few`` of them are enough for an ordinary test."""

    check: Callable[[Any], None]
    strategy: st.SearchStrategy[Any]
    few: int
    suffix: str = ".txt"


PROPERTIES = {
    "pictures": Property(picture_is_read, hostile.pictures(), 100, ".bin"),
    "drawings": Property(drawing_is_read, st.tuples(drawings(), st.sampled_from(Grouping)), 100),
    "profiles": Property(profile_is_read, hostile.tables("profiles"), 40, ".toml"),
    "pens": Property(pens_are_read, hostile.tables("pens"), 40, ".toml"),
    "papers": Property(paper_is_read, hostile.tables("papers"), 40, ".toml"),
    "texts": Property(text_is_read, readers.texts(), 300),
    "settings": Property(settings_are_read, readers.options(), 100),
    "names": Property(files_stay_in_their_place, commands(), 20),
}


def usual_settings(examples: int, **others: Any) -> settings:
    """No deadline and nothing kept between runs, since the bounds are ours."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **others,
    )


@dataclass
class _Tally:
    examples: int = 0
    failures: int = 0
    slowest_s: float = 0.0
    seeds: list[int] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def _fuzz(name: str, seconds: float, first_seed: int) -> _Tally:
    """Rounds of examples, each with a seed of its own, until the time is over."""
    tally, end, number = _Tally(), time.perf_counter() + seconds, first_seed
    while time.perf_counter() < end:
        _round(name, number, end, tally)
        number += 1
    return tally


def _round(name: str, number: int, end: float, tally: _Tally) -> None:
    entry = PROPERTIES[name]

    def check(value: Any) -> None:
        if time.perf_counter() >= end:
            return
        start = time.perf_counter()
        try:
            entry.check(value)
        except Exception as error:
            tally.failures += 1
            _keep(name, number, value, error, tally)
        tally.examples += 1
        tally.slowest_s = max(tally.slowest_s, time.perf_counter() - start)

    phases = usual_settings(_PER_ROUND, phases=[Phase.generate], verbosity=Verbosity.quiet)
    seed(number)(phases(given(entry.strategy)(check)))()


def _keep(name: str, number: int, value: Any, error: Exception, tally: _Tally) -> None:
    """Write down the first input of each kind of failure."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__name__} in {place.name}:{place.lineno}"
    if kind in tally.seen:
        return
    tally.seen.add(kind)
    tally.seeds.append(number)
    KEPT.mkdir(parents=True, exist_ok=True)
    stem = KEPT / f"{name}-{number}-{len(tally.seen)}"
    data = value if isinstance(value, bytes) else repr(value).encode()
    stem.with_suffix(PROPERTIES[name].suffix).write_bytes(data)
    stem.with_suffix(".log").write_text("".join(traceback.format_exception(error)), "utf-8")
    print(f"{name}: {kind}, {error!s:.80}; kept as {stem.name}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", choices=PROPERTIES, action="append")
    parser.add_argument("--seed", type=int, default=0)
    wishes = parser.parse_args()
    names = wishes.only or list(PROPERTIES)
    print(f"{'property':12}{'examples':>10}{'failures':>10}{'slowest':>10}   seeds", flush=True)
    for name in names:
        tally = _fuzz(name, 60 * wishes.minutes / len(names), wishes.seed)
        seeds = ", ".join(map(str, tally.seeds)) or f"from {wishes.seed}"
        print(
            f"{name:12}{tally.examples:10,}{tally.failures:10,}{tally.slowest_s:8.1f} s   {seeds}", flush=True
        )


if __name__ == "__main__":
    main()
