"""Compares the peak memory of the main job at 10 minutes with that at 1 minute, 32 tracks.

Usage: python benchmarks/memory.py [--tracks 32] [--minutes 1 10]

Each job runs in a process of its own, which prints its peak resident memory at the end. Every fourth track is
mono. The stems take up to 5 GB of the temporary folder.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = 1.2
HERE = Path(__file__).resolve().parent

#: Runs one job and prints its peak memory in bytes.
CHILD = """
import sys
from pathlib import Path
from bridge.jobs import MixRequest, mix_session
mix_session(MixRequest((Path(sys.argv[1]),), Path(sys.argv[2]), report=sys.argv[3] == "True", cache=False))
try:
    import resource
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
except ImportError:
    import psutil
    peak = psutil.Process().memory_info().peak_wset
print(peak)
"""


def peak_bytes(stems: Path, output: Path, *, report: bool) -> int:
    """Peak resident memory of one job."""
    command = [sys.executable, "-c", CHILD, str(stems), str(output), str(report)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the job failed with {done.returncode}:\n{done.stderr}")
    return int(done.stdout.split()[-1])


def main() -> int:
    """Measure and print; exit status 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=32)
    parser.add_argument("--minutes", type=int, nargs=2, default=[1, 10])
    parser.add_argument("--report", action="store_true", help="with the report")
    options = parser.parse_args()
    peaks = []
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as scratch:
            stems = Path(scratch) / "stems"
            make = [str(HERE / "material.py"), str(stems), "--tracks", str(options.tracks)]
            length = ["--seconds", str(60 * minutes), "--mono-every", "4"]
            subprocess.run([sys.executable, *make, *length], check=True)
            peaks.append(peak_bytes(stems, Path(scratch) / "out", report=options.report))
        print(f"{options.tracks} tracks of {minutes} min: peak {peaks[-1] / 1e6:.0f} MB", flush=True)
    ratio = peaks[1] / peaks[0]
    print(f"ratio {ratio:.3f} (target: at most {TARGET:g})")
    return 1 if ratio > TARGET else 0


if __name__ == "__main__":
    raise SystemExit(main())
