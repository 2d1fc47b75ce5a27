from pathlib import Path

import pytest

from deploy.demo import county, exports, visits
from deploy.demo.model import County
from deploy.demo.visits import Visit


@pytest.fixture(scope="session")
def sample() -> County:
    """The county of the demonstration at full size."""
    return county.generate()


@pytest.fixture(scope="session")
def sample_visits(sample: County) -> list[Visit]:
    return visits.generate(sample)


@pytest.fixture(scope="session")
def small() -> County:
    return county.generate(seed=7, households=600)


@pytest.fixture(scope="session")
def files(small: County, tmp_path_factory: pytest.TempPathFactory) -> dict[str, exports.ImportFile]:
    """The import files of the small county, by file name."""
    folder: Path = tmp_path_factory.mktemp("files")
    return {file.path.name: file for file in exports.write_all(small, folder)}
