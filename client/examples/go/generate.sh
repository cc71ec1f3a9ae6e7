#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Generates Go code of the module `example` for all .proto files below protos/. Needs protoc,
# protoc-gen-go and protoc-gen-go-grpc.
set -eu
[ -f go.mod ] || go mod init example
files=$(cd protos && find . -name '*.proto' | sed 's|^\./||')
packages=''
for file in $files; do
  packages="$packages --go_opt=M$file=example/$(dirname "$file")"
  packages="$packages --go-grpc_opt=M$file=example/$(dirname "$file")"
done
# shellcheck disable=SC2086
protoc -I protos --go_out=. --go_opt=module=example --go-grpc_out=. --go-grpc_opt=module=example \
  $packages $files
go mod tidy
