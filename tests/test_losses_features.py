"""What is made of a network's features, by hand: mean activations, feature distance, style."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plotopt.losses.activation import mean_activation
from plotopt.losses.features import feature_distance
from plotopt.losses.style import gram, style_distance


def maps(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def value_and_gradient(loss, features):
    leaf = features.clone().requires_grad_()
    value = loss(leaf)
    value.backward()
    return float(value.detach()), leaf.grad


def counting(views, channels, rows, columns):
    return torch.arange(views * channels * rows * columns).double().reshape(views, channels, rows, columns)


def test_mean_over_views_and_positions_by_hand():
    # Channel 1 holds 4..7 in the first view and 12..15 in the second.
    assert mean_activation(counting(2, 2, 2, 2), [1]).tolist() == [9.5]
    assert mean_activation(counting(2, 2, 2, 2), [1, 0]).tolist() == [9.5, 5.5]


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        # The middle of 3 x 3 is number 4; of 2 x 2 all; of 4 x 4 the numbers 5, 6, 9 and 10.
        (1, 1, 0),
        (3, 3, 4),
        (2, 2, 1.5),
        (4, 4, 7.5),
        # Rows 1 and 2 of column 1 of three.
        (4, 3, (4 + 7) / 2),
        (5, 2, (4 + 5) / 2),
    ],
)
def test_the_middle_by_hand(rows, columns, expected):
    found = mean_activation(counting(1, 1, rows, columns), [0], center=True)
    assert found.tolist() == [expected]


@pytest.mark.parametrize(("rows", "columns"), [(5, 5), (4, 6), (5, 4)])
def test_only_the_middle_pulls(rows, columns):
    gradient = value_and_gradient(
        lambda f: mean_activation(f, [1], center=True).sum(), maps(2, 3, rows, columns)
    )[1]
    assert (gradient[:, [0, 2]] == 0).all()
    pulled = gradient[0, 1] > 0
    assert pulled.sum() == (2 - rows % 2) * (2 - columns % 2)
    # The middle is the same from both sides.
    assert torch.equal(pulled, pulled.flip(0, 1))
    assert gradient.sum() == pytest.approx(1)


def test_a_larger_view_of_the_same_has_the_same_activation():
    small = maps(1, 4, 5, 5)
    torch.testing.assert_close(
        mean_activation(small.repeat(3, 1, 2, 3), [0, 3]), mean_activation(small, [0, 3])
    )


def test_a_channel_beyond_the_last_is_an_error():
    with pytest.raises(IndexError):
        mean_activation(maps(1, 4, 5, 5), [4])


def test_feature_distance_by_hand():
    # The first layer is off by 1 of 2 everywhere: 1/4. The second is 3 in one of four 1s: 4 / 4.
    target = [torch.full((1, 2, 3, 3), 2.0), torch.ones(1, 1, 2, 2)]
    drawing = [torch.full((1, 2, 3, 3), 3.0), torch.ones(1, 1, 2, 2)]
    drawing[1][0, 0, 0, 0] = 3
    assert float(feature_distance(drawing[:1], target[:1])) == 0.25
    assert float(feature_distance(drawing[1:], target[1:])) == 1
    assert float(feature_distance(drawing, target)) == (0.25 + 1) / 2


def test_the_same_features_cost_nothing_and_none_at_all_cost_one():
    layers = [maps(2, 3, 8, 8), maps(2, 5, 4, 4, seed=1)]
    assert float(feature_distance(layers, layers)) == 0
    assert float(feature_distance([0 * layer for layer in layers], layers)) == pytest.approx(1)


@given(st.floats(0.01, 1000))
def test_feature_distance_knows_no_scale(scale):
    """Every layer's own: a layer of strong features does not drown the others."""
    drawing, target = (
        [maps(1, 3, 6, 6, seed=i) for i in (0, 1)],
        [maps(1, 3, 6, 6, seed=i) for i in (2, 3)],
    )
    scaled = [[layers[0] * scale, layers[1]] for layers in (drawing, target)]
    assert float(feature_distance(*scaled)) == pytest.approx(float(feature_distance(drawing, target)))


def test_a_target_without_features_is_no_division_by_nought():
    value, gradient = value_and_gradient(
        lambda f: feature_distance([f], [torch.zeros(1, 2, 3, 3)]), 0 * maps(1, 2, 3, 3)
    )
    assert value == 0
    assert gradient.isfinite().all()


def test_layers_must_be_as_many():
    with pytest.raises(ValueError, match="zip"):
        feature_distance([maps(1, 2, 3, 3)] * 2, [maps(1, 2, 3, 3)])
    with pytest.raises(ValueError, match="zip"):
        style_distance([maps(1, 2, 3, 3)], [torch.eye(2)] * 2)


def test_gram_by_hand():
    features = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[None, :, None]
    # (1 + 4) / 2, (3 + 8) / 2, (9 + 16) / 2
    assert gram(features).tolist() == [[2.5, 5.5], [5.5, 12.5]]
    # A second view of twice the strength adds four times as much, over twice the positions.
    assert gram(torch.cat([features, 2 * features])).tolist() == [[6.25, 13.75], [13.75, 31.25]]


def test_gram_knows_no_place_no_size_and_no_number_of_views():
    features = maps(1, 4, 6, 5)
    expected = gram(features)
    torch.testing.assert_close(gram(features.roll((2, 3), (2, 3))), expected)
    torch.testing.assert_close(gram(features.flip(2)), expected)
    torch.testing.assert_close(gram(features.repeat(3, 1, 2, 2)), expected)


def test_gram_does_not_mix_views_and_channels():
    """Channels of different views never meet."""
    apart = torch.zeros(2, 2, 3, 3)
    apart[0, 0], apart[1, 1] = 1, 1
    assert gram(apart).tolist() == [[0.5, 0], [0, 0.5]]


def test_style_distance_by_hand():
    features = torch.tensor([[1.0, 1.0], [1.0, -1.0]])[None, :, None]
    # The Gram matrix is the unit matrix: 2 against 1 is off by all of it, none at all by as much.
    assert float(style_distance([features], [torch.eye(2)])) == 0
    assert float(style_distance([features * 2**0.5], [torch.eye(2)])) == pytest.approx(1)
    assert float(style_distance([0 * features], [torch.eye(2)])) == 1
    assert float(style_distance([features, 0 * features], [torch.eye(2)] * 2)) == 0.5


def test_style_of_the_same_marks_elsewhere_is_the_same():
    layers = [maps(2, 3, 8, 8), maps(2, 5, 4, 4, seed=1)]
    style = [gram(layer) for layer in layers]
    moved = [layer.roll((1, 3), (2, 3)) for layer in layers]
    assert float(style_distance(moved, style)) == pytest.approx(0, abs=1e-12)
    # Content is not: that is what tells the two losses apart.
    assert float(feature_distance(moved, layers)) > 0.5


@pytest.mark.parametrize("seed", range(2))
def test_gradients(seed):
    features, other = maps(2, 3, 4, 4, seed=seed), maps(2, 3, 4, 4, seed=seed + 10)
    leaf = features.requires_grad_()
    assert torch.autograd.gradcheck(lambda f: mean_activation(f, [2, 0], center=True), leaf)
    assert torch.autograd.gradcheck(lambda f: feature_distance([f], [other]), leaf)
    assert torch.autograd.gradcheck(lambda f: style_distance([f], [gram(other)]), leaf)
