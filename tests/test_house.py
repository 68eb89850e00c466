"""The rules of the house that a machine can check."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import d2lab

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "src" / "d2lab").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
LONG_FUNCTIONS = {
    "train": "the command's options and their help are one list, and the door's documentation is long",
    "fit": "a door whose arguments are one list",
}


@pytest.fixture(params=FILES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def tree(request):
    return request.param, ast.parse(request.param.read_text(encoding="utf-8"))


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_a_file_is_read_in_one_sitting(tree):
    assert len(tree[0].read_text(encoding="utf-8").splitlines()) <= 300


def test_a_function_is_seen_at_once(tree):
    for node in functions(tree[1]):
        documented = ast.get_docstring(node) is not None
        body = node.body[1:] if documented else node.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        assert lines <= 40 or node.name in LONG_FUNCTIONS, f"{node.name}: {lines} lines"


def test_a_room_has_a_name_of_its_own(tree):
    assert not FORBIDDEN_NAMES & {part.removesuffix(".py") for part in tree[0].parts}


def reads_only_tensors(call):
    """Tell whether this is torch.load(..., weights_only=True), written out: it reads pickles without running them."""
    stated = [k.value for k in call.keywords if k.arg == "weights_only"]
    literal = len(stated) == 1 and isinstance(stated[0], ast.Constant) and stated[0].value is True
    return ast.unparse(call.func) == "torch.load" and literal and all(k.arg is not None for k in call.keywords)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("torch.load(path, weights_only=True)", True),
        ("torch.load(path)", False),
        ("torch.load(path, weights_only=False)", False),
        ("torch.load(path, weights_only=safe)", False),
        ("torch.load(path, weights_only=True, **more)", False),
        ("pickle.load(file, weights_only=True)", False),
    ],
)
def test_a_pickle_is_read_for_its_tensors_alone(code, allowed):
    assert reads_only_tensors(ast.parse(code, mode="eval").body) == allowed


def test_nothing_that_can_run_code_from_a_file(tree):
    called = {ast.unparse(n.func) for n in ast.walk(tree[1]) if isinstance(n, ast.Call) and not reads_only_tensors(n)}
    assert not called & {"eval", "exec", "torch.load", "pickle.load", "pickle.loads", "joblib.load", "np.load"}
    imported = {a.name for node in ast.walk(tree[1]) if isinstance(node, ast.Import) for a in node.names}
    assert not imported & {"pickle", "dill", "joblib", "shelve", "marshal"}


def test_annotations_stay_checkable_and_paths_stay_portable(tree):
    text = tree[0].read_text(encoding="utf-8")
    assert "from __future__ import annotations" not in text
    assert not re.search(r"/(home|root|work|Users)/", text)


def test_documented_arguments_are_those_of_the_signature(tree):
    for node in functions(tree[1]):
        section = re.search(r"\n\s*Args:\n(.*?)(\n\s*\n|\Z)", ast.get_docstring(node, clean=True) or "", re.S)
        if section:
            indent = min(len(line) - len(line.lstrip()) for line in section[1].splitlines() if line.strip())
            named = re.findall(rf"^ {{{indent}}}(\w+):", section[1], re.M)
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            own = [a.arg for a in given if a is not None]
            assert set(named) <= set(own), f"{node.name} documents {set(named) - set(own)}"
            missing = {name for name in own if name not in ("self", "cls") and not name.startswith("_")} - set(named)
            assert not missing, f"{node.name} does not document {missing}"


PROVEN = ("layers", "optimizers", "engine", "algebra", "tables", "text", "vision")  # rooms of published ideas
CHECKS = {"check_counts", "check_axis", "check_choice", "check_range"}  # raise ConfigError for their callers


def public_parts(tree):
    """Yield every public function, class and method, with the docstrings that speak for it, nearest first."""
    above = ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node, [ast.get_docstring(node) or "", above]
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            own = ast.get_docstring(node) or ""
            yield node, [own, above]
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield method, [ast.get_docstring(method) or "", own, above]


def is_proven(path):
    room = path.relative_to(ROOT / "src" / "d2lab").parts[0]
    return room in PROVEN and not {"twins", "twins.py"} & set(path.parts)


SHAPED = re.compile(r"\b(Float|Int|Shaped|Bool|UInt8|Tensor|Weight|Features|Targets|Values|Array)\b")
PLUMBING = {  # modules that take tensors and hold no idea of their own
    "layers/arguments.py": "checks arguments for the layers",
    "optimizers/build.py": "looks optimizers up by name",
    "vision/box_form.py": "names the four numbers of a rectangle",
    "vision/boxes.py": "corners and areas of rectangles",
    "vision/joint.py": "applies one map to pixels, masks, boxes and points",
    "vision/preparation.py": "calls resizing and scaling, which name theirs",
    "vision/targets.py": "moves targets by the map of their image",
}


def computes(tree):
    """Tell whether a public function or method takes tensors."""
    parts = [node for node, _ in public_parts(tree) if isinstance(node, ast.FunctionDef)]
    given = [a.annotation for node in parts for a in [*node.args.args, *node.args.kwonlyargs] if a.annotation]
    return any(SHAPED.search(ast.unparse(annotation)) for annotation in given)


def test_a_module_that_computes_names_a_source(tree):
    name = tree[0].relative_to(ROOT / "src" / "d2lab").as_posix()
    if is_proven(tree[0]) and name not in PLUMBING and computes(tree[1]):
        assert re.search(r"\bSource: ", tree[0].read_text(encoding="utf-8")), "a published idea, and no source"


def test_what_is_called_plumbing_exists():
    assert [name for name in PLUMBING if not (ROOT / "src" / "d2lab" / name).exists()] == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def scale(x: Float[Tensor, ' n']) -> None: ...", True),
        ("class Scale:\n    def forward(self, input: Tensor) -> None: ...", True),
        ("def _scale(x: Float[Tensor, ' n']) -> None: ...", False),
        ("def read(path: Path) -> Tensor: ...", False),
    ],
)
def test_what_takes_a_tensor_computes(code, found):
    assert computes(ast.parse(code)) == found


def test_every_error_that_is_raised_is_documented(tree):
    if not is_proven(tree[0]):
        return
    for node, documents in public_parts(tree[1]):
        if isinstance(node, ast.ClassDef):
            continue
        raised = {e.exc.func.id for e in ast.walk(node) if isinstance(e, ast.Raise) and isinstance(e.exc, ast.Call)}
        calls = {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
        raised |= {"ConfigError"} if calls & CHECKS else set()
        said = " ".join(text.partition("Raises:")[2] for text in documents)
        missing = {error for error in raised if error not in said} - {"NotImplementedError"}
        assert not missing or node.name in CHECKS or (node.name.startswith("_") and node.name != "__init__"), (
            f"{node.name} raises {missing} unsaid"
        )


SHAPELESS = {"Tensor", "Tensor | None", "np.ndarray", "ndarray"}


def test_every_public_tensor_has_a_shape(tree):
    if not is_proven(tree[0]):
        return
    for node, _ in public_parts(tree[1]):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            given = {a.arg: ast.unparse(a.annotation) for a in [*node.args.args, *node.args.kwonlyargs] if a.annotation}
            bare = {name for name, kind in given.items() if kind in SHAPELESS}
            assert not bare, f"{node.name} gives no shape for {bare}"


def test_every_public_name_says_what_it_is():
    silent = []
    for path in FILES:
        module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", None) == module.__name__ and not name.startswith("_")
            if own and (inspect.isfunction(thing) or inspect.isclass(thing)) and not inspect.getdoc(thing):
                silent.append(f"{module.__name__}.{name}")
    assert not silent


def test_every_address_is_asked_over_https():
    files = [path for path in (ROOT / "src" / "d2lab").rglob("*") if path.is_file()]
    text = {path: path.read_bytes() for path in files if path.suffix not in (".pyc", ".xz")}
    plain = {path: re.findall(rb"http://[^\s\"'`)<]+", content) for path, content in text.items()}
    own = (b"http://{", b"http://www.w3.org/")  # servers of this machine; names of XML, which nobody asks for
    wrong = {path.name: urls for path, all_ in plain.items() if (urls := [u for u in all_ if not u.startswith(own)])}
    assert wrong == {}
    assert sum(content.count(b"https://") for content in text.values()) > 10


def test_imports_only_go_down():
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.exists():
        pytest.skip("import-linter is not installed here")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "heavy", ["torch", "numpy", "matplotlib", "sklearn", "rich", "pandas", "IPython", "torchvision"]
)
def test_importing_the_package_costs_nothing(heavy):
    code = f"import sys, d2lab, d2lab.cli.main, d2lab.data.catalog; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_both_languages_of_the_readme_say_the_same_commands():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))

    def commands(text):
        return re.findall(r"(?:uv run|pip install) [^\n\u4e00-\u9fff]*?(?=  |\n)", text)

    assert commands(english) == commands(chinese)
    assert english.count("\n## ") == chinese.count("\n## ")


PROBE = """
def total(values: list[int]) -> {result}:
    return {value}
