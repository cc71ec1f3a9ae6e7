# SPDX-License-Identifier: Apache-2.0
# MySQL and MariaDB: installed once into the cache, each with a template data directory.

# Increment this when the installed files change: then existing caches are made again.
readonly recipe=1
readonly mysql_series=9.7

installed_version() { sed -n 's/^version=//p' "$cache/$1/installed" 2>/dev/null; }

is_installed() {
  [ "$(cat "$cache/$1/installed" 2>/dev/null | head -n 1)" = "recipe=$recipe" ] &&
    [ "$(cat "$cache/$1/template.key" 2>/dev/null)" = "$(template_key "$1")" ]
}

# Digest of the inputs of a template: it is made again if the server version, the statements or the
# form of the files change.
template_key() {
  { echo "$recipe sparse $(installed_version "$1")" && cat "$here/users.sql" "$here/$1.cnf"; } | sha256sum
}

install_mysql() { install_server mysql mysqld; }
install_mariadb() { install_server mariadb mariadbd; }

# install_server FLAVOUR DAEMON
install_server() {
  local flavour=$1 daemon=$2
  if is_installed "$flavour"; then
    say "$flavour: version $(installed_version "$flavour") is installed"
    return
  fi
  lock_cache
  is_installed "$flavour" && return
  command -v apt-get >/dev/null || fail "this system has no apt, which is needed to download $flavour"
  if [ "$(head -n 1 "$cache/$flavour/installed" 2>/dev/null)" != "recipe=$recipe" ]; then
    install_prefix "$flavour" "$daemon"
  fi
  make_template "$flavour"
  say "$flavour: version $(installed_version "$flavour") installed in $cache/$flavour"
}

install_prefix() {
  local flavour=$1 daemon=$2 work="$cache/work.$1" new="$cache/$1.new" version
  say "$flavour: downloading the server (about 60 MB)"
  rm -rf "$work" "$new"
  "fetch_$flavour" "$work" "$new" ||
    fail "$flavour could not be downloaded" "see above; apt must reach its mirror"
  version=$("$new/bin/$daemon" --version) || fail "$new/bin/$daemon does not run" "see above"
  version=$(sed -E 's/.* Ver ([0-9][^ ]*).*/\1/' <<<"$version")
  check_version "$flavour" "$version"
  printf 'recipe=%s\nversion=%s\n' "$recipe" "$version" >"$new/installed"
  rm -rf "$work" "${cache:?}/$flavour"
  mv "$new" "$cache/$flavour"
}

# Debian unstable has MySQL. On Ubuntu the release itself has it, in an older series.
fetch_mysql() {
  local work=$1 root=$2 packages='mysql-server-core mysql-client-core'
  if [ "$(os_release ID)" = ubuntu ]; then
    write_private_apt "$work"
    packages='mysql-server-core-8.0 mysql-client-core-8.0'
  else
    write_private_apt "$work" sid
  fi
  # shellcheck disable=SC2086  # a list of words
  unpack_closure "$work" "$root" $packages || return
  write_wrapper "$root" mysqld usr/sbin/mysqld server
  write_wrapper "$root" mysql usr/bin/mysql plain
  write_wrapper "$root" mysqlbinlog usr/bin/mysqlbinlog plain
}

fetch_mariadb() {
  local work=$1 root=$2
  write_private_apt "$work"
  unpack_closure "$work" "$root" mariadb-server mariadb-client || return
  write_wrapper "$root" mariadbd usr/sbin/mariadbd server
  write_wrapper "$root" mariadb usr/bin/mariadb plain
  write_wrapper "$root" my_print_defaults usr/bin/my_print_defaults plain
  write_wrapper "$root" resolveip usr/bin/resolveip plain
  # mariadb-install-db looks here for its statements and for the server.
  ln -sfn usr/share "$root/share"
  ln -sfn bin "$root/sbin"
}

check_version() {
  local flavour=$1 version=$2
  [ "$flavour" = mysql ] || return 0
  case $version in
    "$mysql_series".*) ;;
    *) say "note: the mirror has MySQL $version; the tests are written for $mysql_series" ;;
  esac
}

# Makes an initialised data directory with the users of users.sql. A server starts on a copy of it.
make_template() {
  local flavour=$1 root="$cache/$1" new="$cache/$1/template.new"
  say "$flavour: making the template data directory"
  rm -rf "$new" "$root/template" "$root/template.run" "$root/template.sparse"
  mkdir -p "$root/template.run/tmp"
  logged "$flavour initialisation" "initialise_$flavour" "$root" "$new" "$root/template.run/tmp" ||
    fail "$flavour could not initialise a data directory" "see above"
  logged "$flavour users" create_users "$flavour" "$new" "$root/template.run" ||
    fail "$flavour did not accept $here/users.sql" "see above"
  # Each copy must make its own server UUID.
  rm -f "$new/auto.cnf"
  rm -rf "$root/template.run"
  # Most of the content is zeros. With holes instead, a copy of MySQL writes 26 MB, not 152.
  cp -a --sparse=always "$new" "$root/template.sparse"
  mv "$root/template.sparse" "$root/template"
  rm -rf "$new"
  template_key "$flavour" >"$root/template.key"
}

# initialise_mysql ROOT DATA TMPDIR
initialise_mysql() {
  "$1/bin/mysqld" --defaults-file="$here/mysql.cnf" --initialize-insecure --datadir="$2" \
    --tmpdir="$3" --skip-log-bin --innodb-redo-log-capacity=16M $(user_option)
}

# initialise_mariadb ROOT DATA TMPDIR
initialise_mariadb() {
  "$1/usr/bin/mariadb-install-db" --no-defaults --basedir="$1" --datadir="$2" \
    --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
    --tmpdir="$3" --innodb-log-file-size=32M $(user_option)
}

# Without a binary log, so that a copy starts without history.
create_users() {
  local flavour=$1 data=$2 run=$3 status=0
  mkdir -p "$run"
  launch "$flavour" "$data" "$run" --skip-log-bin --skip-networking $(gtid_off "$flavour")
  wait_until_ready "$flavour" "$run" || status=$?
  [ "$status" -ne 0 ] || client "$flavour" "$run" <"$here/users.sql" || status=$?
  stop_server "$run" || status=$?
  return "$status"
}

gtid_off() { [ "$1" = mariadb ] || printf '%s' '--gtid-mode=OFF --enforce-gtid-consistency=OFF'; }
user_option() { [ "$(id -u)" -ne 0 ] || printf -- '--user=root'; }
