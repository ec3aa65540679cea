"""What every test may ask for."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code. CI draws the same examples each time.
settings.register_profile(
    "mixbridge",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("mixbridge")


# A shell that starts the tests in the background has them ignore Ctrl-C, and their children inherit that; the tests of
# interruptions send it to children.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(autouse=True)
def _honest_arithmetic() -> Iterator[None]:
    """Fail the test that leaves the processor rounding denormal numbers to zero, not those that come after it."""
    yield
    assert sys.float_info.min / 2.0 > 0.0, (
        "a library compiled with -ffast-math was loaded: give it its own process"
    )
