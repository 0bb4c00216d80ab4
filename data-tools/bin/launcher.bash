# What the launchers of Femto's command lines share; read by them, not run. Each sets, before it
# calls `start` with its arguments:
#
#   program     its name, for messages
#   root        the project's directory
#   module      the Maven module it starts
#   sources     the modules it is built from, with it
#   main_class  its main class
#   jvm_flags   flags of the JVM
#   use_cache   yes: with a cache of loaded classes, which starts faster
#
# What they run is a copy of the build's jars, in the module's target/app, so that a build meanwhile
# doesn't pull them away from a command that is running.

readonly oldest_jdk=25

# What Chronicle Map, the growing dictionary's file, needs of the JDK; for jvm_flags.
readonly chronicle_flags=(
  --add-exports=java.base/sun.nio.ch=ALL-UNNAMED
  --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED
  --add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED
  --add-opens=java.base/java.lang=ALL-UNNAMED
  --add-opens=java.base/java.lang.reflect=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow)

say() { printf '%s: %s\n' "$program" "$*" >&2; }

# Sets `resolved` to the path $1 with its symbolic links followed.
follow_links() {
  resolved=$1
  local link
  while [[ -L $resolved ]]; do
    link=$(readlink "$resolved")
    case $link in
      /*) resolved=$link ;;
      *) resolved=$(dirname "$resolved")/$link ;;
    esac
  done
}

# Is the directory $1 a JDK that is new enough? Read: by its `release` file, which is quick.
# Run: if it has no such file, by asking its java.
is_new_jdk() {
  local how=$2 line version=
  [[ -n $1 && -x $1/bin/java && -x $1/bin/javac ]] || return 1
  if [[ -r $1/release ]]; then
    while IFS= read -r line; do
      case $line in JAVA_VERSION=*) version=${line#*=} ;; esac
    done <"$1/release"
  elif [[ $how == run ]]; then
    version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version //p') || return 1
  fi
  version=${version#\"}
  version=${version%%[!0-9]*}
  [[ -n $version ]] && ((version >= oldest_jdk))
}

# Sets `jdk` to JAVA_HOME if that is new enough, else to the first JDK that is.
find_jdk() {
  local how on_path=
  jdk=${JAVA_HOME:-}
  if is_new_jdk "$jdk" run; then
    jdk=$(cd "$jdk" && pwd) # the build changes directory
    return
  fi
  if resolved=$(type -P java); then
    follow_links "$resolved"
    on_path=${resolved%/bin/java}
  fi
  for how in read run; do
    for jdk in "$on_path" /usr/lib/jvm/* ~/.sdkman/candidates/java/* /opt/*jdk* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home; do
      is_new_jdk "$jdk" "$how" && return
    done
  done
  say "found no JDK $oldest_jdk or newer. Looked at: JAVA_HOME (${JAVA_HOME:-not set}), at the"
  say "java on the PATH, and in /usr/lib/jvm, ~/.sdkman/candidates/java, /opt/*jdk* and"
  say "/Library/Java/JavaVirtualMachines. Install one, or say where it is:"
  say "  export JAVA_HOME=/path/to/jdk-$oldest_jdk"
  exit 2
}

# Has a source changed since the file $1 was made? A directory changes when a file in it goes.
changed_since() {
  [[ -n $(cd "$root" && find pom.xml "${sources[@]/%//pom.xml}" "${sources[@]/%//src/main}" \
    -newer "$1" -print -quit) ]]
}

# Sets `app` to the newest copy of the jars. Fails if there is none, or if it is out of date.
find_app() {
  local id
  [[ -r $apps/current ]] && read -r id <"$apps/current" && app=$apps/$id &&
    [[ -e $app/stamp ]] && ! changed_since "$app/stamp"
}

run_maven() {
  if ! type -P mvn >/dev/null; then
    say "Maven is needed to build Femto, and there is no mvn on the PATH"
    exit 1
  fi
  if [[ -e $apps/current ]]; then
    say "building (sources have changed) ..."
  else
    say "building (first use, about a minute) ..."
  fi
  if ! (cd "$root" && JAVA_HOME=$jdk mvn -B -ntp -Dmaven.test.skip=true -pl "$module" -am package) \
    </dev/null >"$target/build.log" 2>&1; then
    # The first lines name the cause; what Maven says of itself comes last.
    { grep -E '^\[(ERROR|WARNING)' "$target/build.log" | grep -v -E 'COMPILATION|Help 1|^\[ERROR\] *$' ||
      cat "$target/build.log"; } | head -n 30 >&2
    say "the build failed; its whole log is $target/build.log"
    exit 1
  fi
}

# Makes a copy of the jars, building them unless `mvn verify` has just done so, and beside it, if
# that is wanted, a cache of loaded and linked classes.
make_app() {
  local id jars
  id=$(date +%Y%m%d-%H%M%S)-$$
  app=$apps/$id
  touch "$apps/stamp"
  jars=("$target/femto-$module"-*.jar)
  if [[ ! -e ${jars[0]} || ! -d $target/lib ]] || changed_since "${jars[0]}"; then
    rm -f "${jars[@]}"
    run_maven
    jars=("$target/femto-$module"-*.jar)
  fi
  mkdir "$app"
  mv "$apps/stamp" "$app/stamp" # made before the build: a source that changed meanwhile is newer
  cp "${jars[0]}" "$app/femto.jar"
  cp -R "$target/lib" "$app/lib"
  if [[ $use_cache == yes ]]; then
    "$jdk/bin/java" "${jvm_flags[@]}" -XX:AOTCacheOutput="$app/femto.aot" \
      -cp "$app/femto.jar" "$main_class" --help >/dev/null 2>&1 || true
  fi
  echo "$id" >"$apps/current.$$"
  mv "$apps/current.$$" "$apps/current"
  # Older copies go, except the last two, which may be running.
  (cd "$apps" && ls -d 2*/ | sort -r | tail -n +4 | xargs rm -rf)
}

# Builds what has to be built, and becomes the JVM.
start() {
  local flags
  target=$root/$module/target
  apps=$target/app
  find_jdk
  if ! find_app; then
    mkdir -p "$apps"
    ( # One at a time: whoever had to wait finds it done.
      ! type -P flock >/dev/null || flock 9
      find_app || make_app
    ) 9>"$apps/lock"
    find_app || true # out of date again already: what has just been built will do
  fi
  flags=("${jvm_flags[@]}")
  if [[ -e $app/femto.aot ]]; then
    # Another JDK or other options than the cache was made with: the JVM goes without, in silence.
    flags+=(-XX:AOTCache="$app/femto.aot" -Xlog:aot*=off -Xlog:cds*=off)
  fi
  # shellcheck disable=SC2086 # FEMTO_JAVA_OPTS is a list of words
  exec "$jdk/bin/java" "${flags[@]}" ${FEMTO_JAVA_OPTS:-} -cp "$app/femto.jar" "$main_class" "$@"
}
