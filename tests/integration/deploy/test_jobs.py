"""The one-shot jobs of the containers, against real servers."""

import os
import subprocess
import sys

import asyncpg
import jwt
import pytest

from deploy.local.layout import ROOT, SERVICES
from deploy.local.system import LocalSystem
from shared.bootstrap import ROLES


def run_job(module: str, *arguments: str, **settings: object) -> str:
    env = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    job = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return job.stdout.decode()


async def test_bootstrap_may_run_again_and_sets_the_passwords_it_is_given(system: LocalSystem) -> None:
    config = system.config
    passwords = {
        f"KANGFU_{service}_{role}_PASSWORD".upper(): config.secrets.passwords[service][role]
        for service in SERVICES
        for role in ROLES
    }
    new = {**passwords, "KANGFU_CLAIMS_WORKER_PASSWORD": "changed"}
    run_job("deploy.bootstrap", KANGFU_ADMIN_DATABASE_URL=config.admin_dsn, **new)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(config.dsn("claims", "worker"))
    run_job("deploy.bootstrap", KANGFU_ADMIN_DATABASE_URL=config.admin_dsn, **passwords)
    await (await asyncpg.connect(config.dsn("claims", "worker"))).close()


def test_topic_creation_may_run_again(system: LocalSystem) -> None:
    for _ in range(2):
        assert "topics ready" in run_job("deploy.topics", KANGFU_BROKER=system.config.broker)


def test_the_trial_issuer_keeps_its_key_and_gives_out_tokens(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    private, public = tmp_path_factory.mktemp("private"), tmp_path_factory.mktemp("public")
    places = {"KANGFU_ISSUER_PRIVATE_DIR": private, "KANGFU_ISSUER_PUBLIC_DIR": public}
    run_job("deploy.issuer", "init", **places)
    keys = (public / "jwks.json").read_text()
    token = run_job("deploy.issuer", "token", "finance", **places).strip()
    run_job("deploy.issuer", "init", **places)
    assert (public / "jwks.json").read_text() == keys
    assert jwt.get_unverified_header(token)["kid"] in keys
    assert (private / "issuer.pem").stat().st_mode & 0o777 == 0o600
