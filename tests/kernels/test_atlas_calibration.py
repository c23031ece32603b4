"""Coding by calibrated opinions writes what its twin in plain Python does."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.kernels import atlas_calibration
from deepfractals_gui.kernels.atlas_coder import encoder, finish, room, taken
from deepfractals_gui.kernels.atlas_memory import calibration
from tests.atlas.models import guessing
from tests.reference import atlas_calibration as twin
from tests.reference import atlas_coder


def binary(decisions):
    """Bytes of bits with their probabilities, by the twin of the coder: a 1 comes first."""
    rows = [(share, 65536 - share) for _, share in decisions]
    return atlas_coder.written([1 - bit for bit, _ in decisions], rows)


@pytest.mark.parametrize(("size", "right"), [(2, 0.5), (5, 0.9), (40, 0.6), (40, 0.0)])
def test_it_writes_the_twins_bytes(size, right):
    rng = np.random.default_rng(size)
    symbols = np.minimum(rng.geometric(0.2, 1500) - 1, size - 1).astype(np.uint16)
    rows = guessing(symbols, size, right).rows
    memory = calibration(np.ones(size, np.int64))
    coder = encoder()
    out = np.zeros(room(coder, len(symbols), 128), np.uint8)
    done = atlas_calibration.code_calibrated(
        symbols.copy(), 0, len(symbols), False, rows, memory, coder, out, np.zeros(1, np.uint8)
    )
    assert done == len(symbols)
    content = (taken(coder, out) + finish(coder)).rstrip(b"\0")
    found = twin.decisions(symbols.tolist(), rows.tolist(), memory.nodes.tolist())
    assert content == binary(found)