"""
SOUND = {"result": "int", "value": "sum(values)"}
SHAPE = """
from jaxtyping import Float
from torch import Tensor


def total(x: Float[Tensor, "{shape}"]) -> Float[Tensor, ""]:
    return x.sum()
"""


def run_linter(tool, code, tmp_path):
    """Run a linter with this repository's configuration on some code; return its exit code and what it prints."""
    program = Path(sys.executable).with_name(tool)
    if not program.exists():
        pytest.skip(f"{tool} is not installed here")
    probe = tmp_path / "probe.py"
    probe.write_text(code)
    words = {
        "ruff": ["check", "--no-cache", "--config", ROOT / "pyproject.toml", "--ignore", "D", probe],
        "mypy": ["--config-file", ROOT / "pyproject.toml", "--cache-dir", tmp_path / "cache", probe],
    }
    done = subprocess.run([program, *words[tool]], cwd=ROOT, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("tool", "rule"), [("ruff", "F821"), ("mypy", "name-defined")])
@pytest.mark.parametrize("change", [{"value": "undefined"}, {"result": "Tensro"}])
def test_an_undefined_name_is_refused(change, tool, rule, tmp_path):
    code, said = run_linter(tool, PROBE.format(**SOUND | change), tmp_path)
    assert code != 0
    assert rule in said


@pytest.mark.parametrize("tool", ["ruff", "mypy"])
def test_a_sound_module_passes(tool, tmp_path):
    assert run_linter(tool, PROBE.format(**SOUND), tmp_path)[0] == 0


@pytest.mark.parametrize(("shape", "refused"), [("batch", True), (" batch", False), ("batch time", False)])
def test_a_lone_axis_is_written_with_a_space(shape, refused, tmp_path):
    """Without it the axis is read as a name, and would have to be excused together with misspelt ones."""
    code, said = run_linter("ruff", SHAPE.format(shape=shape), tmp_path)
    assert (code != 0, "F821" in said) == (refused, refused)


def test_the_rooms_are_the_folders():
    folders = {path.parent.name for path in (ROOT / "src" / "d2lab").glob("*/__init__.py")}
    assert set(d2lab.ROOMS) == folders
    assert list(d2lab.ROOMS) == sorted(d2lab.ROOMS)


def test_each_room_is_found_after_a_plain_import():
    code = """
import sys, d2lab
for room in d2lab.ROOMS:
    assert getattr(d2lab, room).__name__ == f"d2lab.{room}"
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
