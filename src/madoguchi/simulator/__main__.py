"""`python -m madoguchi.simulator`."""

import argparse
from pathlib import Path

from madoguchi.simulator.main import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="madoguchi.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8901)
    parser.add_argument("--data", type=Path, help="folder to keep the world in between starts")
    parser.add_argument("--clock-file", type=Path, help="file to write the clock's offset to")
    given = parser.parse_args()
    run(given.host, given.port, given.data, given.clock_file)


if __name__ == "__main__":
    main()
