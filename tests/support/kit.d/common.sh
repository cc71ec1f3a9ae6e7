# SPDX-License-Identifier: Apache-2.0
# Shared by all parts of kit: messages, privileges, the cache, long commands.

say() { printf 'kit: %s\n' "$*" >&2; }

# fail WHAT [WHAT_TO_DO_NOW]
fail() {
  say "error: $1"
  [ $# -lt 2 ] || say "       $2"
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo --preserve-env=DEBIAN_FRONTEND "$@"; fi
}

# Keeps two kits from writing the same files: the second waits. Held until this process ends.
lock_cache() {
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock --nonblock 9 && return
  say "another kit is installing; waiting for it (at most 15 minutes)"
  flock --timeout 900 9 ||
    fail "$cache/lock is still held" "end the other kit, then run this again"
}

# show_progress WHAT LOG PID: while PID lives, prints the last line of LOG every ten seconds.
show_progress() {
  local what=$1 log=$2 parent=$3 seconds=0
  while sleep 10 && kill -0 "$parent" 2>/dev/null; do
    seconds=$((seconds + 10))
    say "$what: ${seconds} s: $(tail -n 1 "$log" | cut -c1-90)"
  done
}

# logged WHAT COMMAND…: runs COMMAND with its output in a log, which is shown only if it fails.
logged() {
  local what=$1 log status=0 ticker started=$SECONDS
  shift
  mkdir -p "$cache/logs"
  log="$cache/logs/${what//[^A-Za-z0-9.]/-}.log"
  : >"$log"
  show_progress "$what" "$log" $$ 9>&- </dev/null &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  { kill "$ticker" && wait "$ticker"; } 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    tail -n 25 "$log" | sed 's/^/    /' >&2
    say "error: $what failed with exit code $status: $1"
    say "       the whole output is in $log"
    return "$status"
  fi
  say "$what: done in $((SECONDS - started)) s"
}

# os_release NAME: a value of /etc/os-release, such as ID (debian, ubuntu) or VERSION_CODENAME.
os_release() {
  # shellcheck source=/dev/null
  (source /etc/os-release && printf '%s' "${!1:-}")
}
