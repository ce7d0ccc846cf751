#!/usr/bin/env bash
# Measures what a job does in a second on two slots, what that costs, and how late its output is.
#   scripts/benchmark.sh WORKLOAD [--records small|big] [--executors 1|2] [--seconds N] [--json]
#   scripts/benchmark.sh opening [--openings N] [--json]
# Workloads: pass, count, count-rocksdb, window, latency, large-state; docs/benchmarks.md. "opening" is how long a person
# waits for a session, and for a job's first output. Starts HDFS and YARN on this machine. Exit codes: 0 done, 1 failed,
# 2 the command line is wrong or a setting is refused, 3 the output is not what it must be.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
mini_cluster=$root/mini-cluster/target/mini-cluster/lib
libraries=$root/yarn-client/target/selvage/lib
if ! compgen -G "$mini_cluster/mini-cluster-*.jar" >/dev/null || ! compgen -G "$libraries/*.jar" >/dev/null; then
  echo "The project is not built: run ./mvnw -DskipTests package first." >&2
  exit 1
fi
main=throughput.ThroughputMain
if [[ ${1:-} == opening ]]; then
  main=opening.OpeningMain
  shift
fi
mkdir -p "$root/.selvage"
exec "$java" -XX:+UseSerialGC -Xmx2g -Djava.net.preferIPv4Stack=true \
  -Dlog4j.configuration="file:$root/conf/log4j-client.properties" \
  -Dselvage.log.file="$root/.selvage/benchmark.log" \
  -Dselvage.home="$root" \
  -cp "$mini_cluster/*:$libraries/*" \
  "io.selvage.minicluster.$main" "$@"
