# SPDX-License-Identifier: Apache-2.0
# A Kafka broker: Java archives that Maven downloads, formatted storage that is copied for every
# broker, and an archive of loaded classes, which saves a third of the time of a start.

readonly java_major_min=17
kafka_version=$(sed -n 's:.*<kafka\.version>\(.*\)</.*:\1:p' "$here/kafka.pom.xml")
kafka_root=$cache/kafka/$kafka_version

# Major version of the java command; 0 if there is none.
java_major() {
  local version
  version=$(java -version 2>&1 | sed -nE 's/^[a-z]+ version "([0-9]+).*/\1/p') || true
  echo "${version:-0}"
}

# Digests of the inputs of the archives, and of the rest of the installation.
kafka_archives_key() { sha256sum <"$here/kafka.pom.xml"; }
kafka_key() {
  {
    kafka_archives_key
    cat "$here/kafka.properties" "$here/kit.d/kafka.sh"
    java -version 2>&1
  } | sha256sum
}

kafka_is_installed() {
  [ "$(readlink "$cache/kafka/current")" = "$kafka_version" ] &&
    [ "$(cat "$kafka_root/installed" 2>/dev/null)" = "$(kafka_key)" ]
}

install_kafka() {
  [ "$(java_major)" -ge "$java_major_min" ] ||
    fail "kafka needs the command java, version $java_major_min or newer" "run: kit packages test"
  if kafka_is_installed; then
    say "kafka: version $kafka_version is installed"
    return
  fi
  lock_cache
  kafka_is_installed && return
  mkdir -p "$kafka_root"
  [ "$(cat "$kafka_root/archives.key" 2>/dev/null)" = "$(kafka_archives_key)" ] || fetch_kafka
  rm -f "$kafka_root/installed"
  write_kafka_commands
  make_kafka_template
  archive_kafka_classes
  ln -sfn "$kafka_version" "$cache/kafka/current"
  kafka_key >"$kafka_root/installed"
  say "kafka: version $kafka_version installed in $kafka_root"
}

# Downloads from the repository in Maven's own configuration. The digest of each file is checked.
fetch_kafka() {
  local repository=$kafka_root/repository new=$kafka_root/libs.new
  command -v mvn >/dev/null ||
    fail "downloading kafka needs the command mvn" "run: kit packages test"
  rm -rf "$repository" "$new" "$kafka_root/libs"
  say "kafka: downloading version $kafka_version (about 70 MB)"
  logged "kafka $kafka_version archives" mvn --batch-mode --strict-checksums -Dstyle.color=never \
    --file "$here/kafka.pom.xml" -Dmaven.repo.local="$repository" \
    dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$new" ||
    fail "kafka could not be downloaded" "see above; mvn must reach its repository"
  mv "$new" "$kafka_root/libs"
  rm -rf "$repository"
  kafka_archives_key >"$kafka_root/archives.key"
}

