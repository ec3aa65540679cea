"""The link to REAPER: channels, values and events over OSC."""

import logging
from collections import deque
from collections.abc import Collection, Iterator, Mapping

from bridge.live.clock import Clock
from bridge.live.link import LINKS, LinkOptions
from bridge.live.links.reaper.learning import Learner, Limits, Project
from bridge.live.links.reaper.surface import Surface, Told
from bridge.live.links.reaper.units import WIDEST_Q, EqBand, Unit
from bridge.live.tapping import osc_wire
from bridge.live.values import (
    Channel,
    Control,
    Event,
    Knob,
    LinkTraits,
    Lost,
    Moved,
    Relisted,
    Transport,
    check_value,
)
from bridge.live.wires import UdpWire, Wire
from console.errors import LinkError, ParamError

log = logging.getLogger(__name__)

#: The port that REAPER sends to unless told otherwise, in its dialog.
ANSWERS_PORT = 9000

_HEARTBEAT_S = 1.0
_MISSED = 3
_READS = 2
_SETTINGS = ("sends", "plugins", "parameters", "sample_rate", "http")

_TOLD_ONLY_BY_OWN_FILE = "/master/volume/db/told"

_GONE = "REAPER does not answer any more"
_AGAIN = "close its dialogs or start it again, then connect anew"

_NOTES = (
    "REAPER answers nothing while one of its dialogs is open; after three seconds of that the link counts as lost",
    "a track in touch, latch or write mode records what is moved here as automation",
    "a pan is REAPER's own number; how loud its two sides are depends on the track's pan law",
    "limiter: ReaLimit's scale is not known, so only its bypass is moved; width and polarity have no address",
)
_STOCK_NOTE = (
    "REAPER uses another pattern file than mixbridge's: it does not say back what is written to pans, sends and the "
    "master, so that each read-back asks for everything; load mixbridge.ReaperOSC"
)


