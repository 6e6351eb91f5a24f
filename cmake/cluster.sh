#!/usr/bin/env bash
# Three nodes on this machine that form one cluster: HTTP on 4001..4003, the binary protocol on
# 5001..5003, each other on 7001..7003. Their data and logs lie in ./data/cluster and are there again
# after a restart. Ctrl-C stops all three.
#
#   cmake/cluster.sh FOLDER_OF_PROGRAMS
set -euo pipefail
bin=${1:?the folder of the programs}
data=data/cluster
nodes=3
pids=()

stop() {
  trap - EXIT INT TERM
  echo "stopping"
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  exit "${1:-0}"
}
trap 'stop 0' INT TERM
trap 'stop 1' EXIT

start() {
  local n=$1 seeds=$2
  VORDB_SEED_NODES=$seeds VORDB_SHARDS=1 VORDB_BLOCK_CACHE_SIZE_MB=64 VORDB_CACHE_SIZE_MB=64 \
    "$bin/vordb" --node-id "node$n" --data-dir "$data/n$n" --http-port $((4000 + n)) \
    --tcp-port $((5000 + n)) --cluster-port $((7000 + n)) >>"$data/n$n.log" 2>&1 &
  pids+=($!)
}

# Waits until the node's status is "running".
await() {
  local n=$1
  for _ in $(seq 300); do
    if ! kill -0 "${pids[$((n - 1))]}" 2>/dev/null; then
      echo "node$n has stopped; the end of $data/n$n.log:" >&2
      tail -5 "$data/n$n.log" >&2
      exit 1
    fi
    if "$bin/vordb-cli" --http-port $((4000 + n)) --json status 2>/dev/null \
        | grep -q '"status":"running"'; then
      return
    fi
    sleep 0.1
  done
  echo "node$n does not serve after 30 s; see $data/n$n.log" >&2
  exit 1
}

mkdir -p "$data"
# The first founds the cluster and the others join it; after a restart all of them remember.
start 1 ""
await 1
for n in $(seq 2 $nodes); do
  start "$n" "node1@127.0.0.1:7001"
  await "$n"
done
# Until then a bucket that wants two replicas finds one.
"$bin/vordb-cli" --http-port 4001 cluster handoff --watch >/dev/null
"$bin/vordb-cli" --http-port 4001 members
echo
echo "ready: HTTP on localhost:4001, 4002 and 4003. Ctrl-C stops all nodes."
wait
