"""The recall sheet as Markdown: a table for each strip, modules that are off marked as off."""

import re
from collections.abc import Iterable

from console.words import MINUS, visible
from exporters.sheet.rows import Section, StripSheet, told

_SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$-])")
KINDS = {"track": "Track", "group": "Group", "fx": "FX return", "master": "Master"}


def plain(text: str) -> str:
    """Text in which Markdown and HTML see nothing but text."""
    escaped = _SIGNS.sub(lambda sign: f"&#{ord(sign[1])};", visible(text))
    return escaped.replace("://", ":&#47;/").replace("@", "&#64;")


def figure(text: str) -> str:
    """A number with a true minus sign, or words."""
    return f"{MINUS}{text[1:]}" if re.fullmatch(r"-\d+(\.\d+)?", text) else plain(text)


def to_markdown(strips: Iterable[StripSheet], name: str, facts: Iterable[str]) -> str:
    """The whole sheet as text."""
    lines = [f"# Recall sheet: {plain(name)}", "", " · ".join(plain(fact) for fact in facts), ""]
    for strip in strips:
        lines += _strip(strip)
    return "\n".join(lines)


def _strip(strip: StripSheet) -> list[str]:
    role = f" ({plain(strip.role)})" if strip.role and strip.role != "other" else ""
    title = "Master" if strip.kind == "master" else f"{KINDS[strip.kind]}: {plain(strip.id)}{role}"
    lines = [f"## {title}", "", "| Module | Parameter | Was | Now | Unit |", "|---|---|--:|--:|---|"]
    for section in strip.sections:
        lines += _section(section)
    lines.append("")
    why = [*(reason for section in strip.sections for reason in section.reasons), *strip.reasons]
    if why:
        lines += [f"- {plain(told([reason]))}" for reason in why]
        lines.append("")
    return lines


def _section(section: Section) -> list[str]:
    if section.on is False:
        was = "on" if section.was_on else "off"
        return [f"| {section.name} | | {was} | {'**off**' if section.was_on else 'off'} | |"]
    lines = []
    for row in section.rows:
        label = f"band {row.band} {row.label}" if row.band else row.label
        now = figure(row.now)
        lines.append(
            f"| {section.name} | {plain(label)} | {figure(row.was)} | {f'**{now}**' if row.changed else now} "
            f"| {plain(row.unit)} |"
        )
    return lines
