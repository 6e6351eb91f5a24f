#!/usr/bin/env bash
# Whether each rule of the node is held by a test: takes the rules out one by one and looks whether
# the test that is named for it fails.
#
#   cmake/mutants.sh JOBS [NAME...]
#
# A mutant is a file scenarios/known-bugs/NAME.patch: header lines, then a unified diff.
#   Rule: what is gone
#   Red: BINARY FILTER            the doctest test cases of core_test or sim_test that must fail
#   Red: histories PROFILE COUNT  or so many random histories of that profile, from seed 1
#   Equivalent: WHY               or nothing can fail
#   Scenario: and Property:       what `vordb-sim mutants` looks for; nothing here without Red:
# All happens in a copy below build/mutants, built again in part for each mutant. Fails if the
# unbroken tests fail, if a mutant does not apply or build, or if its test stays green.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$1
shift
patches=$PWD/scenarios/known-bugs out=$PWD/build/mutants
source=$out/source
build=$source/build/dev
mkdir -p "$source"

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for patch in "$patches"/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi

header() { sed -n "/^diff /q; s/^$1: //p" "$patches/$2.patch"; }

# Files that are as they were keep their times, so that little is built; those that a mutant had
# changed do not, so that they are.
copy_source() {
  local file
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ -f "$file" ] || continue
    printf '%s\n' "$file"
    cmp -s "$file" "$source/$file" && continue
    mkdir -p "$source/$(dirname "$file")"
    cp "$file" "$source/$file"
  done | sort >"$out/files"
  (cd "$source" && find . -path ./build -prune -o -type f -printf '%P\n') | sort | comm -13 "$out/files" - |
    while IFS= read -r file; do rm -f "$source/$file"; done
}

build() {
  cmake --build "$build" -j "$jobs" --target "$@" >"$out/build.log" 2>&1 && return
  grep -m 5 -E 'error|FAILED' "$out/build.log" || tail -5 "$out/build.log"
  return 1
}

target() { [[ $1 == core_test\ * ]] && echo core_test || echo sim_test; }

# test RED: 0 green, 1 red, 2 neither.
test_it() {
  local kind=${1%% *} what=${1#* } status=0 log=$out/test.log
  if [ "$kind" = histories ]; then
    VORDB_HISTORIES=${what#* } VORDB_HISTORY_PROFILE=${what%% *} VORDB_HISTORY_SEED=1 \
      timeout 1800 "$build/bin/sim_test" --test-case='*as many as the environment asks for' \
      >"$log" 2>&1 || status=$?
  else
    timeout 300 "$build/bin/$kind" --test-case="$what" >"$log" 2>&1 || status=$?
  fi
  if grep -qE 'test cases: +0 ' "$log"; then return 2; fi
  case $status in
    0) return 0 ;;
    124 | 126 | 127) return 2 ;;
    *) return 1 ;;
  esac
}

begun=$SECONDS red=0 equivalent=0 simulated=0 failed=()
fail() {
  echo "$1: $2"
  failed+=("$1")
}

for name in "${names[@]}"; do
  if [ ! -f "$patches/$name.patch" ]; then
    echo "mutants: there is no $patches/$name.patch" >&2
    exit 2
  fi
  verdict=$(header Red "$name")$(header Equivalent "$name")$(header Scenario "$name")
  if [ -z "$(header Rule "$name")" ] || [ -z "$verdict" ]; then
    echo "mutants: $name.patch lacks a header" >&2
    exit 2
  fi
done

copy_source
(cd "$source" && cmake --preset dev --log-level=WARNING >/dev/null)
build core_test sim_test
for name in "${names[@]}"; do header Red "$name"; done | sort -u >"$out/tests"
while IFS= read -r test; do
  verdict=0
  test_it "$test" || verdict=$?
  if [ "$verdict" -ne 0 ]; then
    echo "mutants: with all rules in place '$test' is not green, or names no test"
    exit 1
  fi
done <"$out/tests"
echo "mutants: with all rules in place $(wc -l <"$out/tests") tests are green"

for name in "${names[@]}"; do
  why=$(header Equivalent "$name")
  if ! patch -d "$source" -p1 --batch --silent --dry-run <"$patches/$name.patch" >/dev/null; then
    fail "$name" 'DOES NOT APPLY: the source has changed under it, make the patch anew'
    continue
  fi
  if [ -n "$why" ]; then
    echo "$name: equivalent: $why"
    equivalent=$((equivalent + 1))
    continue
  fi
  test=$(header Red "$name")
  if [ -z "$test" ]; then
    echo "$name: for the simulator"
    simulated=$((simulated + 1))
    continue
  fi
  patch -d "$source" -p1 --batch --silent --no-backup-if-mismatch <"$patches/$name.patch"
  if ! build "$(target "$test")"; then
    fail "$name" 'DOES NOT BUILD'
  else
    verdict=0
    test_it "$test" || verdict=$?
    case $verdict in
      0) fail "$name" "STILL GREEN: $test" ;;
      1) echo "$name: red" && red=$((red + 1)) ;;
      *) fail "$name" "NEITHER red nor green: $test" ;;
    esac
  fi
  copy_source
done
echo "mutants: $red red, $equivalent equivalent, $simulated for the simulator," \
  "${#failed[@]} failed, after $((SECONDS - begun)) s"
[ ${#failed[@]} -eq 0 ] || printf 'mutants: failed: %s\n' "${failed[@]}"
[ ${#failed[@]} -eq 0 ]
