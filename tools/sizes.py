"""How long files and functions are. The caps are generous: past them, two things live in one place."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 500
LONGEST_FUNCTION = 80
_SHOWN = 5
_SUFFIXES = (".py", ".ts", ".vue")
# Tables and generated files may be long; tests are lists of cases.
_EXEMPT = ("console/src/api/schema.ts", "console/mock/", "tests/", "bench/")


class Size(NamedTuple):
    lines: int
    where: str


def files() -> Iterator[Size]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        path = ROOT / name
        if name.endswith(_SUFFIXES) and not name.startswith(_EXEMPT) and path.exists():
            yield Size(len(path.read_text(encoding="utf-8").splitlines()), name)


def functions(name: str) -> Iterator[Size]:
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield Size(node.end_lineno - node.lineno + 1, f"{name}:{node.lineno} {node.name}")


def main() -> int:
    all_files = sorted(files(), reverse=True)
    python = [size.where for size in all_files if size.where.startswith("src/") and size.where.endswith(".py")]
    all_functions = sorted((size for name in python for size in functions(name)), reverse=True)
    _report("files", all_files)
    _report("Python functions", all_functions)
    too_long = [size for size in all_files if size.lines > LONGEST_FILE]
    too_long += [size for size in all_functions if size.lines > LONGEST_FUNCTION]
    for size in too_long:
        print(f"too long: {size.where}, {size.lines} lines")
    return 1 if too_long else 0


def _report(what: str, sizes: list[Size]) -> None:
    counts = [size.lines for size in sizes]
    median, ninth = statistics.median(counts), statistics.quantiles(counts, n=10)[-1]
    print(f"{len(sizes)} {what}: median {median:.0f}, 90 % within {ninth:.0f} lines; the longest:")
    for size in sizes[:_SHOWN]:
        print(f"  {size.lines:4} {size.where}")


if __name__ == "__main__":
    sys.exit(main())
