"""Training a linear network with one hidden layer, eight pixels at a time.

Its output is x (W0 W1), and the gradients of both layers go through the same vector q = X^T r of
the residuals r: that of W0 is q W1^T, that of W1 is W0^T q. A step costs matrices times vectors
instead of matrices times matrices. Each pixel has its own weights in its own lane.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.emit import Lanes, Value, fma, intrinsic, loop, types, whole
from deepfractals_gui.kernels.intrinsics import never_inlined, raised
from deepfractals_gui.kernels.jit import kernel, routine
from deepfractals_gui.kernels.lane import aligned
from deepfractals_gui.kernels.training_lanes import (
    BLOCK,
    FIELDS,
    LANES,
    LOSS,
    RATE_IN,
    RATE_OUT,
    RESIDUAL,
    SCALE,
    begin_lanes,
    keep_lanes,
    note_loss,
    row,
    write_results,
)

TILE = 8
"""Sums that run side by side, so that none waits for the addition before."""
WORK = 2_000_000
"""Vector operations, at most, of the steps between two looks at the flag: about a millisecond."""
MOST_POINTS = 4096
"""Data points, at most: a single step must not take long."""


def _tiles(builder: Any, count: Any, body: Callable[[Any, int], None]) -> None:
    """Write body(start, size) for tiles of eight out of ``count``, then one by one."""
    tiled = builder.sub(count, builder.srem(count, whole(TILE)))
    with loop(builder, whole(0), tiled, TILE) as start:
        body(start, TILE)
    with loop(builder, tiled, count, 1) as start:
        body(start, 1)


@intrinsic
def _advance(
    typing_context: Any, first: Any, second: Any, inputs: Any, targets: Any, vectors: Any,
    fields: Any, ins: Any, units: Any, count: Any, begin: Any, end: Any, steps: Any,
) -> Any:  # fmt: skip
    """Steps ``begin`` to ``end`` of eight pixels.

    ``first`` (ins, units, 8) and ``second`` (units, 8) are flat weights; ``vectors`` has room for
    u = W0 W1 and q (ins, 8), W0^T q (units, 8) and the residuals (count, 8), in this order.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        w0, w1, x, y, scratch, kept = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in range(6)
        )
        n_in, n_out, points, since, until, total = arguments[6:]
        u_at = whole(0)
        q_at = builder.mul(n_in, whole(LANES))
        p_at = builder.mul(q_at, whole(2))
        r_at = builder.add(p_at, builder.mul(n_out, whole(LANES)))

        def lanes(number: Any, shift: int = 0, start: Any = None) -> Any:
            """Where the lanes of an element lie, ``start`` being where element 0 lies."""
            place = builder.mul(builder.add(number, whole(shift)), whole(LANES))
            return place if start is None else builder.add(start, place)

        def weight(k: Any, j: Any) -> Any:
            return lanes(builder.add(builder.mul(k, n_out), j))

        def sums(size: int, length: Any, term: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
            """``size`` sums over ``length`` terms, all of them in registers."""
            zero = scratch.zero().value
            entry = builder.block
            head = builder.append_basic_block("sums")
            done = builder.append_basic_block("sums.done")
            builder.branch(head)
            builder.position_at_end(head)
            index = builder.phi(whole(0).type)
            index.add_incoming(whole(0), entry)
            phis = [builder.phi(scratch.vector) for _ in range(size)]
            following = term(index, [Value(builder, phi) for phi in phis])
            after = builder.add(index, whole(1))
            index.add_incoming(after, head)
            for phi, value in zip(phis, following, strict=True):
                phi.add_incoming(zero, entry)
                phi.add_incoming(value.value, head)
            builder.cbranch(builder.icmp_signed("<", after, length), head, done)
            builder.position_at_end(done)
            return following

        def products(start: Any, size: int) -> None:
            """u_k = sum over j of W0_kj W1_j."""

            def term(j: Any, so_far: list[Any]) -> list[Any]:
                one = w1.get(lanes(j))
                return [
                    fma(w0.get(weight(builder.add(start, whole(k)), j)), one, so_far[k])
                    for k in range(size)
                ]

            for k, found in enumerate(sums(size, n_out, term)):
                scratch.put(lanes(start, k, u_at), found)

        def residuals(start: Any, size: int) -> None:
            """r_d = scale (x_d u) - y_d, and the sum of their squares."""

            def term(k: Any, so_far: list[Any]) -> list[Any]:
                one = scratch.get(lanes(k, 0, u_at))
                at = [
                    builder.add(builder.mul(builder.add(start, whole(d)), n_in), k)
                    for d in range(size)
                ]
                return [fma(one, x.spread(x.single(at[d])), so_far[d]) for d in range(size)]

            found = sums(size, n_in, term)
            scale, squares = kept.get(row(SCALE)), kept.get(row(RESIDUAL))
            for d, product in enumerate(found):
                target = y.spread(y.single(builder.add(start, whole(d))))
                residual = fma(product, scale, -target)
                scratch.put(lanes(start, d, r_at), residual)
                squares = fma(residual, residual, squares)
            kept.put(row(RESIDUAL), squares)

        def pulls(start: Any, size: int) -> None:
            """q_k = sum over d of x_dk r_d."""

            def term(d: Any, so_far: list[Any]) -> list[Any]:
                one = scratch.get(lanes(d, 0, r_at))
                at = builder.add(builder.mul(d, n_in), start)
                return [
                    fma(one, x.spread(x.single(builder.add(at, whole(k)))), so_far[k])
                    for k in range(size)
                ]

            for k, found in enumerate(sums(size, points, term)):
                scratch.put(lanes(start, k, q_at), found)

        def updates(start: Any, size: int) -> None:
            """W0_kj -= rate q_k W1_j, and W1_j -= rate sum over k of W0_kj q_k."""
            rate_in, rate_out = kept.get(row(RATE_IN)), kept.get(row(RATE_OUT))
            before = [w1.get(lanes(start, j)) for j in range(size)]

            def term(k: Any, so_far: list[Any]) -> list[Any]:
                pull = scratch.get(lanes(k, 0, q_at))
                move = -(rate_in * pull)
                following = []
                for j in range(size):
                    at = weight(k, builder.add(start, whole(j)))
                    one = w0.get(at)
                    following.append(fma(one, pull, so_far[j]))
                    w0.put(at, fma(move, before[j], one))
                return following

            for j, found in enumerate(sums(size, n_in, term)):
                scratch.put(lanes(start, j, p_at), found)
                w1.put(lanes(start, j), fma(-rate_out, found, before[j]))

        share = kept.spread(builder.fdiv(x.scalar(1.0), builder.sitofp(points, x.scalar)))
        with loop(builder, since, until) as step:
            _tiles(builder, n_in, products)
            kept.put(row(RESIDUAL), kept.zero())
            _tiles(builder, points, residuals)
            note_loss(kept, kept.get(row(RESIDUAL)) * share, step, total)
            _tiles(builder, n_in, pulls)
            _tiles(builder, n_out, updates)
        return context.get_dummy_value()

    signature = types.void(
        first, second, inputs, targets, vectors, fields, *(types.int64 for _ in range(6))
    )
    return signature, generate


@routine
def _note_norms(
    first: Array, second: Array, ins: int, units: int, step: int, weight_norms: Array
) -> None:
    """Norms of the first lane's weights."""
    never_inlined()
    inner, outer = 0.0, 0.0
    for place in range(ins * units):
        inner += first[place * LANES] ** 2
    for j in range(units):
        outer += second[j * LANES] ** 2
    weight_norms[step, 0] = math.sqrt(inner)
    weight_norms[step, 1] = math.sqrt(outer)


@kernel
def sample(
    hyper: Array,
    inputs: Array,
    targets: Array,
    first: Array,
    second: Array,
    scale: float,
    probe: Array,
    steps: int,
    status: Array,
    value: Array,
    final_loss: Array,
    least_loss: Array,
    divergence: Array,
    probe_output: Array,
    flag: Array,
    losses: Array,
    weight_norms: Array,
    gradient_norms: Array,
    weights: Array,
) -> None:
    """Train on data (D, n), (D,) a linear network of weights ``first`` (n, m), ``second`` (m,).

    ``scale`` is the product of the layers' factors. ``hyper`` and the results are as for
    `training.sample`; only rates and scales are looked at. Where ``losses`` (steps,) isn't empty,
    the first pixel's losses, norms (steps, 2) and last weights are recorded. Returns early when
    the flag goes up.
    """
    count, ins = inputs.shape
    units = second.size
    flat = inputs.ravel()
    w0 = aligned(LANES * ins * units, second)
    w1 = aligned(LANES * units, second)
    vectors = aligned(LANES * (2 * ins + units + count), second)
    fields = aligned(FIELDS * LANES, second)
    kept = np.zeros(FIELDS * LANES)
    ended = np.zeros(LANES, np.int64)
    records = losses.size > 0
    work = 3 * ins * units + 2 * count * ins
    block = max(1, min(BLOCK, WORK // work))
    look = block
    if records:
        block = 1
    done = 0
    for pixel in range(0, hyper.shape[0], LANES):
        begin_lanes(fields)
        for lane in range(LANES):
            rates = hyper[min(pixel + lane, hyper.shape[0] - 1)]
            factor = scale * rates[7]
            fields[SCALE * LANES + lane] = factor
            fields[RATE_IN * LANES + lane] = rates[0] * (2.0 * factor / count)
            fields[RATE_OUT * LANES + lane] = rates[1] * (2.0 * factor / count)
            for k in range(ins):
                for j in range(units):
                    w0[(k * units + j) * LANES + lane] = first[k, j] * rates[6]
            for j in range(units):
                w1[j * LANES + lane] = second[j] * rates[6]
        done = 0
        ended[:] = steps
        while done < steps:
            if raised(flag):
                return
            end = min(done + block, steps)
            if records:
                _note_norms(w0, w1, ins, units, done, weight_norms)
            _advance(w0, w1, flat, targets, vectors, fields, ins, units, count, done, end, steps)
            if records:
                losses[done] = fields[LOSS * LANES]
                pull, move = 0.0, 0.0
                for k in range(ins, 2 * ins):
                    pull += vectors[k * LANES] ** 2
                for j in range(2 * ins, 2 * ins + units):
                    move += vectors[j * LANES] ** 2
                factor = abs(fields[SCALE * LANES] * 2.0 / count)
                gradient_norms[done, 0] = factor * math.sqrt(pull) * weight_norms[done, 1]
                gradient_norms[done, 1] = factor * math.sqrt(move)
            done = end
            # The same looks with and without a record, for the same bits.
            if (done % look == 0 or done == steps) and not keep_lanes(
                fields, kept, ended, w1, 0, LANES, units, done, steps
            ):
                break
        for lane in range(min(LANES, hyper.shape[0] - pixel)):
            at = pixel + lane
            if not write_results(
                kept, lane, ended[lane], steps, at, status, value, final_loss, least_loss,
                divergence, probe_output,
            ):  # fmt: skip
                continue
            total = 0.0
            for k in range(ins):
                product = 0.0
                for j in range(units):
                    product += w0[(k * units + j) * LANES + lane] * w1[j * LANES + lane]
                total += probe[k] * product
            output = total * fields[SCALE * LANES + lane]
            if math.isfinite(output):
                probe_output[at] = output
    if records:
        losses[done:] = np.inf
        weight_norms[done:] = np.nan
        gradient_norms[done:] = np.nan
        for place in range(ins * units):
            weights[place] = w0[place * LANES]
        for j in range(units):
            weights[ins * units + j] = w1[j * LANES]


def _compile() -> None:
    one, none = np.ones(1), np.zeros(0)
    square = np.ones((1, 1))
    sample(
        np.zeros((1, 9)), square, one, square, one, 1.0, one, 20, np.zeros(1, np.uint8),
        np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1, np.uint8),
        none, np.zeros((0, 2)), np.zeros((0, 2)), none,
    )  # fmt: skip


WARM = (("trainability, linear network", _compile),)
