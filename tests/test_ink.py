import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plotopt.colour.contrast import in_plot_order, pale_notes
from plotopt.colour.ink import Inks, linear_to_srgb, shows
from plotopt.colour.light import LUMINANCE, light_of
from plotopt.pens import Pen
from plotopt.stocks import WHITE, Stock

BLACK, RED, CYAN = Pen("black", "#000000", 0.4), Pen("red", "#ff0000", 0.4), Pen("cyan", "#00ffff", 0.4)
GEL = Pen("gel", "#ffffff", 0.6, opaque=True)
NIGHT = Stock("night", "black paper", "#141414", 4.0)


def planes(*values):
    """One pixel seen through each pen by so much."""
    return torch.tensor(values)[None, :, None, None]


def light(pens, *transmittances, channels=3):
    return Inks.of_pens(pens, channels).on_paper(planes(*transmittances)).flatten().tolist()


def test_colours_decode_to_linear_light():
    assert light_of("#000000") == (0, 0, 0)
    assert light_of("#ffffff") == (1, 1, 1)
    # 128/255 on the curve; 10/255 is the last value on the straight foot and 11/255 the first off it.
    assert light_of("#800a0b") == pytest.approx((0.2158605, 0.0030353, 0.0033465), abs=1e-7)
    # 188 is the grey closest to half the light.
    assert light_of("#bcbcbc")[0] == pytest.approx(0.502886, abs=1e-6)


@given(st.integers(0, 254))
def test_a_brighter_code_is_more_light(code):
    darker, brighter = light_of(f"#{code:02x}{code + 1:02x}00")[:2]
    assert 0 <= darker < brighter <= 1


def test_encoding_undoes_decoding():
    codes = range(256)
    light = torch.tensor([light_of(f"#{code:02x}0000")[0] for code in codes], dtype=torch.float64)
    # The standard's two figures, 0.04045 and 0.0031308, meet to four digits.
    assert (255 * linear_to_srgb(light)).tolist() == pytest.approx(list(codes), abs=1e-4)
    assert linear_to_srgb(torch.tensor([0.0, 0.5, 1.0])).tolist() == pytest.approx([0, 0.735357, 1], abs=1e-6)


def test_encoding_has_a_finite_slope_down_to_black():
    light = torch.tensor([0, 1e-30, 0.001, 0.0031308, 0.0031309, 0.5, 1.0], requires_grad=True)
    linear_to_srgb(light).sum().backward()
    assert light.grad[:3].tolist() == pytest.approx([12.92] * 3)
    assert light.grad.isfinite().all()
    # 1.055 / 2.4 at white.
    assert light.grad[-1].item() == pytest.approx(0.4395833)


def test_luminance_weighs_the_channels():
    assert sum(LUMINANCE) == pytest.approx(1)
    inks = Inks.of_pens([RED, Pen("green", "#00ff00", 1), Pen("blue", "#0000ff", 1)], channels=1)
    assert inks.reflectance.shape == (3, 1)
    assert inks.reflectance[:, 0].tolist() == pytest.approx(LUMINANCE)
    assert Inks.of_pens([RED, CYAN, GEL], channels=3).reflectance.tolist() == [
        [1, 0, 0],
        [0, 1, 1],
        [1, 1, 1],
    ]


@pytest.mark.parametrize("channels", [1, 3])
def test_bare_paper_is_white_and_full_ink_its_own_colour(channels):
    assert light([BLACK, RED, GEL], 1.0, 1.0, 1.0, channels=channels) == [1.0] * channels
    assert light([BLACK], 0.0, channels=channels) == [0.0] * channels
    assert light([BLACK], 0.25, channels=channels) == [0.25] * channels


def test_translucent_inks_multiply():
    # Red lets red pass whole and half of the rest, cyan the other way round.
    assert light([RED, CYAN], 0.5, 1.0) == [1, 0.5, 0.5]
    assert light([RED, CYAN], 1.0, 0.25) == [0.25, 1, 1]
    assert light([RED, CYAN], 0.5, 0.25) == [0.25, 0.5, 0.5]
    assert light([RED, CYAN], 0.0, 0.0) == [0, 0, 0]


def test_the_order_of_translucent_inks_does_not_matter():
    one = light([RED, CYAN, BLACK], 0.3, 0.6, 0.9)
    assert light([BLACK, RED, CYAN], 0.9, 0.3, 0.6) == pytest.approx(one)


