# SPDX-License-Identifier: Apache-2.0
# Starting and stopping private servers. A server writes only to its directory: data/, server.pid,
# server.log, and mysql.sock with tmp/, or the broker's ports. Brokers: kafka.sh.

readonly socket_path_bytes_max=107

daemon_path() { case $1 in mysql) echo "$cache/mysql/bin/mysqld" ;; mariadb) echo "$cache/mariadb/bin/mariadbd" ;; esac; }

# client FLAVOUR DIR [ARGUMENT…]: the flavour's own client, as root over the socket.
client() {
  local flavour=$1 dir=$2
  shift 2
  "$cache/$flavour/bin/$flavour" --no-defaults --user=root --socket="$dir/mysql.sock" "$@"
}

# launch FLAVOUR DATA DIR [OPTION…]: starts the daemon in the background and stores its pid. Each
# server has its own tmpdir, because MariaDB deletes all temporary tables there when it starts,
# including those of other servers.
launch() {
  local flavour=$1 data=$2 dir=$3
  shift 3
  mkdir -p "$dir/tmp"
  setsid "$(daemon_path "$flavour")" --defaults-file="$here/$flavour.cnf" --datadir="$data" \
    --socket="$dir/mysql.sock" --tmpdir="$dir/tmp" $(user_option) "$@" \
    >"$dir/server.log" 2>&1 </dev/null 9>&- &
  echo $! >"$dir/server.pid"
}

# Polls until the server accepts a query on its socket. Fails if it has ended, or after a minute.
wait_until_ready() {
  local flavour=$1 dir=$2 pid deadline=$((SECONDS + 60))
  pid=$(<"$dir/server.pid")
  until client "$flavour" "$dir" --execute='select 1' >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# A TCP port that nobody listens on, below the range from which the kernel chooses ports.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

start_server() {
  local flavour=${1:-} dir=${2:-} attempt
  case $flavour in
    mysql | mariadb | kafka) ;;
    *) fail "kit start: '$flavour' is not a server" "use mysql, mariadb or kafka" ;;
  esac
  [ -n "$dir" ] || fail "kit start $flavour: no directory given" "kit start $flavour DIR"
  shift 2
  if [ "$flavour" = kafka ]; then
    start_kafka "$dir" "$@"
    return
  fi
  is_installed "$flavour" || fail "$flavour is not installed" "run: kit $flavour"
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  [ "$(printf '%s' "$dir/mysql.sock" | wc -c)" -le "$socket_path_bytes_max" ] ||
    fail "the socket path $dir/mysql.sock is too long for the kernel" "choose a shorter directory"
  ! server_runs "$dir" || fail "a server already runs in $dir" "run: kit stop $dir"
  [ -d "$dir/data" ] || cp -a --reflink=auto "$cache/$flavour/template" "$dir/data"
  for attempt in 1 2 3; do
    try_start "$flavour" "$dir" "$@" && return
    grep -qi 'address already in use' "$dir/server.log" || break
    say "port in use at attempt $attempt; trying another"
  done
  tail -n 15 "$dir/server.log" | sed 's/^/    /' >&2
  fail "$flavour did not start in $dir" "its log is $dir/server.log"
}

try_start() {
  local flavour=$1 dir=$2 port
  shift 2
  port=$(free_port)
  launch "$flavour" "$dir/data" "$dir" --port="$port" "$@"
  # The server is not ready yet, but an interrupt must already stop it.
  trap 'stop_server "$dir"; exit 130' INT TERM
  if ! wait_until_ready "$flavour" "$dir"; then
    stop_server "$dir"
    return 1
  fi
  trap - INT TERM
  printf 'socket=%s\nport=%s\npid=%s\ndata=%s\nlog=%s\n' "$dir/mysql.sock" "$port" \
    "$(<"$dir/server.pid")" "$dir/data" "$dir/server.log"
}

# True if the process with the stored pid lives and is a server on DIR: pids are reused.
server_runs() {
  local pid
  pid=$(cat "$1/server.pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" |
    grep -qxF -e "--socket=$1/mysql.sock" -e "log.dirs=$1/data"
}

stop_server() {
  local dir=${1:-} pid deadline=$((SECONDS + 60))
  [ -n "$dir" ] || fail "kit stop: no directory given" "kit stop DIR"
  dir=$(cd "$dir" 2>/dev/null && pwd) || fail "kit stop: the directory $1 does not exist"
  if server_runs "$dir"; then
    pid=$(<"$dir/server.pid")
    kill -TERM "$pid" 2>/dev/null || true
    while server_runs "$dir"; do
      if [ "$SECONDS" -ge "$deadline" ]; then
        say "server $pid in $dir has not ended after 60 s; killing it"
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.05
    done
  fi
  rm -f "$dir/server.pid" "$dir/mysql.sock" "$dir/mysql.sock.lock"
  rm -rf "$dir/tmp"
}
