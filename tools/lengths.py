"""How long functions and files of the package are, and how many modules a run enters before its first step.

Run: python tools/lengths.py; with --modules it lists these modules too.

A module is entered in set-up when one of its functions is called between the call of `train("lenet")` and the forward
pass of the first step. What is executed by an import alone does not count: the same run was made once before.
"""

import argparse
import ast
import sys
import tempfile
from pathlib import Path
from statistics import median
from types import FrameType

SOURCE = Path(__file__).resolve().parents[1] / "src" / "d2lab"
LONG_FILE, LONG_FUNCTION = 300, 40


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def modules_of_setup(recipe: str = "lenet") -> list[str]:
    """List the modules of the package whose functions are called before the first step of a smoke run."""
    from torch import Tensor, is_grad_enabled, nn
    from torch.nn.modules.module import register_module_forward_pre_hook

    from d2lab.experiments import train

    entered: set[str] = set()

    def run() -> None:
        with tempfile.TemporaryDirectory() as root:
            train(recipe, budget="smoke", device="cpu", root=Path(root))

    def called(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_globals.get("__name__", "")
        written = frame.f_code.co_filename.endswith(".py")  # not made by dataclasses
        if event == "call" and written and name.startswith("d2lab."):
            entered.add(name)

    def stop(model: nn.Module, _: tuple[Tensor, ...]) -> None:
        if model.training and is_grad_enabled():  # a probe of the layers trains, too, but without gradients
            sys.setprofile(None)

    run()  # all imports are done before anything is counted
    handle = register_module_forward_pre_hook(stop)
    sys.setprofile(called)
    try:
        run()
    finally:
        sys.setprofile(None)
        handle.remove()
    return sorted(entered)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python tools/lengths.py", description=__doc__)
    parser.add_argument("--modules", action="store_true", help="list the modules that a run enters in set-up")
    listed = parser.parse_args().modules
    files = {path: path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    functions = [
        (body_lines(node), f"{path.relative_to(SOURCE)}:{node.name}")
        for path, text in files.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    sizes = {path: len(text.splitlines()) for path, text in files.items()}
    print(f"{len(files)} files, {sum(sizes.values())} lines, median {median(sizes.values()):.0f}")
    print(f"{len(functions)} functions, median {median(size for size, _ in functions):.0f} lines without the docstring")
    print(
        "files over 300 lines:",
        [f"{path.relative_to(SOURCE)} {n}" for path, n in sizes.items() if n > LONG_FILE] or "none",
    )
    print("functions over 40 lines:", [f"{name} {size}" for size, name in functions if size > LONG_FUNCTION] or "none")
    entered = modules_of_setup()
    print(f"{len(entered)} modules entered in set-up", *(entered if listed else ()), sep="\n  ")


if __name__ == "__main__":
    main()
