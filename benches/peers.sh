#!/usr/bin/env bash
# Times a whole build beside its floor, the next build, and MHonArc, on the same mail.
#
#   benches/peers.sh                 a made-up list of 6,000 mails
#   benches/peers.sh DIR             the mbox files (*.mbox) of a directory
#   RUNS=9 benches/peers.sh DIR      more runs than five
#
# The floor is reading the input and copying the output. Each figure is the median of the
# runs; MHonArc, which takes minutes, runs once. Everything is written below $TMPDIR, which
# is best in memory (TMPDIR=/dev/shm). Installs MHonArc and time(1) with Debian's apt.
set -euo pipefail
cd "$(dirname "$0")/.."

RUNS=${RUNS:-5}

main() {
  install_peers
  cargo build --locked --release --quiet
  patchpress=$PWD/target/release/patchpress
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  list=${1:-$work/list}
  [ $# -gt 0 ] || "$patchpress" generate "$list" --mails 6000
  list=$(cd "$list" && pwd)
  configure
  cat "$list"/*.mbox >/dev/null
  printf '%-34s %8s %9s\n' "$(ls "$list"/*.mbox | wc -l) files, $(du -shL "$list" | cut -f1)" seconds MiB
  report 'patchpress, whole build' "$RUNS" whole_build
  report 'floor: read input, copy output' "$RUNS" floor
  report 'patchpress, nothing new' "$RUNS" next_build
  report 'MHonArc' 1 with_mhonarc
}

configure() {
  cat >"$work/config.yaml" <<END
title: A list
base_url: https://example.org/list
lists:
  - id: list
    title: list
    sources:
      - mbox: $list/*.mbox
    ranges: month
END
}

whole_build() {
  rm -rf "$work/public" "$work/.patchpress"
  timed "$patchpress" build --config "$work/config.yaml" --quiet
}

next_build() { timed "$patchpress" build --config "$work/config.yaml" --quiet; }

floor() {
  rm -rf "$work/copy"
  timed sh -c "cat '$list'/*.mbox >/dev/null; cp -r '$work/public' '$work/copy'"
}

with_mhonarc() {
  mkdir -p "$work/mhonarc"
  timed mhonarc -quiet -outdir "$work/mhonarc" "$list"/*.mbox
}

# Runs a command; adds its seconds and KiB to the figures.
timed() {
  "$time" --quiet -a -o "$work/figures" -f '%e %M' "$@" >"$work/said" 2>&1 ||
    { cat "$work/said" >&2; exit 1; }
}

# Prints the medians of so many runs.
report() {
  : >"$work/figures"
  for _ in $(seq "$2"); do "$3"; done
  printf '%-34s %8s %9s\n' "$1" "$(median 1)" "$(($(median 2) / 1024))"
}

# The median of a column of the figures.
median() {
  cut -d" " -f"$1" "$work/figures" | sort -n | awk "{ line[NR] = \$0 } END { print line[int((NR + 1) / 2)] }"
}

install_peers() {
  local missing=()
  command -v mhonarc >/dev/null || missing+=(mhonarc)
  time=$(type -P time) || { missing+=(time); time=/usr/bin/time; }
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

main "$@"
