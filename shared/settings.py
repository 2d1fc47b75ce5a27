"""Settings of a process, from the environment (prefix ``KANGFU_``). A missing value refuses to start."""

from pathlib import Path
from typing import Annotated

from pydantic import Base64Bytes, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

KeyRing = dict[str, Base64Bytes]


class Settings(BaseSettings):
    """What an API process needs to know."""

    model_config = SettingsConfigDict(env_prefix="KANGFU_", extra="ignore")

    database_url: str

    jwks: str
    issuer: str = "https://id.kangfu.invalid"
    audience: str = "kangfu"

    index_key: Annotated[Base64Bytes, Field(min_length=32)]
    data_keys: KeyRing = {}
    active_data_key: str = ""

    host: str = "127.0.0.1"
    port: int

    max_body_bytes: int = 64 * 1024 * 1024
    max_concurrency: int = 200
    pool_size: int = 8
    log_level: str = "INFO"


class WorkerSettings(BaseSettings):
    """What a worker process needs to know."""

    model_config = SettingsConfigDict(env_prefix="KANGFU_", extra="ignore")

    worker_database_url: str
    broker: str = "127.0.0.1:9092"
    kafka_idempotence: bool = True
    topic_replication: int = 1
    feeds: dict[str, str] = {}
    feed_token_file: Path | None = None

    host: str = "127.0.0.1"
    worker_port: int
    log_level: str = "INFO"
