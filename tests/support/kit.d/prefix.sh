# SPDX-License-Identifier: Apache-2.0
# Private prefixes: packages unpacked into the cache and run with their own loader and libraries.
# The system's package database is neither read nor changed, and no service is ever started.

# The first Debian mirror (or Ubuntu archive) in the machine's own apt configuration.
configured_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$3 == "main" && $2 !~ /[-\/]/ && $1 !~ /security/ {print $1; exit}'
}

# write_private_apt DIR [SUITE]: writes an apt configuration that keeps all state below DIR. It uses
# only SUITE of the configured mirror, or the machine's own sources without SUITE.
write_private_apt() {
  local dir=$1 suite=${2:-}
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/sources"
  : >"$dir/status"
  cat >"$dir/apt.conf" <<TEXT
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "$dir";
Dir::State::status "$dir/status";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
TEXT
  [ -z "$suite" ] || write_suite_source "$dir" "$suite"
}

write_suite_source() {
  local dir=$1 suite=$2 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(configured_mirror)
  [ -n "$mirror" ] ||
    fail "apt's configuration has no mirror with a component main" "see /etc/apt/sources.list*"
  [ -r "$keyring" ] || fail "$keyring is missing" "install the package debian-archive-keyring"
  cat >"$dir/sources/suite.sources" <<TEXT
Types: deb
URIs: $mirror
Suites: $suite
Components: main
Signed-By: $keyring
TEXT
  cat >>"$dir/apt.conf" <<TEXT
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$dir/sources";
TEXT
}

# unpack_closure WORK DIR PACKAGE…: unpacks the packages and their dependencies into DIR, without the
# files that no server needs.
unpack_closure() {
  local work=$1 dir=$2 archive
  shift 2
  logged "lists for $1" apt-get -q -c "$work/apt.conf" update || return
  logged "download of $1" \
    apt-get -q -y -c "$work/apt.conf" --no-install-recommends --download-only install "$@" || return
  mkdir -p "$dir"
  say "unpacking $(find "$work/cache/archives" -name '*.deb' | wc -l) packages"
  for archive in "$work"/cache/archives/*.deb; do
    dpkg -x "$archive" "$dir" || return
  done
  rm -rf "$dir"/{bin,sbin,etc,var} "$dir"/usr/share/{doc,man,locale,lintian,perl,perl5,gcc,gdb} \
    "$dir"/usr/lib/*/perl* "$dir"/usr/lib/mysql/plugin/auth_pam*
  find "$dir/usr/bin" -type f -size +1M ! -name mysql ! -name mysqlbinlog ! -name 'mariadb*' \
    ! -name my_print_defaults ! -name resolveip -delete
}

# write_wrapper ROOT NAME PROGRAM KIND: ROOT/bin/NAME runs PROGRAM (a path below ROOT) with the
# prefix's own loader. A server gets the options with the paths of its files.
write_wrapper() {
  local root=$1 name=$2 program=$3 kind=$4 loader library_path
  [ -x "$root/$program" ] || fail "$program is missing from the unpacked packages"
  loader=$(cd "$root" && find . -name 'ld-linux*.so.*' \( -type f -o -type l \) -path '*linux-gnu*' -printf '%P\n' | head -n 1)
  [ -n "$loader" ] || fail "no program loader among the unpacked packages in $root"
  library_path=$(cd "$root" && find . -type d -path '*/lib/*-linux-gnu' -printf '$root/%P:')
  mkdir -p "$root/bin"
  cat >"$root/bin/$name" <<TEXT
#!/bin/sh
# Runs $name of this prefix with the prefix's own loader and libraries.
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
TEXT
  [ "$kind" = plain ] || cat >>"$root/bin/$name" <<'TEXT'
case ${1:-} in
  --defaults-file=* | --no-defaults) defaults=$1 && shift ;;
  *) defaults=--no-defaults ;;
esac
set -- "$defaults" --basedir="$root/usr" --lc-messages-dir="$root/usr/share/mysql" \
  --plugin-dir="$root/usr/lib/mysql/plugin" --character-sets-dir="$root/usr/share/mysql/charsets" "$@"
TEXT
  cat >>"$root/bin/$name" <<TEXT
exec "\$root/$loader" --library-path "${library_path%:}" "\$root/$program" "\$@"
TEXT
  chmod 755 "$root/bin/$name"
}