class ReaperLink:
    """REAPER over OSC.

    Args:
        wire: the wire to its OSC device.
        clock: the time it goes by.
        identity: which desk it says it is.
        limits: how much of a project is looked at.
        sample_rate_hz: the project's.
        where: how the user reaches it, for messages: REAPER's port, and ours.
    """

    def __init__(
        self,
        wire: Wire,
        clock: Clock,
        identity: str = "reaper",
        *,
        limits: Limits | None = None,
        sample_rate_hz: float = 48000.0,
        where: tuple[int, int] = (8000, ANSWERS_PORT),
    ) -> None:
        self.surface = Surface(wire, clock)
        self._clock = clock
        self._identity = identity
        self._limits = limits or Limits()
        self._rate_hz = sample_rate_hz
        self._where = where
        self._own_file = False
        self._project = Project()
        self._told: dict[str, list[Control]] = {}
        #: Addresses that have told nothing since we moved what they tell.
        self._unheard: set[str] = set()
        self._events: deque[Event] = deque()
        self._stale = False
        self._learning = False
        self._lost = False
        self._open = False
        self._beats = 0
        self._beat_at_s = clock.now()
        self._time_s = 0.0
        self._playing = False

    @property
    def traits(self) -> LinkTraits:
        """What the link can do: REAPER looks at its control surfaces some 30 times a second.

        It tells two values for each that comes in, at first 1 kB per 10 ms: so many messages it keeps up with.
        """
        notes = (*_NOTES, *(() if self._own_file else (_STOCK_NOTE,)), *self._project.notes)
        return LinkTraits(
            "reaper", tick_s=0.033, messages_per_s=800.0, settle_s=0.25, transport=True, notes=notes
        )

    @property
    def identity(self) -> str:
        """Which desk this is."""
        return self._identity

    def connect(self) -> None:
        """Reach REAPER and learn its tracks.

        Raises:
            LinkError: it does not answer; says what to click.
        """
        try:
            self._settle()
        except LinkError:
            port, answers = self._where
            raise LinkError(
                "REAPER does not answer. In REAPER: Options > Preferences > Control/OSC/web > Add > OSC (Open Sound "
                f"Control); Mode: Configure device IP+local port; Device IP: this computer's (127.0.0.1 when REAPER "
                f"runs here, never 0.0.0.0); Device port: {answers}; Local listen port: {port}; Pattern config: "
                "mixbridge (copy mixbridge.ReaperOSC into the folder that 'open config directory' shows)"
            ) from None
        self._open, self._lost = True, False
        self._learn()
        self._events.clear()

    def channels(self) -> tuple[Channel, ...]:
        """The channels as REAPER has them now; looked at anew after a change of tracks, sends or plugins."""
        self._check_open()
        self._settle()
        if self._stale:
            self._learn()
        return self._project.channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand by what REAPER told last. What has told nothing since it was moved is asked for anew."""
        self._check_open()
        self._settle()
        asked = {control: self._answers(control) for control in controls}
        for _ in range(_READS):
            if not any(address in self._unheard for found in asked.values() for address in found):
                break
            self._dump()
        values = {}
        for control, addresses in asked.items():
            unit = self._unit(control)
            if unit is None or self._unheard.intersection(addresses):
                continue
            value = unit.value(control.parameter, self.surface)
            if value is not None:
                values[control] = value
        return values

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values.

        Raises:
            ParamError: no such control, or a value outside its range or not finite.
            LinkError: the link is lost, or the tracks are others than were asked for.
        """
        self._check_open()
        if self._stale:
            raise LinkError(
                "REAPER's tracks have changed; ask for its channels again before anything is moved"
            )
        for control, value in values.items():
            check_value(control, self._widest(control), value)
        together: dict[int, tuple[Unit, dict[str, float]]] = {}
        for control, value in values.items():
            unit = self._unit(control)
            if unit is not None:
                together.setdefault(id(unit), (unit, {}))[1][control.parameter] = value
        for unit, wanted in together.values():
            knobs = {knob.parameter: knob for knob in unit.knobs}
            for address, answer in unit.told.items():
                now = unit.value(answer, self.surface)
                if answer in wanted and (now is None or not knobs[answer].agree(now, wanted[answer])):
                    self._unheard.add(address)
            for address, number in unit.messages(wanted, self.surface):
                self.surface.send(address, float(number))

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What REAPER said since the last call, where a knob or the song moved, and whether it still answers."""
        if self._open and not self._lost:
            self._take(timeout_s if not self._events else 0.0)
            self._beat()
        elif not self._events:
            self._clock.sleep(timeout_s)
        events = list(self._events)
        self._events.clear()
        return events

    def close(self) -> None:
        """Leave the desk as it stands."""
        self._open = False
        self.surface.wire.close()

    def _check_open(self) -> None:
        if not self._open:
            raise LinkError("the link to REAPER is not connected; connect first")
        if self._lost:
            raise LinkError(f"{_GONE}; {_AGAIN}")

    def _learn(self) -> None:
        """Learn the project anew.

        Raises:
            LinkError: REAPER stops answering, or its web interface does.
        """
        self._learning = True
        self._stale = False
        try:
            self._own_file = self._finds_own_file()
            tracks, folders = self.known_tracks()
            self._project = Learner(
                self.surface,
                self._settle,
                self._dump,
                own_file=self._own_file,
                limits=self._limits,
                sample_rate_hz=self._rate_hz,
                tracks=tracks,
                folders=folders,
            ).learn()
        finally:
            self._learning = False
        self._told = {}
        self._unheard = set()
        for channel, units in self._project.units.items():
            for unit in dict.fromkeys(units.values()):
                for address, parameter in unit.told.items():
                    self._told.setdefault(address, []).append(Control(channel, parameter))
        for note in self._project.notes:
            log.warning("%s", note)

    def known_tracks(self) -> tuple[int, frozenset[int]]:
        """The number of tracks and which of them are folders, where that can be asked; else 0 and none."""
        return 0, frozenset()

    def _finds_own_file(self) -> bool:
        """Whether REAPER uses our pattern file: whether it tells the master in decibels, which the stock one cannot."""
        self.surface.send("/device/fxparam/count", 0)
        self.surface.send("/device/track/count", 1)
        self._dump()
        return _TOLD_ONLY_BY_OWN_FILE in self.surface.said

    def _settle(self) -> None:
        """Hear everything that was asked for.

        Raises:
            LinkError: nothing answers.
        """
        self._hear_all(self.surface.until_marked())

    def _dump(self) -> None:
        """Ask for everything, and hear it.

        Raises:
            LinkError: nothing answers.
        """
        self._hear_all(self.surface.dump())

    def _hear_all(self, answers: Iterator[Told]) -> None:
        try:
            for told in answers:
                self._hear(told)
        except LinkError as error:
            if self._open and not self._lost:
                self._lost = True
                self._events.append(Lost(_GONE))
            raise LinkError(f"{error}; {_AGAIN}") from None

    def _take(self, timeout_s: float) -> None:
        for told in self.surface.receive(timeout_s):
            self._hear(told)

    def _hear(self, told: Told) -> None:
        address, value, before = told
        if self._learning:
            return
        if address in self._project.names:
            if value != before:
                self._relist(f"{address} is {value!r} and was {before!r}")
            return
        there = self._project.places.get(address)
        if there is not None and (value != 0.0) is not there:
            self._relist(f"{address} is {value!r}")
        if address == "/time" and isinstance(value, float):
            self._time_s = value
            self._events.append(Transport(self._time_s, self._playing))
        elif address == "/play" and isinstance(value, float):
            self._playing = value >= 0.5
            self._events.append(Transport(self._time_s, self._playing))
        elif address in self._told:
            self._moved(address, value != before)

    def _relist(self, text: str) -> None:
        """Tell once that what is known of the channels is void."""
        if not self._stale:
            self._stale = True
            self._events.append(Relisted(f"REAPER's tracks, sends or plugins are others: {text}"))

    def _moved(self, address: str, changed: bool) -> None:
        """Tell of a knob, unless all was dumped and it stands where it stood."""
        waited = address in self._unheard
        self._unheard.discard(address)
        if self._stale or not (changed or waited):
            return
        for control in self._told[address]:
            unit = self._unit(control)
            if not waited and isinstance(unit, EqBand) and address == unit.octaves.answer:
                if unit.follows(self.surface):
                    continue  # moved along with the band's gain or frequency: the q is where it was
            value = None if unit is None else unit.value(control.parameter, self.surface)
            if value is not None:
                self._events.append(Moved(control, value))

    def _beat(self) -> None:
        """Ask now and then whether REAPER is there, and tell once when it is not."""
        now_s = self._clock.now()
        if self.surface.heard_at_s > self._beat_at_s:
            self._beats = 0
        if now_s - self._beat_at_s < _HEARTBEAT_S:
            return
        if self._beats >= _MISSED:
            self._lost = True
            self._events.append(Lost(_GONE))
            return
        self._beats += 1
        self._beat_at_s = now_s
        self.surface.mark()

    def _unit(self, control: Control) -> Unit | None:
        return self._project.units.get(control.channel, {}).get(control.parameter)

    def _answers(self, control: Control) -> list[str]:
        """The addresses that tell where a knob stands."""
        unit = self._unit(control)
        return (
            [address for address, parameter in unit.told.items() if parameter == control.parameter]
            if unit
            else []
        )

    def _widest(self, control: Control) -> Knob | None:
        """The knob with the range in which what was found can be put back."""
        unit = self._unit(control)
        knob = next((one for one in unit.knobs if one.parameter == control.parameter), None) if unit else None
        if knob is not None and control.parameter.endswith(".q"):
            return Knob(knob.parameter, min(knob.low, WIDEST_Q[0]), max(knob.high, WIDEST_Q[1]))
        return knob


def open_link(options: LinkOptions, clock: Clock) -> ReaperLink:
    """A link to REAPER over UDP; with the setting `http=host:port` one that can also undo in one step.

    Settings: sends, plugins, parameters (how much is looked at), sample_rate (the project's, in Hz), http.

    Raises:
        LinkError: a port is taken.
        ParamError: a setting is none.
    """
    from bridge.live.links.reaper.web import WebInterface
    from bridge.live.links.reaper.weblink import ReaperWebLink

    settings = dict(options.settings)
    unknown = set(settings) - set(_SETTINGS)
    if unknown:
        raise ParamError(f"{min(unknown)!r} is no setting of this link; known are {', '.join(_SETTINGS)}")
    limits = Limits(
        **{name: _count(settings, name) for name in ("sends", "plugins", "parameters") if name in settings}
    )
    rate_hz = float(_count(settings, "sample_rate")) if "sample_rate" in settings else 48000.0
    port = options.port or LINKS["reaper"].port
    listen_port = options.listen_port or ANSWERS_PORT
    web = WebInterface(settings["http"]) if settings.get("http") else None
    wire = osc_wire(UdpWire, (options.host, port), clock, listen=(options.listen_host, listen_port))
    identity, where = f"reaper {options.host}:{port}", (port, listen_port)
    if web is None:
        return ReaperLink(wire, clock, identity, limits=limits, sample_rate_hz=rate_hz, where=where)
    return ReaperWebLink(wire, clock, identity, web=web, limits=limits, sample_rate_hz=rate_hz, where=where)


def _count(settings: Mapping[str, str], name: str) -> int:
    if not settings[name].isdecimal() or not 0 < int(settings[name]) <= 1_000_000:
        raise ParamError(f"{name}={settings[name]!r} is no count; give a whole number above 0")
    return int(settings[name])
