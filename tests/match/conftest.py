"""One small session for all tests of match."""

from pathlib import Path

import pytest
from match_cases import write_stems

from bridge.jobs.reading import read_session
from console.analysis import SessionAnalysis
from console.session import Session


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, SessionAnalysis]:
    """The session and its analysis."""
    folder: Path = tmp_path_factory.mktemp("stems")
    return read_session(write_stems(folder), cache=False)
