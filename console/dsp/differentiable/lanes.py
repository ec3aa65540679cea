"""Eight float64 numbers as one value inside a kernel: recursions of eight strips run side by side.

A recursion cannot be spread over time, so a compiler leaves it scalar; but eight of them fit the widest
registers of today's processors, and LLVM splits the vector where registers are narrower.
"""

from __future__ import annotations

import operator
from typing import Any

from numba import types
from numba.core.cgutils import ir  # type: ignore[attr-defined]  # the llvmlite that numba itself uses
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8
"""Numbers in one value."""

_FLAGS = ("contract",)
_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)


class Lanes(types.Type):
    """Numba's type of eight numbers."""

    def __init__(self) -> None:
        super().__init__(name="Lanes8")


lanes_type: Any = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    """A vector register."""

    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR)  # type: ignore[no-untyped-call]


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Pointer to the vector that begins at an index of a one-dimensional array."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(typingctx: Any, array: Any, index: Any) -> Any:
    """The eight numbers from array[index] on; float64, one-dimensional, contiguous."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], args[0], args[1])
        return builder.load(place, align=8)

    return lanes_type(array, types.intp), generate


def _store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Write eight numbers from array[index] on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], args[0], args[1])
        builder.store(args[2], place, align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes_type), generate


def _where_less(typingctx: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """Lane by lane `then` where a < b, else `otherwise`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[2], args[3])

    return lanes_type(lanes_type, lanes_type, lanes_type, lanes_type), generate


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)
where_less: Any = intrinsic(_where_less)


def _arithmetic(instruction: str) -> Any:
    def typed(typingctx: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, instruction)(args[0], args[1], flags=_FLAGS)

        return lanes_type(lanes_type, lanes_type), generate

    return intrinsic(typed)


_add: Any = _arithmetic("fadd")
_subtract: Any = _arithmetic("fsub")
_multiply: Any = _arithmetic("fmul")


def _both(a: Any, b: Any) -> bool:
    return isinstance(a, Lanes) and isinstance(b, Lanes)


@overload(operator.add, strict=False)
def _add_lanes(a: Any, b: Any) -> Any:
    return (lambda a, b: _add(a, b)) if _both(a, b) else None


@overload(operator.sub, strict=False)
def _subtract_lanes(a: Any, b: Any) -> Any:
    return (lambda a, b: _subtract(a, b)) if _both(a, b) else None


@overload(operator.mul, strict=False)
def _multiply_lanes(a: Any, b: Any) -> Any:
    return (lambda a, b: _multiply(a, b)) if _both(a, b) else None