# bin/kafka-java runs a class of the archives, bin/kafka-broker the broker with its temporary files
# in the working directory. Both replace themselves with that process.
write_kafka_commands() {
  local java
  java=$(readlink -f "$(command -v java)")
  mkdir -p "$kafka_root/bin"
  cat >"$kafka_root/java.options" <<TEXT
-Xms64m
-Xmx384m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:-UsePerfData
-XX:+ExitOnOutOfMemoryError
-Dorg.slf4j.simpleLogger.showDateTime=true
-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS
-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn
-cp "$(find "$kafka_root/libs" -name '*.jar' | LC_ALL=C sort | paste -sd:)"
TEXT
  cat >"$kafka_root/bin/kafka-java" <<TEXT
#!/bin/sh
exec "$java" "@$kafka_root/java.options" "\$@"
TEXT
  cat >"$kafka_root/bin/kafka-broker" <<TEXT
#!/bin/sh
exec "$java" "-XX:\${KAFKA_CLASSES:-SharedArchiveFile}=$kafka_root/classes.jsa" \\
  "@$kafka_root/java.options" "-Djava.io.tmpdir=\$PWD" "-XX:ErrorFile=\$PWD/crash.log" \\
  kafka.Kafka "\$@"
TEXT
  chmod 755 "$kafka_root"/bin/*
}

# A new identity in Kafka's form: 16 bytes in base64url.
kafka_identity() { head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '='; }

make_kafka_template() {
  local new=$kafka_root/template.new
  rm -rf "$new" "$kafka_root/template"
  mkdir -p "$new"
  {
    cat "$here/kafka.properties"
    # Required, but not kept: a broker gets its addresses when it starts.
    printf '%s\n' "log.dirs=$new" 'listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2' \
      'controller.quorum.voters=1@127.0.0.1:2'
  } >"$kafka_root/format.properties"
  logged "kafka formatting" "$kafka_root/bin/kafka-java" kafka.tools.StorageTool format \
    --cluster-id "$(kafka_identity)" --config "$kafka_root/format.properties" ||
    fail "kafka could not format its storage" "see above"
  rm -f "$kafka_root/format.properties"
  mv "$new" "$kafka_root/template"
}

# Archives the classes that a broker loads until it has served a client, in the form that java maps.
archive_kafka_classes() {
  local dir=$kafka_root/warm
  rm -rf "$dir" "$kafka_root/classes.jsa"
  command -v kcat >/dev/null || fail "kafka needs the command kcat" "run: kit packages test"
  logged "kafka classes" load_kafka_classes "$dir" ||
    fail "the kafka broker does not run" "see above; its log is $dir/server.log"
  [ -s "$kafka_root/classes.jsa" ] || fail "java wrote no archive of classes" "see $dir/server.log"
  rm -rf "$dir"
}

load_kafka_classes() {
  local dir=$1 bootstrap status=0
  mkdir -p "$dir"
  cp -a "$kafka_root/template" "$dir/data"
  KAFKA_CLASSES=ArchiveClassesAtExit try_start_kafka "$dir" auto.create.topics.enable=true \
    >"$dir/started" || status=$?
  bootstrap=$(sed -n 's/^bootstrap=//p' "$dir/started")
  [ "$status" -ne 0 ] || echo warm | kcat -P -b "$bootstrap" -t warm || status=$?
  [ "$status" -ne 0 ] || kcat -C -e -q -b "$bootstrap" -t warm || status=$?
  stop_server "$dir"
  return "$status"
}

# start_kafka DIR [KEY=VALUE…]: chooses ports at the first start in DIR and keeps them.
start_kafka() {
  local dir=$1 attempt new=1
  kafka_is_installed || fail "kafka is not installed" "run: kit kafka"
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  shift
  ! server_runs "$dir" || fail "a server already runs in $dir" "run: kit stop $dir"
  [ -d "$dir/data" ] || copy_kafka_template "$dir/data"
  [ ! -f "$dir/ports" ] || new=0
  for attempt in 1 2 3; do
    try_start_kafka "$dir" "$@" && return
    grep -qi 'address already in use' "$dir/server.log" || break
    [ "$new" -eq 1 ] || break
    rm -f "$dir/ports"
    say "port in use at attempt $attempt; trying others"
  done
  # The end of the log is about the orderly shutdown; the cause is before it.
  {
    grep -m 10 -E ' ERROR |Exception: |^Error' "$dir/server.log" || tail -n 10 "$dir/server.log"
  } | cut -c1-200 | sed 's/^/    /' >&2
  fail "kafka did not start in $dir" "its log is $dir/server.log"
}

copy_kafka_template() {
  cp -a --reflink=auto "$kafka_root/template" "$1"
  sed -i "s/^cluster\.id=.*/cluster.id=$(kafka_identity)/" "$1/meta.properties"
}

try_start_kafka() {
  local dir=$1 port controller_port
  shift
  [ -f "$dir/ports" ] || choose_kafka_ports >"$dir/ports"
  read -r port controller_port <"$dir/ports"
  launch_kafka "$dir" "$port" "$controller_port" "$@"
  # The broker is not ready yet, but an interrupt must already stop it.
  trap 'stop_server "$dir"; exit 130' INT TERM
  if ! wait_until_kafka_serves "$dir"; then
    stop_server "$dir"
    return 1
  fi
  trap - INT TERM
  printf 'bootstrap=%s\npid=%s\ndata=%s\nlog=%s\n' "127.0.0.1:$port" "$(<"$dir/server.pid")" \
    "$dir/data" "$dir/server.log"
}

choose_kafka_ports() {
  local port controller_port
  port=$(free_port)
  until controller_port=$(free_port) && [ "$controller_port" -ne "$port" ]; do :; done
  echo "$port $controller_port"
}

launch_kafka() {
  local dir=$1 port=$2 controller_port=$3 setting settings=()
  shift 3
  for setting in "log.dirs=$dir/data" "controller.quorum.voters=1@127.0.0.1:$controller_port" \
    "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port" "$@"; do
    settings+=(--override "$setting")
  done
  (
    cd "$dir" &&
      exec setsid "$kafka_root/bin/kafka-broker" "$here/kafka.properties" "${settings[@]}"
  ) >"$dir/server.log" 2>&1 </dev/null 9>&- &
  echo $! >"$dir/server.pid"
}

# Polls until the broker logs that it has started. Fails if it has ended, or after a minute.
wait_until_kafka_serves() {
  local dir=$1 pid deadline=$((SECONDS + 60))
  pid=$(<"$dir/server.pid")
  until grep -q 'Kafka Server started' "$dir/server.log"; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}
