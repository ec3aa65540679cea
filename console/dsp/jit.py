"""The float64 bit tricks that the kernels share; how they are compiled is console.analysis.jit's.

Every kernel is compiled without fast-math: no reassociation and no contraction, so a result depends on the
input and the state alone, not on the block size, the vector width or the processor. The logarithm and the
exponential are written out here for the same reason (libm differs between systems), and because LLVM can
vectorise them; both are within 1e-12 dB of the true value.

The cache on disk looks at a kernel's own file only: who changes this module while developing clears the
`*.nbi` files of this package, else kernels in other modules keep the old code.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from console.analysis.jit import kernel as kernel

HOP = 512
"""Samples between the absolute positions at which kernels tidy their states and meters emit a value."""

FLUSH = 1e-30
"""Recursion states below this magnitude (-600 dB) become zero at the next hop: no denormal arithmetic."""

OVERFLOW = 1e30
"""Recursion states above this magnitude, or not a number, become zero at the next hop: no lasting damage."""

LOG2_PER_DB = 0.16609640474436813
DB_PER_LOG2 = 6.020599913279624

_ROUNDER = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the low mantissa bits
_ROUNDER_BITS = 0x4338000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_ONE_EXPONENT = 1023 << 52


def _float_to_bits(typingctx: Any, value: Any) -> Any:
    """The 64 bits of a float64 as an int64."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


def _bits_to_float(typingctx: Any, value: Any) -> Any:
    """The float64 that an int64's bits stand for."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


float_to_bits: Any = intrinsic(_float_to_bits)
bits_to_float: Any = intrinsic(_bits_to_float)


@kernel
def log2(x: float) -> float:
    """Base-2 logarithm of a positive number; about -1023 for zero, finite for any input.

    With m the mantissa in [sqrt(1/2), sqrt(2)) and s = (m - 1)/(m + 1): log2 m = 2/ln 2 * atanh s.
    """
    bits = float_to_bits(x)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    mantissa = bits_to_float(bits - (exponent << 52))
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1.0 / 17.0 + z * (1.0 / 19.0)
    series = 1.0 / 15.0 + z * series
    series = 1.0 / 13.0 + z * series
    series = 1.0 / 11.0 + z * series
    series = 1.0 / 9.0 + z * series
    series = 1.0 / 7.0 + z * series
    series = 1.0 / 5.0 + z * series
    series = 1.0 / 3.0 + z * series
    series = 1.0 + z * series
    whole = bits_to_float(exponent + _ROUNDER_BITS) - _ROUNDER
    result: float = whole + 2.8853900817779268 * (s * series)
    return result


@kernel
def exp2(x: float) -> float:
    """Two to the power x, x clamped to -1000 ... 1000; exactly 1 at 0 (Taylor series on -1/2 ... 1/2)."""
    x = x if x > -1000.0 else -1000.0
    x = x if x < 1000.0 else 1000.0
    shifted = x + _ROUNDER
    f = (x - (shifted - _ROUNDER)) * 0.6931471805599453
    series = 1.0 / 39916800.0 + f * (1.0 / 479001600.0)
    series = 1.0 / 3628800.0 + f * series
    series = 1.0 / 362880.0 + f * series
    series = 1.0 / 40320.0 + f * series
    series = 1.0 / 5040.0 + f * series
    series = 1.0 / 720.0 + f * series
    series = 1.0 / 120.0 + f * series
    series = 1.0 / 24.0 + f * series
    series = 1.0 / 6.0 + f * series
    series = 0.5 + f * series
    series = 1.0 + f * series
    series = 1.0 + f * series
    power: float = bits_to_float((float_to_bits(shifted) << 52) + _ONE_EXPONENT)
    return series * power


@kernel
def db_to_gain(db: float) -> float:
    """Amplitude ratio of a level difference in dB; exactly 1 at 0 dB."""
    return exp2(db * LOG2_PER_DB)


@kernel
def tidied(value: float) -> float:
    """The value, or zero where it is too small or too large to be sound."""
    magnitude = abs(value)
    return value if FLUSH < magnitude < OVERFLOW else 0.0
