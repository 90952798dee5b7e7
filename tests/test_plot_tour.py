import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.plot import exchanges, neighbours, tour


def random_trip(strokes, seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (2 * strokes, 2))
    near = neighbours.nearest(points, np.arange(len(points)) ^ 1, 6)
    order = (2 * rng.permutation(strokes) + rng.integers(0, 2, strokes)).astype(np.int32)
    places = np.empty_like(order)
    places[order >> 1] = np.arange(strokes)
    return tour.Trip(points, near.ends, near.distances, order, places)


def length(trip):
    return np.linalg.norm(trip.points[np.roll(trip.order, -1)] - trip.points[trip.order ^ 1], axis=1).sum()


def moves(order):
    """The trip's moves as pairs of ends without direction."""
    return {frozenset(pair) for pair in zip((order ^ 1).tolist(), np.roll(order, -1).tolist(), strict=True)}


def exchange_of(trip, count, rng):
    """A random exchange: ``count`` moves of the trip, each either way round."""
    exchange = np.zeros((5, 2 * exchanges.DEEPEST), np.int64)
    for i, place in enumerate(rng.choice(len(trip.order), count, replace=False)):
        pair = [trip.order[place] ^ 1, trip.order[(place + 1) % len(trip.order)]]
        exchange[exchanges.ENDS, 2 * i : 2 * i + 2] = pair[:: rng.choice([1, -1])]
    return exchange


def new_moves(exchange, count):
    ends = exchange[exchanges.ENDS, : 2 * count].tolist()
    return {frozenset((ends[2 * i + 1], ends[(2 * i + 2) % (2 * count)])) for i in range(count)}


def is_one_trip(pairs, strokes):
    mates = {end: other for pair in pairs for end, other in (tuple(pair), tuple(pair)[::-1])}
    end, seen = 0, 0
    while True:
        end, seen = mates[end ^ 1], seen + 1
        if end == 0:
            return seen == strokes


@settings(max_examples=200, deadline=None)
@given(st.integers(5, 12), st.integers(2, 5), st.integers(0, 10_000))
def test_an_exchange_does_what_it_says_and_can_be_taken_back(strokes, count, seed):
    trip = random_trip(strokes, seed)
    exchange = exchange_of(trip, count, np.random.default_rng(seed))
    before, old = trip.order.copy(), moves(trip.order)
    removed = {frozenset(exchange[exchanges.ENDS, 2 * i : 2 * i + 2].tolist()) for i in range(count)}
    wanted = (old - removed) | new_moves(exchange, count)
    fits = exchanges.fits(trip.order, trip.places, exchange, count)
    assert fits == is_one_trip(wanted, strokes)
    if not fits:
        return
    log = exchanges.open_log(strokes)
    assert exchanges.rewrite(trip.order, trip.places, exchange, log, count)
    assert moves(trip.order) == wanted
    np.testing.assert_array_equal(trip.order[trip.places] >> 1, np.arange(strokes))
    exchanges.undo(trip.order, trip.places, log)
    np.testing.assert_array_equal(trip.order, before)
    np.testing.assert_array_equal(trip.order[trip.places] >> 1, np.arange(strokes))


@pytest.mark.parametrize("strokes", [2, 3, 5, 6, 40, 400])
def test_kicks_only_help(strokes):
    search, kicked = random_trip(strokes, 4), random_trip(strokes, 4)
    first = length(search)
    tour.improve(search, 0)
    tour.improve(kicked, 20 * strokes)
    assert length(kicked) <= length(search) + 1e-9 <= first + 2e-9
    assert sorted((kicked.order >> 1).tolist()) == list(range(strokes))
    if strokes == 400:
        assert length(kicked) < 0.98 * length(search) < 0.2 * first


def test_the_shortest_trip_is_known_on_a_circle():
    """Strokes are the even sides of a regular polygon: the shortest moves are its odd sides."""
    corners = 200
    angles = 2 * np.pi * np.arange(corners) / corners
    trip = random_trip(corners // 2, 1)
    trip.points[:] = np.stack([np.cos(angles), np.sin(angles)], 1)
    near = neighbours.nearest(trip.points, np.arange(corners) ^ 1, 6)
    trip = trip._replace(near=near.ends, distances=near.distances)
    tour.improve(trip, 200)
    assert length(trip) == pytest.approx(corners / 2 * 2 * np.sin(np.pi / corners))


def test_the_nearest_ends_are_those_of_brute_force():
    points = np.random.default_rng(5).uniform(0, 9, (60, 2))
    near = neighbours.nearest(points, np.arange(60) ^ 1, 5, within=3.0)
    for end in range(60):
        gaps = np.linalg.norm(points - points[end], axis=1)
        gaps[[end, end ^ 1]] = np.inf
        expected = [other for other in np.argsort(gaps)[:5] if gaps[other] < 3]
        found = near.ends[end][near.ends[end] >= 0]
        assert found.tolist() == expected
        np.testing.assert_allclose(near.distances[end, : len(found)], gaps[expected])


def test_ends_at_one_place_stay_findable():
    points = np.array([[0.0, 0], [5, 5]] * 50 + [[0, 1], [9, 9]])
    near = neighbours.nearest(points, np.arange(len(points)) ^ 1, 4)
    assert (near.distances[:, 0] == 0)[:100].all()
    assert near.distances[100, 0] == 1
    own = np.arange(len(points))[:, None]
    assert not ((near.ends == own) | (near.ends == own ^ 1)).any()


def test_links_make_paths_and_never_close_them():
    points = np.array([[0.0, 0], [1, 0], [1, 0], [1, 1], [1, 1], [0, 0], [7, 7], [8, 8]])
    links = neighbours.Links.none(8)
    neighbours.link_coincident(links, points)
    neighbours.link_nearest(links, points, 0.5)
    paths = sorted(tuple((path >> 1).tolist()) for path in links.paths())
    assert [len(path) for path in paths] == [3, 1] or [len(path) for path in paths] == [1, 3]
    assert len(links.free()) == 4


def test_refused_links_are_not_made():
    points = np.array([[0.0, 0], [1, 0], [1.1, 0], [2, 0]])
    links = neighbours.Links.none(4)
    neighbours.link_nearest(links, points, 1.0, lambda starts, ends: np.zeros(len(starts), bool))
    assert (links.mates == -1).all()
