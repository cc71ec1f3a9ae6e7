# SPDX-License-Identifier: Apache-2.0
# Roots: Debian systems in directories, to build and test in on a machine of another release. A root
# is a stack of layers, made once and kept:
#   bare   the system that debootstrap makes
#   build  the packages that `kit packages build` adds
#   test   the packages that `kit packages test` adds
# A command runs on its own writable layer, which is removed at its end, in its own mount and process
# namespaces. However the command ends, no mount and no process remains.

# Increment this when the way of making roots changes: then existing roots are made again.
readonly root_recipe=1
readonly roots=$cache/roots
checkout=$(cd "$here/../.." && pwd)
run=''

root_command() {
  local system=${1:-}
  if [ "$system" = run ]; then
    shift
    run_in_root "$@"
  else
    make_root "$system" "${2:-build}"
  fi
}

root_suite() {
  case $1 in
    debian12) echo bookworm ;;
    debian13) echo trixie ;;
    *) fail "kit root: '$1' is not a system" "use debian12 or debian13" ;;
  esac
}

# layers_up_to LAYER: LAYER and the layers below it, from the bottom.
layers_up_to() {
  case $1 in
    bare) echo bare ;;
    build) echo bare build ;;
    test) echo bare build test ;;
    *) fail "kit root: '$1' is not a layer" "use bare, build or test" ;;
  esac
}

# Digest of the inputs of a layer. If the list of packages changes, the layer is made again.
layer_key() {
  local suite=$1 layer=$2
  {
    echo "$root_recipe $suite $layer"
    [ "$layer" = bare ] || cat "$here/kit.d/packages.sh"
  } | sha256sum
}

layer_is_made() { [ "$(cat "$roots/$1/$3.key" 2>/dev/null)" = "$(layer_key "$2" "$3")" ]; }

# make_root SYSTEM LAYER
make_root() {
  local system=$1 layer suite layers
  suite=$(root_suite "$system")
  layers=$(layers_up_to "$2")
  [ "$(id -u)" -eq 0 ] || fail "making and entering a root needs mounts, and so the user root" \
    "run it as root: sudo tests/support/kit root $system"
  for layer in $layers; do
    layer_is_made "$system" "$suite" "$layer" && continue
    lock_cache
    layer_is_made "$system" "$suite" "$layer" || make_layer "$system" "$suite" "$layer"
  done
  say "root $system: $2 exists"
}

# Runs `kit root` in a child process, which ends with this process. The child's lock on the cache ends
# with the child.
make_root_apart() { setpriv --pdeathsig TERM "$here/kit" root "$@"; }

# drop_layers DIR LAYER: waits until no command uses the layers, then removes LAYER and those above it.
drop_layers() {
  local dir=$1 layer found=''
  for layer in test build bare; do
    [ ! -e "$dir/$layer" ] || found+=" $layer"
    [ "$layer" != "$2" ] || break
  done
  [ -n "$found" ] || return 0
  exec 6>"$dir/layers.lock"
  flock --nonblock 6 || {
    say "waiting for the commands that run in $dir"
    flock 6
  }
  for layer in $found; do rm -rf "$dir/$layer.key" "$dir/$layer"; done
}

# make_layer SYSTEM SUITE LAYER
make_layer() {
  local system=$1 suite=$2 layer=$3 dir=$roots/$1
  mkdir -p "$dir"
  drop_layers "$dir" "$layer"
  rm -rf "$dir/$layer.new"
  if [ "$layer" = bare ]; then
    bootstrap_root "$system" "$suite" "$dir/bare.new"
  else
    logged "root $system $layer packages" setpriv --pdeathsig TERM \
      "$here/kit" root run "$system" --on "$(layer_below "$layer")" --keep "$dir/$layer.new" \
      tests/support/kit packages "$layer" ||
      fail "the $layer packages could not be installed in the root $system" "see above"
  fi
  mv "$dir/$layer.new" "$dir/$layer"
  layer_key "$suite" "$layer" >"$dir/$layer.key"
}

layer_below() { if [ "$1" = test ]; then echo build; else echo bare; fi; }

