"""Sixteen float32 numbers at once, for Numba: the pixels of a 4 x 4 tile as one value.

Left to itself, a compiler turns loops over scratch arrays into vector instructions where it likes to, and
sums not at all, since it may not reorder them. A ``Lanes`` value is one LLVM vector instead, which lives in a
register (or two, or four, where those are narrower). Operations are the ones that are written, in that
order, so results do not hang on what an optimiser made of them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

#: Lanes, and the side of the tile they are the pixels of, row by row.
LANES, SIDE = 16, 4

_FLOAT, _INDEX = ir.FloatType(), ir.IntType(32)
_VECTOR, _ROW = ir.VectorType(_FLOAT, LANES), ir.VectorType(_FLOAT, SIDE)
# Results are undefined for what is not finite: flattening leaves out strokes whose points, widths or
# squares are not, and opacity lies below 1.
_FLAGS = ("nsz", "nnan", "ninf")


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Lanes")


lanes = _Lanes()
# A float32 stands for the same number in all lanes.
_KINDS = {lanes, types.float32}


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, kind) -> None:
        super().__init__(manager, kind, _VECTOR)


def _shuffle(builder, pair, order: Iterable[int]):
    a, b = pair
    order = list(order)
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INDEX, len(order)), order))


def _widened(builder, values, kinds):
    """The values as vectors, float32 numbers spread over all lanes."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    for value, kind in zip(values, kinds, strict=True):
        if kind is lanes:
            yield value
        else:
            one = builder.insert_element(nothing, value, ir.Constant(_INDEX, 0))
            yield _shuffle(builder, (one, one), [0] * LANES)


def _lane_by_lane(kinds, make: Callable):
    """Signature and code of a function of Lanes and float32 that makes Lanes; None for other kinds."""
    if lanes not in kinds or not set(kinds) <= _KINDS:
        return None

    def generate(context, builder, signature, values):
        return make(builder, *_widened(builder, values, signature.args))

    return lanes(*kinds), generate


def _declare_operator(function: Callable, instruction: str) -> None:
    def make(builder, a, b):
        return getattr(builder, instruction)(a, b, flags=_FLAGS)

    @type_callable(function)
    def typed(context):
        return lambda a, b: lanes if _lane_by_lane((a, b), make) else None

    for kinds in ((lanes, lanes), (lanes, types.float32), (types.float32, lanes)):
        lower_builtin(function, *kinds)(_lane_by_lane(kinds, make)[1])


_declare_operator(operator.add, "fadd")
_declare_operator(operator.sub, "fsub")
_declare_operator(operator.mul, "fmul")
_declare_operator(operator.truediv, "fdiv")


def _of_llvm(name: str) -> Callable:
    def make(builder, *values):
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(values))
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
        return builder.call(function, values, fastmath=_FLAGS)

    return make


@intrinsic
def root(context, a):
    """Square roots."""
    return _lane_by_lane((a,), _of_llvm("sqrt"))


@intrinsic
def magnitude(context, a):
    """Absolute values."""
    return _lane_by_lane((a,), _of_llvm("fabs"))


@intrinsic
def lesser(context, a, b):
    """Lane by lane the lesser of two."""
    return _lane_by_lane((a, b), _of_llvm("minnum"))


@intrinsic
def greater(context, a, b):
    """Lane by lane the greater of two."""
    return _lane_by_lane((a, b), _of_llvm("maxnum"))


@intrinsic
def multiply_add(context, a, b, c):
    """a * b + c, rounded once where the machine can."""
    return _lane_by_lane((a, b, c), _of_llvm("fmuladd"))


def _choice(sign: str) -> Callable:
    def make(builder, a, b, then, otherwise):
        return builder.select(builder.fcmp_ordered(sign, a, b), then, otherwise)

    return make


@intrinsic
def where_less(context, a, b, then, otherwise):
    """Lane by lane ``then`` where a < b, else ``otherwise``."""
    return _lane_by_lane((a, b, then, otherwise), _choice("<"))


@intrinsic
def where_equal(context, a, b, then, otherwise):
    """Lane by lane ``then`` where a == b, else ``otherwise``."""
    return _lane_by_lane((a, b, then, otherwise), _choice("=="))


@intrinsic
def spread(context, number):
    """A float32 in all lanes."""

    def generate(context, builder, signature, values):
        return next(_widened(builder, values, signature.args))

    return lanes(types.float32), generate


