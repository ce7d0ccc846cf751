#!/usr/bin/env bash
# Opens a session on YARN; see --help.
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/selvage" yarn-session "$@"
