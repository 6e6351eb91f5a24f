#!/usr/bin/env bash
# The first commit at which a seed fails.
#
#   cmake/bisect_seed.sh GOOD BAD SCENARIO SEED [--set KEY=VALUE]...
#   cmake/bisect_seed.sh GOOD BAD --state FILE --signature SIGNATURE
#
# The second takes the fastest seed of this signature, and its scenario, from the state of a swarm;
# then a run that fails by another signature is not what is looked for. GOOD and BAD are commits.
# Each commit in between is built in a clone below build/bisect and runs the seed of the scenario as
# it is here. One that does not build, or cannot read the scenario, is skipped. VORDB_JOBS (2)
# processes build, with the preset VORDB_PRESET (release).
set -euo pipefail
usage() {
  sed -n '/^#   cmake/s/^#   //p' "$0" >&2
  echo "bisect: $1" >&2
  exit 2
}

# As `git bisect run` starts it, in the clone: 0 good, 1 bad, 125 neither.
if [ "${1:-}" = --step ]; then
  preset=$2 jobs=$3 out=$4 seed=$5 signature=$6
  shift 6
  { cmake --preset "$preset" --log-level=WARNING &&
    cmake --build "build/$preset" -j "$jobs" --target vordb-sim; } >"$out/build.log" 2>&1 || exit 125
  status=0
  "build/$preset/bin/vordb-sim" run "$out/scenario.json" --seed "$seed" "$@" >"$out/run.txt" 2>&1 || status=$?
  case $status in
    0 | 3) exit 0 ;;
    1) ;;
    *) exit 125 ;;
  esac
  # Programs of before signatures do not print any.
  if [ -n "$signature" ] && grep -q '^  signature: ' "$out/run.txt" &&
    ! grep -q "^  signature: $signature\$" "$out/run.txt"; then exit 0; fi
  exit 1
fi

[ $# -ge 4 ] || usage "GOOD and BAD, and what is to be run"
top=$(cd "$(dirname "$0")/.." && pwd)
out=$top/build/bisect source=$top/build/bisect/source
good=$(git -C "$top" rev-parse --verify --quiet "$1^{commit}") || usage "$1 is no commit"
bad=$(git -C "$top" rev-parse --verify --quiet "$2^{commit}") || usage "$2 is no commit"
shift 2
mkdir -p "$out"
seed='' signature='' settings=()
if [ "$1" = --state ]; then
  [ $# -eq 4 ] && [ "$3" = --signature ] || usage "--state FILE goes with --signature SIGNATURE alone"
  [ -f "$2" ] || usage "$2 is not there"
  [[ $4 =~ ^[a-z_]+-[0-9a-f]{8}$ ]] || usage "$4 is no signature, such as converged-3fa91c02"
  signature=$4
  of="FROM runs JOIN swarms ON swarm = id WHERE signature = '$signature' ORDER BY events, seed LIMIT 1"
  seed=$(sqlite3 -readonly "$2" "SELECT seed $of")
  [ -n "$seed" ] || usage "$2 has no run of $signature"
  sqlite3 -readonly "$2" "SELECT scenario $of" >"$out/scenario.json"
else
  [ -f "$1" ] || usage "$1 is no file of a scenario"
  [[ $2 =~ ^[0-9]+$ ]] || usage "$2 is no seed"
  cp "$1" "$out/scenario.json"
  seed=$2
  shift 2
  settings=("$@")
fi

[ -d "$source/.git" ] || git clone --quiet --shared --no-checkout "$top" "$source"
cp "$0" "$out/step.sh"
cd "$source"
git bisect reset >/dev/null 2>&1 || true
step=("$out/step.sh" --step "${VORDB_PRESET:-release}" "${VORDB_JOBS:-2}" "$out" "$seed" "$signature"
  "${settings[@]}")
for end in "$good 0" "$bad 1"; do
  read -r commit wanted <<<"$end"
  git checkout --quiet --force --detach "$commit"
  status=0
  bash "${step[@]}" || status=$?
  if [ "$status" -ne "$wanted" ]; then
    case $status in 0) found='does not fail' ;; 1) found='fails' ;; *) found='could not be built or run' ;; esac
    echo "bisect: seed $seed $found at $commit: $out/build.log, $out/run.txt" >&2
    exit 2
  fi
done
git bisect start "$bad" "$good" >"$out/bisect.log" 2>&1
git bisect run bash "${step[@]}" >>"$out/bisect.log" 2>&1 || true
if ! grep -q 'is the first bad commit' "$out/bisect.log"; then
  tail -5 "$out/bisect.log" >&2
  echo "bisect: no first bad commit was found: $out/bisect.log" >&2
  exit 2
fi
first=$(git rev-parse refs/bisect/bad)
git bisect reset >/dev/null 2>&1
echo "first bad commit of seed $seed:"
git show --no-patch --format='%h %an %ad %s' --date=short "$first"
