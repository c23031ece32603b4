"""A renderer for small pictures, shared: its cache speeds the tests up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deepfractals_gui.render import Renderer


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer(threads=2, memory=64 << 20) as renderer:
        yield renderer
