"""The tests' own evaluator of EEL2 against values computed by hand from the public JSFX reference."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from eel import EelError
from eel_code import Program, evaluate
from eel_jsfx import parse_effect


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("x = 2 + 3 * 4;", 14.0),
        ("x = 2 * 3 + 4;", 10.0),
        ("x = 10 - 4 - 3;", 3.0),
        ("x = 7 / 2;", 3.5),
        ("x = 12 / 2 / 3;", 2.0),
        ("x = 2 ^ 10;", 1024.0),  # ^ is the power
        ("x = -2 ^ 2;", 4.0),  # a sign binds tighter than the power
        ("x = 2 * 3 ^ 2;", 18.0),
        ("x = 10 ^ (-2);", 0.01),
        ("x = 17 % 5;", 2.0),
        ("x = -17.9 % 5.9;", 2.0),  # both cut to whole, unsigned
        ("x = 7 % 0;", 0.0),
        ("x = 1 << 4;", 16.0),
        ("x = 35 >> 2;", 8.0),
        ("x = 12 | 3;", 15.0),
        ("x = 12.9 & 9.9;", 8.0),
        ("x = 12 ~ 10;", 6.0),  # ~ is exclusive or
        ("x = 2 + 4 | 1;", 7.0),  # + binds tighter than |
        ("x = 1 < 2;", 1.0),
        ("x = 2 <= 1;", 0.0),
        ("x = 1 == 1.000009;", 1.0),  # == reaches 0.00001 far
        ("x = 1 == 1.00002;", 0.0),
        ("x = 1 === 1.000009;", 0.0),
        ("x = 1 !== 1.000009;", 1.0),
        ("x = 1 != 1.000009;", 0.0),
        ("x = !0.000009;", 1.0),
        ("x = !0.00002;", 0.0),
        ("x = 0.000009 ? 1 : 2;", 2.0),
        ("x = 0.00002 ? 1 : 2;", 1.0),
        ("x = -1 ? 1 : 2;", 1.0),
        ("x = 0 ? 5;", 0.0),
        ("x = 1 && 0.000001;", 0.0),
        ("x = 0 || 3;", 1.0),
        ("y = 0; x = 0 && (y = 1); x = y;", 0.0),  # the right side does not run
        ("y = 0; x = 1 || (y = 1); x = y;", 0.0),
        ("x = (1; 2; 3);", 3.0),
        ("x = 1; x += 2; x *= 5; x -= 1; x /= 7;", 2.0),
        ("x = 0; loop(5, x += 2);", 10.0),
        ("x = 0; loop(2.9, x += 1);", 2.0),
        ("x = 0; loop(-1, x += 1);", 0.0),
        ("x = 0; while(x < 7)(x += 3);", 9.0),
        ("x = 0; while(x += 1; x < 5);", 5.0),
        ("x = 1; y = (x += 1) * 10 + x; x = y;", 22.0),
        ("x = $pi;", math.pi),
        ("x = $x1F + 0x10;", 47.0),
        ("x = .5 + 1.;", 1.5),
        ("X = 3; x = X + 1;", 4.0),  # names have no case
        ("x = sqrt(-9);", 3.0),
        ("x = sqr(-3);", 9.0),
        ("x = min(2, -1) + max(2, -1);", 1.0),
        ("x = floor(-1.5) + ceil(1.2);", 0.0),
        ("x = sign(-4) + abs(-2.5);", 1.5),
        ("x = exp(log(5));", 5.0),
        ("x = log10(1000);", 3.0),
        ("x = sin($pi / 6);", 0.5),
        ("x = pow(2, 0.5);", math.sqrt(2)),
        ("/* a\nb */ x = 1; // c", 1.0),
        ("x = 5[0]; 5[1] = 4; x = 6[0];", 4.0),
        ("a = 8; a[2] = 7; i = 1; x = a[i + 1];", 7.0),
        ("a = 8; a[0] = 1; a[0] += 5; x = a[];", 6.0),
        ("3[0] = 2; x = 2.9999999[0];", 2.0),  # an address is rounded by 0.00001
    ],
)
def test_an_expression_has_the_value_that_the_reference_gives_it(code: str, value: float) -> None:
    assert evaluate(code)["x"] == pytest.approx(value, rel=1e-15, abs=1e-15)


def test_a_variable_never_holds_what_is_not_finite() -> None:
    found = evaluate("a = log(0); b = 1 / 0; c = 0 / 0; d = 10 ^ (-320); e = 10 ^ 400; f = -(10 ^ (-300));")
    assert [found[name] for name in "abcde"] == [0.0] * 5
    assert found["f"] == pytest.approx(-1e-300)


def test_without_zeroing_a_variable_keeps_it() -> None:
    found = evaluate("a = log(0); b = 0 / 0;", zeroing=False)
    assert found["a"] == -math.inf
    assert math.isnan(found["b"])


def test_functions_have_parameters_and_locals_of_their_own() -> None:
    found = evaluate("x = 1; y = 5; function f(x) local(y) (y = x * 2; y + 1); z = f(10);")
    assert (found["x"], found["y"], found["z"]) == (1.0, 5.0, 21.0)


def test_a_local_that_was_not_set_is_not_a_number() -> None:
    found = evaluate("function f(set) local(y) (set ? (y = 1); y); a = f(1); b = f(0);", zeroing=False)
    assert found["a"] == 1.0
    assert math.isnan(found["b"])


def test_objects_keep_their_own_variables() -> None:
    code = """
    function add(n) instance(sum) (sum += n);
    function twice(n) (this.add(n); this.add(n));
    p.add(1); q.add(10); p.twice(5); x = p.sum; y = q.sum; q.sum = 3; z = q.add(1);
    """
    found = evaluate(code)
    assert (found["x"], found["y"], found["z"]) == (11.0, 10.0, 4.0)


def caller(program: Program) -> Callable[[Any, Any], None]:
    """Compiled sections can be called from compiled code only."""
    import numba

    section = program.sections["code"]

    def call(variables: Any, memory: Any) -> None:
        section(variables, memory)

    return numba.njit(call)


def test_compiled_code_does_what_plain_code_does() -> None:
    code = """
    function step(n) instance(sum) local(k) (k = n ? n * 2 : 1; sum += k / 3; sum);
    a = 0; i = 0;
    loop(100, i += 1; a += p.step(i % 3) + q.step(i & 1); 20[i % 7] = a; (i > 50 && a > 3) ? (a -= 1););
    """
    values = []
    for compiled in ((), ("code",)):
        program = Program({"code": code}, compiled=compiled)
        variables, memory = np.zeros(program.layout.size + 1), np.zeros(64)
        run = caller(program) if compiled else program.sections["code"]
        run(variables, memory)
        values.append((variables, memory))
    np.testing.assert_array_equal(values[0][0], values[1][0])
    np.testing.assert_array_equal(values[0][1], values[1][1])


@pytest.mark.parametrize(
    "code",
    [
        "x = 1e-3;",  # EEL2 knows no exponents
        "x = y + 1;",  # y is never set
        "x = a < b < c;",
        "x = 1 & 2 | 3;",
        "x = 1 && 2 || 3;",
        "x = 2 ^ 3 ^ 2;",
        "x = y = 1;",
        "1 ? x = 3;",
        "x = nothing(1);",
        "x = sin(1, 2);",
        "function f(n) (f(n - 1)); x = f(3);",  # no recursion
        "x = (1 + ;",
        "x = ();",
        "x = 1 # 2;",
        "3 = x;",
        "function f() instance(a) (this.b = 1); p.f();",
    ],
)
def test_what_could_mean_two_things_or_nothing_is_refused(code: str) -> None:
    with pytest.raises(EelError):
        evaluate(code)


@pytest.mark.parametrize(
    "text",
    [
        "desc:a\n@sampel\nx=1;\n",
        "desc:a\n@init\nx=1;\n@init\n",
        "desc:a\nimport b\n@init\n",
        "desc:a\nslider1:a=0<0,1\n@init\n",
    ],
)
def test_a_file_that_is_no_effect_is_refused(text: str) -> None:
    with pytest.raises(EelError):
        parse_effect(text)
