"""Plugins to test with: the project's own, built when first asked for, and Debian's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dpf_plugins import build

from bridge.host.process import PluginProcess
from bridge.host.values import Limits

ZAM = Path("/usr/lib/vst3")


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Builds a test plugin by its name, once for all workers of a run."""
    folder = tmp_path_factory.getbasetemp().parent / "mixbridge-test-plugins"
    return lambda name, source="faulty", **how: build(folder, name, source, **how)


@pytest.fixture(scope="session")
def zam() -> Callable[[str], Path]:
    """A plugin of zam-plugins; skips where they are not installed."""

    def find(name: str) -> Path:
        path = ZAM / f"{name}.vst3"
        if not path.exists():
            pytest.skip("zam-plugins are not installed")
        return path

    return find


@pytest.fixture
def process() -> Iterator[PluginProcess]:
    with PluginProcess(Limits(load_s=3.0, block_s=2.0)) as running:
        yield running
