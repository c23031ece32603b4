"""A raised flag stops a kernel within a block of its vector loop, whatever the parameters."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Points
from deepfractals_gui.core.params import replace
from deepfractals_gui.systems import system
from deepfractals_gui.systems.storage import Workspace

FOREVER = 1_000_000
# Many orbits here neither escape nor settle in any sensible time, in float32 either.
WHERE = {
    "forward_pass": (-0.68357, -0.70593),
    "error_flow": (-0.608, -1.007),
    "gradient_basins": (-0.6, 0.9),
}
VALUES = {
    "forward_pass": {"max_iterations": FOREVER},
    "error_flow": {"max_iterations": FOREVER},
    "gradient_basins": {"max_steps": FOREVER, "tolerance": 1e-14, "learning_rate": 1e-6},
}
PRECISIONS = [np.float64, np.float32]


def begin(key, working):
    """Start a job that would take minutes; returns its thread, flag, work counter and outcome."""
    chosen = system(key)
    p = replace(chosen.Params(), **VALUES[key])
    rng = np.random.default_rng(1)
    x, y = (at + 1e-3 * rng.uniform(-1, 1, 20_000) for at in WHERE[key])
    flag = CancelFlag()
    work = Workspace(chosen.allocate(len(x), p), working)
    prepared = (chosen.prepare(p, CancelFlag()),) if key == "gradient_basins" else ()
    outcome = []

    def run():
        try:
            chosen._fill(Points.absolute(x, y), p, *prepared, work, flag)
        except Cancelled as raised:
            outcome.append(raised)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, flag, work.blocks, outcome


@pytest.mark.parametrize("working", PRECISIONS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("key", WHERE)
def test_a_raised_flag_is_seen_within_two_blocks(key, working):
    thread, flag, blocks, outcome = begin(key, working)
    while blocks[0] < 100 and thread.is_alive():
        pass
    flag.set()
    seen = int(blocks[0])
    thread.join()
    assert isinstance(outcome[0], Cancelled)
    assert 100 <= seen <= blocks[0] <= seen + 2


def test_a_block_is_little_work():
    """64 lanes, 8 steps: even with 64 data points a block is far from the 50 ms allowed."""
    from deepfractals_gui.kernels.lanes import BLOCK, LANES

    assert LANES * BLOCK * 64 <= 32_768


def test_points_computed_alone_stop_too():
    chosen = system("forward_pass")
    p = replace(chosen.Params(), max_iterations=FOREVER, activation="sigmoid")
    x = np.full(50_000, 1e15)
    flag = CancelFlag()
    outcome = []
    started = threading.Event()

    def run():
        started.set()
        try:
            out = chosen.allocate(len(x), p)
            chosen.sample(Points.absolute(x, x), p, None, out, flag)
        except Cancelled as raised:
            outcome.append(raised)

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    flag.set()
    # Unstopped, this is 5e10 steps: hours.
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert isinstance(outcome[0], Cancelled)
