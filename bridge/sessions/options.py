"""What a caller may say about a session beside what its session.toml says; the caller has the last word."""

from dataclasses import dataclass, field
from pathlib import Path

from console.frozen import FrozenMap
from console.session import Role


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """Choices for `load_session`; tracks are named by their id or their file's name.

    - `sample_rate_hz`: the session's rate in Hz; None: the rate of most of the audio;
    - `leave_out`: tracks that are not to be mixed, and broken files that may be passed over;
    - `roles`: roles that are known for certain;
    - `locks`: what stays as it is, per track ("pan", "equalizer", "all", …);
    - `session_file`: a session.toml elsewhere than in the folder;
    - `recursive`: whether folders inside the folder are read as well;
    - `listen`: whether roles are confirmed by ear (bridge.sessions.hearing), or by names and a few figures alone.
    """

    sample_rate_hz: int | None = None
    leave_out: tuple[str, ...] = ()
    roles: FrozenMap[Role] = field(default_factory=FrozenMap)
    locks: FrozenMap[tuple[str, ...]] = field(default_factory=FrozenMap)
    session_file: Path | None = None
    recursive: bool = False
    listen: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "leave_out", tuple(self.leave_out))
        object.__setattr__(self, "roles", FrozenMap(self.roles))
        object.__setattr__(self, "locks", FrozenMap({name: tuple(item) for name, item in self.locks.items()}))
