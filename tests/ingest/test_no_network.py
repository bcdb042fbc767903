"""A whole ingest with the network cut: every call that would leave the computer raises and is written down."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from sonosift.commands.phantom import phantom

FILES_PER_PATIENT = 4

# Loaded by every Python that starts with this folder on its path, the decoding children included.
TRAP = """
import os
import socket

def _forbid(name, original):
    def call(*arguments, **settings):
        # Sockets between processes of this computer are no network, and an import may try whether it speaks IPv6.
        if arguments and getattr(arguments[0], "family", None) == getattr(socket, "AF_UNIX", object()):
            return original(*arguments, **settings)
        if name == "bind" and arguments[1][0] in ("127.0.0.1", "::1"):
            return original(*arguments, **settings)
        with open(os.environ["TRAP_LOG"], "a") as log:
            log.write(f"{os.getpid()} {name}\\n")
        raise OSError(f"the network is cut: {name}")
    return call

for name in ("connect", "connect_ex", "sendto", "sendmsg", "bind", "listen"):
    setattr(socket.socket, name, _forbid(name, getattr(socket.socket, name)))
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "create_connection", "getfqdn"):
    setattr(socket, name, _forbid(name, getattr(socket, name)))
with open(os.environ["TRAP_LOG"] + ".loaded", "a") as log:
    log.write(f"{os.getpid()}\\n")
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Three simulated patients, a few files of each."""
    out = tmp_path_factory.mktemp("hospital") / "out"
    phantom(out, patients=3, seed=11, size=96, workers=1)
    files = pl.read_parquet(out / "truth" / "files.parquet").filter(pl.col("state") == "ok", pl.col("frames") < 12)
    kept = set(files.group_by("patient", maintain_order=True).head(FILES_PER_PATIENT)["file"])
    for path in sorted((out / "archive").rglob("*")):
        if path.is_file() and path.relative_to(out / "archive").as_posix() not in kept:
            path.unlink()
    return out / "archive"


def run(folder: Path, command: list[str]) -> tuple[subprocess.CompletedProcess[str], list[str], set[str]]:
    """Run a command in the trap; return how it ended, what it tried, and which processes were trapped."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TRAP)
    log = folder / "log"
    environment = os.environ | {"PYTHONPATH": str(folder), "TRAP_LOG": str(log)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    tried = log.read_text().splitlines() if log.exists() else []
    return ended, tried, set(Path(f"{log}.loaded").read_text().split())


def ingest_command(archive: Path, cohort: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "sonosift",
        "ingest",
        str(archive),
        str(cohort),
        "--workers",
        "2",
        "--json",
        "--quiet",
    ]


def test_the_trap_catches_python_and_its_children(tmp_path):
    code = (
        "import subprocess, sys, urllib.request\n"
        "try: urllib.request.urlopen('http://192.0.2.1/', timeout=1)\n"
        "except OSError as error: print(error)\n"
        "if len(sys.argv) > 1: subprocess.run([sys.executable, *sys.argv[1:]])\n"
    )
    script = tmp_path / "call.py"
    script.write_text(code)
    ended, tried, trapped = run(tmp_path / "trap", [sys.executable, str(script), str(script)])
    assert ended.stdout.count("the network is cut") == 2
    assert len(trapped) == 2
    assert {line.split()[0] for line in tried} == trapped


def check(ended, archive, cohort):
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout.strip().splitlines()[-1])
    held = [name for name in summary["reasons"] if name in {"decoder_died", "too_slow", "too_much_memory"}]
    assert held == []
    assert summary["files"] == sum(1 for path in archive.rglob("*") if path.is_file())
    assert summary["ingested"] == summary["files"] >= 8
    assert summary["frames"] + summary["needs_review"] >= 8
    assert (cohort / "catalog" / "00000.parquet").exists()


def own_network() -> list[str]:
    """Return the prefix that runs a command in a network of its own, which is empty; nothing where that is refused."""
    prefix = ["unshare", "-rn"]
    if shutil.which("unshare") is None:
        return []
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else []


def test_an_ingest_needs_no_network_and_calls_none(archive, tmp_path):
    """Where the system allows it the kernel has no network either, so that calls from outside Python fail as well."""
    command = [*own_network(), *ingest_command(archive, tmp_path / "cohort")]
    ended, tried, trapped = run(tmp_path / "trap", command)
    check(ended, archive, tmp_path / "cohort")
    assert tried == []
    assert len(trapped) >= 3  # the command and two decoding children
