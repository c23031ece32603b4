"""What a network's answers to a chunk of data cost, as vector code over the data points."""

from __future__ import annotations

from typing import Any

from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    cgutils,
    fma,
    intrinsic,
    lanes_before,
    loop,
    select,
    types,
    whole,
)
from deepfractals_gui.kernels.landscape_functions import exp_below, log1p_above, softplus_rest
from deepfractals_gui.kernels.training_network import POINTS
from deepfractals_gui.kernels.training_products import total_of


class _Sums:
    """Two running sums over the data points of a chunk, in the code being written."""

    def __init__(self, builder: Any, zero: Value, count: Any) -> None:
        self.builder, self.count = builder, count
        self.places = [cgutils.alloca_once_value(builder, zero.value) for _ in range(2)]

    def add(self, point: Any, *values: Value) -> None:
        """Add what belongs to the points of a vector; what lies beyond the last is left out."""
        valid = lanes_before(self.builder, POINTS, point, self.count)
        for place, value in zip(self.places, values, strict=False):
            before = Value(self.builder, self.builder.load(place))
            self.builder.store((before + select(valid, value, 0.0)).value, place)

    def totals(self) -> list[Any]:
        return [
            total_of(self.builder, Value(self.builder, self.builder.load(place)))
            for place in self.places
        ]


def _signature(*arrays: Any) -> Any:
    return types.UniTuple(types.float64, 2)(*arrays, *[types.int64] * 4)


@intrinsic
def squares(
    typing_context: Any, output: Any, target: Any, outs: Any, stride: Any, count: Any, points: Any
) -> Any:
    """Sum of the squared errors, and 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        answers, wanted = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        n_out, row, count, points = arguments[2:]
        sums = _Sums(builder, answers.zero(), count)
        with loop(builder, 0, n_out) as unit, loop(builder, 0, points, POINTS) as point:
            place = builder.add(builder.mul(unit, row), point)
            error = answers.get(place) - wanted.get(place)
            sums.add(point, error * error)
        return context.make_tuple(builder, signature.return_type, sums.totals())

    return _signature(output, target), generate


@intrinsic
def binary_entropies(
    typing_context: Any, output: Any, target: Any, outs: Any, stride: Any, count: Any, points: Any
) -> Any:
    """Sum of the cross-entropies of logits z, and how many z are on the target's side of 0.

    max(z, 0) - t z + log(1 + exp(-|z|)), which cancels nowhere for t of 0 or 1.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        answers, wanted = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        n_out, row, count, points = arguments[2:]
        sums = _Sums(builder, answers.zero(), count)
        with loop(builder, 0, n_out) as unit, loop(builder, 0, points, POINTS) as point:
            place = builder.add(builder.mul(unit, row), point)
            z, t = answers.get(place), wanted.get(place)
            positive = select(z < 0.0, 0.0, z)
            # 0 times an infinite logit is no number.
            pull = select(t.same(t.constant(0.0)), 0.0, t * z)
            loss = (positive - pull) + softplus_rest(z)
            above = select(z.constant(0.0) < z, z.constant(1.0), 0.0)
            wish = select(t.constant(0.5) < t, t.constant(1.0), 0.0)
            sums.add(point, loss, select(above.same(wish), z.constant(1.0), 0.0))
        return context.make_tuple(builder, signature.return_type, sums.totals())

    return _signature(output, target), generate


@intrinsic
def entropies(
    typing_context: Any, output: Any, target: Any, classes: Any, outs: Any, stride: Any,
    count: Any, points: Any,
) -> Any:  # fmt: skip
    """Sum of the cross-entropies of softmax, and how many answers are right.

    One pass finds the greatest logit z and, beside it, what the others' exp(z - greatest) add up
    to, so that the logarithm of the sum keeps its relative accuracy where the answer is sure.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        answers, wanted, chosen = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2)
        )
        n_out, row, count, points = arguments[3:]
        zero = answers.zero()
        sums = _Sums(builder, zero, count)
        top, mass, best, inside = (cgutils.alloca_once_value(builder, zero.value) for _ in range(4))

        def load(place: Any) -> Value:
            return Value(builder, builder.load(place))

        with loop(builder, 0, points, POINTS) as point:
            for place, begin in ((top, answers.get(point)), (mass, zero), (best, zero)):
                builder.store(begin.value, place)
            with loop(builder, whole(1), n_out) as unit:
                z = answers.get(builder.add(builder.mul(unit, row), point))
                highest, rest = load(top), load(mass)
                rises = highest < z
                above, below = select(rises, z, highest), select(rises, highest, z)
                share = exp_below(below - above)
                builder.store(select(rises, (rest + 1.0) * share, rest + share).value, mass)
                builder.store(above.value, top)
                number = answers.spread(builder.sitofp(unit, answers.scalar))
                builder.store(select(rises, number, load(best)).value, best)
            rest = log1p_above(load(mass))
            builder.store(zero.value, inside)
            with loop(builder, whole(0), n_out) as unit:
                place = builder.add(builder.mul(unit, row), point)
                t = wanted.get(place)
                cost = fma(t, (load(top) - answers.get(place)) + rest, load(inside))
                # 0 times an infinite cost is no number.
                cost = select(t.same(zero), load(inside), cost)
                builder.store(cost.value, inside)
            right = load(best).same(chosen.get(point))
            sums.add(point, load(inside), select(right, zero.constant(1.0), 0.0))
        return context.make_tuple(builder, signature.return_type, sums.totals())

    return _signature(output, target, classes), generate
