"""Formulas as vector code: Python expressions that write LLVM instructions when they are run.

A formula written with `Value` becomes straight-line code over a whole vector of lanes, or over
one number, and over float64 or float32: always the very same operations in the same order, and
therefore the same bits. Nothing is left to a compiler's decision whether a loop can be
vectorised, and nothing is compiled twice to find out.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

from deepfractals_gui.kernels.jit import numba

ir: Any = importlib.import_module("llvmlite.ir")
cgutils: Any = importlib.import_module("numba.core.cgutils")
types = numba.types
intrinsic: Any = numba.extending.intrinsic

VECTOR_BYTES = 64
"""One AVX-512 register; LLVM splits it on machines whose vectors are shorter."""


class Value:
    """A float, an integer or a condition in the code being written; a vector or a single one."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    @property
    def type(self) -> Any:
        return self.value.type

    @property
    def element(self) -> Any:
        return getattr(self.type, "element", self.type)

    def constant(self, number: float) -> Value:
        """``number`` in this value's type, in every lane."""
        return Value(self.builder, constant(self.type, number))

    def of(self, other: Value | float) -> Any:
        return other.value if isinstance(other, Value) else constant(self.type, other)

    def __add__(self, other: Value | float) -> Value:
        return Value(self.builder, self.builder.fadd(self.value, self.of(other)))

    def __radd__(self, other: float) -> Value:
        return self + other

    def __sub__(self, other: Value | float) -> Value:
        return Value(self.builder, self.builder.fsub(self.value, self.of(other)))

    def __rsub__(self, other: float) -> Value:
        return self.constant(other) - self

    def __mul__(self, other: Value | float) -> Value:
        return Value(self.builder, self.builder.fmul(self.value, self.of(other)))

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        # float32 is for previews, where an estimate with one Newton step will do.
        flags = () if is_wide(self) else ("arcp",)
        return Value(self.builder, self.builder.fdiv(self.value, self.of(other), flags=flags))

    def __rtruediv__(self, other: float) -> Value:
        return self.constant(other) / self

    def __neg__(self) -> Value:
        return Value(self.builder, self.builder.fneg(self.value))

    def __lt__(self, other: Value | float) -> Value:
        return Value(self.builder, self.builder.fcmp_ordered("<", self.value, self.of(other)))

    def __ge__(self, other: Value | float) -> Value:
        return Value(self.builder, self.builder.fcmp_ordered(">=", self.value, self.of(other)))

    def same(self, other: Value) -> Value:
        """Equal, for floats: False where either isn't a number."""
        return Value(self.builder, self.builder.fcmp_ordered("==", self.value, other.value))

    # Integers and conditions.

    def plus(self, other: Value | int) -> Value:
        return Value(self.builder, self.builder.add(self.value, self.of(other)))

    def minus(self, other: Value | int) -> Value:
        return Value(self.builder, self.builder.sub(self.value, self.of(other)))

    def __lshift__(self, places: int) -> Value:
        return Value(self.builder, self.builder.shl(self.value, self.of(places)))

    def __rshift__(self, places: int) -> Value:
        """Shift right, filling with zeros."""
        return Value(self.builder, self.builder.lshr(self.value, self.of(places)))

    def __xor__(self, other: Value) -> Value:
        return Value(self.builder, self.builder.xor(self.value, other.value))

    def __and__(self, other: Value | int) -> Value:
        return Value(self.builder, self.builder.and_(self.value, self.of(other)))

    def __or__(self, other: Value | int) -> Value:
        return Value(self.builder, self.builder.or_(self.value, self.of(other)))

    def below(self, other: int) -> Value:
        """Less, for integers read as unsigned."""
        return Value(self.builder, self.builder.icmp_unsigned("<", self.value, self.of(other)))

    def as_float(self, model: Value) -> Value:
        """A signed integer as a float of the model's type."""
        return Value(self.builder, self.builder.sitofp(self.value, model.type))

    def above(self, other: Value) -> Value:
        """Greater, for integers read as unsigned."""
        return Value(self.builder, self.builder.icmp_unsigned(">", self.value, other.value))


def constant(kind: Any, number: float) -> Any:
    if isinstance(kind, ir.VectorType):
        return ir.Constant(kind, [ir.Constant(kind.element, number)] * kind.count)
    return ir.Constant(kind, number)


def fma(a: Value, b: Value | float, c: Value | float) -> Value:
    """a b + c with one rounding."""
    kind = a.type
    width = "64" if a.element == ir.DoubleType() else "32"
    name = f"v{kind.count}f{width}" if isinstance(kind, ir.VectorType) else f"f{width}"
    function = cgutils.get_or_insert_function(
        a.builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fma.{name}"
    )
    return Value(a.builder, a.builder.call(function, [a.value, a.of(b), a.of(c)]))


def select(condition: Value, yes: Value | float, no: Value | float) -> Value:
    """``yes`` in the lanes where the condition holds, else ``no``."""
    model = yes if isinstance(yes, Value) else no
    if not isinstance(model, Value):
        raise TypeError("one of the two must be a value")
    return Value(model.builder, model.builder.select(condition.value, model.of(yes), model.of(no)))


