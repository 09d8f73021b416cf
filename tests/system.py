"""What the tests need from the system: a Chromium, and Graphviz's own `dot` as the second renderer.

    python tests/system.py

Installs what is missing: as root on Debian with apt-get, else Playwright's own Chromium. Says what it found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> str | None:
    """The Chromium on this machine; None means that Playwright's own is to be used."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def install() -> None:
    """Install what is missing."""
    wanted = [*([] if browser() else ["chromium"]), *([] if shutil.which("dot") else ["graphviz"])]
    can_apt = shutil.which("apt-get") is not None and os.geteuid() == 0
    if wanted and can_apt:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "fonts-liberation", *wanted]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    elif "chromium" in wanted:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
    sys.stdout.write(f"browser: {browser() or 'that of Playwright'}\ndot: {shutil.which('dot') or 'none'}\n")
