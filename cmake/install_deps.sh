#!/usr/bin/env bash
# Installs the packages of debian_packages.txt that are missing; done in milliseconds when none is.
set -euo pipefail

mapfile -t wanted < <(grep -v '^#' "$(dirname "$0")/debian_packages.txt")
# dpkg-query fails when one of them is unknown to it; its list of the others is still right.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "missing packages, and no sudo: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
}
echo "installing: ${missing[*]}"
# The package lists of a fresh container are empty, and those of an old one point at versions that
# the mirror has dropped: both make the first attempt fail, and both are cured by an update.
install || { "${as_root[@]}" apt-get update -qq; install; }
