"""Pictures from files and memory: every format, every kind of damage."""

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from PIL import Image, ImageCms, ImageFile

from plotopt.errors import PlotoptError
from plotopt.picture import decode_picture, read_picture

MID_GREY = 0.21404114  # linear light of sRGB 0.5, by hand from ((0.5 + 0.055) / 1.055) ** 2.4


def ramp(width=24, height=16):
    """An 8-bit RGB picture whose pixels all differ."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([x * 10, y * 15, (x + y) * 6], axis=-1).astype(np.uint8)


def png_header(width, height, data=b"", bits=1):
    """A grey PNG of any claimed size, its pixel data as given."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def refusal(source):
    """The one line that a bad source is answered with."""
    with pytest.raises(PlotoptError) as caught:
        read_picture(source)
    message = str(caught.value)
    assert "\n" not in message
    if isinstance(source, Path):
        assert repr(str(source))[:200] in message
    return message


@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp", "webp"])
def test_lossless_files_agree_with_their_array(tmp_path, suffix):
    path = tmp_path / f"ramp.{suffix}"
    Image.fromarray(ramp()).save(path, **({"lossless": True} if suffix == "webp" else {}))
    picture = read_picture(path)
    assert picture.linear.dtype == np.float32
    assert picture.aspect == 1.5
    assert picture.notes == ()
    np.testing.assert_array_equal(picture.linear, read_picture(ramp()).linear)


def test_the_bytes_of_a_file_are_read_like_the_file(tmp_path):
    path = tmp_path / "ramp.jpg"
    Image.fromarray(ramp()).save(path)
    picture = decode_picture(path.read_bytes(), Path("no folder/ramp.jpg"))
    np.testing.assert_array_equal(picture.linear, read_picture(path).linear)
    assert picture.path == Path("no folder/ramp.jpg")
    with pytest.raises(PlotoptError, match=r"^'cut.jpg' is damaged or cut short"):
        decode_picture(path.read_bytes()[:300], Path("cut.jpg"))


def test_jpeg_is_near_its_array(tmp_path):
    Image.fromarray(ramp()).save(tmp_path / "ramp.jpg", quality=98, subsampling=0)
    np.testing.assert_allclose(
        read_picture(str(tmp_path / "ramp.jpg")).linear, read_picture(ramp()).linear, atol=0.06
    )


def test_first_frame_of_a_gif(tmp_path):
    frames = [Image.new("L", (10, 10), value) for value in (255, 0)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    assert (read_picture(tmp_path / "two.gif").linear == 1).all()


def test_linear_light_of_hand_worked_values():
    for half in (np.full((8, 8), 0.5), np.full((8, 8, 3), 0.5, np.float32)):
        np.testing.assert_allclose(read_picture(half).linear, MID_GREY, rtol=1e-6)
    np.testing.assert_allclose(
        read_picture(np.full((8, 8), 10, np.uint8)).linear, 10 / 255 / 12.92, rtol=1e-6
    )
    assert (read_picture(np.full((8, 8), 65535, np.uint16)).linear == 1).all()


@pytest.mark.parametrize(
    ("suffix", "mode"), [("png", "I;16"), ("tiff", "I;16"), ("tiff", "I;16B"), ("tiff", "I")]
)
def test_16_bit_grey_keeps_its_low_byte(tmp_path, suffix, mode):
    values = (np.arange(64).reshape(8, 8) * 1000 + 7).astype(np.uint16)
    stored = {"I;16B": ">u2", "I": np.int32}.get(mode, np.uint16)
    image = Image.frombytes(mode, (8, 8), values.astype(stored).tobytes())
    image.save(tmp_path / f"deep.{suffix}")
    linear = read_picture(tmp_path / f"deep.{suffix}").linear
    np.testing.assert_array_equal(linear, read_picture(values).linear)
    np.testing.assert_allclose(linear[0, 1, 0], 1007 / 65535 / 12.92, rtol=1e-6)


def test_float_tiff(tmp_path):
    Image.fromarray(np.full((8, 8), 0.5, np.float32)).save(tmp_path / "half.tiff")
    np.testing.assert_allclose(read_picture(tmp_path / "half.tiff").linear, MID_GREY, rtol=1e-6)


def test_palette_with_and_without_transparency(tmp_path):
    palette = Image.new("P", (10, 10), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "opaque.png")
    palette.save(tmp_path / "clear.png", transparency=1)
    assert read_picture(tmp_path / "opaque.png").linear[0, 0].tolist() == [1, 0, 0]
    assert read_picture(tmp_path / "clear.png").linear[0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_is_composited_over_white_in_linear_light(tmp_path, mode):
    alpha = 51  # one fifth
    image = Image.new("RGBA", (9, 9), (0, 0, 0, alpha))
    if mode == "LA":
        image = Image.merge("LA", [Image.new("L", (9, 9), 0), Image.new("L", (9, 9), alpha)])
    elif mode == "PA":
        image = Image.new("PA", (9, 9), (1, alpha))
        image.putpalette([255, 255, 255, 0, 0, 0])
    np.testing.assert_allclose(read_picture(image).linear, 0.8, rtol=1e-6)
    if mode != "PA":
        image.save(tmp_path / "clear.png")
        np.testing.assert_allclose(read_picture(tmp_path / "clear.png").linear, 0.8, rtol=1e-6)


def test_alpha_of_arrays():
    black = np.zeros((8, 8, 4), np.uint16)
    black[..., 3] = 13107  # one fifth
    for array in (black, black / 65535, (black / 257).astype(np.uint8)):
        np.testing.assert_allclose(read_picture(array).linear, 0.8, rtol=1e-6)


def test_colour_key_transparency(tmp_path):
    Image.new("L", (9, 9), 0).save(tmp_path / "key.png", transparency=0)
    assert (read_picture(tmp_path / "key.png").linear == 1).all()


def test_cmyk(tmp_path):
    for suffix, atol in (("tiff", 0), ("jpg", 0.02)):
        path = tmp_path / f"cyan.{suffix}"
        Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(path)
        np.testing.assert_allclose(read_picture(path).linear[4, 4], [0, 1, 1], atol=atol)


@pytest.mark.parametrize("mode", ["1", "HSV", "YCbCr"])
def test_other_pixel_modes(mode):
    white = Image.new("RGB", (8, 8), "white").convert(mode)
    np.testing.assert_allclose(read_picture(white).linear, 1, atol=1e-6)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, suffix, orientation):
    # What a camera stores for each tag, so that turning it as told gives the upright picture back.
    store = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    upright = np.kron(np.array([[0, 80, 160], [255, 40, 200]]), np.ones((16, 16))).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(store(upright))).save(tmp_path / f"turned.{suffix}", exif=exif)
    picture = read_picture(tmp_path / f"turned.{suffix}")
    assert picture.aspect == 1.5
    np.testing.assert_allclose(picture.linear, read_picture(upright).linear, atol=0.03)


