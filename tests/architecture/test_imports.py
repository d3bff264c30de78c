"""Who may import whom (docs/architecture.md). A rule that is only written down is broken within a month."""

from graphlib import CycleError, TopologicalSorter

from tests.architecture.modules import Import, imports, modules

# Lower may never import higher: core ← db ← domains ← inbound, outbound ← api, realtime ← assembly.
_CORE, _DB, _DOMAINS, _PIPELINES, _API, _ASSEMBLY = range(6)
_LAYERS = {
    "core": _CORE,
    "db": _DB,
    "settings": _DB,
    "logs": _DB,
    "traces": _DB,
    "lines": _DB,
    "listening": _DB,
    "inbound": _PIPELINES,
    "outbound": _PIPELINES,
    "api": _API,
    "realtime": _API,
    "app": _ASSEMBLY,
    "pumps": _ASSEMBLY,
    "processes": _ASSEMBLY,
    "supervisor": _ASSEMBLY,
    "launch": _ASSEMBLY,
    "figures": _ASSEMBLY,
    "cli": _ASSEMBLY,
    "demo": _ASSEMBLY,
    "doctor": _ASSEMBLY,
}
_CHANNEL_MAY = (
    "madoguchi.core",
    "madoguchi.channels.account",
    "madoguchi.channels.base",
    "madoguchi.channels.events",
    "madoguchi.channels.fetching",
    "madoguchi.channels.forms",
    "madoguchi.channels.health",
    "madoguchi.channels.http",
    "madoguchi.channels.manifest",
    "madoguchi.channels.profile",
    "madoguchi.channels.signup",
)


def layer(module: str) -> int:
    """A domain's own HTTP layer (`conversations.api`, `conversations.messages_api`) stands above the pipelines."""
    parts = module.split(".")[1:]
    if len(parts) > 1 and (parts[-1] == "api" or parts[-1].endswith("_api")):
        return _API
    if parts[:1] == ["channels"]:
        return _DB
    return _LAYERS.get(parts[0], _DOMAINS) if parts else _CORE


def is_channel(module: str) -> bool:
    """Whether it lies in the folder of one channel, and is not the contract they share."""
    parts = module.split(".")
    return parts[1:2] == ["channels"] and f"madoguchi.channels.{'.'.join(parts[2:3])}" in _channel_folders()


def _channel_folders() -> set[str]:
    return {
        name
        for name, path in modules().items()
        if name.startswith("madoguchi.channels.") and path.name == "__init__.py" and name.count(".") == 2
    }


def test_lower_layers_know_nothing_of_higher_ones() -> None:
    between = [found for found in imports() if not is_channel(found.importer) and not _simulator(found.importer)]
    assert [str(found) for found in between if layer(found.importer) < layer(found.imported)] == []


def test_a_channel_imports_only_the_core_and_the_contract() -> None:
    assert [str(found) for found in imports() if is_channel(found.importer) and not _channel_may(found)] == []


def _channel_may(found: Import) -> bool:
    own = ".".join(found.importer.split(".")[:3])
    return any(found.imported == there or found.imported.startswith(f"{there}.") for there in (own, *_CHANNEL_MAY))


def test_nobody_imports_a_channel() -> None:
    outside = [found for found in imports() if not is_channel(found.importer) and is_channel(found.imported)]
    assert [str(found) for found in outside] == []


def test_the_simulator_shares_no_code_with_the_product() -> None:
    crossing = [found for found in imports() if _simulator(found.importer) != _simulator(found.imported)]
    assert [str(found) for found in crossing] == []


def _simulator(module: str) -> bool:
    return module.startswith("madoguchi.simulator")


def test_the_core_is_pure() -> None:
    """Nothing of the core reaches for the network, the database or a framework."""
    heavy = ("psycopg", "aiohttp", "litestar", "socket", "subprocess", "uvicorn")
    named = [f"{name}: {word}" for name in _core() for word in heavy if f"import {word}" in modules()[name].read_text()]
    assert named == []


def _core() -> list[str]:
    return [name for name in modules() if name.startswith("madoguchi.core.")]


def test_no_import_goes_round_in_a_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if not found.late and found.imported in graph and found.imported != found.importer:
            graph[found.importer].add(found.imported)
    assert circle(graph) is None


def test_circles_are_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) is None
    assert circle({"x": set(), "a": {"b"}, "b": {"a"}}) is not None


def circle(graph: dict[str, set[str]]) -> list[str] | None:
    """One circle, or None."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def test_what_came_in_knows_nothing_of_what_goes_out() -> None:
    own = [found for found in imports() if found.importer == "madoguchi.channels.events"]
    assert [str(found) for found in own if not found.imported.startswith("madoguchi.core")] == []
