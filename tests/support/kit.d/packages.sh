# SPDX-License-Identifier: Apache-2.0
# System packages, by apt.

build_packages() {
  printf '%s\n' g++ cmake ninja-build mold ccache pkg-config git libgrpc++-dev libprotobuf-dev \
    protobuf-compiler protobuf-compiler-grpc librocksdb-dev libspdlog-dev libfmt-dev libgtest-dev \
    libgmock-dev libcli11-dev libyaml-cpp-dev prometheus-cpp-dev libabsl-dev liblz4-dev libzstd-dev \
    libxxhash-dev zlib1g-dev libssl-dev nlohmann-json3-dev librdkafka-dev libmariadb-dev dpkg-dev file help2man
}

test_packages() {
  local clang
  clang=$(clang_major)
  printf '%s\n' sysbench "clang-$clang" "libclang-rt-$clang-dev" "clang-format-$clang" \
    "clang-tidy-$clang" python3 ca-certificates kcat openssl \
    zsh fish lintian
  command -v mvn >/dev/null || echo maven
  [ "$(java_major)" -ge "$java_major_min" ] || java_package
  command -v go >/dev/null || echo golang-go
  command -v npm >/dev/null || echo npm
}

# The version of clang in this release: Debian 12 and 13 have none in common.
clang_major() { if [ "$(os_release VERSION_CODENAME)" = trixie ]; then echo 19; else echo 14; fi; }
java_package() {
  if [ "$(os_release VERSION_CODENAME)" = trixie ]; then
    echo openjdk-21-jre-headless
  else
    echo "openjdk-$java_major_min-jre-headless"
  fi
}

# Prints the packages on standard input that are not installed.
missing_packages() {
  local package
  while read -r package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      echo "$package"
  done
}

install_packages() {
  local set=${1:-} missing
  case $set in
    build) missing=$(build_packages | missing_packages) ;;
    test) missing=$(test_packages | missing_packages) ;;
    *) fail "kit packages: '$set' is not a set of packages" "use build or test" ;;
  esac
  if [ -z "$missing" ]; then
    say "$set packages: all installed"
    return
  fi
  command -v apt-get >/dev/null ||
    fail "this system has no apt" "install the counterparts of: $(echo $missing)"
  # shellcheck disable=SC2086  # a list of words
  apt_install "$set packages" $missing
}

apt_install() {
  local what=$1
  shift
  say "$what: installing $# with apt: $*"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    fail "installing packages needs root, and there is no sudo" "run as root: kit packages"
  export DEBIAN_FRONTEND=noninteractive
  lock_cache
  logged "apt update" as_root apt-get update -q ||
    fail "apt could not read its package lists" "make apt-get update work, then run this again"
  logged "$what" as_root apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" ||
    fail "apt could not install $what" "fix the error above, then run this again"
}
