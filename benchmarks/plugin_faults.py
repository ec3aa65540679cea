"""Renders mixes through plugins that crash, hang or misbehave at random places, and checks what is left behind.

Usage: python benchmarks/plugin_faults.py [--renders 200] [--seed 0]

Needs Debian's dpf-source and g++. Every render has to end with a complete mix, the one of the built-in modules where
faults replaced plugins, and to name each fault; afterwards no process, no shared memory and no file may be left.
Exit status 1 otherwise.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BAD = ("crashes", "hangs", "gives_nan", "goes_silent", "runs_away", "aborts_at_load", "hangs_at_load")
SOUND = ("good", "late")
SAME_DB = -120.0
#: What rings on behind the end is so much of the mix's peak at most.
RINGING = 0.1
RATE_HZ = 8000
SECONDS = 1.2


def render_all(renders: int, seed: int, folder: Path) -> int:
    """Do the renders in a folder; returns how many of them were not as they should be."""
    import numpy as np
    from dpf_plugins import build
    from mixed_stems import instruments, random_mix, write_session

    from bridge.host.catalogue import Catalogue
    from bridge.host.chainfile import ChainFile, Slots
    from bridge.host.probing import Probe, probe
    from bridge.host.process import PluginProcess
    from bridge.host.rack import Rack
    from bridge.host.values import Limits, PluginRef
    from bridge.render import render
    from bridge.render.through import render_through
    from console.frozen import FrozenMap
    from console.mix import Bus

    refs = {name: PluginRef(build(folder / "plugins", name)) for name in (*SOUND, *BAD)}
    with PluginProcess() as process:
        good = probe(refs["good"], process)
    if good.facts is None:
        raise SystemExit("the sound test plugin does not load")
    probes = [Probe(ref, replace(good.facts, ref=ref, name=name)) for name, ref in refs.items()]
    catalogue = Catalogue({item.ref.path: (item,) for item in probes})
    session = write_session(folder / "stems", instruments(SECONDS, rate_hz=RATE_HZ), RATE_HZ)
    work = folder / "work"
    work.mkdir()
    chance = np.random.default_rng(seed)
    # Hangs cost their whole limit: short ones let 200 renders end today. A busy machine needs longer ones.
    limits = Limits(load_s=4.0, block_s=2.0)
    named: Counter[str] = Counter()
    placed = wrong = 0
    for number in range(renders):
        mix = replace(random_mix(seed + number), sample_rate_hz=RATE_HZ)
        first = tuple(replace(track, output="group") for track in mix.tracks[:2])
        mix = replace(mix, tracks=(*first, *mix.tracks[2:]), buses=(*mix.buses, Bus("group")))
        heard = {"group", *(name for track in mix.tracks for name in track.sends)}
        places = (
            [track.id for track in mix.tracks] + [bus.id for bus in mix.buses if bus.id in heard] + ["master"]
        )
        chosen = chance.permutation(len(places))[: chance.integers(1, 4)]
        wanted = {places[index]: str(chance.choice(BAD)) for index in chosen}

        def slots(place: str, wanted: dict[str, str] = wanted) -> Slots:
            row = [
                *chance.choice(SOUND, chance.integers(0, 2)),
                *([wanted[place]] if place in wanted else []),
            ]
            return Slots(before=tuple(map(str, row)))

        chains = ChainFile(
            tracks=FrozenMap({track.id: slots(track.id) for track in mix.tracks}),
            buses=FrozenMap({bus.id: slots(bus.id) for bus in mix.buses}),
            master=slots("master"),
        )
        with render(session, mix, work_folder=work) as rendered:
            predicted = np.concatenate(list(rendered.work.blocks())).astype(np.float64)
        with render_through(
            session, mix, Rack(chains, catalogue, folder), work_folder=work, limits=limits
        ) as done:
            real = np.concatenate(list(done.rendered.work.blocks())).astype(np.float64)
            told = {key: fault.plugin for key, fault in done.faults}
            named.update(fault.fault.value for _, fault in done.faults)
        placed += len(wanted)
        # Plugins ring on behind the session's end: the mix may be longer, never shorter.
        ringing = real[len(predicted) :]
        error = real[: len(predicted)] - predicted[: len(real)]
        error_db = 10.0 * np.log10(np.sum(error**2) / np.sum(predicted**2) + 1e-30)
        problems = []
        if len(real) < len(predicted) or not error_db < SAME_DB:
            problems.append(f"the mix is {error_db:.0f} dB off")
        if np.abs(ringing).max(initial=0.0) > RINGING * np.abs(predicted).max():
            problems.append(f"{len(ringing)} samples behind the end are as loud as the mix")
        if told != wanted:
            problems.append(f"placed {wanted}, named {told}")
        if active_children():
            problems.append(f"processes are left: {active_children()}")
        if any(work.iterdir()):
            problems.append(f"files are left: {[path.name for path in work.iterdir()]}")
        wrong += bool(problems)
        for problem in problems:
            print(f"render {number}: {problem}", flush=True)
    print(f"{renders} renders, {placed} faults placed, {wrong} renders wrong")
    print("named: " + ", ".join(f"{name} {count}" for name, count in sorted(named.items())))
    return wrong


def main() -> int:
    """Run the renders in a process of their own, whose last words tell of shared memory that it leaves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renders", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT)]
        return 1 if render_all(options.renders, options.seed, options.inside) else 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        own, temporary = Path(scratch) / "own", Path(scratch) / "temporary"
        own.mkdir()
        temporary.mkdir()
        words = ["--renders", str(options.renders), "--seed", str(options.seed), "--inside", str(own)]
        done = subprocess.run(
            [sys.executable, __file__, *words],
            env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        left = sorted(path.name for path in temporary.rglob("*") if path.is_file())
    words = [f"{time.perf_counter() - begun:.0f} s", f"last words: {done.stderr.strip() or 'none'}"]
    print("; ".join([*words, f"files left: {left or 'none'}"]))
    return 1 if done.returncode or done.stderr.strip() or left else 0


if __name__ == "__main__":
    raise SystemExit(main())
