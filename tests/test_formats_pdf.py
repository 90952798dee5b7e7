"""PDF read back: page, curves, widths, colours and layers."""

import io
from dataclasses import replace

import numpy as np
import pypdf
import pytest
from test_formats_hpgl import LANDSCAPE, LAYERS

from plotopt.colour.contrast import opacity_in_srgb
from plotopt.formats.pdf import pdf_bytes
from plotopt.page import Page
from plotopt.pens import Pen

PT_PER_MM = 72 / 25.4


@pytest.fixture(scope="module")
def pdf():
    return pypdf.PdfReader(io.BytesIO(pdf_bytes(LAYERS, LANDSCAPE, "cat (1)")))


def forms(pdf):
    return [form.get_object() for form in pdf.pages[0]["/Resources"]["/XObject"].values()]


def test_the_page_has_its_true_size(pdf):
    (page,) = pdf.pages
    assert float(page.mediabox.width) == pytest.approx(297 * PT_PER_MM, abs=0.01)
    assert float(page.mediabox.height) == pytest.approx(210 * PT_PER_MM, abs=0.01)
    assert pdf.metadata.title == "cat (1)"


def test_a_page_may_have_an_odd_size():
    pdf = pypdf.PdfReader(io.BytesIO(pdf_bytes([], Page(1234.5678, 215.9, 0.0), "")))
    assert float(pdf.pages[0].mediabox.width) == pytest.approx(1234.5678 * PT_PER_MM, abs=0.01)


def test_mm_from_the_top_left_become_points_from_the_bottom_left(pdf):
    matrix = pdf.pages[0].get_contents().get_data().decode().split("\n")[0].split()
    assert matrix[-1] == "cm"
    a, b, c, d, e, f = map(float, matrix[:6])
    assert (b, c, e) == (0, 0, 0)
    assert (a, -d) == pytest.approx((PT_PER_MM, PT_PER_MM), rel=1e-7)
    assert f == pytest.approx(210 * PT_PER_MM, abs=1e-5)


def test_curves_are_kept_with_their_pens(pdf):
    for form, layer in zip(forms(pdf), LAYERS, strict=True):
        head, begin, *paths, end = form.get_data().decode().split("\n")
        assert (begin, end) == ("/OC /Part1 BDC", "EMC")
        colour = " ".join(f"{int(layer.pen.color[i : i + 2], 16) / 255:.4f}" for i in (1, 3, 5))
        assert head == f"/Pass gs {colour} RG {layer.pen.width_mm:g} w 1 J 1 j"
        assert len(paths) == len(layer.chains)
        for path, chain in zip(paths, layer.chains, strict=True):
            numbers = np.array([word for word in path.split() if word not in "mcS"], float).reshape(-1, 2)
            np.testing.assert_allclose(numbers[0], chain[0, 0], atol=6e-4)
            np.testing.assert_allclose(numbers[1:].reshape(-1, 3, 2), chain[:, 1:], atol=6e-4)


def test_layers_can_be_switched_by_name(pdf):
    properties = pdf.root_object["/OCProperties"]
    names = [group.get_object()["/Name"] for group in properties["/OCGs"]]
    assert names == ["1-black-0.4mm", "2-red-0.3mm"]
    assert [form["/Resources"]["/Properties"]["/Part1"]["/Name"] for form in forms(pdf)] == names
    assert properties["/D"]["/ON"] == properties["/OCGs"]


def test_translucent_inks_multiply_as_a_group_and_opaque_ones_cover():
    layers = [LAYERS[0], replace(LAYERS[1], pen=replace(LAYERS[1].pen, opaque=True, opacity=0.5))]
    pdf = pypdf.PdfReader(io.BytesIO(pdf_bytes(layers, LANDSCAPE, "")))
    draw = pdf.pages[0].get_contents().get_data().decode().split("\n")[1:]
    assert draw == ["/Multiply gs /Pen1 Do", "/Cover gs /Pen2 Do"]
    assert pdf.pages[0]["/Resources"]["/ExtGState"]["/Multiply"]["/BM"] == "/Multiply"
    assert [form["/Group"]["/S"] for form in forms(pdf)] == ["/Transparency"] * 2
    assert [float(form["/Resources"]["/ExtGState"]["/Pass"]["/CA"]) for form in forms(pdf)] == [0.999, 0.5]


@pytest.mark.parametrize(("color", "opacity"), [("#000000", 0.2646), ("#808080", 0.3968)])
def test_one_pass_of_half_the_light_looks_so_in_srgb(color, opacity):
    """Half of the light is 188 in sRGB; with half of what a grey of 128 reflects it is 205."""
    pen = Pen("faint", color, 0.4, opacity=0.5)
    assert opacity_in_srgb(pen) == pytest.approx(opacity, abs=2e-3)
    layers = [replace(LAYERS[0], pen=pen)]
    (form,) = forms(pypdf.PdfReader(io.BytesIO(pdf_bytes(layers, LANDSCAPE, ""))))
    assert float(form["/Resources"]["/ExtGState"]["/Pass"]["/CA"]) == pytest.approx(opacity, abs=2e-3)


def test_the_parts_of_a_pen_are_one_group_with_a_switch_each():
    """Inks multiply where a group is drawn, thus one pen's parts do not with each other."""
    black, red = LAYERS
    parts = [replace(black, part=1, parts=2), replace(black, chains=red.chains, part=2, parts=2)]
    pdf = pypdf.PdfReader(io.BytesIO(pdf_bytes([*parts, red], LANDSCAPE, "")))
    draw = pdf.pages[0].get_contents().get_data().decode().split("\n")[1:]
    assert draw == ["/Multiply gs /Pen1 Do", "/Multiply gs /Pen2 Do"]
    whole, _ = forms(pdf)
    assert "/Group" in whole
    words = [line for line in whole.get_data().decode().split("\n")[1:] if not line.endswith(" S")]
    assert words == ["/OC /Part1 BDC", "EMC", "/OC /Part2 BDC", "EMC"]
    names = [group.get_object()["/Name"] for group in pdf.root_object["/OCProperties"]["/OCGs"]]
    assert names == ["1-black-0.4mm-part-1-of-2", "2-black-0.4mm-part-2-of-2", "3-red-0.3mm"]
    switches = whole["/Resources"]["/Properties"]
    assert [switches[f"/Part{number}"]["/Name"] for number in (1, 2)] == names[:2]


def test_the_same_drawing_gives_the_same_bytes():
    assert pdf_bytes(LAYERS, LANDSCAPE, "a") == pdf_bytes(LAYERS, LANDSCAPE, "a")