def test_an_opaque_ink_hides_what_came_before_it():
    assert light([BLACK, GEL], 0.0, 0.0) == [1, 1, 1]
    assert light([BLACK, GEL], 0.0, 0.25) == [0.75, 0.75, 0.75]
    # A translucent ink on top of it still darkens.
    assert light([GEL, BLACK], 0.0, 0.25) == [0.25, 0.25, 0.25]
    assert light([RED, GEL, CYAN], 0.0, 0.5, 0.5) == [0.5, 0.5, 0.5]


def test_views_pens_and_channels_keep_their_places():
    through = torch.rand(2, 3, 4, 5)
    image = Inks.of_pens([RED, CYAN, BLACK], 3).on_paper(through)
    assert image.shape == (2, 3, 4, 5)
    assert torch.allclose(image[:, 0], through[:, 1] * through[:, 2])
    assert torch.allclose(image[:, 2], through[:, 0] * through[:, 2])
    assert Inks.of_pens([RED, CYAN, BLACK], 1).on_paper(through).shape == (2, 1, 4, 5)


@pytest.mark.parametrize("opaque", [(False, False, False), (False, True, False), (True, True, True)])
def test_gradient_by_transmittance(opaque):
    generator = torch.Generator().manual_seed(0)
    inks = Inks(torch.rand(3, 2, dtype=torch.float64, generator=generator), opaque)
    through = torch.rand(2, 3, 2, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(inks.on_paper, through)


def test_hand_worked_gradient():
    through = planes(0.5, 0.25).double().requires_grad_()
    Inks(torch.tensor([[0.0], [1.0]], dtype=torch.float64), (False, True)).on_paper(through).sum().backward()
    # I = T0 T1 + (1 - T1)
    assert through.grad.flatten().tolist() == [0.25, -0.5]


@pytest.mark.parametrize(
    ("color", "pale"),
    [
        ("#ffffff", True),
        # Yellow's luminance is 0.93 and cyan's 0.79; 231 and 232 are the greys about 0.8.
        ("#ffff00", True),
        ("#00ffff", False),
        ("#e7e7e7", False),
        ("#e8e8e8", True),
        ("#00ff00", False),
        ("#000000", False),
    ],
)
@pytest.mark.parametrize("opaque", [False, True])
def test_pale_inks_are_noted(color, pale, opaque):
    notes = pale_notes([Pen("pen", color, 0.4, opaque)])
    assert len(notes) == pale
    assert all(color in note and "hardly shows" in note for note in notes)


def test_one_note_for_each_pale_pen_in_their_order():
    cream = Pen("cream", "#fffdd0", 0.4)
    notes = pale_notes([BLACK, cream, RED, Pen("white", "#ffffff", 0.4)])
    assert ["#fffdd0" in notes[0], "#ffffff" in notes[1], len(notes)] == [True, True, 2]
    assert pale_notes([BLACK, RED]) == pale_notes([]) == ()


@pytest.mark.parametrize(
    ("pen", "stock", "seen"),
    [
        (BLACK, WHITE, True),
        (Pen("yellow", "#ffff00", 0.4), WHITE, True),
        (Pen("white", "#ffffff", 0.4, opaque=True), WHITE, False),
        (GEL, NIGHT, True),
        (RED, NIGHT, False),
        (Pen("red", "#ff0000", 0.4, opaque=True), NIGHT, True),
    ],
)
def test_ink_that_differs_from_its_paper_is_seen(pen, stock, seen):
    assert shows(pen, stock) is seen


def test_layers_go_from_light_to_dark_and_covering_ink_last():
    assert in_plot_order([BLACK, GEL, RED, CYAN]) == (CYAN, RED, BLACK, GEL)


def test_inks_lie_on_their_paper():
    inks = Inks.of_pens([CYAN, GEL], 3, Stock("red", "red paper", "#ff0000", 4.0))
    bare, cyan, gel = (
        inks.on_paper(planes(*through)).flatten().tolist() for through in ((1.0, 1.0), (0.0, 1.0), (1.0, 0.0))
    )
    assert bare == [1, 0, 0]
    assert cyan == [0, 0, 0]
    assert gel == [1, 1, 1]
