"""What came of plugins in a render: how far each strip is from what was predicted, and what was done about it."""

from dataclasses import dataclass
from typing import Any

from bridge.render.fidelity import Fidelity
from bridge.render.refining import Refinement
from console.codec import encode

PLUGINS_SCHEMA = "mixbridge.plugin-fidelity/1"


@dataclass(frozen=True, slots=True)
class PlayedStrip:
    """A strip that plugins had a part in: which, how far they are from the prediction, and what there is to say.

    `fidelity` is None where the prediction is silence. `deviations` tell what a plugin holds otherwise than the Mix
    says, `faults` what plugins did wrong: the console has taken their place.
    """

    key: str
    plugins: tuple[str, ...]
    fidelity: Fidelity | None
    refinements: tuple[Refinement, ...]
    deviations: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlayedPlugins:
    """Every strip that plugins had a part in, and how far the whole mix is from the predicted one."""

    strips: tuple[PlayedStrip, ...]
    mix: Fidelity | None

    @property
    def faults(self) -> tuple[str, ...]:
        """What plugins did wrong, each with its strip."""
        return tuple(f"{strip.key}: {fault}" for strip in self.strips for fault in strip.faults)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dB unless a name says otherwise."""
        return {
            "schema": PLUGINS_SCHEMA,
            "mix": None if self.mix is None else encode(self.mix),
            "strips": [encode(strip) for strip in self.strips],
        }
