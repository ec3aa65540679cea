"""The examples in docs/plugins.md are files that can be read, and the table has every shipped profile."""

import re
from pathlib import Path

from bridge.host.chainfile import read_chains
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.profile import Status

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
CHAIN, PROFILE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_chain_file_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "chain.toml").write_text(CHAIN, encoding="utf-8")
    chains, folder = read_chains((str(tmp_path / "chain.toml"),))
    assert folder == tmp_path
    assert chains.every.compressor == "glue"
    assert chains.tracks["03_Bass"].chain[3] == "glue"
    assert chains.master.limiter == "ZaMaximX2"


def test_the_profile_can_be_read() -> None:
    profile = PLUGIN_PROFILES.read(PROFILE, source="docs/plugins.md")
    assert profile.knobs["compressor.ratio"].to_plugin(4.0) == 75.0


def test_every_shipped_profile_is_in_the_table_with_its_error() -> None:
    cells = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| `")]
    rows = [row for row in cells if len(row) == 5]
    errors = {name: error.strip() for names, _, _, error, _ in rows for name in re.findall(r"`(\w+)`", names)}
    for name in PLUGIN_PROFILES.names():
        profile = PLUGIN_PROFILES.load(name)
        measured = profile.status is Status.MEASURED
        assert errors[name] == (f"{profile.error_db:g} dB" if measured else "–")
