#!/bin/sh
# Fetches the libraries that a file of requirements names: libraries.sh VENV FILE [OPTION OF PIP]...
#
# Pip before 25 (Debian 12 has 23) compares each file of the package index with each kind of machine, which takes half of the time. So
# a newer one comes first.
set -eu

venv=$1 file=$2
shift 2

fetch() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"; }
is_new() { "$venv/bin/python" -c 'import sys, pip; sys.exit(int(pip.__version__.partition(".")[0]) < 25)'; }

echo "Installing what $file names into $venv: up to a minute, without a word ..."
{ is_new || fetch -r "$(dirname "$0")/pip.txt"; } && fetch "$@" -r "$file" || {
  echo "make: the libraries could not be installed (see above): is there a network? Then run make again" >&2
  exit 1
}
