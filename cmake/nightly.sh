#!/usr/bin/env bash
# What takes too long for every change: the tests under both sanitizers, the LTO build, many seeds,
# and the same seeds on four compilations of the simulator, which must print the same bytes.
# Usage: nightly.sh JOBS SEEDS SEEDS_CROSS SCENARIO. Goes on after a failure; the end lists them.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=$1 seeds=$2 seeds_cross=$3 scenario=$4
failures=()

step() {
  echo "== nightly: $*"
  "$@" || failures+=("$*")
}

build() {
  local preset=$1
  shift
  cmake --preset "$preset" --log-level=WARNING >/dev/null &&
    cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"}
}

tests() {
  # g++ 12's ThreadSanitizer cannot place its shadow memory under the address randomisation of
  # newer kernels; setarch -R switches that off for the tests alone.
  local personality=()
  [ "$1" = tsan ] && setarch -R true 2>/dev/null && personality=(setarch -R)
  "${personality[@]}" ctest --test-dir "build/$1" -j "$jobs" --output-on-failure --no-tests=error
}

many_seeds() {
  mkdir -p build/nightly
  seq 1 "$seeds" | xargs -P "$jobs" -I{} bash -c '
    build/release/bin/vordb-sim run "$1" --seed "$2" >"build/nightly/seed-$2.log" 2>&1 \
      && rm "build/nightly/seed-$2.log" \
      || { echo "seed $2 failed: build/nightly/seed-$2.log"; exit 1; }' _ "$scenario" {}
}

# Failures that are known to be there must be told: one run in a hundred, whatever the node does.
canary_is_told() {
  local out=build/nightly/canary.txt status=0
  mkdir -p build/nightly
  build/release/bin/vordb-sim swarm "$scenario" --seeds 1..1000 --jobs "$jobs" \
    --set canary=true --set duration_ms=20 --set settle_ms=0 >"$out" || status=$?
  local told
  told=$(grep -c ': VIOLATION: canary: ' "$out")
  echo "canary: $told of 1000 runs were told to fail, status $status"
  [ "$status" -eq 1 ] && [ "$told" -ge 1 ] && [ "$told" -le 30 ]
}

# Debug and release of both compilers; -O0 and -O3 differ in argument order, uninitialised memory
# and floating point, which is what would make a seed mean two things.
same_on_all_compilers() {
  local seed preset out=build/nightly
  mkdir -p "$out"
  for seed in $(seq 1 "$seeds_cross"); do
    for preset in release debug clang clang-release; do
      if ! "build/$preset/bin/vordb-sim" run "$scenario" --seed "$seed" >"$out/$preset.txt"; then
        echo "seed $seed of $scenario fails on $preset: $out/$preset.txt"
        return 1
      fi
      # All but the line that tells how long it took.
      sed -i '/ ms simulated in /d' "$out/$preset.txt"
      if ! cmp "$out/release.txt" "$out/$preset.txt"; then
        echo "seed $seed of $scenario: $preset prints something else than release"
        return 1
      fi
    done
  done
}

step build release
for preset in debug clang clang-release; do step build "$preset" vordb-sim; done
export VORDB_SIM_CLANG="$PWD/build/clang/bin/vordb-sim"
for preset in asan tsan; do
  step build "$preset"
  step tests "$preset"
done
step build clang check_headers
step build release-lto
step canary_is_told
step many_seeds
step same_on_all_compilers

if [ ${#failures[@]} -gt 0 ]; then
  printf 'nightly: failed: %s\n' "${failures[@]}"
  exit 1
fi
echo "nightly: all passed"
