#!/usr/bin/env bash
# Opens pages of `vordb-sim report` and `vordb-sim blame` in a browser, where they check themselves
# (sim/report/selftest.js), and fails when one does not say PASS. Installs Debian's chromium if it
# is missing.
#
#   cmake/page_test.sh BIN OUT      the folders of vordb-sim and of what is written
set -euo pipefail
bin=$1 out=$2/page
scenarios=$(dirname "$0")/../scenarios
mkdir -p "$out"

if ! command -v chromium >/dev/null; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq
    --no-install-recommends chromium)
  "${install[@]}" || { "${as_root[@]}" apt-get update -qq; "${install[@]}"; }
fi

# check NAME COMMAND ARGUMENTS...: the page that this command writes.
check() {
  local page=$out/$1.html title
  shift
  "$bin/vordb-sim" "$@" -o "$page" >"$page.txt"
  title=$(timeout --kill-after=10 300 chromium --headless --no-sandbox --disable-gpu \
    --window-size=1600,1000 --virtual-time-budget=5000 --dump-dom \
    "file://$(realpath "$page")#selftest" 2>"$out/chromium.txt" |
    sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p')
  echo "page: $page: ${title:-the browser says nothing, see $out/chromium.txt}"
  [[ $title == "PASS "* ]]
}

# record FILE ARGUMENTS...: of a run, which may end as it likes.
record() {
  local file=$1 status=0
  shift
  "$bin/vordb-sim" run "$@" --record "$file" >"$file.txt" || status=$?
  [ "$status" -ne 2 ]
}

record "$out/cut.rec" "$scenarios/partitions.json" --seed 1 --set clients.count=6 \
  --set duration_ms=4000 --set clients.patience_ms=700
"$bin/vordb-sim" shrink "$out/cut.rec" -o "$out/small.rec" --seconds 120
record "$out/one.rec" "$scenarios/everything.json" --seed 7 --set duration_ms=1500
record "$out/two.rec" "$scenarios/everything.json" --seed 7 --set duration_ms=1500 \
  --set clients.count=3

check small report "$out/small.rec"
check blame blame "$out/small.rec"
check long report "$out/one.rec" --until 10000
check part report "$out/one.rec" --from-event 15000 --until 19000
check both report "$out/one.rec" --with "$out/two.rec" --until 9000
