"""Files that are made from others: the OpenAPI document from the controllers, the console's types from the document, the
tables of the channels' pages from their cases.

`--check` writes nothing and fails when a file that is in the tree is not what would be made.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
TYPES = ROOT / "console" / "src" / "api" / "schema.ts"


def generated() -> Iterator[tuple[Path, bytes]]:
    document = openapi_document()
    yield DOCUMENT, document
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "schema.ts")
        source.write_bytes(document)
        command = [sys.executable, str(ROOT / "tools" / "with_node.py"), "npx", "--no-install", "openapi-typescript"]
        subprocess.run([*command, source, "-o", target], cwd=ROOT / "console", check=True, capture_output=True)
        yield TYPES, target.read_bytes()
    yield from channel_pages()


def openapi_document() -> bytes:
    from madoguchi.api.openapi import document
    from madoguchi.app import API

    return document(tuple(API)).rstrip(b"\n") + b"\n"


def channel_pages() -> Iterator[tuple[Path, bytes]]:
    sys.path.insert(0, str(Path(__file__).parent))
    from channel_table import pages

    for path, text in pages():
        yield path, text.encode()


def main(options: list[str]) -> int:
    outdated = [(path, content) for path, content in generated() if not path.exists() or path.read_bytes() != content]
    if "--check" in options:
        wrong = [path for path, _ in outdated if path.exists()]
        for path in wrong:
            print(f"{path.relative_to(ROOT)} is not what would be made now: run `make generate`")
        return 1 if wrong else 0
    for path, content in outdated:
        path.write_bytes(content)
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
