"""The simulator as a child of the demo. It shares no code with the product, so it is run by name and not imported."""

import runpy

from madoguchi.processes.orphans import die_with_parent

if __name__ == "__main__":
    die_with_parent()
    runpy.run_module("madoguchi.simulator", run_name="__main__", alter_sys=True)
