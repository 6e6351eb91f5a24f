#!/usr/bin/env bash
# Starts a node of its own on a new folder, measures it with vordb-bench, and stops it.
#
#   cmake/bench.sh FOLDER_OF_PROGRAMS [ARGUMENTS OF vordb-bench, default: all]
set -euo pipefail
bin=${1:?the folder of the programs}
shift
runs=()
case "${1:-}" in '' | -*) runs=(all) ;; esac
data=$(mktemp -d "${TMPDIR:-/tmp}/vordb-bench.XXXXXX")
export VORDB_HTTP_PORT=4101 VORDB_TCP_PORT=5101

"$bin/vordb" --data-dir "$data/node" --cluster-port 7101 >"$data/log" 2>&1 &
node=$!
stop() {
  kill -TERM "$node" 2>/dev/null || true
  wait "$node" 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT

for _ in $(seq 300); do
  if "$bin/vordb-cli" --json status 2>/dev/null | grep -q '"status":"running"'; then
    "$bin/vordb-bench" "${runs[@]}" "$@"
    exit
  fi
  if ! kill -0 "$node" 2>/dev/null; then break; fi
  sleep 0.1
done
echo "the node does not serve; the end of its log:" >&2
tail -5 "$data/log" >&2
exit 1
