"""Fuzzes the binary blocks of REAPER's plugins with atheris, which stands outside the tests' requirements.

Usage: python tests/exporters/fuzz_reaper_blocks.py [-runs=200000] [further options of libFuzzer]

Every block either decodes, and then encodes again to the same bytes, or is refused with an ExportError.
"""

import base64
import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["exporters.reaper"]):
    from exporters.reaper.chain import Fx
    from exporters.reaper.chunks import decode_readelay, decode_realimit, encode_realimit
    from exporters.reaper.jsfx import STRIP
    from exporters.reaper.readchain import read_chain
    from exporters.reaper.reaeq import decode_reaeq, encode_reaeq
    from exporters.reaper.slots import decode_floats, encode_floats
    from exporters.reaper.vstblock import decode_block, decode_preset, encode_block

from console.errors import ExportError, ParamError

PLUGINS = ("ReaEQ", "ReaComp", "ReaGate", "ReaLimit", "ReaDelay", "ReaVerbate", STRIP)
SECTIONS = 8


def one_input(data: bytes) -> None:
    """Feed the first byte's choice of decoders with the rest."""
    if not data:
        return
    choice, data = data[0] % SECTIONS, data[1:]
    with suppress(ExportError):
        if choice == 0:
            lines = [base64.b64encode(data[at : at + 96]).decode() for at in range(0, len(data), 96)]
            block = decode_block(lines)
            if decode_block(encode_block(block)) != block:
                raise AssertionError("a block came back otherwise")
        elif choice == 1:
            decode_preset([base64.b64encode(data).decode()])
        elif choice == 2:
            if encode_reaeq(decode_reaeq(data)) != canonical(data):
                raise AssertionError("ReaEQ came back otherwise")
        elif choice == 3:
            if encode_floats(decode_floats(data)) != data:
                raise AssertionError("floats came back otherwise")
        elif choice == 4:
            encode_realimit(decode_realimit(data))
        elif choice == 5:
            decode_readelay(data)
        elif choice == 6:
            decode_block(data.decode("latin-1").split("\n"))
        else:
            chains(data)


def canonical(data: bytes) -> bytes:
    """The state with every band's switch, of which any number but 0 means on, at 0 or 1."""
    size = {32: 32, 33: 33}[int.from_bytes(data[:4], "little")]
    out = bytearray(data)
    for band in range(int.from_bytes(data[4:8], "little")):
        at = 8 + band * size + 4
        out[at : at + 4] = int(any(data[at : at + 4])).to_bytes(4, "little")
    return bytes(out)


def chains(data: bytes) -> None:
    """Two plugins one after the other, read as the console's modules."""
    half = len(data) // 2
    first, second = (PLUGINS[byte % len(PLUGINS)] for byte in (data[:1] or b"\0") + (data[-1:] or b"\0"))
    with suppress(ParamError):
        read_chain([Fx(first, data[1:half]), Fx(second, data[half:-1])], 48000)


def main() -> None:
    """Run until the given number of runs, or a finding."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
