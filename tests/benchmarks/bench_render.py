"""How soon a render shows something, and what it adds to raw sampling.

    python tests/benchmarks/bench_render.py [--size WxH] [--threads T] [--runs N]

Raw sampling is one call of the System per thread over its share of ready points. CPU seconds are
what matters on a busy machine; the wall's seconds are what a person waits.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from dataclasses import replace

import numpy as np

from deepfractals_gui.core import CancelFlag, Points, Viewport
from deepfractals_gui.core.params import replace as replace_params
from deepfractals_gui.core.params import specs
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.render.pool import lower_priority
from deepfractals_gui.render.renderer import usable_cpus
from deepfractals_gui.systems import SYSTEMS


def raw(system, request, prepared, points, threads):
    """Sample rows of points on plain threads; returns (wall, CPU) seconds."""
    parts = [
        Points(points.x[n::threads], points.y[n::threads], points.dx[n::threads],
               points.dy[n::threads], points.viewport)
        for n in range(threads)
    ]  # fmt: skip
    flag = CancelFlag()

    def work(part):
        # As the renderer's threads do: on a busy machine the weight decides about caches, too.
        lower_priority(10)
        out = system.allocate(len(part), request.params)
        system.sample(part, request.params, prepared, out, flag)

    workers = [threading.Thread(target=work, args=(part,)) for part in parts]
    wall, cpu = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - wall, time.process_time() - cpu


def shown(renderer, request):
    """Submit as the window does: seconds to the first picture, to the last, CPU, and updates."""
    times = []
    wall, cpu = time.perf_counter(), time.process_time()

    def note(job, samples):
        times.append(time.perf_counter() - wall)

    renderer.submit(request, on_update=note, on_done=note).wait()
    return times[0], times[-1], time.process_time() - cpu, len(times) - 1


def stopped(renderer, request):
    """Seconds from cancelling a render in full swing to the end of its last tile."""
    begun = threading.Event()
    job = renderer.submit(request, on_update=lambda job, samples: begun.set())
    begun.wait(5)
    start = time.perf_counter()
    job.cancel()
    job.wait()
    return time.perf_counter() - start


def deepest(system):
    """The home view with the most iterations that may be asked for, up to 100,000."""
    params = system.Params()
    for spec in specs(system.Params):
        if spec.name.startswith("max_") and spec.high:
            params = replace_params(params, **{spec.name: int(min(spec.high, 100_000))})
    return params


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="1000x700")
    parser.add_argument("--threads", type=int, default=usable_cpus())
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))

    with Renderer(options.threads) as renderer:
        for system in SYSTEMS:
            params = system.Params()
            view: Viewport = system.home(params)
            request = RenderRequest(system.key, params, view, (height, width))
            prepared = system.prepare(params, CancelFlag())
            renderer.render(replace(request, shape=(64, 64)))
            points = request.raster.points(
                np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
            )
            rows = []
            for _ in range(options.runs):
                bare = raw(system, request, prepared, points, options.threads)
                renderer.forget()
                wall, cpu = time.perf_counter(), time.process_time()
                renderer.render(request)
                waited = time.perf_counter() - wall, time.process_time() - cpu
                renderer.forget()
                first, last, cpu, updates = shown(renderer, request)
                moved = replace(request, viewport=view.panned(width // 10, 0, width))
                pan_first, pan_last, _, _ = shown(renderer, moved)
                rows.append((*bare, *waited, first, last, cpu, pan_first, pan_last, float(updates)))
            deep = RenderRequest(system.key, deepest(system), view, (height, width))
            stops = max(stopped(renderer, deep) for _ in range(5))
            (raw_wall, raw_cpu, wait_wall, wait_cpu, first, last, cpu, pan_first, pan_last, updates
             ) = (statistics.median(column) for column in zip(*rows, strict=True))  # fmt: skip
            print(f"{system.key}: {width} x {height}, {options.threads} threads")
            print(f"  raw sampling        {raw_wall * 1e3:8.1f} ms   {raw_cpu * 1e3:8.1f} ms CPU")
            print(f"  render()            {wait_wall * 1e3:8.1f} ms   {wait_cpu * 1e3:8.1f} ms CPU"
                  f"   +{100 * (wait_cpu / raw_cpu - 1):.0f} % CPU")  # fmt: skip
            print(f"  submit(), done      {last * 1e3:8.1f} ms   {cpu * 1e3:8.1f} ms CPU"
                  f"   +{100 * (cpu / raw_cpu - 1):.0f} % CPU, {updates:.0f} updates")  # fmt: skip
            print(f"  submit(), first     {first * 1e3:8.1f} ms")
            print(f"  pan by a tenth      {pan_first * 1e3:8.1f} ms first,"
                  f" {pan_last * 1e3:.1f} ms done")  # fmt: skip
            print(f"  stopped within      {stops * 1e3:8.1f} ms at the most iterations")


if __name__ == "__main__":
    main()
