#!/usr/bin/env bash
# Builds Selvage if need be, starts HDFS and YARN on this machine, runs the example flight-delays on them, kills two of its
# processes, and compares its output with that of a plain sequential program. Needs a JDK 17 and nothing else.
set -euo pipefail

usage="Usage: quickstart.sh [--keep] [--rate N] [--json FILE]

  --keep       leave the mini-cluster and the session up at the end, and tell how to use them
  --rate N     read N flights a second (default: 400); there are 20,000
  --json FILE  write what was measured into a file, as one line of JSON

Exit codes: 0 the output is right, 1 failed, 2 the command line is wrong, 3 the output differs, 130 interrupted."

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
folder=$root/.selvage/quickstart
built=$root/.selvage/quickstart.built
log=$root/.selvage/quickstart-build.log
arguments=("$@")
keep=false

while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=true ;;
    --rate | --json)
      if [ $# -lt 2 ]; then
        echo "The option $1 needs a value after it." >&2
        exit 2
      fi
      shift
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
  shift
done

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" >/dev/null; then
  echo "There is no Java at '$java': install a JDK 17 and let JAVA_HOME name its folder." >&2
  exit 1
fi
mkdir -p "$root/.selvage"

# Everything that is needed is there, and no source is newer than the last build by this script.
is_built() {
  [ -e "$built" ] &&
    compgen -G "$root/yarn-client/target/selvage/lib/connectors-*.jar" >/dev/null &&
    compgen -G "$root/mini-cluster/target/mini-cluster/lib/mini-cluster-*.jar" >/dev/null &&
    [ -e "$root/examples/target/selvage-examples.jar" ] &&
    [ -z "$(find "$root"/pom.xml "$root"/*/pom.xml "$root"/*/src/main -type f -newer "$built" -print -quit)" ]
}

build() {
  local started=$SECONDS touched maven
  touched=$(mktemp "$root/.selvage/build.XXXXXX")
  (cd "$root" && exec ./mvnw -q -B -DskipTests -Dspotless.check.skip package </dev/null >"$log" 2>&1) &
  maven=$!
  trap 'kill $maven 2>/dev/null; rm -f "$touched"' EXIT
  while kill -0 $maven 2>/dev/null; do
    if [ -t 1 ]; then
      printf '\r\033[Kbuilding (the first time a few minutes) %d s' $((SECONDS - started))
    fi
    sleep 1
  done
  if ! wait $maven; then
    printf '\n' >&2
    tail -n 30 "$log" >&2
    echo "The build has failed; the whole log is in $log." >&2
    exit 1
  fi
  trap - EXIT
  mv "$touched" "$built"
  if [ -t 1 ]; then
    printf '\r\033[K'
  fi
  echo "built in $((SECONDS - started)) s"
}

is_built || build

# shellcheck disable=SC2317 # called by the trap
stop_cluster() {
  local status=$?
  if ! $keep; then
    "$root/scripts/mini-cluster.sh" stop --dir "$folder"
  elif [ $status -ne 0 ]; then
    echo "The mini-cluster is still up. Stop it with: scripts/mini-cluster.sh stop --dir $folder"
  fi
}
trap stop_cluster EXIT
"$root/scripts/mini-cluster.sh" start --dir "$folder" | sed -n 1p

# The libraries of the distribution, and of the mini-cluster's only the classes of this project.
libraries=$root/yarn-client/target/selvage/lib
mini_cluster=$(compgen -G "$root/mini-cluster/target/mini-cluster/lib/mini-cluster-*.jar" | head -n 1)
"$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.net.preferIPv4Stack=true \
  -Dlog4j.configuration="file:$root/conf/log4j-client.properties" \
  -Dselvage.log.file="$root/.selvage/quickstart.log" \
  -Dselvage.home="$root" \
  -Dselvage.quickstart.hadoop="$folder/conf" \
  -cp "$mini_cluster:$libraries/*" \
  io.selvage.minicluster.quickstart.QuickstartMain "${arguments[@]}"
