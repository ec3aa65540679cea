"""The file is one, needs nothing else, and nothing that a session is called can break out of it."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bridge.report import ReportData, render_report
from console.frozen import FrozenMap
from console.mix import Reason
from console.session import Finding, Role

VOID = {"meta", "br", "link", "img", "input", "hr"}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"onmouseover='x' & <b>",
    "two\nlines\ttab\x00nul\x1b[31m",
    "\u202egnp.txt\u202c",
    "שיר של אהבה",
    "名" * 85,
    "x" * 255,
    "]]><!-- </style></svg></title>",
    "{{ 7 * 7 }} {% raw %}",
    "lone \udcff surrogate",
    "javascript:alert(1)",
)


class Tree(HTMLParser):
    """Checks that every element is closed where it must be, and keeps what it saw."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.tags.append((tag, dict(attrs)))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(page: str) -> Tree:
    tree = Tree()
    tree.feed(page)
    tree.close()
    assert tree.open == []
    return tree


@pytest.fixture(scope="module")
def page(band: ReportData) -> str:
    return render_report(band)


@pytest.fixture(scope="module")
def hostile(make_report_data: Callable[..., ReportData]) -> ReportData:
    data = make_report_data(
        tuple((name, Role.KEYS, -20.0, 500.0, 0.0, 1) for name in HOSTILE),
        name="</title><script>alert(2)</script>",
    )
    evil = "<img src=x onerror=alert(3)> 'quoted' \"twice\""
    strips = tuple(
        replace(strip, reasons=(*strip.reasons, Reason("pan", evil, FrozenMap({"<i>_db": 1.0}))))
        for strip in data.mix.tracks
    )
    return replace(
        data,
        mix=replace(data.mix, tracks=strips),
        findings=(Finding("<code>", evil, HOSTILE),),
        tool="<tool>",
    )


def test_document_is_well_formed_and_ids_are_unique(page: str) -> None:
    tree = parsed(page)
    assert len(tree.ids) == len(set(tree.ids))
    assert [tag for tag, _ in tree.tags].count("html") == 1


def test_every_link_leads_to_a_place_in_the_document(page: str) -> None:
    tree = parsed(page)
    links = [attrs["href"] or "" for tag, attrs in tree.tags if tag == "a"]
    assert len(links) > 60
    assert {link[:1] for link in links} == {"#"}
    assert {link[1:] for link in links} <= set(tree.ids)


@pytest.mark.parametrize(
    "forbidden",
    [
        r"https?:",
        r"url\(",
        r"@import",
        r"\ssrc\s*=",
        r"<link",
        r"<img",
        r"<iframe",
        r"@font-face",
        r"fetch\(",
        r"//\w+\.",
    ],
)
def test_nothing_is_asked_from_anywhere(page: str, forbidden: str) -> None:
    assert re.search(forbidden, page, re.IGNORECASE) is None


def test_policy_allows_exactly_this_style_and_script(page: str) -> None:
    policy = next(
        attrs["content"] or ""
        for tag, attrs in parsed(page).tags
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind in ("style", "script"):
        bodies = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert re.search(r"<[^>]*\sstyle=", page) is None
    assert re.search(r"<[^>]*\son\w+=", page) is None


def test_hostile_names_stay_text(hostile: ReportData, page: str) -> None:
    rendered = render_report(hostile)
    tree = parsed(rendered)
    kinds = {tag for tag, _ in tree.tags}
    assert kinds <= {tag for tag, _ in parsed(page).tags}
    assert [tag for tag, _ in tree.tags].count("script") == 1
    assert not any(name.startswith("on") for _, attrs in tree.tags for name in attrs)
    words = "".join(tree.text)
    assert words.count("<script>alert(1)</script>") >= 2
    assert "{{ 7 * 7 }} {% raw %}" in words
    assert "x" * 255 in words
    assert "名" * 85 in words
    assert "שיר של אהבה" in words


def test_what_cannot_be_seen_is_made_visible(hostile: ReportData) -> None:
    rendered = render_report(hostile)
    rendered.encode("utf-8")
    assert "two␊lines␉tab␀nul␛[31m" in rendered
    assert "�gnp.txt�" in rendered
    assert "lone � surrogate" in rendered
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b") & set(rendered)


def test_same_data_gives_the_same_bytes(make_report_data: Callable[..., ReportData]) -> None:
    assert render_report(make_report_data()) == render_report(make_report_data())


def test_pictures_have_title_description_and_role(page: str) -> None:
    pictures = re.findall(r'<svg class="picture"([^>]*)>(.*?)<desc', page, re.DOTALL)
    assert len(pictures) > 40
    for attributes, inside in pictures:
        assert 'role="img"' in attributes
        assert "<title" in inside
    tree = parsed(page)
    named = {name for _, attrs in tree.tags for name in (attrs.get("aria-labelledby") or "").split()}
    assert named <= set(tree.ids)


def test_table_heads_have_a_scope(page: str) -> None:
    heads = [attrs for tag, attrs in parsed(page).tags if tag == "th"]
    assert heads
    assert all(attrs.get("scope") in ("col", "row") for attrs in heads)
