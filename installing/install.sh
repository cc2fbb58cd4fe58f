#!/bin/sh
# Installs below PREFIX, or removes what was installed there: make install, make uninstall. `libraries` fetches them alone.
#
#   PREFIX/lib/netwar          the library, the programs, and their libraries in venv/ (or where VENV says that they are)
#   PREFIX/bin/tw-*            links to the programs; netwar is tw-help. In the folder that LINKS names, too, if it does
#   PREFIX/share               manual and completion
#   PREFIX/lib/netwar/files    all that is not in PREFIX/lib/netwar, so that it can be removed
#
# An installation is replaced. The libraries are fetched only where requirements.txt has changed, or the Python that they were fetched
# for, as by an upgrade of the system.
set -eu
umask 022

what=$1 prefix=$2
library=$prefix/lib/netwar
venv=$library/venv
fail() { echo "make: $*" >&2; exit 1; }

[ -z "${VENV:-}" ] || venv=$(cd "$VENV" && pwd)

# What stands in our place and is not ours is neither removed nor written through.
clear_way() {
  [ -f "$library/files" ] || for path in "$library/bin" "$library/netwar"; do
    [ ! -e "$path" ] || fail "$path is there, and not by an installation: see whose it is, and move it away"
  done
  for path in "$prefix/bin/netwar" ${LINKS:+"$LINKS/netwar"}; do
    [ ! -d "$path" ] || [ -L "$path" ] || fail "$path is a folder, and a link belongs there: see whose it is, and move it away"
  done
}

remove() {
  [ ! -f "$library/files" ] || while read -r file; do
    case $file in /*) rm -f "$file" ;; *) rm -f "$prefix/$file" ;; esac
  done <"$library/files"
  rm -rf "$library/bin" "$library/netwar" "$library/files"
}

libraries() {
  [ -z "${VENV:-}" ] || return 0
  ! cmp -s requirements.txt "$venv/requirements.txt" || ! "$venv/bin/python" -c 'import pip' 2>/dev/null || return 0
  rm -rf "$venv"
  "$PYTHON" -m venv "$venv"
  sh installing/libraries.sh "$venv" requirements.txt
  cp requirements.txt "$venv/requirements.txt"
}

programs() {
  : >"$library/files" # all below is an installation's from now on, also one that is cut off
  mkdir -p "$library/bin" "$prefix/bin"
  cp -R netwar "$library/netwar"
  find "$library/netwar" -name __pycache__ -prune -exec rm -rf {} +
  "$venv/bin/python" -m compileall -q "$library/netwar"
  ln -s ../netwar "$library/bin/netwar"
  for program in bin/tw-*; do
    name=${program#bin/}
    sed "1s|.*|#!$venv/bin/python|" "$program" >"$library/bin/$name"
    chmod 755 "$library/bin/$name"
    link "$name" "$name"
  done
  link netwar tw-help
}

link() {
  ln -sfn "../lib/netwar/bin/$2" "$prefix/bin/$1"
  echo "bin/$1" >>"$library/files"
  [ -z "${LINKS:-}" ] || { ln -sfn "$prefix/bin/$1" "$LINKS/$1" && echo "$LINKS/$1" >>"$library/files"; }
}

case $prefix in
  *[[:space:]]*) fail "PREFIX must be a folder without blanks in its name, not '$prefix'" ;;
  /*) ;;
  *) fail "PREFIX must begin with /, as PREFIX=$PWD/$prefix does" ;;
esac

case ${VENV:+$venv} in
  *[[:space:]]*) fail "VENV must be a folder without blanks in its name, not '$venv'" ;; # programs name it in their first line
esac

case ${LINKS:-/} in
  *[[:space:]]*) fail "LINKS must be a folder without blanks in its name, not '$LINKS'" ;;
  /*) ;;
  *) fail "LINKS must begin with /, as LINKS=/usr/local/bin does" ;;
esac
[ -z "${LINKS:-}" ] || [ -w "$LINKS" ] || [ "$what" != install ] || fail "you may not write to $LINKS, or it is not there"

case $what in
  libraries)
    mkdir -p "$library"
    libraries
    ;;
  install)
    mkdir -p "$library" 2>/dev/null && [ -w "$library" ] ||
      fail "you may not write below $prefix: sudo make install, or make install PREFIX=\$HOME/.local"
    clear_way
    libraries
    remove
    programs
    "$venv/bin/python" -B -m installing bin "$prefix" >>"$library/files"
    echo "Installed below $prefix; put $prefix/bin on PATH. tw-help shows what there is."
    ;;
  uninstall)
    [ -f "$library/files" ] || fail "nothing is installed below $prefix"
    remove
    rm -rf "$library"
    echo "Removed from below $prefix. What was recorded, and the configuration, stay where they are."
    ;;
esac
