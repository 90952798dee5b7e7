"""A raster picture as linear light over white paper, read through Pillow or taken from memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from io import BytesIO
from math import ceil, floor
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageCms, ImageOps

from plotopt.colour.light import decoded
from plotopt.errors import PlotoptError
from plotopt.files import opened, quoted

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
SMALLEST_SIDE_PX = 8
LARGEST_SIDE_PX = 20_000
LARGEST_ASPECT = 50

# Source pixels decoded to floats at a time, lest a large picture take its size again many times over.
_BAND_PX = 2_000_000
_USUAL_SIDE_PX = 4096
_GREY_MODES = ("1", "L", "LA")
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I", "F")
_MODES = (*_GREY_MODES, *_DEEP_MODES, "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV")
# Rows [first, last) of a picture as linear light, (last - first, width, 1 or 3).
_Rows = Callable[[int, int], ndarray]


@dataclass(frozen=True)
class Picture:
    """Linear-light RGB in 0..1 over white paper, its reader's notes for the user, and its file."""

    linear: Float[ndarray, "height width 3"] = field(repr=False)
    notes: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.linear.shape[1] / self.linear.shape[0]


def read_picture(source: str | Path | Image.Image | ndarray, max_side_px: int = _USUAL_SIDE_PX) -> Picture:
    """Reads a picture, upright and composited over white in linear light.

    ``source`` is a path to a PNG, JPEG, WebP, TIFF, BMP or GIF (first frame), a Pillow image, or an array
    ``(height, width)`` or ``(height, width, 3 or 4)`` of uint8, uint16 or sRGB-encoded floats in 0..1. An
    embedded colour profile is converted to sRGB where Pillow can, and noted where it cannot. A picture
    with a side over ``max_side_px`` is averaged down to it, with a note. Raises PlotoptError for anything
    that is no such picture, is smaller than 8 px or larger than 20000 px a side, or is more than fifty
    times longer than wide; a file's size is judged by its header, before it is decoded.
    """
    if max_side_px < SMALLEST_SIDE_PX:
        raise PlotoptError(f"max_side_px is {max_side_px}; give at least {SMALLEST_SIDE_PX}")
    if isinstance(source, str | Path):
        with opened(source, "a picture") as file:
            return _read_file(file, Path(source), max_side_px)
    if isinstance(source, Image.Image):
        _check_size(source.size, "the Pillow image")
        with _decoding("the Pillow image"):
            source.load()
        return _noting_scale(_from_image(source, "the Pillow image", max_side_px), source.size)
    if isinstance(source, ndarray):
        return _from_array(source, max_side_px)
    kind = type(source).__name__
    raise PlotoptError(f"a {kind} is no picture; give a path, a Pillow image or a numpy array")


def decode_picture(data: bytes, path: Path) -> Picture:
    """The picture in a file's bytes, as :func:`read_picture` reads the file; ``path`` is its name alone."""
    return _read_file(BytesIO(data), path, _USUAL_SIDE_PX)


def _read_file(file: BinaryIO, path: Path, max_side_px: int) -> Picture:
    image, full_size = _load(file, path, max_side_px)
    name = quoted(path)
    with _decoding(name):
        picture = _noting_scale(_from_image(image, name, max_side_px), full_size)
    return replace(picture, path=path)


def load_image(path: Path, max_side_px: int) -> tuple[Image.Image, tuple[int, int]]:
    """A file as Pillow reads it, and its size in full; refused as :func:`read_picture` refuses it."""
    with opened(path, "a picture") as file:
        return _load(file, path, max_side_px)


def _load(file: BinaryIO, path: Path, max_side_px: int) -> tuple[Image.Image, tuple[int, int]]:
    name = quoted(path)
    with _decoding(name):
        image = _open_image(file, path, name)
        full_size = image.size
        _check_size(full_size, name)
        # A JPEG may be decoded at 1/2, 1/4 or 1/8, never below the size that is wanted.
        image.draft(None, _size_within(full_size, max_side_px))
        image.load()
    return image, full_size


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    try:
        # Pillow warns of large or odd files; what matters of that is an error or a note here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PlotoptError:
        raise
    # Decoders meet damaged files with errors of almost every type.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PlotoptError(f"{name} is damaged or cut short ({reason}); export it again") from None


