"""What users may give, sound, odd or hostile: strategies for pictures, drawings, tables, texts and names."""

import gzip
import io
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageCms

ROOT = Path(__file__).parent.parent
# Numbers that programs trip over: none at all, beyond all bounds, of other scripts, of too many digits.
ODD_NUMBERS = (
    *("0", "-1", "1e999", "-1e999", "nan", "inf", "1e-320", "1e308", "-1e308", "1e-200", "1e200", "-0"),
    *("", " ", ".", "+-1", "1e", "٣", "1_0", "0x10", "1" * 5000, "1," * 300, "5 ", "\t7", "50%", "1e9%"),
    *("3mm", "9parsec", "1em", "auto", "inherit", "none", "-3mm", "1.5.5", "1-1", "0" * 3000 + "!"),
)
_RUNS = (
    "0",
    "1",
    " ",
    "(",
    "matrix(",
    "a",
    "-",
    "/*",
    "{",
    "a{",
    "%",
    ",",
    "[",
    "<g>",
    "&amp;",
    ".",
    "'",
    "M0 0",
)
_WORDS = tuple(
    bytes.fromhex(text) for text in ("00000000", "ffffffff", "7fffffff", "80000000", "0001", "ff", "00")
)


def numbers():
    """A number as text, mostly a sound one."""
    sound = st.floats(-200, 200).map(lambda number: f"{number:.4g}")
    return st.one_of(sound, sound, st.floats(allow_nan=False).map(repr), st.sampled_from(ODD_NUMBERS))


def _pieces(most):
    return st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, most), st.integers(0, 5))


@st.composite
def mutated(draw, sources, words=_WORDS, most_changes=6):
    """Bytes of one of the sources, a few places changed, left out, doubled or swapped, or cut short."""
    data = bytearray(draw(sources))
    for where, other, length, way in draw(st.lists(_pieces(40), max_size=most_changes)):
        start, end = int(where * len(data)), int(other * len(data))
        piece = data[end : end + length]
        put = (draw(st.binary(max_size=8)), draw(st.sampled_from(words)), piece, b"", piece * 20, b"")[way]
        data[start : start + (len(put) if way < 3 else length)] = put
        if way == 5 and length == 40:
            del data[start:]
    return bytes(data)


