"""What EEL2's operators and functions do to numbers, in plain functions that numba can compile as well.

From the public JSFX reference and from the behaviour of the x86 build of EEL2: truth and == reach 0.00001 far,
integers are cut towards zero, an assignment turns what is not finite, or is denormal, into 0.
"""

import math

import numpy as np

CLOSE = 0.00001
MOST_ROUNDS = 1048576


def stored(value):
    """What a variable holds after an assignment."""
    size = abs(value)
    return value if 1e-307 < size < 1.7e308 else 0.0


def as_is(value):
    """An assignment that keeps every number, as other builds of EEL2 may."""
    return value


def divide(a, b):
    if b == 0.0:
        if a == 0.0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


def power(a, b):
    return np.power(np.float64(a), np.float64(b))


def remainder(a, b):
    divisor = int(abs(b))
    return float(int(abs(a)) % divisor) if divisor else 0.0


def bit_or(a, b):
    return float(int(a) | int(b))


def bit_and(a, b):
    return float(int(a) & int(b))


def bit_xor(a, b):
    return float(int(a) ^ int(b))


def shift_left(a, b):
    return float(int(a) << int(b))


def shift_right(a, b):
    return float(int(a) >> int(b))


def f_abs(x):
    return abs(x)


def f_min(a, b):
    return a if a < b else b


def f_max(a, b):
    return a if a > b else b


def f_sqrt(x):
    return math.sqrt(abs(x))


def f_sqr(x):
    return x * x


def f_exp(x):
    return np.exp(np.float64(x))


def f_log(x):
    return np.log(np.float64(x))


def f_log10(x):
    return np.log10(np.float64(x))


def f_sin(x):
    return math.sin(x)


def f_cos(x):
    return math.cos(x)


def f_tan(x):
    return math.tan(x)


def f_floor(x):
    return float(math.floor(x))


def f_ceil(x):
    return float(math.ceil(x))


def f_sign(x):
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)


def peek(memory, address):
    place = int(address + CLOSE)
    if place < 0 or place >= memory.size:
        raise IndexError("an address outside the memory of the test")
    return memory[place]


def place_of(memory, address):
    place = int(address + CLOSE)
    if place < 0 or place >= memory.size:
        raise IndexError("an address outside the memory of the test")
    return place


#: Operators that are calls in the translated code.
OPERATORS = {
    "/": "divide",
    "^": "power",
    "%": "remainder",
    "|": "bit_or",
    "&": "bit_and",
    "~": "bit_xor",
    "<<": "shift_left",
    ">>": "shift_right",
}

#: EEL2's functions by name: the function here, and the number of arguments.
FUNCTIONS = {
    "abs": ("f_abs", 1),
    "min": ("f_min", 2),
    "max": ("f_max", 2),
    "sqrt": ("f_sqrt", 1),
    "sqr": ("f_sqr", 1),
    "exp": ("f_exp", 1),
    "log": ("f_log", 1),
    "log10": ("f_log10", 1),
    "pow": ("power", 2),
    "sin": ("f_sin", 1),
    "cos": ("f_cos", 1),
    "tan": ("f_tan", 1),
    "floor": ("f_floor", 1),
    "ceil": ("f_ceil", 1),
    "sign": ("f_sign", 1),
}

HELPERS = (
    "divide power remainder bit_or bit_and bit_xor shift_left shift_right f_abs f_min f_max f_sqrt f_sqr f_exp f_log "
    "f_log10 f_sin f_cos f_tan f_floor f_ceil f_sign peek place_of"
).split()
