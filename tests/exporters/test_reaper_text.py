"""REAPER's text format: words, quotes and numbers, judged by the independent parser `rpp`."""

from decimal import Decimal

import pytest
import rpp
from hypothesis import given
from hypothesis import strategies as st

from console.errors import ExportError
from exporters.reaper.rpp import (
    Document,
    Node,
    dump,
    holds,
    line,
    number,
    parse,
    plain_text,
    quote,
    split_words,
)

HOSTILE = (
    'say "hey"',
    '"hey',
    "it's",
    "back`tick",
    "'\"",
    "'`",
    "all three \" ' `",
    "two\nlines",
    "carriage\rreturn",
    "tab\tstop",
    "nul\0",
    "<TRACK",
    ">",
    "<>",
    "# comment",
    "; comment",
    "|pipe",
    "",
    " ",
    "  leading and trailing  ",
    "é ü 漢字 🎤",
    "\u2028separator\u0085",
    "\\",
    "%s {0}",
    "x" * 255,
    "ü" * 127,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_word_survives_quoting(name: str) -> None:
    assert split_words(line("NAME", name)) == ["NAME", plain_text(name)]
    assert "\n" not in quote(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_independent_parser_reads_the_same_word(name: str) -> None:
    text = dump(Document([Node("TRACK", [line("NAME", name), "SEL 0"])]))
    assert rpp.loads(text).children == [["NAME", plain_text(name)], ["SEL", "0"]]


@given(st.text(max_size=40))
def test_any_text_stays_on_its_line(name: str) -> None:
    document = Document([Node("TRACK", [line("NAME", name), "SEL 0"])])
    root = parse(dump(document)).items[0]
    assert isinstance(root, Node)
    assert root.row("NAME") == [plain_text(name)]
    assert root.row("SEL") == ["0"]


def test_what_the_format_holds() -> None:
    assert holds('Kick "in" it\'s')
    assert holds("back`tick 'and' single")
    assert not holds("\"'`")
    assert not holds("a\nb")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_the_same_and_have_no_exponent(value: float) -> None:
    text = number(value)
    assert float(text) == value
    assert "e" not in text.lower()
    assert Decimal(text) == Decimal(text).normalize()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(ExportError, match="finite"):
        number(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("<TRACK\n  NAME x\n", "no end"), ("<TRACK\n>\n>\n", "not open"), ("<A\n<B\n>\n", "no end")],
)
def test_broken_trees_are_refused(text: str, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "A 1",
        "A 1\n",
        "<T\n>\n",
        "<T\n\n  A 1  \n A\n>",
        "<T\n    ODD 1\n  <U x\n\t>\n>\n",
        "<T\r\n  A\r\n>\r\n",
        "<T\r\n  A\n>\r\n",
    ],
)
def test_odd_layouts_keep_their_bytes(text: str) -> None:
    assert dump(parse(text)) == text
