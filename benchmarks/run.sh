#!/usr/bin/env bash
# Compiles what the benchmarks need and runs them.
#   benchmarks/run.sh [options and patterns of JMH]     all benchmarks, or those that match
#   benchmarks/run.sh data-plane [seconds [encrypted]]  the data plane over loopback, as JSON lines
#   benchmarks/run.sh state-on-disk [keys ...]          keyed state on the disk, as JSON lines; docs/benchmarks.md
#   benchmarks/run.sh state-in-hdfs [keys ...]          a whole checkpoint to HDFS and back; docs/benchmarks.md
#   benchmarks/run.sh nexmark [queries [events ...]]    queries of Nexmark in one process, as JSON lines; docs/benchmarks.md
#   benchmarks/run.sh recovery --fault kill-task ...    faults on a cluster of its own, as JSON lines; docs/benchmarks.md
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = recovery ]; then
    shift
    ./mvnw -q -pl mini-cluster,yarn-client -am -DskipTests package
    mkdir -p .selvage
    exec java -XX:+UseSerialGC -Xmx2g -Djava.net.preferIPv4Stack=true \
        -Dlog4j.configuration="file:$PWD/conf/log4j-client.properties" \
        -Dselvage.log.file="$PWD/.selvage/recovery.log" \
        -Dselvage.home="$PWD" \
        -cp "mini-cluster/target/mini-cluster/lib/*:yarn-client/target/selvage/lib/*" \
        io.selvage.minicluster.recovery.RecoveryMain "$@"
fi

# Relative to each module; the file of this one is read.
./mvnw -q -pl benchmarks -am -DskipTests compile dependency:build-classpath -Dmdep.outputFile=target/classpath
classpath="benchmarks/target/classes:$(cat benchmarks/target/classpath)"

if [ "${1:-}" = data-plane ]; then
    shift
    exec java -cp "$classpath" io.selvage.benchmarks.DataPlaneThroughput "$@"
fi
if [ "${1:-}" = state-on-disk ]; then
    shift
    exec java -Xmx2g -cp "$classpath" io.selvage.benchmarks.StateOnDisk "$@"
fi
if [ "${1:-}" = state-in-hdfs ]; then
    shift
    mkdir -p .selvage
    exec java -Xmx7g -XX:MaxGCPauseMillis=20 -XX:+UseTransparentHugePages -Djava.net.preferIPv4Stack=true \
        -Dlog4j.configuration="file:$PWD/conf/log4j-client.properties" \
        -Dselvage.log.file="$PWD/.selvage/state-in-hdfs.log" \
        -cp "$classpath" io.selvage.benchmarks.StateInHdfs "$@"
fi
if [ "${1:-}" = nexmark ]; then
    shift
    exec java -Xmx4g -cp "$classpath" io.selvage.benchmarks.NexmarkQueries "$@"
fi
exec java -cp "$classpath" org.openjdk.jmh.Main "$@"
