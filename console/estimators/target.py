"""What an estimator aims at: how each role sits in a mix of a certain style, as values.

The figures live in presets/targets as TOML; nothing here knows a style.
"""

from dataclasses import dataclass, field

from console.errors import ParamError
from console.frozen import FrozenMap
from console.losses.sound import Sound
from console.mix import BandType


@dataclass(frozen=True, slots=True)
class ToneZone:
    """One region of the spectrum that engineers listen to, and how loud it may be against a reference region.

    The mean level of the 1/6-octave bands in `zone_hz`, less that in `reference_hz`, is to lie within
    `expected_db`. What lies outside is brought back by half, by a band of this type at `frequency_hz`, by no
    more than `most_cut_db` or `most_boost_db`.
    """

    name: str
    type: BandType
    frequency_hz: float
    q: float
    zone_hz: tuple[float, float]
    reference_hz: tuple[float, float]
    expected_db: tuple[float, float]
    most_cut_db: float = 3.0
    most_boost_db: float = 0.0


@dataclass(frozen=True, slots=True)
class RoleProfile:
    """How one role is treated.

    - `level_lu`: loudness of all tracks of this role together, against the lead.
    - `importance` (0 … 1): who yields to whom, and how far above the rest it has to stay.
    - `pan_width`: how far from the centre a mono track of it may go.
    - `highpass_hz`: the lowest and highest frequency of its high-pass; `body_hz`: where its sound begins.
    - `gain_reduction_db`: reduction on its loud moments when its dynamics are the widest; 0 for none.
    - `spread_db`: distance from its usual to its loud peaks that needs no compression.
    - `reverb_db`, `echo_db`: post-fader send level; −90 for none.
    """

    level_lu: float
    importance: float
    group: str = ""
    pan_width: float = 0.0
    highpass_hz: tuple[float, float] = (20.0, 150.0)
    body_hz: float = 40.0
    gain_reduction_db: float = 0.0
    spread_db: float = 6.0
    ratio: tuple[float, float] = (1.5, 4.0)
    attack_ms: tuple[float, float] = (3.0, 30.0)
    release_ms: tuple[float, float] = (60.0, 300.0)
    knee_db: float = 6.0
    gate: bool = False
    resonances: bool = False
    reverb_db: float = -90.0
    echo_db: float = -90.0
    zones: tuple[ToneZone, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A style of mixing: the headroom it leaves, how it treats each role, its effects and its master.

    `audible_db` is the audibility (see console.analysis.masking) that a track of importance 0 keeps;
    `lead_audible_db` that of one of importance 1; others lie in between. Faders move for it by up to
    `most_raise_db` and `most_lower_db`; below `audible_floor_db` a track is raised further, until it is heard.
    `reference` is the sound of a finished mix that estimators with a gradient descend to; the rules ignore it.
    """

    name: str
    loudness_lufs: float = -18.0
    true_peak_dbtp: float = -3.0
    audible_db: float = -14.0
    lead_audible_db: float = -4.0
    audible_floor_db: float = -16.0
    most_raise_db: float = 4.0
    most_lower_db: float = 2.0
    group_reduction_db: float = 2.0
    master_reduction_db: float = 1.5
    reverb_decay_s: tuple[float, float] = (0.8, 2.2)
    echo_time_ms: float = 120.0
    roles: FrozenMap[RoleProfile] = field(default_factory=FrozenMap)
    reference: Sound | None = None

    def role(self, name: str) -> RoleProfile:
        """The profile of a role, or that of "other".

        Raises:
            ParamError: the target has neither.
        """
        try:
            return self.roles[name] if name in self.roles else self.roles["other"]
        except KeyError:
            raise ParamError(
                f"the target {self.name!r} has no role {name!r} and none named 'other'; add one"
            ) from None
