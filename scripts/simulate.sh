#!/usr/bin/env bash
# Runs the simulation of the master with seeded faults: so many seeds, or one seed again with all that happened in it.
# Needs a JDK 17 and nothing else. See docs/simulation.md.
set -euo pipefail

usage="Usage: simulate.sh [--seeds N] [--from N] [--threads N]
       simulate.sh --seed N

  --seeds N    simulate so many seeds (default: 1000000)
  --from N     begin with this seed (default: 1)
  --threads N  on so many threads (default: one for each processor)
  --seed N     replay one seed and print all that happens in it

Exit codes: 0 every invariant held, 1 one was broken (the seed is printed), 2 the command line is wrong."

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
seeds=1000000
from=1
threads=$(getconf _NPROCESSORS_ONLN)
seed=

while [ $# -gt 0 ]; do
  case $1 in
    --seeds | --from | --threads | --seed)
      if [ $# -lt 2 ] || ! [[ $2 =~ ^[0-9]+$ ]]; then
        echo "The option $1 needs a number after it." >&2
        exit 2
      fi
      declare "${1#--}=$2"
      shift 2
      ;;
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
done

properties=("-Dselvage.simulation.seeds=$seeds" "-Dselvage.simulation.from=$from" "-Dselvage.simulation.threads=$threads")
if [ -n "$seed" ]; then
  properties=("-Dselvage.simulation.seed=$seed")
fi

cd "$root"
begun=$SECONDS
status=0
./mvnw -q -B --no-transfer-progress -pl application-master -am test -Dtest='SimulationTest#invariantsHoldUnderSeededFaults' \
  -Dsurefire.failIfNoSpecifiedTests=false -Derrorprone.skip -Dspotless.check.skip -Denforcer.skip "${properties[@]}" || status=1

if [ -n "$seed" ]; then
  what="seed $seed"
else
  what="$seeds seeds from $from on"
fi
if [ $status -eq 0 ]; then
  echo "simulate: $what: every invariant held, in $((SECONDS - begun)) s."
else
  echo "simulate: $what: FAILED after $((SECONDS - begun)) s; the line \"Seed N, replayed by\" above names the seed." >&2
fi
exit $status
