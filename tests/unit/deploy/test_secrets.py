"""Keys and passwords of a local system."""

import base64
from pathlib import Path

from deploy.local import secrets
from deploy.local.configuration import Configuration
from deploy.local.layout import RunDir
from deploy.local.options import Options


def private_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_secrets_stay_the_same_for_one_run_directory(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.create()
    assert secrets.load_or_create(run) == secrets.load_or_create(run)


def test_two_run_directories_share_no_secret(tmp_path: Path) -> None:
    one, two = RunDir(tmp_path / "one"), RunDir(tmp_path / "two")
    for run in (one, two):
        run.create()
    assert secrets.load_or_create(one).index_key != secrets.load_or_create(two).index_key


def test_keys_are_256_bits(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.create()
    made = secrets.load_or_create(run)
    assert {len(base64.b64decode(key)) for key in (made.index_key, *made.data_keys.values())} == {32}


def test_only_the_owner_can_read_what_is_written(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.create()
    options = Options()
    options.save(run)
    Configuration(run, options).write_issuer_files()
    files = private_files(tmp_path)
    assert len(files) == 5  # options, secrets, issuer key, JWKS, feed token
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_addresses_of_an_external_database_keep_its_host_and_query(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.create()
    external = Options(database="postgresql://root:secret@db.example:5433/postgres?sslmode=require")
    dsn = Configuration(run, external).dsn("claims", "api")
    assert dsn.startswith("postgresql://claims_api:")
    assert dsn.endswith("@db.example:5433/claims?sslmode=require")
    assert "secret" not in dsn