def _constant(numbers: Iterable[float]):
    values = list(numbers)
    return lanes(), lambda context, builder, signature, arguments: ir.Constant(_VECTOR, values)


@intrinsic
def centres_x(context):
    """x of a tile's pixel centres, from its corner."""
    return _constant(i % SIDE + 0.5 for i in range(LANES))


@intrinsic
def centres_y(context):
    """y of a tile's pixel centres, from its corner."""
    return _constant(i // SIDE + 0.5 for i in range(LANES))


def _pointer(context, builder, array, kind, at, vector):
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())


@intrinsic
def load(context, array, at):
    """Sixteen numbers of a flat float32 array from index ``at``."""

    def generate(context, builder, signature, values):
        pointer = _pointer(context, builder, values[0], signature.args[0], values[1], _VECTOR)
        return builder.load(pointer, align=4)

    return lanes(array, types.intp), generate


@intrinsic
def store(context, array, at, value):
    """Write sixteen numbers into a flat float32 array from index ``at``."""

    def generate(context, builder, signature, values):
        pointer = _pointer(context, builder, values[0], signature.args[0], values[1], _VECTOR)
        builder.store(values[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic
def peek(context, array, at):
    """A number of a flat array, by an index that is not negative: Numba's own look asks whether it is."""

    def generate(context, builder, signature, values):
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        return builder.load(builder.gep(data, [values[1]]))

    return array.dtype(array, types.intp), generate


@intrinsic
def poke(context, array, at, number):
    """Write a number into a flat array, by an index that is not negative."""

    def generate(context, builder, signature, values):
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        builder.store(values[2], builder.gep(data, [values[1]]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


def _rows(context, builder, signature, values):
    """Pointers to the four rows of a tile in a flat array, ``values[2]`` numbers apart."""
    at = values[1]
    for _ in range(SIDE):
        yield _pointer(context, builder, values[0], signature.args[0], at, _ROW)
        at = builder.add(at, values[2])


@intrinsic
def load_tile(context, array, at, stride):
    """Four rows of four numbers of a flat float32 array, the first from index ``at``."""

    def generate(context, builder, signature, values):
        rows = [builder.load(row, align=4) for row in _rows(context, builder, signature, values)]
        halves = [_shuffle(builder, pair, range(2 * SIDE)) for pair in (rows[:2], rows[2:])]
        return _shuffle(builder, halves, range(LANES))

    return lanes(array, types.intp, types.intp), generate


@intrinsic
def store_tile(context, array, at, stride, value):
    """Write four rows of four numbers into a flat float32 array, the first from index ``at``."""

    def generate(context, builder, signature, values):
        for number, row in enumerate(_rows(context, builder, signature, values)):
            part = range(number * SIDE, (number + 1) * SIDE)
            builder.store(_shuffle(builder, (values[3], values[3]), part), row, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, lanes), generate


def _folded(builder, pair, width: int):
    """Halves of each ``width`` lanes of two vectors added up; those of the first vector come first."""
    count = pair[0].type.count
    first = [i for i in range(2 * count) if i % width < width // 2]
    second = [i + width // 2 for i in first]
    return builder.fadd(_shuffle(builder, pair, first), _shuffle(builder, pair, second), flags=_FLAGS)


@intrinsic
def four_sums(context, a, b, c, d):
    """The sums of four Lanes, each added up in halves."""

    def generate(context, builder, signature, values):
        pairs = [_folded(builder, values[:2], LANES), _folded(builder, values[2:], LANES)]
        both = _folded(builder, pairs, LANES // 2)
        for width in (4, 2):
            half = both.type.count // 2
            halves = (range(half), range(half, 2 * half))
            both = _folded(builder, [_shuffle(builder, (both, both), part) for part in halves], width)
        numbers = [builder.extract_element(both, ir.Constant(_INDEX, i)) for i in range(4)]
        return context.make_tuple(builder, signature.return_type, numbers)

    return types.UniTuple(types.float32, 4)(lanes, lanes, lanes, lanes), generate


@intrinsic
def quad_means(context, a):
    """In each lane the mean of the 2 x 2 pixels of the tile that it is one of."""

    def make(builder, a):
        for step in (1, SIDE):
            a = builder.fadd(a, _shuffle(builder, (a, a), [i ^ step for i in range(LANES)]), flags=_FLAGS)
        return builder.fmul(a, ir.Constant(_VECTOR, [0.25] * LANES), flags=_FLAGS)

    return _lane_by_lane((a,), make)
