"""Settings of the registry service."""

from shared import settings


class Settings(settings.Settings):
    """The kit's settings with this service's ports."""

    port: int = 8101
    worker_port: int = 8111
