"""Small pictures for the tests of whole fits, sound ones and broken ones."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def gradient(width=64, height=48):
    """An 8-bit RGB picture that darkens towards its top left corner; its pixels all differ."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], -1).astype(
        np.uint8
    )


def plain(value, width=64, height=48):
    """A picture of one 8-bit grey."""
    return np.full((height, width), value, np.uint8)


def save(path, pixels):
    """Write pixels in the format of the path's suffix; the path again."""
    Image.fromarray(pixels).save(path)
    return Path(path)


def save_cut_short(path, share=0.5):
    """Write a picture that ends in the middle."""
    whole = save(path, np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)).read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


def save_bomb(path, side=60_000):
    """Write a PNG of some 60 bytes whose header promises ``side`` by ``side`` pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
