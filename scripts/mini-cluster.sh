#!/usr/bin/env bash
# Starts, stops or shows an HDFS and a YARN in one process on this machine. Needs Java 17 and no Hadoop.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# A distribution brings the libraries along; a checkout has them after a build.
lib=""
for candidate in "$root/lib/mini-cluster" "$root/mini-cluster/target/mini-cluster/lib"; do
  if compgen -G "$candidate/mini-cluster-*.jar" >/dev/null; then
    lib=$candidate
    break
  fi
done
if [ -z "$lib" ]; then
  echo "mini-cluster is not built yet: run './mvnw -q -DskipTests -pl mini-cluster -am package' in $root first." >&2
  exit 1
fi

java=java
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
fi
if ! command -v "$java" >/dev/null; then
  echo "There is no Java at '$java': install a JDK 17 and let JAVA_HOME name its folder." >&2
  exit 1
fi

terminal=false
if [ -t 2 ]; then
  terminal=true
fi

exec "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
  -Dselvage.minicluster.dir="$root/.selvage/mini-cluster" \
  -Dselvage.minicluster.terminal="$terminal" \
  -cp "$lib/*" io.selvage.minicluster.MiniClusterMain "$@"
