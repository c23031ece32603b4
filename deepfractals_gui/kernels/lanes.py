"""Lanes: many orbits side by side in one vector loop, each replaced as soon as it has ended.

LANES orbits live in one flat array, field f of lane l at ``fields[f + l]``, and one step of all
lanes is a loop of vector code. The steps of a block are computed for every lane, without a test;
what happened is then found for the few lanes that raised a mark, by looking at the block's rows
of ``orbits``. No lane reads another one, so that a point's values don't depend on the company in
which it is computed.

The orbits are kept in a ring of rows: row r holds Re z at ``orbits[r * ROW + l]`` and Im z STRIDE
further. A block writes rows first + 1 to first + BLOCK from row ``first``; the last row is copied
to row 0 when the ring is full. So the last LAGS states of every lane can be looked up.

The mark of an escape and the trap need no branch either: bit patterns of positive floats are
ordered like the floats, and bits(q) - bits(1) as an unsigned number is least for the q just
above 1 and greatest for the q just below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepfractals_gui.kernels import emit
from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    bits,
    fma,
    from_bits,
    intrinsic,
    ir,
    is_wide,
    loop,
    select,
    types,
    unsigned_greatest,
    unsigned_least,
)

LANES = 64
STRIDE = 80
"""Whole cache lines in either precision, and not a power of two: fields 4096 bytes apart would
hinder one another in the cache."""
BLOCK = 8
RING = 72
LAGS = RING - BLOCK
"""States further back than this can't be looked up."""
ROW = 2 * STRIDE
NARROWEST = 16
PREVIEW_NEAR = 1e-5
"""In float32 an orbit counts as settled when it comes this near to an earlier state; in float64
it must meet it exactly, so that no channel is changed by leaving early."""

(
    W_RE,
    W_IM,
    B_RE,
    B_IM,
    LOW,
    HIGH,
    PEAK,
    LOW_BEFORE,
    HIGH_BEFORE,
    SAVED_RE,
    SAVED_IM,
    SAVED_AT,
    COUNT,
    PRODUCT,
    PRODUCT_BEFORE,
    EXPONENT,
    FACTORS,
) = (STRIDE * field for field in range(17))
FIELDS = 16 + BLOCK
"""FACTORS is the first of BLOCK rows, one for each step of a block."""

ONE_BITS, ONE_BITS_32 = 0x3FF0000000000000, 0x3F800000
NOTHING, NOTHING_32 = 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFF

Formula = Callable[..., tuple[Value, ...]]


# Vector code.


def note(fields: Lanes, at: Callable[[int], Any], q: Value) -> None:
    """Take |z|^2 of a vector of lanes into their traps and escape marks."""
    pattern = bits(q)
    offset = pattern.minus(ONE_BITS if is_wide(q) else ONE_BITS_32)
    low = unsigned_greatest(offset, bits(fields.get(at(LOW))))
    high = unsigned_least(offset, bits(fields.get(at(HIGH))))
    # A NaN has greater bits than infinity, so that the mark stays up.
    peak = unsigned_greatest(pattern, bits(fields.get(at(PEAK))))
    fields.put(at(LOW), from_bits(low))
    fields.put(at(HIGH), from_bits(high))
    fields.put(at(PEAK), from_bits(peak))


