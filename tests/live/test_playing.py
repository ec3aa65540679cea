"""A mix's fader moves are played on a desk as one push: kept beforehand, heard, stopped, read back, taken back."""

import json
import math
import socket
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest
from live_desks import Faults, FaultyLink, band

from bridge.cli import main
from bridge.cli.live.play import read_place
from bridge.live.clock import ManualClock
from bridge.live.folder import ENVIRONMENT_VARIABLE, DeskFolder
from bridge.live.following import Follower
from bridge.live.guard import Rule
from bridge.live.memory import MemoryLink
from bridge.live.mover import Outcome, Outdated, Status
from bridge.live.pairing import Pairing
from bridge.live.playing import OwnSong, play, prepare_score
from bridge.live.rig import Rig, connected
from bridge.live.songclock import Place
from bridge.live.values import Control, Relisted, Transport
from console.mix import Automation, Mix, TrackStrip, dump_mix

KICK, SNARE, BASS, VOX = "1", "2", "3", "4"
CURVES = {
    "Kick": ((0.0, 0.0), (4.0, -8.0), (5.0, -3.0), (8.0, -3.0)),
    "Bass": ((2.0, 2.0), (3.0, -12.0), (9.0, 2.5)),
}


def fader(key: str) -> Control:
    return Control(key, "fader_db")


def song(curves: dict[str, tuple[tuple[float, float], ...]] | None = None) -> Mix:
    curves = CURVES if curves is None else curves
    return Mix(
        48_000,
        tuple(
            TrackStrip(name, automation=Automation(curves.get(name, ())))
            for name in ("Kick", "Snare", "Bass", "Lead Vox")
        ),
    )


class Hall:
    """A desk in memory that plays a song, with everything that goes on during it by its time in seconds."""

    def __init__(self, rig: Rig, link: FaultyLink, seconds: float = 10.0) -> None:
        self.rig, self.link, self.desk, self.seconds = rig, link, link.desk, seconds
        self.cues: list[tuple[float, Callable[[], None]]] = []
        self.stop = ""
        self.position: Callable[[float], tuple[float, bool] | None] = lambda at_s: (at_s, True)
        self.began_s = rig.clock.now()
        self.places: list[Place | None] = []
        self._told_s = -1.0
        poll = link.poll

        def with_song(timeout_s: float = 0.0) -> list[object]:
            self._go_on()
            return poll(min(timeout_s, 0.01))

        link.poll = with_song
        rig.asked = lambda: self.stop

    @property
    def at_s(self) -> float:
        return self.rig.clock.now() - self.began_s

    def _go_on(self) -> None:
        while self.cues and self.cues[0][0] <= self.at_s:
            self.cues.pop(0)[1]()
        if self.at_s - self._told_s >= 0.1:
            self._told_s = self.at_s
            told = self.position(self.at_s)
            if told is not None:
                self.desk.play(told[0], playing=told[1])

    def play(
        self, mix: Mix | None = None, *, amount: float = 1.0, back: bool = False, **score: float
    ) -> Outcome:
        mix = mix or song()
        found = prepare_score(self.rig, mix, self.rig.pair(mix), amount=amount, **score)
        follower = Follower(found.envelopes, self.link.traits)
        self.began_s = self.rig.clock.now()
        return play(
            self.rig,
            follower,
            "a song",
            over=lambda _place: self.at_s > self.seconds,
            seen=lambda place, _sent: self.places.append(place),
            back=back,
        )

    def stood(self, key: str) -> list[float]:
        return [value for _, value, _ in self.link.witness.history[fader(key)]]

    def check_steps(self) -> None:
        for control, rows in self.link.witness.history.items():
            for (_, one, _), (_, other, lost) in pairwise(rows):
                if math.isnan(one) or math.isnan(other) or control.parameter != "fader_db":
                    continue
                limit = (6.0 if other > one else 24.0) * self.link.traits.tick_s * (1 + lost)
                assert abs(other - one) <= limit + 1e-6


@pytest.fixture
def hall(tmp_path: Path) -> "Hall":
    return hall_of(tmp_path, Faults())


