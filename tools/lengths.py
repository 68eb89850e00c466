"""How long functions and files of the package are: median, and every exception. Run: python tools/lengths.py."""

import ast
from pathlib import Path
from statistics import median

SOURCE = Path(__file__).resolve().parents[1] / "src" / "d2lab"
LONG_FILE, LONG_FUNCTION = 300, 40


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def main() -> None:
    """Print the table."""
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


if __name__ == "__main__":
    main()
