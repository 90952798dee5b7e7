"""Memory that serves again, and never two at a time."""

import gc
import threading
from dataclasses import replace

import pytest
import torch
from scenes import random_polylines

from plotopt.render import cpu
from plotopt.render.polylines import Raster
from plotopt.render.scrap import sheet

SHAPE = 3, 101, 70


def test_a_sheet_serves_again_when_nobody_looks_at_it():
    first = sheet(*SHAPE)
    place = first.data_ptr()
    del first
    assert sheet(*SHAPE).data_ptr() == place
    # A little smaller will do, much smaller or larger will not.
    assert sheet(20_000).data_ptr() == place
    assert sheet(2_000_000).data_ptr() != place


@pytest.mark.parametrize(
    "keep", [lambda t: t[1:, 5], lambda t: t.numpy()[2:], lambda t: t.detach(), lambda t: t.view(-1)]
)
def test_a_sheet_that_anybody_looks_at_stays_as_it_is(keep):
    kept = keep(sheet(*SHAPE).fill_(3))
    gc.collect()
    others = [sheet(*SHAPE).fill_(5) for _ in range(10)]
    assert (torch.as_tensor(kept) == 3).all()
    assert len({each.data_ptr() for each in others}) == 10


@pytest.mark.parametrize("shape", [(1,), (7, 2), (65_536,), (65_537, 3)])
def test_a_sheet_begins_with_a_line_of_the_cache(shape):
    paper = sheet(*shape)
    assert paper.data_ptr() % 64 == 0
    assert paper.shape == shape
    assert paper.is_contiguous()


def test_an_empty_sheet_is_empty():
    assert sheet(0, 2).shape == (0, 2)


def test_threads_have_sheets_of_their_own():
    wrong, start = [], threading.Barrier(4)

    def work(number):
        start.wait()
        for _ in range(300):
            paper = sheet(*SHAPE).fill_(number)
            if not (paper == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


def test_a_sheet_that_another_thread_puts_down_comes_back():
    box = [sheet(*SHAPE)]
    place = box[0].data_ptr()
    other = threading.Thread(target=box.clear)
    other.start()
    other.join()
    assert sheet(*SHAPE).data_ptr() == place


def test_many_drawings_at_once_are_as_good_as_one_by_one():
    raster = Raster(1, 64, 64)
    scenes = [random_polylines(seed, 20, raster) for seed in range(9)]
    alone = [cpu.transmittance(lines, raster).clone() for lines in scenes]
    leaves = [lines.vertices.clone().requires_grad_() for lines in scenes]
    drawn = [
        cpu.transmittance(replace(lines, vertices=leaf), raster)
        for lines, leaf in zip(scenes, leaves, strict=True)
    ]
    assert all(torch.equal(image, one) for image, one in zip(drawn, alone, strict=True))
    pulls = [
        torch.autograd.grad(image.sum(), leaf, retain_graph=True)[0]
        for image, leaf in zip(drawn, leaves, strict=True)
    ]
    # The same way back a second time, in another order, while the first gradients are kept.
    for image, leaf, pull in reversed(list(zip(drawn, leaves, pulls, strict=True))):
        assert torch.equal(torch.autograd.grad(image.sum(), leaf)[0], pull)
