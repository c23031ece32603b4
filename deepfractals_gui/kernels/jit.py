"""The decorators of all kernels, and the intrinsics that plain Python has no word for.

No kernel is compiled with fast-math flags: a multiplication and an addition become one rounding
only where `fma` says so. Vector loops, their scalar remainders and any other code path over the
same formulas therefore give the same bits.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from deepfractals_gui.kernels import cache

log = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])

# Numba reads the variable that this sets while it is imported.
_DIRECTORY = cache.activate()
numba: Any = importlib.import_module("numba")
_FunctionCache: Any = importlib.import_module("numba.core.caching").FunctionCache

if _DIRECTORY is not None:
    # Another package may have imported Numba before the variable was set.
    numba.config.CACHE_DIR = str(_DIRECTORY)


class _MendingCache(_FunctionCache):  # type: ignore[misc]
    """A cache that a truncated, unreadable or unwritable file can't bring down.

    Numba raises at every call of the kernel until such a file is deleted.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # noqa: BLE001 - damaged pickles raise anything
            log.warning("a damaged kernel cache is rebuilt: %s (%r)", self._name, error)
            try:
                self.flush()
            except OSError as failure:
                log.warning("the kernel cache can't be rebuilt: %s", failure)
                self.disable()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception as error:  # noqa: BLE001 - a damaged index raises anything
            try:
                self.flush()
                super().save_overload(sig, data)
            except OSError:
                log.warning("a kernel isn't kept for the next start: %s (%r)", self._name, error)
                self.disable()


def kernel(function: F) -> F:
    """Compile a function that threads call: it holds no lock and is cached on disk."""
    compiled: Any = numba.njit(nogil=True, error_model="numpy")(function)
    if _DIRECTORY is not None:
        try:
            compiled._cache = _MendingCache(function)
        except (OSError, RuntimeError) as error:
            log.warning("kernel %s isn't cached: %s", function.__name__, error)
    return compiled  # type: ignore[no-any-return]


def inline(function: F) -> F:
    """Compile a function into its callers: one that isn't inlined turns a loop scalar."""
    compiled: F = numba.njit(forceinline=True, error_model="numpy")(function)
    return compiled


def routine(function: F) -> F:
    """Compile a function that kernels call and that stays a call, for the sake of compile time."""
    compiled: F = numba.njit(
        nogil=True, error_model="numpy", forceinline=False, no_cpython_wrapper=True
    )(function)
    return compiled
