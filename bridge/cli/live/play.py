"""`mixbridge live play`: the moves of a mix over time, played on the desk while the song goes on."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.live.asking import can_ask, settle_pairing, settle_questions, told_pairs
from bridge.cli.live.desks import at_the_desk, chosen_desk, named_option, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.options import may_raise_option, pair_option, yes_option
from bridge.cli.live.playline import Enter, PlayLine, score_data, show_score
from bridge.cli.live.push import settled, tell_outcome
from bridge.cli.live.words import pairing_data, show_notes
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, note, to_json
from bridge.cli.state import State
from console.errors import LinkError, ParamError

if TYPE_CHECKING:
    from bridge.live.envelopes import Score
    from bridge.live.following import Follower
    from bridge.live.link import LinkOptions
    from bridge.live.rig import Rig
    from bridge.live.session import LiveSession
    from bridge.live.songclock import Place

_TIME = re.compile(r"(?:(\d{1,2}):(?=\d{2}:))?(?:(\d{1,3}):(?=\d{2}))?(\d{1,4}(?:\.\d{1,6})?)")
#: What a kind of desk has to be told so that it tells where the song is.
_TRANSPORT = {"ardour": ("transport", "on")}
#: After the last break point faders that are still on their way may go on for so long, in s.
_TAIL_S = 5.0


@click.command(short_help=LIVE_COMMANDS["play"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.option(
    "--start",
    metavar="TIME",
    help="Go by a clock of our own, from this place in the song (1:23.5), at once.",
)
@click.option("--from-start", is_flag=True, help="The same as --start 0:00.")
@click.option(
    "--amount",
    type=click.FloatRange(0.0, 100.0, min_open=True),
    default=100.0,
    show_default=True,
    metavar="PERCENT",
    help="How far from where each fader stands to its curve.",
)
@click.option(
    "--lead",
    "lead_ms",
    type=click.FloatRange(-1000.0, 1000.0),
    default=0.0,
    show_default=True,
    metavar="MS",
    help="Send so much earlier, where moves are heard late.",
)
@click.option(
    "--cue", is_flag=True, help="While the song stands still, take the faders to their curves there, too."
)
@click.option("--once", is_flag=True, help="End when the song stops, or the last fader has moved.")
@click.option("--return", "back", is_flag=True, help="At the end take the faders back to where they stood.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be played; send nothing.")
@yes_option
@may_raise_option("How far a fader may rise over where it stands without a question.")
@pair_option
@named_option
@json_option
@talk_options
@click.pass_obj
def play(
    state: State,
    /,
    mix_file: Path,
    start: str | None,
    from_start: bool,
    amount: float,
    lead_ms: float,
    cue: bool,
    once: bool,
    back: bool,
    dry_run: bool,
    yes: bool,
    may_raise_db: float,
    pairs: tuple[str, ...],
    kind: str | None,
    as_json: bool,
    **words: object,
) -> None:
    """Play the fader moves of a mix file on the desk, in step with its song.

    The desk says where the song is; where it does not, Enter starts a clock of our own at 0:00. After a jump in the
    song faders go to their curves at 6 dB/s up and 24 dB/s down; while it stands still they stay. A channel on which a
    hand moves something is left to that hand. A curve that goes more than 3 dB over where its fader stands needs a yes
    beforehand. Enter ends it, and everything is read back; Ctrl-C, `mixbridge live panic` and /mixbridge/panic stop at
    once. It counts as one push: `live undo` takes it back.
    """
    from bridge.cli.mixfiles import read_mix
    from bridge.live.following import Follower
    from bridge.live.plan import Plan
    from bridge.live.playing import prepare_score
    from bridge.live.rig import Prepared
    from bridge.live.session import LiveSession

    if start is not None and from_start:
        raise click.UsageError("--start and --from-start exclude each other; give one")
    begin = "0:00" if from_start else start
    start_s = None if begin is None else read_place(begin)
    mix = read_mix(mix_file)
    if not any(track.automation.fader_db for track in mix.tracks):
        raise ParamError(f"no fader moves in {mix_file}; `mixbridge live push` sets the desk to it")
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    with open_rig(state, chosen, telling(chosen, options)) as rig:
        pairing = settle_pairing(rig, mix, told_pairs(pairs), ask=not as_json)
        score = prepare_score(rig, mix, pairing, amount=amount / 100.0, may_raise_db=may_raise_db)
        data = {"schema": "mixbridge.play/1", "desk": rig.folder.identity, "pairing": pairing_data(pairing)}
        data |= score_data(rig, score)
        if not as_json:
            show_score(rig, score)
        show_notes([*(one.text for one in score.findings if not one.asks), *score.notes])
        if dry_run or not score.envelopes:
            if as_json:
                emit(to_json(data), None)
            return
        _check_song(rig, start_s)
        settle_questions(Prepared(Plan(), score.findings), yes=yes)
        follower = Follower(score.envelopes, rig.desk.link.traits, lead_ms / 1000.0, cue)
        session = LiveSession(rig)
        what = f"play of {mix_file.name}"
        with at_the_desk(rig, session, what):
            _play(state, session, follower, score, what, start_s, once=once, back=back)
            outcome = settled(state, session, what)
        tell_outcome(rig, outcome, data, as_json=as_json)


def _play(
    state: State,
    session: "LiveSession",
    follower: "Follower",
    score: "Score",
    what: str,
    start_s: float | None,
    *,
    once: bool,
    back: bool,
) -> None:
    """Play until Enter is pressed, or as `_Ending` says."""
    from bridge.live.playing import OwnSong, play

    rig = session.rig
    enter = Enter(can_ask())
    own: OwnSong | None = None
    if start_s is not None:
        own = OwnSong(start_s, rig.clock.now())
    elif not rig.desk.link.traits.transport:
        own = OwnSong()
        note("this desk does not tell where its song is: start it and press Enter at the same moment")
    elif can_ask():
        note("Enter ends it")
    ending = _Ending(score.end_s, once=once or own is not None)
    line = PlayLine(rig, quiet=state.verbosity < 0)

    def over(place: "Place | None") -> bool:
        nonlocal own
        if enter.pressed():
            if own is None or own.began_s is not None:
                return True
            own = replace(own, began_s=rig.clock.now())
        return ending.reached(place, moving=bool(follower.behind))

    rig.told = lambda _stage, _share: None
    try:
        session.under_way(
            lambda: play(rig, follower, what, over=over, seen=line, own=lambda: own, back=back), what
        )
    finally:
        line.close()


class _Ending:
    """Whether a song that is played once is over: it stands still after it has played, or no fader moves any more.

    Args:
        end_s: where the last fader moves last.
        once: whether the song is played once; else it never ends by itself.
    """

    def __init__(self, end_s: float, *, once: bool) -> None:
        self._end_s, self._once = end_s, once
        self._played = False

    def reached(self, place: "Place | None", *, moving: bool) -> bool:
        """Whether it is over at this place, where faders are `moving` to their curves or not."""
        if not self._once or place is None:
            return False
        if not place.playing:
            return self._played and not place.stale
        self._played = True
        beyond_s = place.position_s - self._end_s
        return beyond_s > _TAIL_S or (beyond_s > 0.0 and not moving)


def telling(kind: str, options: "LinkOptions") -> "LinkOptions":
    """How a desk is reached so that it tells where its song is."""
    name, value = _TRANSPORT.get(kind, ("", ""))
    if not name or name in dict(options.settings):
        return options
    return replace(options, settings=(*options.settings, (name, value)))


def read_place(text: str) -> float:
    """A place in a song such as 1:23.5, 0:00, 83 or 1:02:03, in s.

    Raises:
        click.BadParameter: it is none.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None or (found[2] and float(found[3]) >= 60.0):
        raise click.BadParameter(f"{text!r} is no place in a song; give 0:00 or 1:23.5", param_hint="--start")
    hours, minutes, seconds = (float(part or 0.0) for part in found.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds


def _check_song(rig: "Rig", start_s: float | None) -> None:
    """Make sure that somebody tells where the song is.

    Raises:
        LinkError: neither the desk nor anybody at this terminal can.
    """
    if start_s is None and not rig.desk.link.traits.transport and not can_ask():
        raise LinkError(
            f"{rig.folder.identity} does not tell where its song is, and nobody is at this terminal to press Enter; "
            "give --start 0:00. Nothing was moved"
        )