def test_damaged_exif_is_noted(tmp_path):
    Image.fromarray(ramp()).save(tmp_path / "odd.png", exif=b"neither byte order")
    picture = read_picture(tmp_path / "odd.png")
    assert picture.linear.shape == (16, 24, 3)
    assert "EXIF" in picture.notes[0]


def test_colour_profiles(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(ramp()).save(tmp_path / "good.png", icc_profile=srgb)
    Image.fromarray(ramp()).save(tmp_path / "bad.png", icc_profile=b"no profile")
    plain = read_picture(ramp()).linear
    good, bad = read_picture(tmp_path / "good.png"), read_picture(tmp_path / "bad.png")
    np.testing.assert_allclose(good.linear, plain, atol=0.01)
    assert good.notes == ()
    np.testing.assert_array_equal(bad.linear, plain)
    assert "profile" in bad.notes[0]


def test_a_profile_for_other_pixels_is_noted():
    lab = ImageCms.createProfile("LAB")
    image = Image.new("RGB", (8, 8), (10, 200, 30))
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(lab).tobytes()
    assert "profile" in read_picture(image).notes[0]


def test_scaling_down_averages_linear_light():
    checks = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (40, 80))
    picture = read_picture(checks, max_side_px=40)
    assert picture.linear.shape == (20, 40, 3)
    np.testing.assert_allclose(picture.linear, 0.5, atol=1e-6)
    assert picture.notes == ("160 x 80 px scaled down to 40 px on the longer side",)


def test_scaling_down_by_no_whole_number_keeps_the_mean():
    gradient = np.tile(np.linspace(0, 1, 500), (333, 1))
    picture = read_picture(gradient, max_side_px=97)
    assert picture.linear.shape == (65, 97, 3)
    np.testing.assert_allclose(picture.linear.mean(), read_picture(gradient).linear.mean(), atol=2e-3)
    assert (np.diff(picture.linear[30, :, 0]) > 0).all()


def test_20000_px_a_side_are_scaled_down_and_one_more_is_refused(tmp_path):
    packer = zlib.compressobj(1)
    rows = bytes(2501) * 500
    data = b"".join(packer.compress(rows) for _ in range(40)) + packer.flush()
    (tmp_path / "huge.png").write_bytes(png_header(20000, 20000, data))
    picture = read_picture(tmp_path / "huge.png", max_side_px=100)
    assert picture.linear.shape == (100, 100, 3)
    assert picture.notes == ("20000 x 20000 px scaled down to 100 px on the longer side",)
    (tmp_path / "over.png").write_bytes(png_header(20001, 20000, data))
    assert "20001 x 20000" in refusal(tmp_path / "over.png")


