"""The three libraries that the pages bring along, from npm: KaTeX, MiniSearch, reveal.js.

``package-lock.json`` holds the hash of each package and no address: any registry will do, and another content won't.
Made by ``npm install --package-lock-only --omit-lockfile-registry-resolved``.
"""

import re
import shutil
import subprocess
from pathlib import Path

from d2lab.core.errors import MissingExtraError, RunError
from d2lab.core.json_file import read_json

PINS = Path(__file__).with_name("package.json")
LOCK = Path(__file__).with_name("package-lock.json")
OUTSIDE_FONT = re.compile(rb"@font-face\s*\{[^}]*https?://[^}]*\}")
MODULES = "node_modules"
VENDOR = {
    "katex/dist/katex.min.css": "katex.min.css",
    "minisearch/dist/umd/index.js": "minisearch.js",
    "reveal.js/dist/reveal.js": "reveal.js",
    "reveal.js/dist/reveal.css": "reveal.css",
}


def install(folder: Path) -> Path:
    """Install what is pinned, unless it is there; return the folder of the modules.

    Args:
        folder: of the cache.

    Raises:
        MissingExtraError: node or npm is not installed.
        RunError: npm could not install, or a package has another hash than is stated.
    """
    modules = folder / MODULES
    if _installed(modules):
        return modules
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            fix = "Install Node.js 18 or newer; only who builds the site needs it."
            raise MissingExtraError("building the site", got=f"no {program}", need="Node.js with npm", fix=fix)
    folder.mkdir(parents=True, exist_ok=True)
    for file in (PINS, LOCK):
        shutil.copy(file, folder / file.name)
    npm = shutil.which("npm") or "npm"  # npm.cmd on Windows
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    said = done.stderr.strip() or done.stdout.strip() or "nothing"
    if "EINTEGRITY" in said:
        fix = "Don't use it: what the registry sent has changed. Clean npm's cache, or try another registry."
        raise RunError("npm ci", got="a package with another content", need=f"the hashes of {LOCK.name}", fix=fix)
    if done.returncode != 0 or not _installed(modules):
        fix = f"Run npm ci in {folder} to see more; it needs the network once."
        raise RunError("npm ci", got=said.splitlines()[0], need="KaTeX, MiniSearch and reveal.js", fix=fix)
    return modules


def copy_to(modules: Path, static: Path) -> None:
    """Put what pages load beside them.

    Args:
        modules: the folder that `install` gave.
        static: of the site's files.
    """
    vendor = static / "vendor"
    (vendor / "fonts").mkdir(parents=True, exist_ok=True)
    for place, name in VENDOR.items():
        shutil.copy(modules / place, vendor / name)
    for font in (modules / "katex" / "dist" / "fonts").glob("*.woff2"):
        shutil.copy(font, vendor / "fonts")


def keep_to_policy(static: Path) -> None:
    """Make what Sphinx and its theme bring fit the policy that the site is served with.

    Fonts that a style sheet would load from elsewhere are removed: the site is read offline. Sphinx's translations are
    emptied: they make code from text, and only its own search, which the site does not have, shows them.

    Args:
        static: of the site's files.
    """
    for sheet in static.glob("*.css"):
        text = sheet.read_bytes()
        own = OUTSIDE_FONT.sub(b"", text)
        if own != text:
            sheet.write_bytes(own)
    translations = static / "translations.js"
    if translations.exists():
        translations.write_bytes(b"")


def _installed(modules: Path) -> bool:
    """Return whether every package is there, and npm found the stated hash when it was installed."""
    stated = {name: one["integrity"] for name, one in _packages(LOCK).items() if name}
    try:
        found = {name: one.get("integrity") for name, one in _packages(modules / ".package-lock.json").items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return found == stated and all((modules.parent / name / "package.json").is_file() for name in stated)


def _packages(lock: Path) -> dict[str, dict[str, str]]:
    """Return the packages of a lock file by their place, "node_modules/katex"; the root's is ""."""
    packages: dict[str, dict[str, str]] = read_json(lock, "npm's list", links=True)["packages"]
    return packages
