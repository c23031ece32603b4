"""What plain Python has no word for: fused operations, bit patterns, shared flags."""

from __future__ import annotations

import importlib
from typing import Any

from deepfractals_gui.kernels.jit import numba

ir: Any = importlib.import_module("llvmlite.ir")
cgutils: Any = importlib.import_module("numba.core.cgutils")
types = numba.types
intrinsic: Any = numba.extending.intrinsic


@intrinsic
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c with one rounding."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, a, a), generate


@intrinsic
def select(typing_context: Any, condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` where the condition holds, else ``no``; both are evaluated, nothing branches."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        test, *values = arguments
        if test.type != ir.IntType(1):
            test = builder.trunc(test, ir.IntType(1))
        return builder.select(test, *values)

    return yes(types.boolean, yes, yes), generate


@intrinsic
def least(typing_context: Any, a: Any, b: Any) -> Any:
    """a where a < b, else b: the second of the two where either isn't a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", *arguments), *arguments)

    return a(a, a), generate


@intrinsic
def greatest(typing_context: Any, a: Any, b: Any) -> Any:
    """a where a > b, else b: the second of the two where either isn't a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return a(a, a), generate


@intrinsic
def bits(typing_context: Any, x: Any) -> Any:
    """The bit pattern of a float as an integer of its width."""
    wide = types.int64 if x == types.float64 else types.int32

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(wide.bitwidth))

    return wide(x), generate


@intrinsic
def from_bits(typing_context: Any, pattern: Any) -> Any:
    """The float that has the bit pattern of an integer."""
    wide = types.float64 if pattern == types.int64 else types.float32

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(wide))

    return wide(pattern), generate


@intrinsic
def raised(typing_context: Any, flag: Any) -> Any:
    """flag[0] != 0, read anew at each call: an atomic load can't be moved out of a loop."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(ir.IntType(64), 0)
        pointer = _pointer(context, builder, flag, (arguments[0], zero))
        value = builder.load_atomic(pointer, "monotonic", 1)
        return builder.icmp_unsigned("!=", value, ir.Constant(value.type, 0))

    return types.boolean(flag), generate


@intrinsic
def count_up(typing_context: Any, counter: Any, amount: Any) -> Any:
    """counter[0] += amount, stored so that another thread sees it; one thread may write."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(ir.IntType(64), 0)
        pointer = _pointer(context, builder, counter, (arguments[0], zero))
        total = builder.add(builder.load_atomic(pointer, "monotonic", 8), arguments[1])
        builder.store_atomic(total, pointer, "monotonic", 8)
        return context.get_dummy_value()

    return types.void(counter, types.int64), generate


@intrinsic
def never_inlined(typing_context: Any) -> Any:
    """Keep LLVM from copying the calling function into its callers, which costs compile time."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate


def _pointer(context: Any, builder: Any, array: Any, arguments: Any) -> Any:
    view = context.make_array(array)(context, builder, arguments[0])
    return builder.gep(view.data, [arguments[1]])
