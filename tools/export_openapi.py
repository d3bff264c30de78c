"""Write docs/openapi.json from the controllers, or with --check say whether it is the present one."""

import argparse
import sys
from pathlib import Path

from madoguchi.api.openapi import document
from madoguchi.app import API

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when it is out of date")
    made = document(tuple(API))
    if not parser.parse_args().check:
        TARGET.write_bytes(made)
        return 0
    if TARGET.exists() and TARGET.read_bytes() == made:
        return 0
    print(f"{TARGET.name} is out of date: run tools/export_openapi.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