# Uses the mirror of this machine's own apt. debootstrap mounts too, so it gets its own namespaces.
bootstrap_root() {
  local system=$1 suite=$2 dir=$3 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(configured_mirror)
  [ -n "$mirror" ] ||
    fail "apt's configuration has no mirror with a component main" "see /etc/apt/sources.list*"
  [ -r "$keyring" ] || fail "$keyring is missing" "install the package debian-archive-keyring"
  command -v debootstrap >/dev/null || apt_install "debootstrap" debootstrap
  logged "root $system" setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
    debootstrap --variant=minbase --keyring="$keyring" --include=ca-certificates \
    "$suite" "$dir" "$mirror" ||
    fail "debootstrap could not make the root $system" "see above; apt must reach its mirror"
  rm -rf "$dir"/var/cache/apt/archives/*.deb "$dir"/var/lib/apt/lists/*
  printf 'deb %s %s main\n' "$mirror" "$suite" >"$dir/etc/apt/sources.list"
  # How this machine reaches the mirror. Commands get the proxies of the environment separately.
  {
    echo 'Acquire::Languages "none";'
    apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)' || true
  } >"$dir/etc/apt/apt.conf.d/90host"
  # No package may start a service.
  printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
  chmod 755 "$dir/usr/sbin/policy-rc.d"
  mkdir -p "$dir/src" "$dir/root/.cache/millrace" "$dir/root/.cache/ccache"
}

# run_in_root SYSTEM [--on LAYER] [--build DIR] [--keep DIR] COMMAND…: make_layer uses --keep, which
# moves the writable layer to DIR.
run_in_root() {
  local system=${1:-} on=build build keep='' status=0 child=''
  root_suite "$system" >/dev/null
  shift
  build=$checkout/build/$system
  while [ $# -gt 0 ]; do
    case $1 in
      --on) on=${2:-} && shift 2 ;;
      --build) build=${2:-} && shift 2 ;;
      --keep) keep=${2:-} && shift 2 ;;
      --) shift && break ;;
      -*) fail "kit root run: unknown option '$1'" "see kit --help" ;;
      *) break ;;
    esac
  done
  [ $# -gt 0 ] || fail "kit root run $system: no command given" "kit root run $system COMMAND…"
  # While a layer is being made, the kit that makes it holds the locks.
  [ -n "$keep" ] || hold_layers "$system" "$on"
  mkdir -p "$build"
  build=$(cd "$build" && pwd)
  trap 'end_run' EXIT
  trap 'interrupt_run' INT TERM
  prepare_run "$system"
  # The child is killed with this process, however this process ends.
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
    "$here/kit.d/enter_root" "$run" "$(lower_layers "$system" "$on")" "$checkout" "$build" \
    "$roots/$system/cache" "$(shared_mysql)" "$(ccache_directory)" "$@" <&0 &
  child=$!
  # A signal interrupts a wait.
  while :; do
    wait "$child" && status=0 || status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  if [ -n "$keep" ] && [ "$status" -eq 0 ]; then mv "$run/upper" "$keep"; fi
  return "$status"
}

# hold_layers SYSTEM LAYER: makes the missing layers, and holds a lock so that nobody makes them again.
hold_layers() {
  local layer made=0
  until [ "$made" -eq 1 ]; do
    make_root_apart "$1" "$2"
    exec 6>"$roots/$1/layers.lock"
    flock --shared 6
    made=1
    for layer in $(layers_up_to "$2"); do
      layer_is_made "$1" "$(root_suite "$1")" "$layer" || made=0
    done
    [ "$made" -eq 1 ] || exec 6>&-
  done
}

# Makes the directory of a run, with a lock that is held as long as the run lives.
prepare_run() {
  local file
  mkdir -p "$roots/$1/runs" "$roots/$1/cache/mysql"
  exec 7>"$roots/$1/runs.lock"
  flock 7
  remove_old_runs "$roots/$1/runs"
  run=$(mktemp -d "$roots/$1/runs/XXXXXXXX")
  exec 8>"$run/lock"
  flock 8
  exec 7>&-
  mkdir -p "$run"/{upper,work,root,tmp}
  chmod 755 "$run/upper"
  chmod 1777 "$run/tmp"
  # Host names, and the certificate authorities that this machine trusts.
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/java/cacerts; do
    [ -z "$keep" ] || [ "$file" = /etc/resolv.conf ] || continue
    [ ! -r "$file" ] || install -D -m 644 "$file" "$run/upper$file"
  done
}

end_run() { [ -z "$run" ] || rm -rf "$run"; }

# Signals the child of unshare, because unshare itself ignores the signal.
interrupt_run() {
  [ -n "$child" ] || exit 130
  # shellcheck disable=SC2046  # a list of ids
  kill -TERM $(cat "/proc/$child/task/$child/children") 2>/dev/null || true
}

# Removes the directories of runs that were killed: nobody holds their locks.
remove_old_runs() {
  local old
  for old in "$1"/*/; do
    [ -d "$old" ] || continue
    if flock --nonblock "$old/lock" true; then rm -rf "$old"; fi
  done
}

# The layers for overlayfs, the uppermost first.
lower_layers() {
  local layer lower=''
  for layer in $(layers_up_to "$2"); do lower=$roots/$1/$layer${lower:+:$lower}; done
  echo "$lower"
}

# MySQL's prefix. It has its own loader and libraries and runs on any release. Empty if there is none.
shared_mysql() { ! is_installed mysql || echo "$cache/mysql"; }

ccache_directory() {
  local dir
  dir=$(ccache --get-config=cache_dir 2>/dev/null) || dir=${CCACHE_DIR:-$HOME/.cache/ccache}
  mkdir -p "$dir"
  echo "$dir"
}