def test_large_jpeg_is_decoded_small(tmp_path):
    Image.new("L", (1200, 600), 128).save(tmp_path / "large.jpg")
    picture = read_picture(tmp_path / "large.jpg", max_side_px=100)
    assert picture.linear.shape == (50, 100, 3)
    np.testing.assert_allclose(picture.linear, 0.2159, atol=1e-3)
    assert picture.notes == ("1200 x 600 px scaled down to 100 px on the longer side",)


def test_bomb_is_refused_by_its_header(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png_header(2**31 - 1, 2**31 - 1))
    assert "2147483647" in refusal(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"hello, world, this is text", "PNG, JPEG"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"BM\0\0", "damaged"),
        (b"GIF89a", "damaged"),
        (b"II*\0\0\0\0\0", "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "vector"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "PNG, JPEG"),
        (png_header(0, 5), "damaged|0 x 5"),
        (png_header(1, 1, zlib.compress(b"\0\0")), "1 x 1"),
        (png_header(9, 451), "9 x 451"),
        (png_header(100, 100), "damaged"),
    ],
)
def test_bad_files(tmp_path, content, word):
    path = tmp_path / "bad picture.png"
    path.write_bytes(content)
    assert any(choice in refusal(path) for choice in word.split("|"))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "bmp", "gif"])
def test_truncated_files(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, {"jpg": "JPEG"}.get(suffix, suffix.upper()))
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    assert "damaged" in refusal(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), format_name=st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"]))
def test_flipped_bytes_give_a_picture_or_one_line(tmp_path_factory, data, format_name):
    buffer = io.BytesIO()
    Image.fromarray(ramp()).save(buffer, format_name)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("flipped") / "picture"
    path.write_bytes(content)
    try:
        linear = read_picture(path).linear
    except PlotoptError:
        return
    assert linear.shape[2] == 3
    assert ((linear >= 0) & (linear <= 1)).all()


def test_paths_that_are_no_files(tmp_path):
    assert "does not exist" in refusal(tmp_path / "missing.png")
    assert "is a folder" in refusal(tmp_path)
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))
    os.mkfifo(tmp_path / "pipe")
    assert "ordinary file" in refusal(tmp_path / "pipe")
    assert "\\n" in refusal(tmp_path / "two\nlines")


def test_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "locked.png"
    path.write_bytes(b"locked")
    # The superuser may read any file, so permission is denied by hand.
    monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "no")))
    assert "permissions" in refusal(path)


def test_other_types_and_modes_are_refused():
    assert "NoneType" in refusal(None)
    assert "LAB" in refusal(Image.new("LAB", (9, 9)))
    assert "2 x 9" in refusal(Image.new("L", (2, 9)))
    assert "32-bit" in refusal(Image.new("I", (9, 9), 70000))
    with pytest.raises(PlotoptError, match="max_side_px"):
        read_picture(ramp(), max_side_px=0)


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros(9), "shape"),
        (np.zeros((9, 9, 2)), "shape"),
        (np.zeros((0, 9)), "9 x 0"),
        (np.zeros((9, 9), np.int64), "int64"),
        (np.zeros((9, 9), bool), "bool"),
        (np.full((9, 9), np.nan), "finite"),
        (np.full((9, 9), np.inf), "finite"),
        (np.full((9, 9), 255.0), "scale floats"),
        (np.full((9, 9), -0.5), "scale floats"),
    ],
)
def test_bad_arrays(array, word):
    assert word in refusal(array)


@settings(max_examples=40, deadline=None)
@given(
    array=st_numpy.arrays(
        np.float64,
        st_numpy.array_shapes(min_dims=2, max_dims=2, min_side=8, max_side=40),
        elements=st.floats(0, 1),
    ),
    max_side_px=st.integers(8, 50),
)
def test_light_stays_within_its_range(array, max_side_px):
    picture = read_picture(array, max_side_px)
    assert max(picture.linear.shape[:2]) == min(max(array.shape), max_side_px)
    assert picture.linear.min() >= read_picture(array).linear.min() - 1e-6
    assert picture.linear.max() <= read_picture(array).linear.max() + 1e-6


def test_global_state_and_source_stay_untouched(tmp_path):
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    source = Image.fromarray(ramp())
    source.getexif()[0x0112] = 6
    source.save(tmp_path / "turned.png")
    read_picture(tmp_path / "turned.png")
    assert read_picture(source).aspect == 2 / 3
    assert source.size == (24, 16)
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
