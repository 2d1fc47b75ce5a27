"""Settings of the screening service."""

from shared import settings


class Settings(settings.Settings):
    """The kit's settings with this service's ports."""

    port: int = 8103
    worker_port: int = 8113
