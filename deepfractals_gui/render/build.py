"""What samples depend on besides their request: this build of the program, on this machine."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

import deepfractals_gui
from deepfractals_gui.kernels.cache import fingerprint

FLOORS = ("core", "nn", "equilibrium", "atlas", "systems")
"""The packages that samples come from, besides the kernels, whose fingerprint names them."""
COMPILERS = ("numba", "llvmlite")


@cache
def build() -> str:
    """Name the build: samples of two builds may differ in their bits, and are never mixed.

    It holds the program's version, the hash of all kernel sources and of the Systems', and the
    versions of what computes: Python, NumPy, the compiler and the processor.
    """
    digest = hashlib.sha256()
    package = Path(deepfractals_gui.__file__).parent
    for floor in FLOORS:
        for path in sorted((package / floor).glob("*.py")):
            digest.update(f"{floor}/{path.name}".encode())
            digest.update(path.read_bytes())
    versions = [np.__version__, *map(_version, COMPILERS)]
    for text in (*versions, platform.machine(), _processor()):
        digest.update(text.encode() + b"\0")
    return f"{fingerprint()}-{digest.hexdigest()[:16]}"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        # A frozen program may carry no metadata; its own version then says which compiler it has.
        return ""


def _processor() -> str:
    """The kind of processor; kernels are compiled for it, and its library picks other routines."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        return platform.processor()
    return platform.processor()
