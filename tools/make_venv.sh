#!/bin/sh
# Make the virtual environment with the first Python that is new enough, or say in one line what is missing.
set -eu
venv=$1

for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
      rm -rf "$venv"
      echo "Python's venv module does not work: install it (Debian, Ubuntu: apt install python3-venv)." >&2
      exit 1
    fi
    exit 0
  fi
done
echo "Python 3.11 or newer is needed and was not found: install it, or name it with make PYTHON=/path/to/python3." >&2
exit 1
