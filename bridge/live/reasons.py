"""Why a knob is to move: the reason that the mix gives for it."""

from bridge.live.pairing import Pairing
from bridge.live.values import Channel, Control
from console.mix.strip import TrackStrip
from console.mix.values import Mix

#: What a desk calls otherwise than the reasons do.
_HEADS = {"send": "sends", "equalizer": "equalizer"}


def tracks_of(mix: Mix, pairing: Pairing) -> dict[str, TrackStrip]:
    """The mix's track for the key of each channel that is paired with one."""
    tracks = {track.id: track for track in mix.tracks}
    return {pair.channel.key: tracks[pair.strip] for pair in pairing.pairs if pair.strip in tracks}


def reason_of(track: TrackStrip, pairing: Pairing, channel: Channel, control: Control) -> str:
    """The reason for what a mix wants of a knob, "" where it gives none.

    Args:
        track: the strip of the mix, with its reasons.
        pairing: which strip is which channel.
        channel: the knob's channel.
        control: the knob.
    """
    head = control.parameter.split(".")[0]
    wanted = [control.parameter, _HEADS.get(head, head)]
    target = channel.sends.get(control.parameter)
    if target:
        buses = [pair.strip for pair in pairing.pairs if pair.channel.name == target]
        wanted = [f"sends.{bus}" for bus in buses]
    for word in wanted:
        # Of several for one knob the last has the say: a hand's, behind the mix's own.
        said = [reason.text for reason in track.reasons if reason.parameter == word]
        said += [reason.text for reason in track.reasons if reason.parameter.startswith(f"{word}.")][:1]
        if said:
            return said[-1]
    return ""