def _noting_scale(picture: Picture, full_size: tuple[int, int]) -> Picture:
    side = max(picture.linear.shape)
    if side == max(full_size):
        return picture
    note = f"{full_size[0]} x {full_size[1]} px scaled down to {side} px on the longer side"
    return replace(picture, notes=(*picture.notes, note))


def _open_image(file: BinaryIO, path: Path, name: str) -> Image.Image:
    # Image.open would refuse 20000 x 20000 px by a limit that is global to the process.
    Image.init()
    head = file.read(1024)
    if not head:
        raise PlotoptError(f"{name} is empty (0 bytes); export the picture again")
    for format_name in FORMATS:
        factory, accepts = Image.OPEN.get(format_name, (None, None))
        if factory is None or (accepts and accepts(head[:16]) is not True):
            continue
        file.seek(0)
        return factory(file, "")
    if path.suffix.lower() in (".svg", ".svgz") or b"<svg" in head:
        raise PlotoptError(
            f"{name} is a vector drawing (SVG), no picture; `plotopt plan` makes it ready to plot"
        )
    raise PlotoptError(f"{name} is not a picture that can be read; give one of {', '.join(FORMATS)}")


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    label = f"{name} is {width} x {height} px"
    if min(size) < SMALLEST_SIDE_PX:
        raise PlotoptError(f"{label}; give a picture of at least {SMALLEST_SIDE_PX} px a side")
    if max(size) > LARGEST_SIDE_PX:
        raise PlotoptError(f"{label}; scale it down to at most {LARGEST_SIDE_PX} px a side")
    if max(size) > LARGEST_ASPECT * min(size):
        raise PlotoptError(f"{label}; crop it to at most {LARGEST_ASPECT} times longer than wide")


