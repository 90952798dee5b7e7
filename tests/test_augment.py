"""Every augmentation under the same tests: points and rasters move as one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.augment import Augmentation, Jitter, Perspective, Warp, sample_all
from plotopt.augment.perspective import homographies
from plotopt.errors import PlotoptError

HEIGHT, WIDTH, VIEWS = 60, 80, 4

AUGMENTATIONS = {
    "perspective": Perspective(0.12),
    "jitter": Jitter(shift_px=2, rotation_deg=10, scale_log=0.05),
}
IDLE = {"perspective": Perspective(0), "jitter": Jitter()}

each_augmentation = pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def dot(x, y, height=HEIGHT, width=WIDTH, sigma=1.5):
    """A dark gaussian dot on white paper, sampled at pixel centres."""
    columns, rows = torch.arange(width) + 0.5, torch.arange(height) + 0.5
    squares = (columns - x) ** 2 + (rows[:, None] - y) ** 2
    return (1 - torch.exp(-squares / (2 * sigma**2)))[None, None].double()


def centroids(images):
    ink = 1 - images[:, 0]
    columns, rows = torch.arange(ink.shape[2]) + 0.5, torch.arange(ink.shape[1]) + 0.5
    total = ink.sum((1, 2))
    return torch.stack([(ink * columns).sum((1, 2)), (ink * rows[:, None]).sum((1, 2))], -1) / total[:, None]


@each_augmentation
def test_shapes(augmentation):
    warp = augmentation.sample(VIEWS, HEIGHT, WIDTH, seeded())
    assert warp.matrices.shape == (VIEWS, 3, 3)
    assert warp.points(torch.rand(5, 7, 2)).shape == (VIEWS, 5, 7, 2)
    assert warp.points(torch.rand(VIEWS, 5, 7, 2)).shape == (VIEWS, 5, 7, 2)
    assert warp.points(torch.rand(5, 7, 2)).dtype == torch.float32
    assert warp.raster(torch.rand(1, 3, HEIGHT, WIDTH), HEIGHT, WIDTH).shape == (VIEWS, 3, HEIGHT, WIDTH)
    assert warp.raster(torch.rand(VIEWS, 1, HEIGHT, WIDTH), HEIGHT, WIDTH).shape == (VIEWS, 1, HEIGHT, WIDTH)


@pytest.mark.parametrize("augmentation", IDLE.values(), ids=IDLE)
def test_identity_at_zero_strength(augmentation):
    warp = augmentation.sample(VIEWS, HEIGHT, WIDTH, seeded())
    assert torch.allclose(warp.matrices, Warp.identity(VIEWS).matrices, atol=1e-12)
    image = torch.rand(1, 1, HEIGHT, WIDTH, generator=seeded())
    assert torch.allclose(warp.raster(image, HEIGHT, WIDTH), image, atol=1e-4)


@each_augmentation
def test_the_generator_alone_decides(augmentation):
    state = torch.get_rng_state()
    first, again, other = (
        augmentation.sample(VIEWS, HEIGHT, WIDTH, seeded(seed)).matrices for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(state, torch.get_rng_state())


@each_augmentation
def test_gradients_reach_the_points(augmentation):
    warp = augmentation.sample(2, HEIGHT, WIDTH, seeded())
    points = (torch.rand(3, 4, 2, generator=seeded(), dtype=torch.float64) * 60).requires_grad_()
    assert torch.autograd.gradcheck(warp.points, points)


@each_augmentation
def test_gradients_reach_the_raster(augmentation):
    warp = augmentation.sample(2, 8, 8, seeded())
    image = torch.rand(1, 1, 8, 8, generator=seeded(), dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda pixels: warp.raster(pixels, 6, 6), image)


@each_augmentation
@pytest.mark.parametrize("place", [(40.0, 30.0), (33.7, 35.2)])
def test_points_and_rasters_agree(augmentation, place):
    warp = augmentation.sample(VIEWS, HEIGHT, WIDTH, seeded(7))
    mapped = warp.points(torch.tensor([[place]], dtype=torch.float64))[:, 0, 0]
    inside = (mapped > 6).all(1) & (mapped < mapped.new_tensor([WIDTH, HEIGHT]) - 6).all(1)
    assert inside.sum() >= 2
    seen = centroids(warp.raster(dot(*place), HEIGHT, WIDTH))
    assert (seen - mapped)[inside].abs().max() < 0.1


@each_augmentation
def test_paper_has_no_fringe_and_ink_ends_at_the_edge(augmentation):
    warp = augmentation.sample(VIEWS, HEIGHT, WIDTH, seeded())
    warp = warp.then(Jitter(shift_px=30).sample(VIEWS, HEIGHT, WIDTH, seeded()))
    for fill in (1.0, 0.25):
        blank = torch.full((1, 1, HEIGHT, WIDTH), fill)
        assert (warp.raster(blank, HEIGHT, WIDTH, fill) == fill).all()
    black = warp.raster(torch.zeros(1, 1, HEIGHT, WIDTH), HEIGHT, WIDTH)
    assert black.amin() == pytest.approx(0, abs=1e-6)
    assert black.amax() == 1


def test_paper_beyond_the_edge_by_hand():
    shift = torch.eye(3, dtype=torch.float64)[None].clone()
    shift[0, 0, 2] = 2.5
    row = Warp(shift).raster(torch.zeros(1, 1, 1, 4), 1, 6)[0, 0, 0]
    assert torch.allclose(row, torch.tensor([1, 1, 0.5, 0, 0, 0]), atol=1e-6)


def test_jitter_about_the_centre_by_hand():
    warp = Jitter(rotation_deg=20, scale_log=0.1).sample(VIEWS, HEIGHT, WIDTH, seeded())
    centre = torch.tensor([[[40.0, 30.0]]], dtype=torch.float64)
    assert torch.allclose(warp.points(centre), centre, atol=1e-9)
    turn = warp.matrices[:, :2, :2]
    scale = torch.linalg.det(turn).sqrt()
    expected = scale[:, None, None] ** 2 * torch.eye(2, dtype=torch.float64)
    assert torch.allclose(turn @ turn.mT, expected)


def test_spread_of_the_jitter():
    matrices = Jitter(shift_px=3, rotation_deg=5, scale_log=0.1).sample(4000, 0, 0, seeded()).matrices
    assert matrices[:, 0, 2].std() == pytest.approx(3, rel=0.05)
    angles = torch.rad2deg(torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    assert angles.std() == pytest.approx(5, rel=0.05)
    scales = torch.linalg.det(matrices[:, :2, :2]).log() / 2
    assert scales.std() == pytest.approx(0.1, rel=0.05)
    drawn = torch.stack([angles, scales, matrices[:, 0, 2], matrices[:, 1, 2]])
    assert (torch.corrcoef(drawn) - torch.eye(4)).abs().max() < 0.06


def test_homography_by_hand():
    square = torch.tensor([[[0, 0], [1, 0], [1, 1], [0, 1]]], dtype=torch.float64)
    # Dividing by 1 + x halves the right side: (1, 0) goes to (1/2, 0) and (1, 1) to (1/2, 1/2).
    keystone = torch.tensor([[[0, 0], [0.5, 0], [0.5, 0.5], [0, 1]]], dtype=torch.float64)
    expected = torch.tensor([[[1, 0, 0], [0, 1, 0], [1, 0, 1]]], dtype=torch.float64)
    assert torch.allclose(homographies(square, keystone), expected)


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), strength=st.floats(0, 0.2))
def test_perspective_moves_corners_within_bounds_and_never_folds(seed, strength):
    warp = Perspective(strength).sample(8, HEIGHT, WIDTH, seeded(seed))
    size = torch.tensor([WIDTH, HEIGHT], dtype=torch.float64)
    corners = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64) * size
    moved = warp.points(corners[None])[:, 0]
    assert ((moved - corners).abs() <= strength * size + 1e-9).all()
    assert (torch.linalg.det(warp.matrices) > 0).all()
    weights = warp.matrices[:, 2] @ torch.cat([corners.T, torch.ones(1, 4).double()])
    assert (weights > 0.15).all()


def test_perspective_corners_at_the_worst():
    unit = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
    offsets = torch.cartesian_prod(*[torch.tensor([-0.2, 0.2], dtype=torch.float64)] * 8).reshape(-1, 4, 2)
    matrices = homographies(unit.expand(256, 4, 2), unit + offsets)
    assert (torch.linalg.det(matrices) > 0).all()
    weights = matrices[:, 2] @ torch.cat([unit.T, torch.ones(1, 4).double()])
    assert (weights > 0.1).all()


def test_points_behind_the_horizon_stay_finite():
    warp = Warp(torch.tensor([[[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]]], dtype=torch.float64))
    points = torch.tensor([[[5.0, 1], [10, 1], [50, 1]]]).requires_grad_()
    mapped = warp.points(points)
    assert mapped[0, 0, 0].tolist() == [10, 2]
    mapped.sum().backward()
    assert mapped.isfinite().all()
    assert points.grad.isfinite().all()


def test_what_lies_behind_the_horizon_is_not_seen():
    # The weight 1 - x / 4 is negative right of x = 4: that half would appear mirrored at x' < 0, y' < 0.
    keystone = Warp(torch.tensor([[[1, 0, 0], [0, 1, 0], [-0.25, 0, 1]]], dtype=torch.float64))
    shift = Warp(torch.tensor([[[1, 0, 30], [0, 1, 30], [0, 0, 1]]], dtype=torch.float64))
    seen = keystone.then(shift).raster(torch.zeros(1, 1, 8, 8), 60, 60)[0, 0]
    assert seen[33, 33] == pytest.approx(0, abs=1e-6)
    assert (seen[:29, :29] == 1).all()


def test_then_is_one_after_the_other():
    first = Perspective(0.1).sample(VIEWS, HEIGHT, WIDTH, seeded(1))
    second = Jitter(3, 10, 0.1).sample(VIEWS, HEIGHT, WIDTH, seeded(2))
    points = torch.rand(5, 4, 2, generator=seeded(), dtype=torch.float64) * 60
    assert torch.allclose(first.then(second).points(points), second.points(first.points(points)))


def test_sample_all_is_one_after_the_other():
    parts = [Perspective(0.1), Jitter(rotation_deg=30)]
    generator = seeded(5)
    first, second = (part.sample(VIEWS, HEIGHT, WIDTH, generator) for part in parts)
    assert torch.equal(
        sample_all(parts, VIEWS, HEIGHT, WIDTH, seeded(5)).matrices, first.then(second).matrices
    )
    assert torch.equal(sample_all([], 2, 5, 5, seeded()).matrices, Warp.identity(2).matrices)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Perspective(0.21), "strength is 0.21"),
        (lambda: Perspective(float("nan")), "strength is nan"),
        (lambda: Jitter(shift_px=-1), "shift_px is -1"),
        (lambda: Jitter(rotation_deg=181), "rotation_deg is 181"),
        (lambda: Jitter(scale_log=float("inf")), "scale_log is inf"),
    ],
)
def test_values_out_of_range(make, word):
    with pytest.raises(PlotoptError, match=word):
        make()


def test_all_are_augmentations():
    assert all(isinstance(augmentation, Augmentation) for augmentation in AUGMENTATIONS.values())
