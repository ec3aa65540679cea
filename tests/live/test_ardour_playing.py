"""A real Ardour plays, and its faders follow a mix's curves: how far off in dB, and how late in ms."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_daw import missing
from live_ardour import Served, Serving, served
from live_ardour_session import idle_session
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.live.clock import SystemClock
from bridge.live.following import Follower
from bridge.live.link import LinkOptions, open_link
from bridge.live.mover import Outcome, Status
from bridge.live.playing import play, prepare_score
from bridge.live.rig import Rig, connected
from bridge.live.songclock import Place
from console.mix import Automation, Mix, TrackStrip
from console.session import AudioFile, Session, SessionTrack

pytestmark = [
    pytest.mark.xdist_group("ardour"),
    pytest.mark.daw,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

RATE_HZ = 48_000
TRACKS = 8
SECONDS = 5.0
CURVE = ((0.0, 0.0), (1.5, -12.0), (3.5, -3.0), (4.0, -3.0), (5.0, -9.0), (6.0, -6.0))

#: Prints the song's place in samples and a fader's gain, taken together inside Ardour, every 5 ms.
WATCH = (
    'local c = session:route_by_name("Track 1"):gain_control() '
    "for i = 1, %d do "
    'print ("AT " .. session:transport_sample() .. " " .. c:get_value()) '
    "io.stdout:flush () ARDOUR.LuaAPI.usleep(5000) end"
)


@dataclass
class Played:
    """What one play did: how it ended, and the song's place in s with the fader's level in dB at the same moment."""

    outcome: Outcome
    places_s: np.ndarray
    levels_db: np.ndarray
    reckoned: list[tuple[float, Place | None]]


def a_session(root: Path) -> Path:
    """Tracks with a second of noise each."""
    (root / "audio").mkdir(parents=True)
    noise = np.random.default_rng(1).standard_normal(RATE_HZ) * 0.05
    soundfile.write(root / "audio" / "noise.wav", noise, RATE_HZ, subtype="PCM_24")
    file = AudioFile(root / "audio" / "noise.wav", RATE_HZ, 1, RATE_HZ, "noise")
    tracks = tuple(SessionTrack(f"Track {n + 1}", (file,), 1, RATE_HZ) for n in range(TRACKS))
    session = Session("song", root / "audio", RATE_HZ, tracks)
    return idle_session(session, root, equalizer="ace", gate="ace", limiter="none")


def say(running: Served, address: str, *args: float) -> None:
    """What an engineer's own surface says to Ardour; no link of ours ever starts or stops it."""
    builder = OscMessageBuilder(address)
    for argument in args:
        builder.add_arg(argument)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(builder.build().dgram, running.address)


def curve_at(places_s: np.ndarray) -> np.ndarray:
    return np.interp(places_s, [at_s for at_s, _ in CURVE], [level for _, level in CURVE])


def all_tracks() -> Mix:
    tracks = tuple(TrackStrip(f"Track {n + 1}", automation=Automation(CURVE)) for n in range(TRACKS))
    return Mix(RATE_HZ, tracks)


def played(running: Served, rig: Rig, lead_s: float = 0.0, *, back: bool = False) -> Played:
    """Play a few seconds with the fader watched from inside."""
    score = prepare_score(rig, all_tracks(), rig.pair(all_tracks()))
    assert len(score.envelopes) == TRACKS
    assert not score.findings
    follower = Follower(score.envelopes, rig.desk.link.traits, lead_s)
    seen: list[tuple[float, Place | None]] = []
    mark = len(running.said)
    watching = threading.Thread(target=running.do, args=(WATCH % round((SECONDS + 1.0) / 0.005),))
    say(running, "/locate", 0, 0)
    time.sleep(0.3)
    watching.start()
    say(running, "/transport_play")
    began_s = time.monotonic()
    stopped = False

    def over(place: Place | None) -> bool:
        nonlocal stopped
        seen.append((time.monotonic() - began_s, place))
        if not stopped and time.monotonic() - began_s > SECONDS:
            say(running, "/transport_stop")
            stopped = True
        assert time.monotonic() - began_s < SECONDS + 5.0
        return stopped and place is not None and not place.playing

    outcome = play(rig, follower, "a song", over=over, back=back)
    watching.join()
    rows = [line.split()[1:] for line in running.said[mark:].splitlines() if line.startswith("AT ")]
    table = np.array(rows, dtype=float)
    places_s, levels_db = table[:, 0] / RATE_HZ, 20.0 * np.log10(table[:, 1])
    rolling = np.flatnonzero((places_s > 0.3) & (places_s < SECONDS - 0.3))
    return Played(outcome, places_s[rolling], levels_db[rolling], seen)


def late_ms(one: Played) -> float:
    """By how much the fader's way is the curve's, shifted: where the difference is least."""
    shifts = np.arange(-0.15, 0.15, 0.001)
    errors = [np.mean((one.levels_db - curve_at(one.places_s - shift)) ** 2) for shift in shifts]
    return float(1000.0 * shifts[int(np.argmin(errors))])


@pytest.fixture(scope="module")
def ardour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rig]]:
    daw = Serving(tmp_path_factory.mktemp("home"), ("a-comp", "a-delay", "a-eq", "a-exp", "a-reverb"))
    root = tmp_path_factory.mktemp("song")
    with served(a_session(root), daw) as running:
        options = LinkOptions(port=running.address[1], settings=(("transport", "on"),))
        link = open_link("ardour", options, SystemClock())
        with connected(link, SystemClock(), root=root / "state") as rig:
            yield running, rig


def is_steady(one: Played) -> bool:
    """Whether Ardour itself played on without a gap: on a busy machine it stumbles, and its song jumps."""
    return float(np.diff(one.places_s).max()) <= 3 * 1_024 / RATE_HZ


def test_faders_follow_the_song(ardour: tuple[Served, Rig], capsys: pytest.CaptureFixture[str]) -> None:
    running, rig = ardour
    for _ in range(4):
        one = played(running, rig, back=True)
        assert one.outcome.status is Status.DONE, one.outcome
        assert one.outcome.confirmed == TRACKS
        assert not one.outcome.held
        if is_steady(one):
            break
    off_db = one.levels_db - curve_at(one.places_s)
    late = late_ms(one)
    with capsys.disabled():
        print(
            f"\nArdour: {TRACKS} faders, {one.outcome.messages} messages, {one.outcome.repeats} repeats; off the curve "
            f"{np.sqrt(np.mean(off_db**2)):.3f} dB rms, {np.abs(off_db).max():.3f} dB at most; {late:+.0f} ms late"
        )
    assert is_steady(one), "Ardour stumbled four times: the machine is too busy"
    assert len(one.places_s) > 400
    assert np.sqrt(np.mean(off_db**2)) < 0.15
    assert abs(late) < 25.0  # its blocks are 21 ms


def test_a_lead_is_sent_so_much_earlier(ardour: tuple[Served, Rig]) -> None:
    running, rig = ardour
    for _ in range(4):
        one = played(running, rig, lead_s=0.1, back=True)
        assert one.outcome.status is Status.DONE, one.outcome
        if is_steady(one):
            break
    assert is_steady(one), "Ardour stumbled four times: the machine is too busy"
    assert late_ms(one) == pytest.approx(-100.0, abs=25.0)
