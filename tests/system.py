"""What the tests need from the system: Chromium, Graphviz's own `dot`, HAProxy, TeX, `pdffonts`, and Mermaid itself.

    python -m tests.system

Installs what is missing: as root on Debian with apt-get, else Playwright's own Chromium; Mermaid with npm. Says what it
found. What can't be had is left out, and the tests that need it say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAMS = {  # what is missing if the program is
    "dot": ("graphviz",),
    "haproxy": ("haproxy",),
    "pdflatex": ("texlive-latex-base", "texlive-latex-recommended", "texlive-pictures"),
    "pdffonts": ("poppler-utils",),
}
MERMAID = "11.16.0"
_MERMAID_FILE = "package/dist/mermaid.min.js"


def browser() -> str | None:
    """The Chromium on this machine; None means that Playwright's own is to be used."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def mermaid() -> Path:
    """Where Mermaid is or would be: in the environment, so that removing that removes it."""
    return Path(sys.prefix) / "share" / f"mermaid-{MERMAID}.min.js"


def install() -> None:
    """Install what is missing."""
    missing = [package for program, needs in PROGRAMS.items() if not shutil.which(program) for package in needs]
    wanted = [*([] if browser() else ["chromium"]), *missing]
    wanted += [] if mermaid().is_file() or shutil.which("npm") else ["npm"]
    can_apt = shutil.which("apt-get") is not None and os.geteuid() == 0
    if wanted and can_apt:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "fonts-liberation", *wanted]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    elif "chromium" in wanted:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    if not mermaid().is_file() and shutil.which("npm"):
        _fetch_mermaid()


def _fetch_mermaid() -> None:
    """Take the one file that a page loads out of the package; nothing of the package is run."""
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", f"mermaid@{MERMAID}", "--silent", "--pack-destination", folder]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            return
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            held = package.extractfile(_MERMAID_FILE)
            assert held is not None, f"mermaid {MERMAID} has no {_MERMAID_FILE}"
            mermaid().parent.mkdir(parents=True, exist_ok=True)
            mermaid().write_bytes(held.read())


if __name__ == "__main__":
    install()
    found = {"browser": browser() or "that of Playwright", "mermaid": mermaid() if mermaid().is_file() else "none"}
    found |= {program: shutil.which(program) or "none" for program in PROGRAMS}
    sys.stdout.write("".join(f"{name}: {where}\n" for name, where in found.items()))
