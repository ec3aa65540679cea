"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real stems and real DAW files beside the checkout; skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no folder shared/ with real stems and DAW files beside the checkout")
    return folder


@pytest.fixture(scope="session")
def example_session() -> Path:
    """The example session of the project."""
    return Path(__file__).resolve().parents[1] / "examples" / "session"


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the analyses of this run apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIXBRIDGE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
