# SPDX-License-Identifier: Apache-2.0
# The steps of the test, in order.

newest_deb() { find "$debs" -maxdepth 1 -name "$1_*.deb" | head -n 1; }

install_packages() {
  heading "apt-get install of the packages"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >"$work/apt.log" 2>&1 || { cat "$work/apt.log" && exit 1; }
  proves "apt installs millrace-server, millrace-client and libmillrace0 with their dependencies" \
    apt-get install -q -y --no-install-recommends "$(newest_deb millrace-server)" \
    "$(newest_deb millrace-client)" "$(newest_deb libmillrace0)"
  cp "$work/output" "$work/install.log"
  proves "the installation prints the next step" grep -q 'edit source.host' "$work/install.log"
}

check_installed_files() {
  local file
  heading "installed files"
  has_mode "the configuration is readable by the server, not by others" "root:millrace 640" /etc/millrace/millrace.yaml
  has_mode "the password is readable only by root" "root:root 600" /etc/millrace/password
  has_mode "the log's directory belongs only to the server" "millrace:millrace 700" /var/lib/millrace
  equals "the system user has no shell" /usr/sbin/nologin "$(getent passwd millrace | cut -d: -f7)"
  proves "the user is a system user" test "$(id -u millrace)" -lt 1000
  proves "dpkg knows the configuration as a conffile" \
    grep -q '/etc/millrace/millrace.yaml' <(dpkg-query -W -f '${Conffiles}' millrace-server)
  proves "dpkg ties the server to one series of MariaDB's library" \
    grep -Eq 'libmariadb3 \(<< [^)]*~\)' <(dpkg-query -W -f '${Depends}' millrace-server)
  proves "nothing was started" test -z "$(pidof_millraced)"
  proves "nothing was enabled" absent /etc/systemd/system/multi-user.target.wants/millraced.service
  for file in /usr/share/man/man1/millrace-tail.1.gz /usr/share/man/man8/millraced.8.gz \
    /usr/share/bash-completion/completions/millrace /usr/share/zsh/vendor-completions/_millrace \
    /usr/share/fish/vendor_completions.d/millrace.fish \
    /usr/share/doc/millrace-server/{copyright,NOTICE,THIRD_PARTY_NOTICES,LICENSE,changelog.Debian.gz} \
    /usr/share/doc/millrace-server/examples/millrace.example.yaml; do
    has_mode "$file" "root:root 644" "$file"
  done
  equals "programs print their version" "$(millraced --version | cut -d' ' -f2)" "$(millrace --version | cut -d' ' -f2)"
  proves "bash completes a subcommand" bash -c 'source /usr/share/bash-completion/completions/millrace
    COMP_WORDS=(millrace tai) COMP_CWORD=1; _millrace; test "${COMPREPLY[*]}" = tail'
}

follow_a_source() {
  heading "edit two lines, then start with the unit's command line"
  eval "$("$kit" env)"
  mysql=$work/mysql mysql_client=$MILLRACE_MYSQL
  "$kit" start mysql "$mysql" --bind-address=$source_host --port=3306 >/dev/null
  sql -e 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, note TEXT);
    INSERT INTO shop.orders VALUES (1, "before")'
  sed -i "s/^  host: .*/  host: $source_host/" /etc/millrace/millrace.yaml
  echo millrace >/etc/millrace/password
  has_mode "an edit keeps owner and mode" "root:millrace 640" /etc/millrace/millrace.yaml
  proves "the unit runs as the package's user, not as a dynamic one" \
    test "$(unit_setting User):$(unit_setting DynamicUser)" = millrace:
  proves "millraced check accepts the source" as_systemd_would check
  start_millraced
  proves "the row from before the start arrives" timeout 30 millrace tail --from earliest --tables "shop.*" --limit 1
  sql -e 'INSERT INTO shop.orders VALUES (2, "after"); UPDATE shop.orders SET note = "changed" WHERE id = 2'
  timeout 30 millrace tail --from earliest --tables shop.orders --operations read,insert,update --limit 3 \
    --json >"$work/rows"
  equals "rows arrive: the one from before, an insert, an update" "READ:before INSERT:after UPDATE:changed" \
    "$(sed -E 's/.*"operation":"([A-Z]+)".*"note":"([a-z]+)"\}.*/\1:\2/' "$work/rows" | paste -sd' ')"
  equals "the server runs as" millrace "$(stat -c %U "/proc/$(pidof_millraced)")"
  proves "no file of the log is readable by others" test -z "$(find /var/lib/millrace -perm /077)"
}

# repack VERSION_SUFFIX [COMMAND]: builds the server's package again with a higher version, after running
# COMMAND in its tree.
repack() {
  local tree=$work/repacked file=$work/server$1.deb
  rm -rf "$tree"
  dpkg-deb -R "$(newest_deb millrace-server)" "$tree"
  sed -i "s/^Version: .*/&$1/" "$tree/DEBIAN/control"
  (cd "$tree" && eval "${2:-true}")
  dpkg-deb -b "$tree" "$file" >/dev/null
  echo "$file"
}

# Keeps an edited configuration, as an administrator would choose.
install_deb() { dpkg -i --force-confold "$1"; }

