"""The one way from a request to its samples."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from deepfractals_gui.core import Array, CancelFlag, System
from deepfractals_gui.render.assembly import Assembly, check_rows
from deepfractals_gui.render.cache import (
    CostCache,
    PreparedCache,
    SampleCache,
    cost_told_by,
    shared,
)
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.course import Course
from deepfractals_gui.render.disk import DiskCache
from deepfractals_gui.render.job import Beginning, Job
from deepfractals_gui.render.keeper import Keeper
from deepfractals_gui.render.pool import Pool, Urgency, lower_priority
from deepfractals_gui.render.request import Piece, RenderRequest, Samples, pan_offset
from deepfractals_gui.systems import system as registered

T = TypeVar("T")
R = TypeVar("R")
A = ParamSpec("A")

TELLING_POINTS = 256
"""Points that a render has computed before another one takes its word for what they cost."""
BACKGROUND_THREADS = 8
"""One-off jobs at a time; they mostly wait for tiles, which the pool computes."""


class Renderer:
    """Renders requests on its own threads, and keeps what it has rendered.

    Every public method may be called from any thread. Whatever the tiling, the number of threads
    and the order of passes, equal requests have the same samples, bit for bit.

    Parameters
    ----------
    threads : how many compute; None: one for each CPU this process may use
    memory : bytes of samples kept for later
    find : from a System's key to the System; raises ValueError for an unknown key
    disk : keeps what took long for the next start; None: nothing is kept on the disk
    """

    def __init__(
        self,
        threads: int | None = None,
        memory: int = 768 << 20,
        find: Callable[[str], System[Any]] | None = None,
        disk: DiskCache | None = None,
    ) -> None:
        threads = usable_cpus() if threads is None else threads
        if threads < 1:
            raise ValueError(f"a renderer needs at least one thread, not {threads}")
        self._find = registered if find is None else find
        self._cache = SampleCache(memory)
        self._prepared = PreparedCache()
        self._costs = CostCache()
        self._disk = disk if disk is not None and disk.budget else None
        self._keeper = Keeper(self._disk) if self._disk is not None else None
        self._pool = Pool(threads)
        self._local = threading.local()
        self._background = ThreadPoolExecutor(
            BACKGROUND_THREADS, "background", initializer=self._enter_background
        )

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def disk(self) -> DiskCache | None:
        """What keeps samples for the next start."""
        return self._disk

    @property
    def threads(self) -> int:
        return len(self._pool)

    def submit(
        self,
        request: RenderRequest,
        *,
        on_update: Callable[[Job, Samples], None] | None = None,
        on_done: Callable[[Job, Samples], None] | None = None,
        on_error: Callable[[Job, Exception], None] | None = None,
        reuse: Samples | None = None,
        background: bool = False,
        budget: float | None = None,
    ) -> Job:
        """Start a render and return at once.

        ``on_update`` is called at most 30 times a second, with arrays of the whole picture that
        are coarse at first; `Samples.level` says how coarse, and that they are live. All callbacks
        come from worker threads, also when the samples are in the cache already.

        ``reuse`` are samples, finished or not, of an equal but panned view: what is shared is
        copied. Without it the cache is searched for such samples. A ``background`` job waits while
        interactive ones have work to hand out.

        ``budget`` are the seconds that the picture may take. One that takes longer is computed on
        a coarser lattice and, where points are dear, refined along its boundaries; `Samples.draft`
        then says how far it came. An equal request without a budget goes on from there.

        Raises
        ------
        ValueError     the request names no System
        RuntimeError   the renderer is closed
        """
        system = self._find(request.key)
        job = Job(
            self._pool,
            request,
            partial(self._begin, system, reuse, on_update is not None, budget),
            self._keep,
            on_update=on_update,
            on_done=on_done,
            on_error=on_error,
            on_cancel=self._keep_partial,
        )
        self._pool.add(job, self._urgency(background))
        return job

    def render(
        self,
        request: RenderRequest,
        *,
        progress: Callable[[float], None] | None = None,
        cancel: CancelFlag | None = None,
    ) -> Samples:
        """Render and wait. ``progress(fraction)`` is called from worker threads.

        Raises
        ------
        ValueError     the request names no System
        Cancelled      the flag went up, or the renderer was closed
        RuntimeError   the renderer is closed
        """
        system = self._find(request.key)
        known = self.cached(request)
        samples = known or self._wait(
            request, partial(self._begin, system, None, False, None), self._keep, progress, cancel
        )
        if progress is not None:
            progress(1.0)
        return samples

    def render_band(
        self,
        request: RenderRequest,
        first_row: int,
        rows: int,
        cancel: CancelFlag | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> dict[str, Array]:
        """Render ``rows`` sample rows of a request's grid, from ``first_row`` on, and wait.

        The arrays (rows, W) hold the bits that the whole picture has there. They are kept on the
        disk only, where that is asked for.

        Raises
        ------
        ValueError     the request names no System, or has no such rows
        Cancelled      the flag went up, or the renderer was closed
        RuntimeError   the renderer is closed
        """
        system = self._find(request.key)
        check_rows(request, first_row, rows)
        known = self.cached(request)
        if known is not None:
            band = slice(first_row, first_row + rows)
            return {name: array[band].copy() for name, array in known.channels.items()}

        def begin(job: Job) -> Beginning | Samples:
            stored = self._stored(Piece(request, first_row, rows), system, job.flag)
            if stored is not None and stored.complete:
                return stored
            assembly = Assembly(request, system, first_row=first_row, rows=rows)
            return self._ready(job, system, assembly, stored)

        samples = self._wait(request, begin, self._keep_on_disk, progress, cancel)
        return dict(samples.channels)

    def run(self, function: Callable[[T], R], sequence: Iterable[T]) -> list[R]:
        """Map in parallel on the pool, in order, before any tile: meant for colouring.

        The calling thread works along, so that a thread of the pool may call it too. What a
        `background` function maps waits behind interactive renders.

        Raises
        ------
        Exception      the first that ``function`` raised
        RuntimeError   the renderer is closed
        """
        return self._pool.run(
            function, sequence, Urgency.BACKGROUND if self._in_background else Urgency.MAP
        )

    def background(
        self, function: Callable[A, R], /, *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        """Call a function on a thread of low priority; what it renders is background work.

        Raises
        ------
        RuntimeError   the renderer is closed
        """
        return self._background.submit(function, *args, **kwargs)

    def prepared(self, system: System[Any], params: Any, cancel: CancelFlag | None = None) -> Any:
        """What `System.prepare` finds for these parameters, found once and kept.

        Raises
        ------
        Cancelled   the flag went up
        """
        flag = cancel or CancelFlag()
        key = (system.key, params)
        return self._prepared.get(key, lambda: system.prepare(params, flag), flag)

    def estimate(self, request: RenderRequest) -> float | None:
        """About how many seconds a render would take, before it begins; None: there is no idea.

        Points cost what they did in the last picture of the same map, or what its System says.
        """
        if self.cached(request) is not None:
            return 0.0
        system = self._find(request.key)
        cost = self._costs.get(request) or system.cost_hint(request.params)
        if cost is None:
            return None
        height, width = request.grid
        known = shared(self._cache.nearest(request), request)
        return max(0.0, height * width - known) * cost / self.threads

    def cached(self, request: RenderRequest) -> Samples | None:
        """The finished samples of an equal request, if they are still kept."""
        return self._cache.get(request)

    def forget(self) -> None:
        """Drop everything kept: samples and what Systems prepared."""
        self._cache.clear()
        self._prepared.clear()

    def close(self) -> None:
        """Cancel all jobs and join all threads. Background functions get Cancelled when they
        next render; those that haven't begun are dropped."""
        for source in self._pool.shut():
            if isinstance(source, Job):
                source.cancel()
        self._background.shutdown(wait=True, cancel_futures=True)
        self._pool.close()
        if self._keeper is not None:
            self._keeper.close()

    def _urgency(self, background: bool) -> Urgency:
        low = background or self._in_background
        return Urgency.BACKGROUND if low else Urgency.INTERACTIVE

    @property
    def _in_background(self) -> bool:
        return getattr(self._local, "background", False)

    def _enter_background(self) -> None:
        lower_priority(15)
        self._local.background = True

    def _begin(
        self,
        system: System[Any],
        reuse: Samples | None,
        paints: bool,
        budget: float | None,
        job: Job,
    ) -> Beginning | Samples:
        request = job.request
        known = self.cached(request)
        if known is not None:
            return known
        stored = self._stored(Piece(request, 0, request.grid[0]), system, job.flag)
        if stored is not None and stored.complete:
            self._cache.put(stored)
            return stored
        if reuse is None or pan_offset(reuse.request, request) is None:
            reuse = self._cache.nearest(request)
        if stored is not None and shared(stored, request) > shared(reuse, request):
            reuse = stored
        return self._ready(job, system, Assembly(request, system, paints=paints), reuse, budget)

    def _ready(
        self,
        job: Job,
        system: System[Any],
        assembly: Assembly,
        reuse: Samples | None,
        budget: float | None = None,
    ) -> Beginning:
        params = job.request.params
        if self._keeper is not None and job.request.precision == "float64":
            self._keeper.watch(job, assembly.piece)
        panels, total = assembly.adopt(reuse, job.flag)
        prior = self._costs.get(job.request) or cost_told_by(reuse, self.threads)
        account = Account(assembly.shape, total, self.threads, system.batch, prior)
        # Without pictures there are no levels to say how coarse it ended.
        limit = budget if assembly.paints else None
        course = Course(assembly, system, panels, account, limit)
        prepared = self.prepared(system, params, job.flag) if total else None
        return Beginning(course, prepared)

    def _wait(
        self,
        request: RenderRequest,
        begin: Callable[[Job], Beginning | Samples],
        finish: Callable[[Job, Samples], None],
        progress: Callable[[float], None] | None,
        cancel: CancelFlag | None,
    ) -> Samples:
        on_update = None if progress is None else (lambda job, _: progress(job.fraction))
        job = Job(
            self._pool,
            request,
            begin,
            finish,
            on_update=on_update,
            on_cancel=lambda job: self._keep_on_disk(job, job.snapshot()),
            flag=cancel,
        )
        self._pool.add(job, self._urgency(False))
        return job.result()

    def _stored(self, piece: Piece, system: System[Any], cancel: CancelFlag) -> Samples | None:
        """What the disk holds of a piece. Raises Cancelled."""
        if self._disk is None or piece.request.precision != "float64":
            return None
        return self._disk.get(piece, system.channels(piece.request.params), cancel)

    def _keep(self, job: Job, samples: Samples) -> None:
        self._cache.put(samples)
        self._keep_on_disk(job, samples)

    def _keep_on_disk(self, job: Job, samples: Samples | None) -> None:
        # The first points load the kernels, and say nothing about the others.
        if job.cost is not None and job.computed >= TELLING_POINTS:
            self._costs.put(job.request, job.cost)
        if self._keeper is not None:
            self._keeper.ended(job, samples)

    def _keep_partial(self, job: Job) -> None:
        samples = job.snapshot()
        # Without levels nobody could tell what is known.
        if samples is not None and samples.level is not None:
            self._cache.put(samples)
        self._keep_on_disk(job, samples)


def usable_cpus() -> int:
    """How many CPUs this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
