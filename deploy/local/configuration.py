"""Every address, key and setting of one local system, derived from its options and secrets."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from deploy import tokens
from deploy.local import database, secrets
from deploy.local.layout import SERVICES, RunDir
from deploy.local.options import TANSU, Options
from deploy.private_files import write_private

_FEED_TOKEN_TTL = timedelta(days=365)  # read once by a worker that may run for long


class Configuration:
    """What one system's processes and clients have to know. Reading it makes missing keys."""

    def __init__(self, run: RunDir, options: Options) -> None:
        self.run = run
        self.options = options
        self.secrets = secrets.load_or_create(run)
        self.issuer_key = _issuer_key(run)
        self.feed_token_file = run.keys / "feed.token"
        self.jwks_file = run.keys / "jwks.json"

    @property
    def broker(self) -> str:
        """Bootstrap servers."""
        return f"127.0.0.1:{self.options.ports['broker']}" if self.options.own_broker else self.options.broker

    @property
    def admin_dsn(self) -> str:
        """The database administrator's address."""
        if self.options.database is not None:
            return self.options.database
        return database.admin_address(self.options.ports["database"], self.secrets.admin_password)

    def dsn(self, service: str, role: str) -> str:
        """Address of a service's database as one of its roles (owner, api, worker)."""
        server = urlsplit(self.admin_dsn)
        login = f"{service}_{role}:{quote(self.secrets.passwords[service][role], safe='')}"
        place = server.netloc.rpartition("@")[2]
        return urlunsplit(server._replace(netloc=f"{login}@{place}", path=f"/{service}"))

    def url(self, part: str) -> str:
        """Base address of an API, or of a worker's health and metrics."""
        return f"http://127.0.0.1:{self.options.ports[part]}"

    def environment(self, service: str) -> dict[str, str]:
        """The KANGFU_ settings of a service, for its processes and for tests that run it in their own."""
        return {
            "KANGFU_DATABASE_URL": self.dsn(service, "api"),
            "KANGFU_WORKER_DATABASE_URL": self.dsn(service, "worker"),
            "KANGFU_OWNER_DATABASE_URL": self.dsn(service, "owner"),
            "KANGFU_BROKER": self.broker,
            "KANGFU_KAFKA_IDEMPOTENCE": "false" if self.options.broker == TANSU else "true",
            "KANGFU_JWKS": str(self.jwks_file),
            "KANGFU_ISSUER": tokens.ISSUER,
            "KANGFU_AUDIENCE": tokens.AUDIENCE,
            "KANGFU_INDEX_KEY": self.secrets.index_key,
            "KANGFU_DATA_KEYS": json.dumps(dict(self.secrets.data_keys)),
            "KANGFU_ACTIVE_DATA_KEY": self.secrets.active_data_key,
            "KANGFU_FEEDS": json.dumps({name: self.url(f"{name}-api") for name in SERVICES}),
            "KANGFU_FEED_TOKEN_FILE": str(self.feed_token_file),
            "KANGFU_HOST": "127.0.0.1",
            "KANGFU_PORT": str(self.options.ports[f"{service}-api"]),
            "KANGFU_WORKER_PORT": str(self.options.ports[f"{service}-worker"]),
        }

    def write_issuer_files(self) -> None:
        """Publish the public key and give the workers a fresh token for each other's feeds."""
        write_private(self.jwks_file, tokens.jwks(self.issuer_key))
        feed = tokens.mint_role(self.issuer_key, "system", _FEED_TOKEN_TTL)
        write_private(self.feed_token_file, feed)

    def tokens(self) -> dict[str, str]:
        """One fresh token per role of the sample county."""
        return {role: tokens.mint_role(self.issuer_key, role) for role in tokens.ROLES}

    def summary(self, pids: Mapping[str, int]) -> dict[str, Any]:
        """The content of ``local.json``."""
        return {
            "services": {
                name: {
                    "api": self.url(f"{name}-api"),
                    "worker": self.url(f"{name}-worker"),
                    "docs": f"{self.url(f'{name}-api')}/docs",
                }
                for name in SERVICES
            },
            "database": {
                "admin": self.admin_dsn,
                **{name: {role: self.dsn(name, role) for role in secrets.ROLES} for name in SERVICES},
            },
            "broker": self.broker,
            "broker_kind": self.options.broker if self.options.own_broker else "external",
            "tokens": self.tokens(),
            "pids": dict(pids),
        }


def _issuer_key(run: RunDir) -> str:
    path = run.keys / "issuer.pem"
    if not path.exists():
        write_private(path, tokens.new_private_key())
    return path.read_text(encoding="utf-8")
