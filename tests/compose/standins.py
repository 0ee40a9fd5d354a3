"""`python -m tests.compose.standins`: local images in place of those that no registry gives.

A base made with mmdebstrap under the name that the Dockerfile starts from, and on it Debian's
Postgres, Redis and nginx under the names of docker-compose.yml. The base trusts the certificates
that this machine trusts and knows its package index, so that the Dockerfile needs to know neither.
Needs root and the packages mmdebstrap and debian-archive-keyring.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.compose.docker import ROOT, client, docker, run

BASE = "debian:bookworm-slim"
HERE = Path(__file__).parent / "standins"
SUITE = "bookworm"
# what Debian's slim images leave out
LEFT_OUT = ("doc", "info", "lintian", "locale", "man")
LOCAL_AUTHORITIES = Path("/usr/local/share/ca-certificates")


def wanted() -> list[str]:
    """The images that docker-compose.yml names and does not build."""
    text = (ROOT / "docker-compose.yml").read_text()
    named = re.findall(r"^ +image: *(\S+)$", text, re.MULTILINE)
    return [BASE, *(name for name in named if "$" not in name)]


def missing() -> list[str]:
    """The images that are neither here nor to be had from a registry."""
    return [name for name in wanted() if not _here(name) and not _pulled(name)]


def _here(name: str) -> bool:
    return run([client(), "image", "inspect", name], check=False).returncode == 0


def _pulled(name: str) -> bool:
    try:
        return run([client(), "pull", "--quiet", name], check=False, timeout=180).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def make(names: list[str]) -> None:
    """Builds stand-ins for these images. Raises AssertionError where something is missing."""
    if BASE in names:
        with tempfile.TemporaryDirectory(prefix="openslots-base-") as folder:
            _base(Path(folder))
    for name in names:
        if name != BASE:
            print(f"a stand-in for {name}", flush=True)
            kind = name.rpartition("/")[2].partition(":")[0]
            docker("build", "--quiet", "--tag", name, str(HERE / kind))


def _base(folder: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise AssertionError(
            f"{BASE} cannot be pulled, and mmdebstrap is not installed to make a stand-in: "
            "apt-get install mmdebstrap debian-archive-keyring"
        )
    print(f"a stand-in for {BASE}", flush=True)
    (folder / "pip.conf").write_text(pip_configuration())
    authorities = folder / "authorities"
    authorities.mkdir()
    for file in LOCAL_AUTHORITIES.rglob("*.crt"):
        shutil.copy(file, authorities / file.name)
    tar = folder / "base.tar"
    run(
        [
            *("mmdebstrap", "--variant=apt", "--quiet", SUITE, str(tar)),
            "--include=passwd,usr-is-merged",
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",  # else that takes all of Perl
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT),
            "--dpkgopt=path-include=/usr/share/doc/*/copyright",
            "--dpkgopt=force-unsafe-io",  # as in Debian's images: a layer is made whole or not
            '--customize-hook=mkdir -p "$1/usr/local/share/ca-certificates"',
            f"--customize-hook=copy-in {folder / 'pip.conf'} /etc/",
            f'--customize-hook=cp -r {authorities}/. "$1{LOCAL_AUTHORITIES}/"',
            '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*',
            *_sources(),
        ]
    )
    docker("import", "--change", 'CMD ["bash"]', str(tar), BASE)


def _sources() -> list[str]:
    """The files with this machine's sources of Debian's packages."""
    folder = Path("/etc/apt/sources.list.d")
    files = [Path("/etc/apt/sources.list"), *folder.glob("debian*.sources")]
    return [str(file) for file in files if file.is_file() and SUITE in file.read_text()]


def pip_configuration() -> str:
    """This machine's settings of pip, without what names its own folders."""
    listed = run([sys.executable, "-m", "pip", "config", "list"]).stdout
    kept: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name, text = key.rpartition(".")[2], value.strip("'\"")
        words = [word for word in text.split() if not word.startswith("file:")]
        if name in ("find-links", "constraint", "no-index", "target", "user") or not words:
            continue
        kept[name] = " ".join(words)
    return "[global]\n" + "".join(f"{name} = {text}\n" for name, text in kept.items())


if __name__ == "__main__":
    make(missing())
