#!/usr/bin/env bash
# Lets real faults befall a job for as long as wanted, and compares its output with the oracle's.
#   scripts/soak.sh [--faults N] [--seed S] [--rate N] [--folder DIRECTORY]
# Starts HDFS and YARN on this machine. The schedule of faults is the seed's; which process they hit, and in which moment
# of its life, is the machine's. Exit codes: 0 all invariants hold, 1 failed, 2 the command line is wrong, 3 one is broken.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
mini_cluster=$root/mini-cluster/target/mini-cluster/lib
libraries=$root/yarn-client/target/selvage/lib
if ! compgen -G "$mini_cluster/mini-cluster-*.jar" >/dev/null || ! compgen -G "$libraries/*.jar" >/dev/null; then
  echo "The project is not built: run ./mvnw -DskipTests package first." >&2
  exit 1
fi
mkdir -p "$root/.selvage"
exec "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.net.preferIPv4Stack=true \
  -Dlog4j.configuration="file:$root/conf/log4j-client.properties" \
  -Dselvage.log.file="$root/.selvage/soak.log" \
  -Dselvage.home="$root" \
  -cp "$mini_cluster/*:$libraries/*" \
  io.selvage.minicluster.soak.SoakMain "$@"
