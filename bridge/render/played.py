"""What came of plugins in a render: how far each strip is from what was predicted, and what was done about it."""

from dataclasses import dataclass
from typing import Any

from bridge.render.fidelity import Fidelity, Modelled
from bridge.render.refining import Refinement
from console.codec import encode

PLUGINS_SCHEMA = "mixbridge.plugin-fidelity/1"


@dataclass(frozen=True, slots=True)
class PlayedStrip:
    """A strip that plugins had a part in: which, how far they are from the prediction, and what there is to say.

    `fidelity` is None where the prediction is silence; `modelled` holds a passage of both against the differentiable
    console, None there too or where that could not be run. `deviations` tell what a plugin holds otherwise than the Mix
    says, `faults` what plugins did wrong: the console has taken their place.
    """

    key: str
    plugins: tuple[str, ...]
    fidelity: Fidelity | None
    modelled: Modelled | None
    refinements: tuple[Refinement, ...]
    deviations: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlayedPlugins:
    """Every strip that plugins had a part in, and how far the whole mix is from the predicted one.

    `mix_modelled` is for the mix what `modelled` is for a strip; `notes` tell what could not be compared.
    """

    strips: tuple[PlayedStrip, ...]
    mix: Fidelity | None
    mix_modelled: Modelled | None = None
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What plugins did wrong, each with its strip."""
        return tuple(f"{strip.key}: {fault}" for strip in self.strips for fault in strip.faults)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dB unless a name says otherwise."""
        return {
            "schema": PLUGINS_SCHEMA,
            "mix": None if self.mix is None else encode(self.mix),
            "mix_modelled": None if self.mix_modelled is None else encode(self.mix_modelled),
            "notes": list(self.notes),
            "strips": [encode(strip) for strip in self.strips],
        }
