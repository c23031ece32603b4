"""A samples file holds every channel, the points and the document, without pickles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepfractals_gui.core import Document, Points, Viewport
from deepfractals_gui.export import samples
from deepfractals_gui.export.samples import export_samples
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.documents import document_from_json
from deepfractals_gui.systems import SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
def test_channels_are_those_of_the_points_stored(
    tmp_path: Path, renderer: Renderer, system: Any
) -> None:
    p = system.Params()
    document = Document(system.key, p, Viewport.at(0.25, -0.5, 1.0), shape=(6, 9))
    path = tmp_path / "s.npz"
    export_samples(document, path, renderer=renderer)
    with np.load(path, allow_pickle=False) as data:
        x, y = data["x"], data["y"]
        assert (x.shape, y.shape, x.dtype, y.dtype) == ((9,), (6,), np.float64, np.float64)
        assert x[4] == 0.25
        again = document_from_json(str(data["document"]))
        assert (again.key, again.params, again.viewport) == (system.key, p, document.viewport)
        xs, ys = np.meshgrid(x, y)
        flat = Points.absolute(xs, ys)
        out = system.allocate(len(flat), p)
        prepared = renderer.prepared(system, p)
        from deepfractals_gui.core import CancelFlag

        system.sample(flat, p, prepared, out, CancelFlag())
        names = [channel.name for channel in system.channels(p)]
        assert sorted(data.files) == sorted([*names, "x", "y", "document"])
        for channel in system.channels(p):
            stored = data[channel.name]
            assert stored.dtype == channel.numpy_dtype()
            assert np.array_equal(
                stored.ravel(), out[channel.name], equal_nan=stored.dtype.kind in "fc"
            )


def test_supersampling_and_oversize_are_refused(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document("forward_pass", SYSTEMS[0].Params(), shape=(20, 20), supersampling=2)
    with pytest.raises(ValueError, match="one sample a pixel"):
        export_samples(document, tmp_path / "s.npz", renderer=renderer)
    huge = replace(document, shape=(16384, 16384), supersampling=1)
    with pytest.raises(ValueError, match=r"need \d+\.\d GiB; at most 4 GiB"):
        export_samples(huge, tmp_path / "s.npz", renderer=renderer)
    assert samples.LIMIT == 4 << 30
    assert not list(tmp_path.iterdir())
