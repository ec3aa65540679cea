"""Questions to the engineer before a desk is moved; where nobody can answer, the safe thing is done."""

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from bridge.cli.output import note
from console.errors import ParamError

if TYPE_CHECKING:
    from bridge.live.pairing import Pairing
    from bridge.live.rig import Prepared, Rig
    from console.mix import Mix


def told_pairs(words: Iterable[str]) -> dict[str, str]:
    """The words of --pair: strip → channel.

    Raises:
        click.BadParameter: a word without "=".
    """
    found: dict[str, str] = {}
    for word in words:
        strip, equals, channel = word.partition("=")
        if not equals or not strip:
            raise click.BadParameter(f"{word!r} is no STRIP=CHANNEL", param_hint="--pair")
        found[strip] = channel
    return found


def can_ask() -> bool:
    """Whether somebody sits in front of this terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def settle_pairing(rig: "Rig", mix: "Mix", told: Mapping[str, str], *, ask: bool = True) -> "Pairing":
    """The pairing of a mix with a desk: unclear pairs are asked about; unanswered they are left alone, and said."""
    pairing = rig.pair(mix, told, all_sure=True)
    if ask and can_ask() and pairing.unclear:
        answers = dict(told)
        for pair in pairing.unclear:
            text = f"is {pair.strip!r} the channel {pair.channel.name!r} ({pair.why})?"
            yes = click.confirm(text, default=True, err=True)
            answers[pair.strip] = pair.channel.key if yes else _which(rig, pair.strip)
        return rig.pair(mix, answers)
    for pair in pairing.unclear:
        note(
            f"{pair.strip!r} may be the channel {pair.channel.name!r} ({pair.why}), which is not sure enough: "
            f"left alone; say --pair {pair.strip!r}={pair.channel.name!r}"
        )
    return rig.pair(mix)


def _which(rig: "Rig", strip: str) -> str:
    names = ", ".join(f"{channel.key}: {channel.name}" for channel in rig.channels)
    keys = [channel.key for channel in rig.channels]
    return str(
        click.prompt(
            f"which channel is {strip!r}? ({names}; nothing for none)",
            default="",
            show_default=False,
            err=True,
            type=click.Choice(["", *keys]),
            show_choices=False,
        )
    )


def settle_questions(prepared: "Prepared", *, yes: bool) -> None:
    """Have what needs a yes answered.

    Raises:
        ParamError: nobody can answer, and --yes was not given; nothing was moved.
        click.Abort: the answer is no.
    """
    questions = [finding.text for finding in prepared.questions]
    if not questions or yes:
        return
    if not can_ask():
        raise ParamError(
            f"{'; '.join(questions[:5])}{' …' if len(questions) > 5 else ''}: more than 3 dB up needs a yes; "
            "look at the plan with -n, then give --yes or --may-raise DB. Nothing was moved"
        )
    for text in questions:
        note(text)
    click.confirm("these rise by more than 3 dB; move them?", default=False, abort=True, err=True)
