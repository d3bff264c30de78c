"""Everything that can be said about the code without running the product. All steps run; the failures are shown last."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
_PYTHON = sys.executable
_NPM = [_PYTHON, str(ROOT / "tools" / "with_node.py"), "npm", "run", "--silent"]


class Step(NamedTuple):
    name: str
    command: list[str]
    folder: Path = ROOT


class Outcome(NamedTuple):
    step: Step
    ok: bool
    output: str
    seconds: float


def steps() -> list[Step]:
    console = ROOT / "console"
    return [
        # The slowest first: two run at a time.
        Step("types", [_PYTHON, "-m", "mypy"]),
        Step("console types", [*_NPM, "typecheck"], console),
        Step("console lint", [*_NPM, "lint"], console),
        Step("console tests", [*_NPM, "test"], console),
        Step("format", [_PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("lint", [_PYTHON, "-m", "ruff", "check", "."]),
        Step("import rules", [_PYTHON, "-m", "pytest", "-q", "-n", "0", "tests/architecture"]),
        Step("generated files", [_PYTHON, "tools/generate.py", "--check"]),
        Step("sizes", [_PYTHON, "tools/sizes.py"]),
    ]


def main(wanted: list[str]) -> int:
    chosen = [step for step in steps() if not wanted or step.name in wanted]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = []
        for outcome in pool.map(_run, chosen):
            print(f"{'ok  ' if outcome.ok else 'FAIL'} {outcome.step.name:<16} {outcome.seconds:5.1f} s", flush=True)
            outcomes.append(outcome)
    _show(outcomes)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _run(step: Step) -> Outcome:
    start = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=step.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(step, done.returncode == 0, done.stdout.strip(), time.monotonic() - start)


def _show(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        # The size report is worth reading when all is well, too.
        if outcome.output and (not outcome.ok or outcome.step.name == "sizes"):
            print(f"\n--- {outcome.step.name}\n{outcome.output}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
