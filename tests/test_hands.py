"""Work dealt out to threads: every hand once, whoever takes it, and what fails is told."""

import os
import threading
import time

import pytest

from plotopt.hands import deal


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("lasting_us", [0, 59, 500, 1e9])
def test_every_hand_is_dealt_once(threads, count, lasting_us):
    threads(count)
    dealt = []
    deal(lambda hand, hands: dealt.append((hand, hands)), lasting_us)
    hands = dealt[0][1]
    assert sorted(hand for hand, _ in dealt) == list(range(hands))
    assert {of for _, of in dealt} == {hands}
    assert hands <= 4 * count


def test_little_work_is_done_by_the_caller(threads):
    threads(8)
    done = []
    deal(lambda hand, hands: done.append((hand, hands, threading.get_ident())), 50)
    assert done == [(0, 1, threading.get_ident())]


def test_others_take_part(threads):
    threads(3)
    workers = set()

    def work(hand, hands):
        workers.add(threading.get_ident())
        time.sleep(0.01)

    deal(work, 1e6)
    assert 1 < len(workers) <= 3


@pytest.mark.parametrize("failing", [0, 5, 11])
def test_a_failure_is_raised_when_all_hands_are_done(threads, failing):
    threads(3)
    done = []

    def work(hand, hands):
        if hand == failing:
            raise ValueError(f"hand {hand}")
        done.append(hand)

    with pytest.raises(ValueError, match=f"hand {failing}"):
        deal(work, 1e6)
    assert len(done) == 11
    # The threads are none the worse for it.
    deal(lambda hand, hands: done.append(hand), 1e6)
    assert len(done) == 23


def test_several_callers_do_not_get_in_each_others_way(threads):
    threads(3)
    sums = [[0] * 12 for _ in range(4)]

    def call(own):
        for _ in range(50):
            deal(lambda hand, hands: own.__setitem__(hand, own[hand] + 1), 1e6)

    callers = [threading.Thread(target=call, args=(own,)) for own in sums]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sums == [[50] * 12] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_has_threads_of_its_own(threads):
    threads(3)
    deal(lambda hand, hands: None, 1e6)
    child = os.fork()
    if child == 0:
        done = []
        try:
            deal(lambda hand, hands: done.append(hand), 1e6)
        finally:
            os._exit(len(done))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 12