@cache
def _pictures():
    y, x = np.mgrid[0:24, 0:32]
    ramp = Image.fromarray(np.stack([x * 8, y * 10, (x + y) * 4], -1).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    told = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    deep = Image.fromarray((x * 2000).astype(np.uint16))
    moving = {"save_all": True, "append_images": [ramp.rotate(90)]}
    ways = [
        *((ramp.convert(mode), "PNG", {}) for mode in ("RGB", "RGBA", "P", "L", "1", "LA")),
        *((deep, name, {}) for name in ("PNG", "TIFF")),
        *((ramp, name, told) for name in ("PNG", "JPEG", "WEBP", "TIFF")),
        *((ramp, "JPEG", {"progressive": True}), (ramp.convert("CMYK"), "JPEG", {})),
        *((ramp, "WEBP", {"lossless": True}), (ramp.convert("RGBA"), "WEBP", {}), (ramp, "WEBP", moving)),
        *((ramp, "TIFF", {"compression": each}) for each in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg")),
        *((ramp.convert("1"), "TIFF", {"compression": each}) for each in ("group3", "group4")),
        *((ramp.convert("F"), "TIFF", {}), (ramp.convert("CMYK"), "TIFF", {})),
        *((ramp.convert(mode), "BMP", {}) for mode in ("RGB", "P", "1", "RGBA")),
        *((ramp, "GIF", {}), (ramp, "GIF", moving), (ramp.convert("P"), "GIF", {"transparency": 3})),
    ]  # fmt: skip
    return tuple(_saved(*way) for way in ways)


def _saved(image, name, options):
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def mended(data):
    """A PNG whose chunks have the lengths and sums that they should, so that more of it is read."""
    if not data.startswith(b"\x89PNG"):
        return data
    chunks, at = [data[:8]], 8
    while at + 12 <= len(data) and len(chunks) < 100:
        length = min(int.from_bytes(data[at : at + 4], "big"), len(data) - at - 12)
        chunks.append(_chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join(chunks)


@st.composite
def declared(draw):
    """A PNG, GIF or BMP that claims any size and has no pixels to fill it."""
    side = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([8, 100, 9999, 20_000, 20_001, 2**31 - 1]))
    width, height = draw(side), draw(side)
    body = draw(st.binary(max_size=20))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        depth = bytes(draw(st.sampled_from([(1, 0), (8, 0), (8, 2), (16, 6), (8, 3), (16, 2)])))
        header = struct.pack(">II", width, height) + depth + bytes([0, 0, draw(st.integers(0, 1))])
        text = _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(draw(st.sampled_from([0, 2_000_000])))))
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + text + _chunk(b"IDAT", zlib.compress(body))
    if kind == 1:
        sizes = struct.pack("<HH", width % 65536, height % 65536)
        return b"GIF89a" + sizes + b"\0\0\0,\0\0\0\0" + sizes + b"\0\x02" + body
    header = struct.pack("<IiiHHIIiiII", 40, width % 2**31, height % 2**31, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header + body


def pictures():
    """Bytes of picture files in all formats, most of them damaged."""
    damaged = mutated(st.sampled_from(_pictures()))
    return st.one_of(damaged, damaged.map(mended), declared(), mutated(declared()).map(mended))


def stretched(sources, most=30_000):
    """Texts in which a word, theirs or an odd one, is there many times in a row."""

    @st.composite
    def one(draw):
        text = draw(sources)
        where = draw(st.integers(0, len(text)))
        word = draw(
            st.one_of(st.sampled_from(_RUNS), st.integers(1, 12).map(lambda n: text[where : where + n]))
        )
        return text[:where] + word * draw(st.integers(0, most // max(len(word), 1))) + text[where:]

    return one()


@st.composite
def changed(draw, sources):
    """Texts with a few places changed."""
    text = draw(sources)
    for _ in range(draw(st.integers(0, 4))):
        where, length = draw(st.integers(0, len(text))), draw(st.integers(0, 5))
        put = draw(
            st.one_of(st.text(max_size=4), st.sampled_from((*ODD_NUMBERS, *_RUNS, "\0", "\n", "\x1b[31m")))
        )
        text = text[:where] + put + text[where + length :]
    return text


def texts(*examples):
    """Texts as for an option: examples as they are, changed or stretched, and any text at all."""
    usual = st.sampled_from(examples)
    return st.one_of(usual, changed(usual), changed(usual), stretched(changed(usual)), st.text(max_size=30))


TABLES = {
    "profiles": sorted(
        path.read_text("utf-8")
        for path in (ROOT / "plotter_profiles").glob("*.toml")
        if path.name not in ("pens.toml", "papers.toml")
    ),
    "pens": [(ROOT / "plotter_profiles" / "pens.toml").read_text("utf-8")[:4000].rpartition("\n\n")[0]],
    "papers": [(ROOT / "plotter_profiles" / "papers.toml").read_text("utf-8")],
}
_VALUES = (
    *("1e999", "nan", "-inf", "0x" + "f" * 5000, "1" * 5000, "true", "[]", "[" * 90 + "]" * 90, "{}"),
    *(
        '"\\u001b"',
        "1979-05-27",
        '""',
        "'''\n'''",
        '"\\n"',
        "{ value = 1 }",
        '{ a = 1, unit = "mm", source = "s" }',
    ),
)


@st.composite
def tables(draw, kind):
    """A TOML file of ours with values and keys that are none, in bytes."""
    lines = draw(st.sampled_from(TABLES[kind])).split("\n")
    for _ in range(draw(st.integers(0, 3))):
        i = draw(st.integers(0, len(lines) - 1))
        key, equals, value = lines[i].partition("=")
        new = (
            f"{key}{equals} {draw(st.sampled_from(_VALUES))}",
            f"{key.strip()}.{'a.' * draw(st.sampled_from([1, 40, 3000]))}a = 1",
            f'["{draw(st.sampled_from(["", "a", "a b", "+", "x" * 300]))}"]',
            f"{draw(st.sampled_from(ODD_NUMBERS))!r} = {value}",
            lines[draw(st.integers(0, len(lines) - 1))],
            "",
        )
        lines[i] = new[draw(st.integers(0, 5))]
    text = "\n".join(lines)
    text = draw(st.one_of(st.just(text), changed(st.just(text)), stretched(st.just(text))))
    return draw(mutated(st.just(text.encode("utf-8", "surrogatepass")), most_changes=1))


def names():
    """Names of files, without a slash: spaces, dashes in front, line breaks, bytes that are no text."""
    letters = st.sampled_from(
        [*"ab-. \n\t'\"\\$`*?;&|<>%{}#~é字☂", "\x01", "\x1b", "\u202e", "\udcff", "x" * 80]
    )
    usual = st.sampled_from(["a", "-o", "--help", "a-plan", "two words", "-", ".", "..", "~", "e\u0301"])
    return st.one_of(usual, st.lists(letters, min_size=1, max_size=6).map("".join))


def zipped(sources):
    """The same bytes, often compressed, and then sometimes damaged."""
    return st.one_of(sources, sources.map(gzip.compress), mutated(sources.map(gzip.compress)))
