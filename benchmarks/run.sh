#!/usr/bin/env bash
# Compiles what the benchmarks need and runs them.
#   benchmarks/run.sh [options and patterns of JMH]     all benchmarks, or those that match
#   benchmarks/run.sh data-plane [seconds]              the data plane over loopback, as JSON lines
set -euo pipefail
cd "$(dirname "$0")/.."

# Relative to each module; the file of this one is read.
./mvnw -q -pl benchmarks -am -DskipTests compile dependency:build-classpath -Dmdep.outputFile=target/classpath
classpath="benchmarks/target/classes:$(cat benchmarks/target/classpath)"

if [ "${1:-}" = data-plane ]; then
    shift
    exec java -cp "$classpath" io.selvage.benchmarks.DataPlaneThroughput "$@"
fi
exec java -cp "$classpath" org.openjdk.jmh.Main "$@"
