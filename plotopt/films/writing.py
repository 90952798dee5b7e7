"""Films written to MP4 and GIF: complete, or not there."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from plotopt.errors import PlotoptError
from plotopt.files import quoted, write_atomically
from plotopt.films.pace import Pace

SUFFIXES = (".mp4", ".gif")
# GIFs tell in hundredths of a second how long a frame stands.
_LEAST_GIF_MS = 20


def check_film(path: Path) -> None:
    """Raise PlotoptError for a name that ends like no film."""
    if path.suffix.lower() not in SUFFIXES:
        raise PlotoptError(f"{quoted(path)} is not the name of a film: end it in .mp4 or .gif")


def write_film(path: Path, frames: Iterable[np.ndarray], pace: Pace, *, overwrite: bool) -> None:
    """Write frames of RGB as a film; which kind, its name tells.

    Raises PlotoptError for a name that ends otherwise, and when the system refuses: an MP4 needs room in the
    folder for temporary files, too.
    """
    check_film(path)
    film = (_gif if path.suffix.lower() == ".gif" else _mp4)(iter(frames), pace)
    write_atomically(path, film, overwrite=overwrite)


def _mp4(frames: Iterator[np.ndarray], pace: Pace) -> bytes:
    try:
        with tempfile.TemporaryDirectory(prefix="plotopt-") as folder:
            draft = Path(folder) / "film.mp4"
            _write_mp4(draft, frames, pace)
            return draft.read_bytes()
    except OSError as error:
        where = quoted(tempfile.tempdir) if tempfile.tempdir else "any folder for temporary files"
        why = f" ({error.strerror})" if error.strerror else ""
        raise PlotoptError(
            f"the film could not be made in {where}{why}: free some space there, or set TMPDIR to another "
            "folder"
        ) from error


def _write_mp4(draft: Path, frames: Iterator[np.ndarray], pace: Pace) -> None:
    import imageio_ffmpeg

    first = next(frames)
    height, width, _ = first.shape
    # From 0 to 10; lines on paper are ruined by the usual 5.
    writer = imageio_ffmpeg.write_frames(
        str(draft), (width, height), fps=pace.fps, quality=6, macro_block_size=2, ffmpeg_log_level="quiet"
    )
    writer.send(None)
    try:
        for frame in chain([first], frames):
            writer.send(np.ascontiguousarray(frame))
    finally:
        writer.close()
    # That a film could not be finished is told only where it is opened.
    reader = imageio_ffmpeg.read_frames(str(draft))
    next(reader)
    reader.close()


def _gif(frames: Iterator[np.ndarray], pace: Pace) -> bytes:
    images = (Image.fromarray(frame).quantize(64, method=Image.Quantize.FASTOCTREE) for frame in frames)
    first = next(images)
    stand_ms = max(_LEAST_GIF_MS, round(1000 / pace.fps))
    film = io.BytesIO()
    first.save(film, "GIF", save_all=True, append_images=images, duration=stand_ms, loop=0, optimize=False)
    return film.getvalue()
