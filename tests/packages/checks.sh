# SPDX-License-Identifier: Apache-2.0
# Checks and helpers for the steps of the test.

heading() { printf '\n== %s\n' "$*"; }

# proves WHAT COMMAND…: checks that COMMAND succeeds.
proves() {
  local what=$1
  shift
  if "$@" >"$work/output" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what: $*"
    sed 's/^/        /' "$work/output"
  fi
}

# equals WHAT EXPECTED ACTUAL: checks that both are the same.
equals() {
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
    echo "ok      $1: $2"
  else
    failed=$((failed + 1))
    echo "FAILED  $1: expected '$2', found '$3'"
  fi
}

fails() { ! "$@"; }
absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }

# has_mode WHAT MODE PATH: checks owner, group and mode, for example "root:millrace 640".
has_mode() { equals "$1" "$2" "$(stat -c '%U:%G %a' "$3" 2>&1)"; }

# wait_until WHAT COMMAND…: waits until COMMAND succeeds, at most 30 seconds.
wait_until() {
  local what=$1 i
  shift
  for ((i = 0; i < 300; i++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  echo "$what did not happen within 30 s" >&2
  tail -n 20 "$work/millraced.log" >&2 || true
  return 1
}

# unit_setting KEY: the last value of KEY in the unit.
unit_setting() { sed -n "s/^$1=//p" "$unit" | tail -n 1; }

# as_systemd_would [ARGUMENT…]: runs the command of ExecStart as the unit's User, with the credential.
as_systemd_would() {
  local user credential command
  user=$(unit_setting User)
  credential=$(unit_setting LoadCredential)
  local dir=/run/credentials/millraced.service
  rm -rf $dir
  install -d -m 700 -o "$user" $dir || return
  install -m 400 -o "$user" "${credential#*:}" "$dir/${credential%%:*}" || return
  read -r -a command <<<"$(unit_setting ExecStart)"
  setpriv --reuid="$user" --regid="$(unit_setting Group)" --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all \
    env -i CREDENTIALS_DIRECTORY=$dir "${command[@]}" "$@"
}

serves() { millrace status >/dev/null 2>&1; }

start_millraced() {
  (umask 077 && as_systemd_would) >>"$work/millraced.log" 2>&1 &
  server_pid=$!
  wait_until "the start of millraced" serves
}

stop_millraced() {
  [ -n "$server_pid" ] || return 0
  # setpriv and env are replaced by millraced. server_pid may be the pid of the shell around them.
  kill -TERM "$(pidof_millraced)" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=''
}

pidof_millraced() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe" 2>/dev/null) in
      */millraced | */millraced' (deleted)') basename "$(dirname "$exe")" ;;
    esac
  done
}

status_field() { millrace status --json | tr -d ' \n' | sed "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/"; }

# Prints the id of the log and its newest sequence.
log_state() { echo "$(status_field log_id) $(status_field newest_sequence)"; }

sql() { "$mysql_client" --no-defaults --user=root --socket="$mysql/mysql.sock" "$@"; }
