"""The three libraries that the pages bring along, from npm: KaTeX, MiniSearch, reveal.js."""

import json
import shutil
import subprocess
from pathlib import Path

from d2lab.core.errors import MissingExtraError, RunError

PINS = Path(__file__).with_name("package.json")
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
        RunError: npm could not install.
    """
    modules = folder / MODULES
    if _installed(modules):
        return modules
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            fix = "Install Node.js 18 or newer; only who builds the site needs it."
            raise MissingExtraError("building the site", got=f"no {program}", need="Node.js with npm", fix=fix)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PINS, folder / PINS.name)
    npm = shutil.which("npm") or "npm"  # npm.cmd on Windows
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0 or not _installed(modules):
        got = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[0]
        fix = f"Run npm install in {folder} to see more; it needs the network once."
        raise RunError("npm install", got=got, need="KaTeX, MiniSearch and reveal.js", fix=fix)
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


def _installed(modules: Path) -> bool:
    """Return whether every pinned package is there in its version."""
    pins = json.loads(PINS.read_text(encoding="utf-8"))["dependencies"]
    for name, version in pins.items():
        try:
            found = json.loads((modules / name / "package.json").read_text(encoding="utf-8"))["version"]
        except (OSError, ValueError, KeyError):
            return False
        if found != version:
            return False
    return True
