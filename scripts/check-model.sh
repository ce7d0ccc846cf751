#!/usr/bin/env bash
# Has Spin look at every state of the model of the journal and of checkpoints, and find what is broken on purpose.
# Needs Spin (apt-get install spin) and a C compiler. See docs/simulation.md.
set -euo pipefail

usage="Usage: check-model.sh [--quick]

  --quick  at most one fault instead of two: seconds instead of minutes, and less than 1 GB of memory instead of 4

Exit codes: 0 all holds and every broken variant is found, 1 not so, 2 the command line is wrong, 3 a tool is missing."

faults=2
while [ $# -gt 0 ]; do
  case $1 in
    --quick) faults=1 ;;
    -h | --help)
      echo "$usage"
      exit 0
      ;;
    *)
      echo "There is no option $1." >&2
      echo "$usage" >&2
      exit 2
      ;;
  esac
  shift
done

for tool in spin cc; do
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is not on the path: install the packages spin and gcc." >&2
    exit 3
  fi
done

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# What the search says of the model with these definitions, in the file said of a folder of its own.
search() {
  local folder=$1
  shift
  mkdir "$folder"
  cd "$folder"
  spin "$@" -a "$root/model/checkpoints.pml" >said 2>&1 || return 1
  cc "$optimize" -w -DSAFETY -DCOLLAPSE -DMEMLIM=8000 -o pan pan.c
  # Blocked processes are no error: the model says itself what must hold once nothing can happen any more.
  ./pan -E -n -m100000 >said 2>&1 || true
}

# In how many states, and after how many seconds.
effort() {
  awk '/states, stored/ { states = $1 } /elapsed time/ { seconds = $4 } END { print states " states, " seconds " s" }' "$1/said"
}

variants="COMMIT_EARLY NO_FENCE NO_RESEND STALE_ACKNOWLEDGEMENT BLIND_RETRY OLDER_RESTORED"

# Beside the long search, for most machines have two processors. To compile these well would take longer than they do.
(
  optimize=-O1
  for variant in $variants; do
    (search "$variant" -DFAULTS=1 "-D$variant") || exit 1
  done
) &
of_variants=$!

optimize=-O2
(search sound -DFAULTS=$faults) || true
if ! grep -q 'errors: 0' sound/said || grep -q 'not completed\|too small\|out of memory' sound/said; then
  cat sound/said >&2
  echo "check-model: FAILED with at most $faults faults." >&2
  kill "$of_variants" 2>/dev/null || true
  exit 1
fi
echo "check-model: with at most $faults faults all holds in $(effort sound)."

wait "$of_variants" || true
for variant in $variants; do
  if ! grep -q 'errors: 1' "$variant/said"; then
    cat "$variant/said" >&2
    echo "check-model: FAILED: $variant is not found." >&2
    exit 1
  fi
  echo "check-model: $variant is found after $(effort "$variant"): $(grep -m1 '^pan:1' "$variant/said" | cut -c1-100)"
done
echo "check-model: all holds, and every broken variant is found."