def hall_of(root: Path, faults: Faults, seed: int = 1, **traits: object) -> Hall:
    memory, clock = band(), ManualClock()
    link = FaultyLink(memory, clock, Faults(), seed, **{"transport": True, **traits})
    with connected(link, clock, root=root) as rig:
        pass
    link.faults = faults
    return Hall(rig, link)


def test_a_song_is_played_and_read_back(hall: Hall) -> None:
    outcome = hall.play()
    assert outcome.status is Status.DONE
    assert outcome.confirmed == 2
    assert hall.desk.values[fader(KICK)] == -3.0
    assert hall.desk.values[fader(BASS)] == 2.5
    assert set(hall.stood(SNARE)) == {0.0}
    assert min(hall.stood(KICK)) == pytest.approx(-8.0, abs=0.1)
    hall.check_steps()


def test_every_moment_of_the_song_is_on_the_curve(hall: Hall) -> None:
    """Where the curve is no steeper than a fader may move: by the desk's own times, not by the follower's."""
    hall.play()
    curve = CURVES["Kick"]
    rows = [(at_s - hall.began_s, value) for at_s, value, _ in hall.link.witness.history[fader(KICK)]]
    for at_s, value in rows[1:]:
        (a_s, a_db), (b_s, b_db) = next(
            ((a, b) for a, b in pairwise(curve) if a[0] <= at_s <= b[0]), (curve[-2], curve[-1])
        )
        wanted = a_db + (b_db - a_db) * min((at_s - a_s) / (b_s - a_s), 1.0)
        assert value == pytest.approx(wanted, abs=0.3)


