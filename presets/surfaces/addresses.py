"""The OSC addresses of mixbridge's own remote control, written here and nowhere else."""

from typing import Final

ROOT: Final = "/mixbridge"

#: The UDP port that mixbridge listens on unless told otherwise.
PORT: Final = 9720

#: What a surface can ask mixbridge to do, with what that is.
COMMANDS: Final[dict[str, str]] = {
    "panic": "stop every move at once; pressed again, go back to the snapshot",
    "apply": "carry out the moves that are proposed",
    "ab": "switch between the snapshots A and B at matched loudness, or go to the one that is named",
    "undo": "take back the last change",
    "restore": "go back to the snapshot from before the first move",
}

#: What mixbridge says about itself, with what that is.
STATUS: Final[dict[str, str]] = {
    "panic": "0 no panic, 1 stopped, 2 going back to the snapshot",
    "ab": "the snapshot that is heard, A or B; empty when neither is",
    "pending": "how many moves are proposed and not carried out",
    "text": "what mixbridge is doing, in words",
}

SUBSCRIBE: Final = f"{ROOT}/subscribe"
UNSUBSCRIBE: Final = f"{ROOT}/unsubscribe"
DONE: Final = f"{ROOT}/done"
ERROR: Final = f"{ROOT}/error"


def strip_address(strip: int | str, what: str, form: str = "") -> str:
    """The address of something of a strip.

    Args:
        strip: its number from 1, or its name as `escaped` gives it.
        what: a parameter's name, or "name".
        form: "" for the console's unit, "norm" for 0 … 1 on the parameter's scale, "range" for what the desk can do.
    """
    place = f"{strip}" if isinstance(strip, int) else f"by_name/{strip}"
    return f"{ROOT}/strip/{place}/{what}" + (f"/{form}" if form else "")


def lock_address(strip: int) -> str:
    """The address of a strip's lock."""
    return f"{ROOT}/lock/{strip}"


def amount_address(group: str = "", form: str = "") -> str:
    """The address of the amount of a group of `console.mix.blend.GROUPS`; of all without one."""
    return "/".join(part for part in (ROOT, "amount", group, form) if part)


def command_address(name: str) -> str:
    """The address of a command of `COMMANDS`."""
    return f"{ROOT}/{name}"


def status_address(name: str) -> str:
    """The address on which a row of `STATUS` is said."""
    return f"{ROOT}/status/{name}"


def escaped(name: str) -> str:
    """A strip's name as part of an address: what OSC keeps for itself becomes an underscore."""
    return "".join("_" if c.isspace() or not c.isprintable() or c in "#*,/?[]{}" else c for c in name) or "_"
