"""Find Chromium, or install Debian's: ``python -m tests.browser.chromium`` prints where it is."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

VARIABLE = "CHROMIUM"
#: The shell is Chromium without windows: the same pages for two thirds of the processor time.
NAMES = (
    "chromium-headless-shell",
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
PACKAGES = ("chromium-headless-shell", "fonts-droid-fallback")  # the fonts draw Chinese
WAIT_FOR_LOCK = ("-o", "DPkg::Lock::Timeout=300")

#: Quiet, alone, at home on the loopback interface, and quick with pages that live for seconds.
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root may not have one, and only pages of ours are opened
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--js-flags=--no-opt --no-maglev",  # optimizing costs more than such a page ever gets back
)

HELP = f"""The browser tests need Chromium.
Install it as your system does (Debian: apt install chromium-headless-shell), or say where it is:
{VARIABLE}=/path/to/chromium"""


class NoChromium(RuntimeError):
    """There is no Chromium and none could be installed; the message says what to do."""


def find() -> str | None:
    """Return the path of the Chromium that the environment names, else of one that is installed.

    Raises:
        NoChromium: the environment names one that is not there.
    """
    named = os.environ.get(VARIABLE)
    if named:
        path = shutil.which(named)
        if path is None:
            raise NoChromium(f"{VARIABLE} names {named}, which is no program.")
        return path
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install() -> None:
    """Install Debian's package, without questions.

    Raises:
        NoChromium: this is no Debian, this user may not, or apt-get failed.
    """
    if not shutil.which("apt-get"):
        raise NoChromium(HELP)
    become_root = _become_root()
    print("Installing Chromium with apt-get ...", file=sys.stderr)
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            [*become_root, *environment, "apt-get", "--quiet", *WAIT_FOR_LOCK, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NoChromium(f"{done.stdout}\n{HELP}")


def find_or_install() -> str:
    """Return the path of Chromium, installed when there was none.

    Raises:
        NoChromium: there is none; the message says what to do.
    """
    path = find()
    if path is None:
        install()
        path = find()
    if path is None:
        raise NoChromium(HELP)
    return path


def _become_root() -> Sequence[str]:
    if os.geteuid() == 0:
        return ()
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return (sudo, "-n")
    raise NoChromium(HELP)


def main() -> int:
    """Print the path of Chromium, or what to do."""
    try:
        print(find_or_install())
    except NoChromium as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
