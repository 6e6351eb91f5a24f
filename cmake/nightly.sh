#!/usr/bin/env bash
# What takes too long for every change: the tests under both sanitizers, the LTO build, many seeds,
# the rules of a vnode taken out one by one, known bugs that the simulator must find, pages in a
# browser, and the same seeds on four compilations of the simulator, which must print the same
# bytes.
#
#   cmake/nightly.sh JOBS SEEDS SEEDS_CROSS SCENARIO [STEP]
#
# With a STEP that one alone, else all of them in order. Each builds what it needs, each child has a
# time limit, and after a failure the others still run; the end lists how each step went.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=$1 seeds=$2 seeds_cross=$3 scenario=$4 only=${5:-}
steps=(asan tsan headers lto canary seeds histories mutants bugs page compilers bench)
out=build/nightly

limited() {
  local seconds=$1
  shift
  timeout --kill-after=30 "$seconds" "$@"
}

build() {
  local preset=$1
  shift
  limited 60 cmake --preset "$preset" --log-level=WARNING >/dev/null &&
    limited 7200 cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"}
}

# tests PRESET WRAPPER...: every case of a build, a case at most twenty minutes.
tests() {
  local preset=$1
  shift
  build clang vordb-sim &&
    VORDB_SIM_CLANG="$PWD/build/clang/bin/vordb-sim" limited 7200 "$@" \
      ctest --test-dir "build/$preset" -j "$jobs" --timeout 1200 --output-on-failure --no-tests=error
}

step_asan() { build asan && tests asan; }

# g++ 12's ThreadSanitizer cannot place its shadow memory under the address randomisation of newer
# kernels; setarch -R switches that off for the tests alone.
step_tsan() {
  local fixed=()
  setarch -R true 2>/dev/null && fixed=(setarch -R)
  build tsan && tests tsan "${fixed[@]}"
}

step_headers() { build clang check_headers; }

step_lto() { build release-lto; }

# Failures that are known to be there must be told: one run in a hundred, whatever the node does.
step_canary() {
  build release vordb-sim || return 1
  local status=0 told
  limited 600 build/release/bin/vordb-sim swarm "$scenario" --seeds 1..1000 --jobs "$jobs" \
    --keep '' --set canary=true --set duration_ms=20 --set settle_ms=0 >"$out/canary.txt" || status=$?
  told=$(sed -n 's/^FAILURE canary in \([0-9]*\) of 1000 runs.*/\1/p' "$out/canary.txt")
  echo "canary: $told of 1000 runs were told to fail, status $status"
  [ "$status" -eq 1 ] && [ "${told:-0}" -ge 1 ] && [ "$told" -le 30 ]
}

# Seeds that nobody has tried: they begin where the commit's hash says.
step_seeds() {
  build release vordb-sim || return 1
  local first=$((16#$(git rev-parse HEAD | cut -c1-7)))
  limited 14400 build/release/bin/vordb-sim swarm "$scenario" \
    --seeds "$first..$((first + seeds - 1))" --jobs "$jobs" --keep "$out/failures"
}

# One partition's owners through histories that nobody has tried, of every profile.
step_histories() {
  build release sim_test &&
    VORDB_HISTORIES=200000 limited 14400 build/release/bin/sim_test \
      --test-case='histories of three owners: as many as the environment asks for'
}

# Each rule that is taken out of a vnode turns the test red that is named for it.
step_mutants() { limited 14400 cmake/mutants.sh "$jobs"; }

# Each known bug is found by the simulator, within its seeds and minutes.
step_bugs() {
  build release vordb-sim &&
    limited 28800 build/release/bin/vordb-sim mutants --jobs "$jobs" -o "$out/mutants.json"
}

# The page of a run, opened in a browser.
step_page() { build release vordb-sim && limited 1800 cmake/page_test.sh build/release/bin "$out"; }

# Debug and release of both compilers; -O0 and -O3 differ in argument order, uninitialised memory
# and floating point, which is what would make a seed mean two things.
step_compilers() {
  local seed preset
  for preset in release debug clang clang-release; do build "$preset" vordb-sim || return 1; done
  for seed in $(seq 1 "$seeds_cross"); do
    for preset in release debug clang clang-release; do
      if ! limited 600 "build/$preset/bin/vordb-sim" run "$scenario" --seed "$seed" \
        >"$out/$preset.txt"; then
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

step_bench() {
  build release-lto vordb vordb-bench vordb-cli &&
    limited 3600 cmake/bench.sh build/release-lto/bin --seconds 1
}

if [ -n "$only" ]; then
  if ! declare -F "step_$only" >/dev/null; then
    echo "nightly: no step is called '$only'; the steps are: ${steps[*]}" >&2
    exit 2
  fi
  steps=("$only")
fi

mkdir -p "$out"
told=() failed=0
for name in "${steps[@]}"; do
  echo "== nightly: $name"
  begun=$SECONDS
  if "step_$name"; then verdict=passed; else verdict=FAILED failed=1; fi
  told+=("$name $verdict after $((SECONDS - begun)) s")
done
printf 'nightly: %s\n' "${told[@]}"
exit "$failed"
