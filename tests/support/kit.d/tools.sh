# SPDX-License-Identifier: Apache-2.0
# Commands that tests use.

readonly buf_version=1.75.0

install_grpcurl() {
  local version
  command -v go >/dev/null || fail "building grpcurl needs the command go" "run: kit packages test"
  version=$(grpcurl_version)
  if [ -x "$cache/bin/grpcurl" ] && [ "$(cat "$cache/bin/grpcurl.version" 2>/dev/null)" = "$version" ]; then
    say "grpcurl: version $version is installed"
    return
  fi
  lock_cache
  mkdir -p "$cache/bin"
  logged "grpcurl $version" env GOTOOLCHAIN=local GOFLAGS= GOBIN="$cache/bin" \
    go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$version" ||
    fail "grpcurl could not be built" "see above; go must reach its module proxy"
  echo "$version" >"$cache/bin/grpcurl.version"
}

# The newest grpcurl that the installed go command can build.
grpcurl_version() {
  local minor
  minor=$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')
  if [ "$minor" -ge 23 ]; then echo v1.9.3; else echo v1.8.9; fi
}

install_buf() {
  if [ -x "$cache/bin/buf" ] && [ "$(cat "$cache/bin/buf.version" 2>/dev/null)" = "$buf_version" ]; then
    say "buf: version $buf_version is installed"
    return
  fi
  command -v npm >/dev/null || fail "installing buf needs the command npm" "run: kit packages test"
  lock_cache
  mkdir -p "$cache/bin" "$cache/buf"
  logged "buf $buf_version" npm install --prefix "$cache/buf" --no-audit --no-fund --no-save \
    "@bufbuild/buf@$buf_version" ||
    fail "buf could not be installed" "see above; npm must reach its registry"
  ln -sfn ../buf/node_modules/.bin/buf "$cache/bin/buf"
  "$cache/bin/buf" --version >/dev/null || fail "$cache/bin/buf does not run" "see above"
  echo "$buf_version" >"$cache/bin/buf.version"
}
