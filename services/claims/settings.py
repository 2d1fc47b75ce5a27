"""Settings of the claims service."""

from shared import settings


class Settings(settings.Settings):
    """The kit's settings with this service's ports."""

    port: int = 8102
    worker_port: int = 8112
