"""Up to which sum differences post without asking."""

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.fields import Yuan


class ReadjudicationSettings(BaseSettings):
    """Settings of re-adjudication (``KANGFU_READJUDICATION_…``).

    ``automatic_limit`` in yuan bounds the sum of absolute differences of one person and year. No document of
    the state or a province sets it: the default is a local one, for the county to replace by its own rule
    (``0`` lets two people decide on every amount).
    """

    model_config = SettingsConfigDict(
        env_prefix="KANGFU_READJUDICATION_", extra="ignore", validate_default=False
    )

    automatic_limit: Yuan = 10_000
