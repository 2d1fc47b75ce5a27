"""Which data are of the restricted class."""

import pytest

from shared.sensitivity import any_restricted


@pytest.mark.parametrize("code", ["B20.601", "B24.x01", "Z21.x00", "F20.000", "F79.900", "A53.900"])
def test_hiv_mental_health_and_syphilis_are_restricted(code: str) -> None:
    assert any_restricted(["I63.900", code])


@pytest.mark.parametrize("code", ["I63.900", "A15.000", "Z22.500", "B18.100", "E11.900"])
def test_other_conditions_are_not_restricted(code: str) -> None:
    assert not any_restricted([code])
