"""Nothing outside a channel's folder names it: what differs between channels stands in their manifests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.modules import PACKAGE, ROOT

_NAMES = sorted(path.parent.name for path in (PACKAGE / "channels").glob("*/manifest.toml"))
# Words that everybody needs (an agent signs in with an e-mail address) count only where they choose a channel.
_WORDS = {"email", "sms"}
_CHOICES = rf"channel\W{{1,12}}(?:{'|'.join(sorted(_WORDS))})\b"
_MENTION = re.compile("|".join([*(name for name in _NAMES if name not in _WORDS), _CHOICES]), re.IGNORECASE)

# Data, not decisions: the demo's company, examples in the API's description, one sentence on what the product is.
_PYTHON_MAY = {"demo/company.py", "api/examples.py", "cli/__init__.py"}
# A brand's mark is drawn by its name, with a fallback for names it does not know.
_CONSOLE_MAY = {"console/src/shared/ui/ChannelMark.vue"}


def test_there_is_a_channel_to_look_for() -> None:
    assert _NAMES


def test_no_python_names_a_channel() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE).as_posix()
        if not inside.startswith(("channels/", "simulator/")) and inside not in _PYTHON_MAY:
            found += [f"{inside}:{line}" for line in mentions(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_statement_names_a_channel() -> None:
    statements = [path for path in PACKAGE.rglob("*.sql") if "channels" not in path.parts]
    assert [str(path) for path in statements if _MENTION.search(path.read_text(encoding="utf-8"))] == []


def test_the_console_names_no_channel() -> None:
    sources = [path for path in (ROOT / "console" / "src").rglob("*") if path.suffix in {".ts", ".vue"}]
    found = [
        f"{_inside(path)}:{number}"
        for path in sources
        if _inside(path) not in _CONSOLE_MAY and not path.name.endswith((".test.ts", "schema.ts"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _MENTION.search(line.partition("//")[0])
    ]
    assert found == []


def _inside(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def mentions(source: str) -> Iterator[int]:
    """Lines with an identifier or a text that names a channel; docstrings, comments and `examples=` may."""
    tree = ast.parse(source)
    spared = {id(node) for parent in ast.walk(tree) for node in _spared(parent)}
    for node in ast.walk(tree):
        if id(node) not in spared and (named := _named(node)) and _MENTION.search(named):
            yield getattr(node, "lineno", 0)


def _named(node: ast.AST) -> str | None:
    if isinstance(node, ast.Compare | ast.Call):
        return ast.unparse(node) if _chooses(node) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    return None


def _chooses(node: ast.Compare | ast.Call) -> bool:
    """A comparison with, or a call about, a channel: what is inside is looked at as text."""
    subject = node.left if isinstance(node, ast.Compare) else node.func
    return "channel" in ast.unparse(subject).rpartition(".")[2].lower()


def _spared(parent: ast.AST) -> Iterator[ast.AST]:
    if isinstance(parent, ast.Expr) and isinstance(parent.value, ast.Constant):
        yield parent.value
    if isinstance(parent, ast.keyword) and parent.arg == "examples":
        yield from ast.walk(parent.value)


def test_a_decision_by_name_is_found() -> None:
    name = next(name for name in _NAMES if name not in _WORDS)
    assert list(mentions("if inbox.channel == 'email':\n    pass")) == [1]
    assert list(mentions("registry.channel('email')")) == [1]
    assert list(mentions("agent['email'] == email")) == []
    assert set(mentions(f"if inbox.channel == '{name}':\n    pass")) == {1}
    assert list(mentions(f"def send_{name}(): ...")) == [1]
    assert list(mentions(f'"""About {name}."""\n# as {name} does\nx = Meta(examples=["{name}"])')) == []