upgrade() {
  local before file
  heading "upgrade"
  before=$(log_state)
  file=$(repack +1)
  proves "a newer package installs over a running server" install_deb "$file"
  stop_millraced
  start_millraced
  equals "the log is the same, to the newest change" "$before" "$(log_state)"
  equals "the edited configuration is kept" "  host: $source_host" "$(grep '^  host:' /etc/millrace/millrace.yaml)"
  file=$(repack +2 'echo "# new default" >>etc/millrace/millrace.yaml')
  proves "a package with another configuration installs" install_deb "$file"
  equals "the edited configuration is kept" "  host: $source_host" "$(grep '^  host:' /etc/millrace/millrace.yaml)"
  proves "the new default is stored beside it" grep -q 'new default' /etc/millrace/millrace.yaml.dpkg-dist
  has_mode "the configuration" "root:millrace 640" /etc/millrace/millrace.yaml
  equals "the password is kept" millrace "$(cat /etc/millrace/password)"
}

# Simulates a system with systemd: systemctl only records its calls.
upgrade_under_systemd() {
  local calls=$work/systemctl.calls
  heading "calls of systemctl by the scripts"
  mkdir -p /run/systemd/system
  printf '#!/bin/sh\necho "$*" >>%s\n' "$calls" >/usr/bin/systemctl
  chmod 755 /usr/bin/systemctl
  mv /usr/sbin/policy-rc.d "$work/"
  install_deb "$(repack +3)" >"$work/upgrade.log" 2>&1
  proves "an upgrade restarts the server if it runs" grep -Eq 'try-restart .*millraced.service' "$calls"
  proves "an upgrade starts nothing that did not run" fails grep -Eq '(^| )(start|enable) ' "$calls"
  : >"$calls"
  dpkg --remove millrace-server >/dev/null 2>&1
  proves "a removal stops the server" grep -Eq 'stop .*millraced.service' "$calls"
  mv "$work/policy-rc.d" /usr/sbin/
  rm -rf /usr/bin/systemctl /run/systemd
  install_deb "$(repack +3)" >/dev/null 2>&1
}

# Makes the state of a unit with DynamicUser=yes: a link to a log of another user.
make_private_log() {
  mkdir -p -m 700 /var/lib/private
  mv /var/lib/millrace /var/lib/private/millrace
  ln -s private/millrace /var/lib/millrace
  chown -R 61234:61234 /var/lib/private/millrace
}

configure_again() { /var/lib/dpkg/info/millrace-server.postinst configure "$1"; }

migrate() {
  local before version
  heading "a log of a unit with DynamicUser"
  before=$(log_state)
  version=$(dpkg-query -W -f '${Version}' millrace-server)
  stop_millraced
  make_private_log
  proves "the package installs over that log" install_deb "$(repack +4)"
  proves "the log has moved" test -d /var/lib/millrace -a ! -L /var/lib/millrace -a ! -e /var/lib/private/millrace
  equals "all of it belongs to the server" "" "$(find /var/lib/millrace ! -user millrace)"
  proves "a second run changes nothing" configure_again "$version"
  start_millraced
  equals "the log is the same, to the newest change" "$before" "$(log_state)"
  migrate_in_use
  migrate_beside_another
  migrate_under_own_unit
}

# While the server has the log open, nothing moves.
migrate_in_use() {
  make_private_log
  proves "a log in use is refused" fails configure_again 0
  proves "a log in use stays where it is" test -f /var/lib/private/millrace/LOCK -a -L /var/lib/millrace
  stop_millraced
  proves "the log moves after a stop" configure_again 0
  proves "the log has moved" test -f /var/lib/millrace/LOCK -a ! -L /var/lib/millrace
}

migrate_beside_another() {
  local before
  install -d -m 700 /var/lib/private/millrace
  echo other >/var/lib/private/millrace/CURRENT
  before=$(ls -lR /var/lib/millrace)
  proves "a second log causes no error" configure_again 0
  equals "the second log stays" other "$(cat /var/lib/private/millrace/CURRENT)"
  proves "the log in use stays" test "$before" = "$(ls -lR /var/lib/millrace)"
  rm -rf /var/lib/private/millrace
}

# A unit in /etc replaces the package's unit, and keeps its log.
migrate_under_own_unit() {
  make_private_log
  mkdir -p /etc/systemd/system
  : >/etc/systemd/system/millraced.service
  proves "a unit of the administrator causes no error" configure_again 0
  equals "its log stays, with its owner" 61234 "$(stat -c %u /var/lib/private/millrace)"
  rm /etc/systemd/system/millraced.service
  proves "without that unit the log moves" configure_again 0
  has_mode "the log's directory" "millrace:millrace 700" /var/lib/millrace
}

remove_and_purge() {
  heading "remove, then purge"
  proves "apt removes the server" apt-get remove -q -y millrace-server
  proves "the program and the unit are gone" absent /usr/bin/millraced
  proves "configuration, password and log stay" \
    test -f /etc/millrace/millrace.yaml -a -s /etc/millrace/password -a -f /var/lib/millrace/CURRENT
  proves "apt purges the packages" apt-get purge -q -y millrace-server millrace-client libmillrace0
  proves "configuration and password are gone" absent /etc/millrace
  proves "the log is gone" absent /var/lib/millrace
  proves "no link of the unit remains" test -z "$(find /etc/systemd /var/lib/systemd -name 'millraced*')"
  proves "nothing is left of the packages" test -z "$(find /usr /etc -name '*millrace*' -not -path '/usr/src/*')"
  proves "the system user stays, so that its id is not used again" getent passwd millrace
  proves "nothing runs" test -z "$(pidof_millraced)"
}