def test_the_snapshot_and_the_journal_come_before_the_first_message(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, numbers = hall.link.write, []

    def watched(values: dict[Control, float]) -> None:
        numbers.append(len(hall.rig.folder.store.numbers()))
        told = hall.rig.folder.pushes()[-1].sent
        assert {control: told[control] for control in values} == pytest.approx(values)
        write(values)

    monkeypatch.setattr(hall.link, "write", watched)
    hall.seconds = 1.0
    assert hall.play().status is Status.DONE
    assert set(numbers) == {1}


def test_undo_and_restore_take_it_back(hall: Hall) -> None:
    assert hall.play().status is Status.DONE
    push, prepared = hall.rig.prepare_undo()
    assert {move.control for move in prepared.plan.changes} == {fader(KICK), fader(BASS)}
    assert hall.rig.carry_out(prepared, "undo", undoes=push.number).status is Status.DONE
    assert hall.desk.values[fader(KICK)] == hall.desk.values[fader(BASS)] == 0.0


class Killed(BaseException):
    """The process is gone in the middle of it."""


def test_after_kill_9_restore_takes_it_back(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def die() -> None:
        raise Killed

    hall.cues.append((3.0, die))
    monkeypatch.setattr("bridge.live.playing.Player._ended", lambda *_: die())
    with pytest.raises(Killed):
        hall.play()
    monkeypatch.undo()
    with connected(
        MemoryLink(hall.desk, hall.rig.clock), hall.rig.clock, root=hall.rig.folder.path.parent
    ) as rig:
        push = rig.folder.pushes()[-1]
        assert push.outcome == ""
        assert push.sent[fader(KICK)] == pytest.approx(hall.desk.values[fader(KICK)])
        assert push.sent[fader(KICK)] < -3.0
        _, prepared = rig.prepare_undo()
        assert rig.carry_out(prepared, "undo").status is Status.DONE
        _, prepared = rig.prepare_restore(push.snapshot)
        assert prepared.plan.changes == ()
    assert hall.desk.values[fader(KICK)] == 0.0


def test_panic_stops_at_once_and_the_way_back_is_known(hall: Hall) -> None:
    def panic() -> None:
        hall.stop = "panic"

    hall.cues.append((3.0, panic))
    outcome = hall.play()
    assert outcome.status is Status.PANIC
    assert max(at_s for at_s, *_ in hall.link.witness.history[fader(KICK)]) - hall.began_s <= 3.03
    hall.stop = ""
    snapshot, prepared = hall.rig.prepare_restore()
    assert snapshot.number == outcome.before
    assert hall.rig.carry_out(prepared, "back").status is Status.DONE
    assert hall.desk.values[fader(KICK)] == 0.0


@pytest.mark.parametrize("event", ["renamed", "gone"])
def test_a_desk_that_changes_or_goes_is_left_as_it_stands(hall: Hall, event: str) -> None:
    def happen() -> None:
        if event == "gone":
            hall.desk.alive = False
        else:
            hall.desk.events.append(Relisted("the tracks are others"))

    hall.cues.append((2.0, happen))
    assert hall.play().status is Status.LOST
    assert max(at_s for at_s, *_ in hall.link.witness.history[fader(KICK)]) - hall.began_s <= 2.03


def test_a_hand_takes_its_channel_for_the_session(hall: Hall) -> None:
    hall.cues.append((2.0, lambda: hall.desk.move(fader(KICK), -20.0)))
    outcome = hall.play(back=True)
    assert outcome.status is Status.DONE
    assert hall.desk.values[fader(KICK)] == -20.0
    assert hall.desk.values[fader(BASS)] == 0.0
    assert any("Kick" in text for text in outcome.held)
    assert "Kick" in hall.rig.folder.remembered().held
    score = prepare_score(hall.rig, song(), hall.rig.pair(song()))
    assert [one.strip for one in score.envelopes] == ["Bass"]
    assert [one.rule for one in score.findings] == [Rule.LOCKED]


def test_faders_go_back_where_that_is_asked_for(hall: Hall) -> None:
    outcome = hall.play(back=True)
    assert outcome.status is Status.DONE
    assert outcome.confirmed == 2
    assert hall.desk.values[fader(KICK)] == hall.desk.values[fader(BASS)] == 0.0
    hall.check_steps()


def test_what_did_not_arrive_is_sent_again_at_the_end(tmp_path: Path) -> None:
    hall = hall_of(tmp_path, Faults(lose=0.3))
    outcome = hall.play()
    assert outcome.status is Status.DONE
    assert hall.desk.values[fader(KICK)] == -3.0
    hall.check_steps()


def test_a_desk_that_moved_since_is_not_touched(hall: Hall) -> None:
    mix = song()
    found = prepare_score(hall.rig, mix, hall.rig.pair(mix))
    hall.rig.clock.sleep(5.0)
    hall.desk.values[fader(BASS)] = -30.0
    with pytest.raises(Outdated, match="nothing was sent"):
        play(hall.rig, Follower(found.envelopes, hall.link.traits), "a song", over=lambda _: True)
    assert hall.rig.folder.store.numbers() == []


# What is looked at beforehand.


def test_a_curve_that_rises_high_needs_a_yes_beforehand(hall: Hall) -> None:
    mix = song({"Kick": ((0.0, -10.0), (60.0, 3.5)), "Bass": ((0.0, 2.9), (60.0, -40.0))})
    score = prepare_score(hall.rig, mix, hall.rig.pair(mix))
    assert [(one.control, one.rule, one.asks) for one in score.findings] == [(fader(KICK), Rule.RAISE, True)]
    assert prepare_score(hall.rig, mix, hall.rig.pair(mix), may_raise_db=4.0).findings == ()
    assert prepare_score(hall.rig, mix, hall.rig.pair(mix), amount=0.5).findings == ()


def test_the_master_is_never_moved(hall: Hall) -> None:
    mix = song()
    pairs = hall.rig.pair(mix).pairs
    master = next(channel for channel in hall.desk.channels if channel.kind == "master")
    wrong = Pairing(tuple(replace(one, channel=master) if one.strip == "Kick" else one for one in pairs))
    score = prepare_score(hall.rig, mix, wrong)
    assert [one.strip for one in score.envelopes] == ["Bass"]
    assert any("master" in note for note in score.notes)


def test_what_cannot_be_played_is_said(hall: Hall) -> None:
    mix = song({"Kick": ((0.0, 0.0), (0.1, -20.0), (1.0, -20.0), (1.1, 0.0)), "Bass": ((0.0, 0.0),)})
    score = prepare_score(hall.rig, mix, hall.rig.pair(mix, {"Bass": ""}))
    assert [one.strip for one in score.envelopes] == ["Kick"]
    assert any("Bass" in note and "no channel" in note for note in score.notes)
    (steep,) = [note for note in score.notes if "steeper" in note]
    assert "at 1.1 s it is 19.4 dB behind" in steep  # up 0.6 of 20 dB in 0.1 s


def test_a_fader_that_was_not_read_is_left_alone(hall: Hall) -> None:
    del hall.rig.desk.values[fader(KICK)]
    assert [one.strip for one in prepare_score(hall.rig, song(), hall.rig.pair(song())).envelopes] == ["Bass"]


# Everything at once.


@pytest.mark.parametrize("seed", range(60))
def test_faults_never_make_a_fader_jump(tmp_path: Path, seed: int) -> None:
    faults = Faults(
        lose=0.1 * (seed % 3 == 0),
        late=0.3,
        late_s=0.1,
        noise=0.05,
        nan=0.05,
        hand=0.002 * (seed % 2),
        vanish=0.0005 * (seed % 5 == 0),
        reorder=0.0005 * (seed % 7 == 0),
    )
    hall = hall_of(tmp_path, faults, seed)
    draw = hall.link.random
    state = [0.0, True, 0.0]

    def place(at_s: float) -> tuple[float, bool] | None:
        state[0] += (at_s - state[2]) * (1.0 if state[1] else 0.0)
        state[2] = at_s
        if draw.random() < 0.03:
            state[0] = draw.uniform(0.0, 10.0)
        if draw.random() < 0.03:
            state[1] = not state[1]
        told = draw.choice([(state[0], state[1])] * 8 + [None, (math.nan, True)])
        return told  # type: ignore[return-value]

    hall.position = place
    outcome = hall.play(back=bool(seed % 4 == 1))
    assert outcome.status in (Status.DONE, Status.LOST, Status.MISMATCH)
    hall.check_steps()
    for key in (SNARE, VOX):
        rows = hall.link.witness.history[fader(key)]
        assert fader(key) in hall.link.witness.hands or {value for _, value, _ in rows} == {0.0}
    for control in hall.link.witness.hands & {fader(KICK), fader(BASS)}:
        rows = [value for _, value, _ in hall.link.witness.history[control]]
        last = max(i for i, value in enumerate(rows) if math.isnan(value))
        assert len(rows) == last + 2  # the hand's value is the last


# The command.


class Live(MemoryLink):
    """A desk in memory that plays a song of its own from the moment on which it is connected."""

    seconds = 3.0
    cues: ClassVar[list[tuple[float, Callable[[], None]]]] = []

    def connect(self) -> None:
        super().connect()
        self.began_s, self.told_s = self.clock.now(), 0.0

    def poll(self, timeout_s: float = 0.0) -> list[object]:
        at_s = self.clock.now() - self.began_s
        if self.cues and self.cues[0][0] <= at_s:
            self.cues.pop(0)[1]()
        if self.traits.transport and at_s - self.told_s > 0.1:
            self.told_s = at_s
            self.desk.play(min(at_s, self.seconds), playing=at_s < self.seconds)
        return super().poll(min(timeout_s, 0.01))


@pytest.fixture
def told_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Live:
    """The desk behind `mixbridge live` of this process; time stands still but for sleeping."""
    clock = ManualClock()
    link = Live(band(), clock)
    link._traits = type(link._traits)("memory", 0.02, 2000.0, 0.0, transport=True)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr("bridge.live.clock.SystemClock", lambda: clock)
    monkeypatch.setattr("bridge.live.link.open_link", lambda _kind, _options, _clock: link)
    (tmp_path / "mix.json").write_text(dump_mix(song()), encoding="utf-8")
    (tmp_path / "still.json").write_text(dump_mix(song({})), encoding="utf-8")
    (tmp_path / "loud.json").write_text(dump_mix(song({"Kick": ((0.0, 9.0),)})), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return link


def run(*words: str) -> int:
    return main(["live", "play", *words, "--desk", "ardour"])


def test_the_command_plays_until_the_song_stops(told_song: Live, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mix.json", "--once", "--json") == 0
    said = capsys.readouterr()
    data = json.loads(said.out)
    assert data["schema"] == "mixbridge.play/1"
    assert data["outcome"]["status"] == "done"
    assert told_song.desk.values[fader(KICK)] == pytest.approx(-6.0, abs=0.3)
    assert "the song plays at 0:00" in said.err
    assert "the song stands still at 0:03.0" in said.err


def test_the_command_goes_by_its_own_clock_and_back(
    told_song: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mix.json", "--start", "0:03", "--return") == 0
    said = capsys.readouterr().out
    assert "Kick" in said
    assert "done: 2 knobs read back right" in said
    assert told_song.desk.values[fader(KICK)] == 0.0
    assert told_song.clock.now() > 6.0


def press_panic() -> None:
    """What another terminal sends: a packet to the port that the one at the desk has written down."""
    running = DeskFolder("ardour 127.0.0.1:3819").running()
    assert running is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"/mixbridge/panic\0\0\0\0,\0\0\0", ("127.0.0.1", running.port))


@pytest.mark.parametrize("presses", [1, 2])
def test_panic_from_another_terminal_stops_and_goes_back(
    told_song: Live, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, presses: int
) -> None:
    monkeypatch.setattr("bridge.cli.live.push._SECOND_PRESS_S", 0.3 * presses**4)
    told_song.cues = [(1.0, press_panic), (1.5, press_panic)][:presses]
    assert run("mix.json", "--once") == (5 if presses == 1 else 0)
    stood = told_song.desk.values[fader(KICK)]
    assert stood == (pytest.approx(-2.0, abs=0.3) if presses == 1 else 0.0)


def test_ctrl_c_stops_at_once_and_is_kept(told_song: Live, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    told_song.cues = [(1.0, interrupt)]
    assert run("mix.json", "--return") == 130
    (push,) = DeskFolder("ardour 127.0.0.1:3819").pushes()
    assert push.outcome == "interrupted"
    assert push.after
    assert told_song.desk.values[fader(KICK)] == pytest.approx(-2.0, abs=0.3)


def test_a_dry_run_sends_nothing(told_song: Live, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mix.json", "-n", "--json") == 0
    assert [one["strip"] for one in json.loads(capsys.readouterr().out)["envelopes"]] == ["Kick", "Bass"]
    assert {told_song.desk.values[fader(key)] for key in (KICK, BASS)} == {0.0}


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        (["still.json"], "no fader moves", 2),
        (["loud.json"], "needs a yes", 2),
        (["mix.json", "--start", "1:75"], "no place in a song", 2),
        (["mix.json", "--start", "0:00", "--from-start"], "exclude each other", 2),
        (["mix.json", "--amount", "0"], "--amount", 2),
    ],
)
def test_what_cannot_be_is_refused(
    told_song: Live, capsys: pytest.CaptureFixture[str], words: list[str], text: str, code: int
) -> None:
    assert run(*words) == code
    assert text in capsys.readouterr().err
    assert {told_song.desk.values[fader(key)] for key in (KICK, BASS)} == {0.0}


def test_without_a_song_and_a_key_nothing_begins(told_song: Live, capsys: pytest.CaptureFixture[str]) -> None:
    told_song._traits = replace(told_song.traits, transport=False)
    assert run("mix.json") == 5
    assert "--start 0:00" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0:00", 0.0), ("1:23.5", 83.5), ("83", 83.0), ("1:02:03", 3723.0), ("12:00", 720.0)],
)
def test_places_in_a_song_are_read(text: str, seconds: float) -> None:
    assert read_place(text) == seconds


def test_our_own_song_waits_for_its_beginning() -> None:
    assert OwnSong(4.0).told(100.0) == Transport(4.0, False)
    assert OwnSong(4.0, 90.0).told(100.0) == Transport(14.0, True)