def _size_within(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    scale = min(1.0, max_side_px / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _from_image(image: Image.Image, name: str, max_side_px: int) -> Picture:
    image, notes = upright(image)
    if image.mode not in _MODES:
        raise PlotoptError(f"{name} holds {image.mode} pixels; convert it to RGB")
    to_srgb = _srgb_transform(image)
    if to_srgb is None and image.info.get("icc_profile"):
        notes = (*notes, "the colour profile could not be used; the colours were read as sRGB")

    def rows(first: int, last: int) -> ndarray:
        return _linear_band(image.crop((0, first, image.width, last)), to_srgb, name)

    return Picture(_average_rows(rows, image.size, _size_within(image.size, max_side_px)), notes)


def upright(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """The image turned as its EXIF data say, and a note where they cannot be read."""
    try:
        turned = image.getexif().get(0x0112, 1) != 1
        return (ImageOps.exif_transpose(image) if turned else image), ()
    # Damaged EXIF data raise errors of many types and must not cost the picture.
    except Exception:
        return image, ("the EXIF data are damaged; the picture may need turning",)


def _srgb_transform(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    profile = image.info.get("icc_profile")
    if not profile or image.mode in _DEEP_MODES:
        return None
    try:
        own, srgb = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(own, srgb, _colour_mode(image.mode), "RGB")
    except (ImageCms.PyCMSError, OSError, ImportError):
        return None


def _colour_mode(mode: str) -> str:
    if mode in _GREY_MODES:
        return "L"
    return "CMYK" if mode == "CMYK" else "RGB"


def _linear_band(band: Image.Image, to_srgb: ImageCms.ImageCmsTransform | None, name: str) -> ndarray:
    if band.mode in _DEEP_MODES:
        return _decode(_deep_values(band, name))[..., None]
    colour = band.convert(_colour_mode(band.mode))
    if to_srgb is not None:
        colour = ImageCms.applyTransform(colour, to_srgb) or colour
    elif colour.mode == "CMYK":
        colour = colour.convert("RGB")
    linear = _decode(np.asarray(colour)).reshape(band.height, band.width, -1)
    if not band.has_transparency_data:
        return linear
    return _over_white(linear, np.asarray(band.convert("RGBA").getchannel("A"))[..., None])


def _deep_values(band: Image.Image, name: str) -> ndarray:
    values = np.asarray(band)
    if band.mode != "I":
        return _unit_floats(values, name) if band.mode == "F" else values
    if values.min() < 0 or values.max() > 0xFFFF:
        raise PlotoptError(
            f"{name} has 32-bit values up to {values.max()}; save it with 8 or 16 bits a channel"
        )
    return values.astype(np.uint16)


def _from_array(array: ndarray, max_side_px: int) -> Picture:
    name = f"the {array.dtype} array of shape {array.shape}"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PlotoptError(f"{name} is no picture; give (height, width) or (height, width, 3 or 4)")
    if array.dtype.kind != "f" and (array.dtype.kind != "u" or array.dtype.itemsize > 2):
        raise PlotoptError(f"{name} is no picture; give uint8, uint16 or floats in 0..1")
    height, width = array.shape[:2]
    _check_size((width, height), name)
    channels = array.reshape(height, width, -1)

    def rows(first: int, last: int) -> ndarray:
        band = channels[first:last]
        band = _unit_floats(band, name) if band.dtype.kind == "f" else band
        linear = _decode(band[..., :3])
        return linear if band.shape[2] < 4 else _over_white(linear, band[..., 3:])

    linear = _average_rows(rows, (width, height), _size_within((width, height), max_side_px))
    return _noting_scale(Picture(linear), (width, height))


def _unit_floats(values: ndarray, name: str) -> ndarray:
    if not np.isfinite(values).all():
        raise PlotoptError(f"{name} holds values that are not finite; replace nan and inf first")
    low, high = values.min(), values.max()
    # Resampling leaves overshoots of rounding size.
    if low < -1e-3 or high > 1 + 1e-3:
        raise PlotoptError(f"{name} has values {low:.4g} to {high:.4g}; scale floats to 0..1")
    return values.clip(0, 1)


def _decode(encoded: ndarray) -> ndarray:
    if encoded.dtype.kind == "f":
        return decoded(encoded).astype(np.float32)
    return _decode_table(encoded.dtype.itemsize)[encoded]


@cache
def _decode_table(itemsize: int) -> ndarray:
    return decoded(np.linspace(0, 1, 256**itemsize)).astype(np.float32)


def _over_white(linear: ndarray, alpha: ndarray) -> ndarray:
    full = 1 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max
    return 1 - (1 - linear) * (alpha / np.float32(full)).astype(np.float32)


def _average_rows(rows: _Rows, size: tuple[int, int], small: tuple[int, int]) -> ndarray:
    """The picture averaged to ``small`` (width, height) by a box filter, a band of rows at a time."""
    (width, height), (small_width, small_height) = size, small
    averaged = np.empty((small_height, small_width, 3), np.float32)
    step = max(1, _BAND_PX * small_height // (width * height))
    for top in range(0, small_height, step):
        bottom = min(top + step, small_height)
        start, end = top * height / small_height, min(bottom * height / small_height, height)
        band = rows(floor(start), ceil(end))
        box = (0, start - floor(start), width, end - floor(start))
        for channel in range(band.shape[2]):
            plane = Image.fromarray(np.ascontiguousarray(band[..., channel]))
            plane = plane.resize((small_width, bottom - top), Image.Resampling.BOX, box)
            averaged[top:bottom, :, channel] = np.asarray(plane)
        if band.shape[2] == 1:
            averaged[top:bottom, :, 1:] = averaged[top:bottom, :, :1]
    return averaged