def least(a: Value, b: Value | float) -> Value:
    """a where a < b, else b."""
    return select(a < b, a, b)


def greatest(a: Value, b: Value | float) -> Value:
    """a where a > b, else b."""
    other = b if isinstance(b, Value) else a.constant(b)
    return select(other < a, a, other)


def unsigned_least(a: Value, b: Value) -> Value:
    return select(a.above(b), b, a)


def unsigned_greatest(a: Value, b: Value) -> Value:
    return select(a.above(b), a, b)


def bits(x: Value) -> Value:
    """The bit pattern as an integer of the same width."""
    return _cast(x, ir.IntType(64) if x.element == ir.DoubleType() else ir.IntType(32))


def from_bits(pattern: Value) -> Value:
    """The float of that bit pattern."""
    return _cast(pattern, ir.DoubleType() if pattern.element.width == 64 else ir.FloatType())


def is_wide(x: Value) -> bool:
    """True for float64, False for float32."""
    return bool(x.element == ir.DoubleType())


def _cast(x: Value, element: Any) -> Value:
    kind = x.type
    target = ir.VectorType(element, kind.count) if isinstance(kind, ir.VectorType) else element
    return Value(x.builder, x.builder.bitcast(x.value, target))


class Lanes:
    """A flat array of floats that start on a cache line, read and written a vector at a time."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any) -> None:
        self.builder = builder
        self.data = context.make_array(kind)(context, builder, array).data
        self.scalar = context.get_data_type(kind.dtype)
        self.size = 8 if kind.dtype == types.float64 else 4
        self.count = VECTOR_BYTES // self.size
        self.vector = ir.VectorType(self.scalar, self.count)

    def _pointer(self, place: Any) -> Any:
        pointer = self.builder.gep(self.data, [place])
        return self.builder.bitcast(pointer, ir.PointerType(self.vector))

    def get(self, place: Any) -> Value:
        """The vector that starts at element ``place``."""
        return Value(
            self.builder,
            self.builder.load(self._pointer(place), align=VECTOR_BYTES, typ=self.vector),
        )

    def put(self, place: Any, value: Value) -> None:
        self.builder.store(value.value, self._pointer(place), align=VECTOR_BYTES)

    def single(self, place: Any) -> Any:
        """One element, as a scalar of the code being written."""
        return self.builder.load(self.builder.gep(self.data, [place]))

    def zero(self) -> Value:
        return Value(self.builder, constant(self.vector, 0.0))

    def spread(self, number: Any) -> Value:
        """A scalar of the code being written, in every lane."""
        empty = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.count), None)
        return Value(self.builder, self.builder.shuffle_vector(one, empty, zeros))


class BitSet:
    """A set of lanes as the bits of a 64-bit integer, filled a vector of conditions at a time."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.kind = ir.IntType(64)
        self.place = cgutils.alloca_once_value(builder, ir.Constant(self.kind, 0))

    def add(self, conditions: Value, lane: Any) -> None:
        """Add the lanes, counted from ``lane`` on, where the conditions hold."""
        narrow = self.builder.bitcast(conditions.value, ir.IntType(conditions.type.count))
        mask = self.builder.shl(self.builder.zext(narrow, self.kind), lane)
        self.builder.store(self.builder.or_(self.total(), mask), self.place)

    def total(self) -> Any:
        return self.builder.load(self.place)


def lanes_before(builder: Any, count: int, first: Any, end: Any) -> Value:
    """The lanes of a vector of ``count``, numbered from ``first`` on, that come before ``end``."""
    number = ir.IntType(64)
    lanes = ir.VectorType(number, count)
    ramp = ir.Constant(lanes, [ir.Constant(number, lane) for lane in range(count)])
    empty = ir.Constant(lanes, ir.Undefined)
    one = builder.insert_element(empty, builder.sub(end, first), ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), count), None)
    return Value(builder, builder.icmp_signed("<", ramp, builder.shuffle_vector(one, empty, zeros)))


def whole(number: int) -> Any:
    """A 64-bit integer of the code being written, for index arithmetic."""
    return ir.Constant(ir.IntType(64), number)


@contextlib.contextmanager
def loop(builder: Any, start: Any, stop: Any, step: int = 1) -> Iterator[Any]:
    """Write a loop; yields the running index."""
    begin, limit = (whole(end) if isinstance(end, int) else end for end in (start, stop))
    with cgutils.for_range_slice(builder, begin, limit, whole(step), intp=ir.IntType(64)) as (
        index,
        _,
    ):
        yield index


def of_two(formula: Callable[[Value, Value], tuple[Value, ...]]) -> Any:
    """An intrinsic that applies a formula of two floats, and gives a tuple of floats."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = formula(Value(builder, values[0]), Value(builder, values[1]))
        return context.make_tuple(builder, signature.return_type, [one.value for one in found])

    results = formula.__annotations__["return"].count("Value")

    def apply(typing_context: Any, x: Any, y: Any) -> Any:
        return types.UniTuple(x, results)(x, y), generate

    return intrinsic(apply)