def block_of(body: Callable[[Lanes, Lanes, Callable[[int], Any], Any, Any], None]) -> Any:
    """An intrinsic ``block(fields, orbits, first, width)`` that runs BLOCK steps of all lanes.

    ``body(fields, orbits, at, row, step)`` writes one step of a vector of lanes: ``at(f)`` is the
    place of field f, ``row`` the place in ``orbits`` of the state it starts from, ``step`` the
    number of the step in the block.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        fields = Lanes(context, builder, signature.args[0], arguments[0])
        orbits = Lanes(context, builder, signature.args[1], arguments[1])
        first, width = arguments[2:]
        start = builder.mul(first, emit.whole(ROW))
        with loop(builder, 0, width, fields.count) as lane:

            def at(field: int) -> Any:
                return builder.add(lane, emit.whole(field))

            fields.put(at(LOW_BEFORE), fields.get(at(LOW)))
            fields.put(at(HIGH_BEFORE), fields.get(at(HIGH)))
            fields.put(at(PEAK), fields.zero())
            fields.put(at(PRODUCT_BEFORE), fields.get(at(PRODUCT)))
        with loop(builder, 0, BLOCK) as step:
            row = builder.add(start, builder.mul(step, emit.whole(ROW)))
            with loop(builder, 0, width, fields.count) as lane:

                def at(field: int) -> Any:
                    return builder.add(lane, emit.whole(field))

                body(fields, orbits, at, builder.add(row, lane), step)
        return context.get_dummy_value()

    def block(typing_context: Any, fields: Any, orbits: Any, first: Any, width: Any) -> Any:
        return types.void(fields, orbits, types.int64, types.int64), generate

    return intrinsic(block)


@intrinsic
def end_block(
    typing_context: Any,
    fields: Any,
    orbits: Any,
    first: Any,
    back: Any,
    last_step: Any,
    peak: Any,
    width: Any,
) -> Any:
    """Find the lanes that escaped, reached the last step or met an earlier state again.

    Returns them as the set bits of an integer. Earlier states are the one a block ago, the one
    three blocks ago (``back`` is its row) and a saved one, which is replaced whenever the step
    number has doubled (Brent 1980).
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows = Lanes(context, builder, signature.args[1], arguments[1])
        lanes = Lanes(context, builder, signature.args[0], arguments[0])
        start = builder.mul(arguments[2], emit.whole(ROW))
        ago = builder.mul(arguments[3], emit.whole(ROW))
        last, limit = lanes.spread(arguments[4]), lanes.spread(arguments[5])
        found = emit.BitSet(builder)
        with loop(builder, 0, arguments[6], lanes.count) as lane:

            def at(field: int) -> Any:
                return builder.add(lane, emit.whole(field))

            def state(row: Any, further: int) -> Value:
                return rows.get(builder.add(row, at(further)))

            end = BLOCK * ROW
            re, im = state(start, end), state(start, end + STRIDE)

            def meets(other_re: Value, other_im: Value) -> Value:
                if is_wide(re):
                    return re.same(other_re) & im.same(other_im)
                dr, di = re - other_re, im - other_im
                return fma(dr, dr, di * di) < PREVIEW_NEAR * PREVIEW_NEAR

            count = lanes.get(at(COUNT)) + float(BLOCK)
            saved_at = lanes.get(at(SAVED_AT))
            saved_re, saved_im = lanes.get(at(SAVED_RE)), lanes.get(at(SAVED_IM))
            mark = meets(state(start, 0), state(start, STRIDE))
            mark = mark | meets(state(ago, 0), state(ago, STRIDE))
            mark = mark | meets(saved_re, saved_im)
            mark = mark | (count >= last)
            mark = mark | bits(lanes.get(at(PEAK))).above(bits(limit))
            lanes.put(at(COUNT), count)
            found.add(mark, lane)
            save = count >= saved_at * 2.0
            lanes.put(at(SAVED_RE), select(save, re, saved_re))
            lanes.put(at(SAVED_IM), select(save, im, saved_im))
            lanes.put(at(SAVED_AT), select(save, count, saved_at))
        return found.total()

    whole = types.int64
    kinds = (fields, orbits, whole, whole, fields.dtype, fields.dtype, whole)
    return types.uint64(*kinds), generate


@intrinsic
def normalize(typing_context: Any, fields: Any, width: Any) -> Any:
    """Move the exponents of the running products into EXPONENT.

    A product that left the range of normal numbers is put back to what it was before the block;
    these lanes are returned as the set bits of an integer.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = Lanes(context, builder, fields, arguments[0])
        wide = fields.dtype == types.float64
        places, bias, one = (52, 1023, ONE_BITS) if wide else (23, 127, ONE_BITS_32)
        found = emit.BitSet(builder)
        with loop(builder, 0, arguments[1], lanes.count) as lane:

            def at(field: int) -> Any:
                return builder.add(lane, emit.whole(field))

            pattern = (bits(lanes.get(at(PRODUCT))) << 1) >> 1
            power = pattern >> places
            mantissa = (pattern & ((1 << places) - 1)) | one
            usable = power.minus(1).below(2 * bias)
            before = lanes.get(at(PRODUCT_BEFORE))
            lanes.put(at(PRODUCT), select(usable, from_bits(mantissa), before))
            total = lanes.get(at(EXPONENT))
            moved = total + power.minus(bias).as_float(total)
            lanes.put(at(EXPONENT), select(usable, moved, total))
            found.add(usable ^ usable.constant(1), lane)
        return found.total()

    return types.uint64(fields, types.int64), generate


@intrinsic
def lowest(typing_context: Any, found: Any) -> Any:
    """The number of the lowest set bit."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate
