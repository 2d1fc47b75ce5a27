"""Settings of the claims service: the kit's, with this service's ports."""

from shared import settings


class Settings(settings.Settings):
    """Settings of the API process."""

    port: int = 8102


class WorkerSettings(settings.WorkerSettings):
    """Settings of the worker process."""

    worker_port: int = 8112
