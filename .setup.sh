# Sourced by run_spark_datagen.sh and run_tests.sh: finds Python and Java, and keeps `.venv` in step with pyproject.toml.
# shellcheck shell=bash
#
# ROOT is the checkout. Every failure is one sentence on standard error and exit status 2, as with vecgen itself.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
VENV=$ROOT/.venv
SETUP_LOG=$ROOT/.venv-setup.log
MIN_PYTHON=3.10
MIN_JAVA=17

die() {
    printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
    exit 2
}

# Prints a command as a shell reads it back, with the environment's path as short as it can be from here.
quote_venv_command() {
    local words
    printf -v words ' %q' "${VENV#"$PWD/"}/bin/$1" "${@:2}"
    printf '%s' "${words# }"
}

say() {
    printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
}

# --- Python -----------------------------------------------------------------------------------------------------------

# Prints X.Y.Z when $1 runs and is new enough, else fails.
python_version() {
    "$1" -c '
import sys
if sys.version_info < tuple(map(int, sys.argv[1].split("."))): sys.exit(1)
print("%d.%d.%d" % sys.version_info[:3])' "$MIN_PYTHON" 2>/dev/null
}

# Sets PYTHON_FOUND and PYTHON_VERSION. An existing .venv is preferred to PATH, so that another PATH does not rebuild it.
find_python() {
    local candidates=("$VENV/bin/python" python3 python3.13 python3.12 python3.11 python3.10)
    if [[ -n ${PYTHON:-} ]]; then
        candidates=("$PYTHON")
    fi
    for PYTHON_FOUND in "${candidates[@]}"; do
        if PYTHON_VERSION=$(python_version "$PYTHON_FOUND"); then
            return
        fi
    done
    if [[ -n ${PYTHON:-} ]]; then
        die "PYTHON=$PYTHON is not a Python $MIN_PYTHON or newer; set PYTHON to one, or unset it to search PATH"
    fi
    die "no Python $MIN_PYTHON or newer on PATH; install one (python.org, or your system's packages), or set PYTHON to its path"
}

# --- Java -------------------------------------------------------------------------------------------------------------

# Prints the major version out of `java -version`: 17 for "17.0.15", 8 for "1.8.0_292", 25 for "25-ea".
java_major() {
    "$1" -version 2>&1 | sed -n -E 's/^.*version "(1\.)?([0-9]+).*$/\2/p' | sed -n 1p
}

# Prints why Spark cannot run here, and nothing where it can. Spark itself looks at JAVA_HOME first and does not fall back
# to PATH, so neither does this.
find_java_fault() {
    local java=java where="on PATH" major
    local remedy="install a JDK $MIN_JAVA or newer (for example openjdk-17-jre-headless or Temurin) and set JAVA_HOME to it"
    if [[ -n ${JAVA_HOME:-} ]]; then
        java=$JAVA_HOME/bin/java
        where="at JAVA_HOME=$JAVA_HOME"
    fi
    # One start of Java in the good case: Spark always asks for this module, which cut-down runtimes lack.
    if [[ -n $(java_major_with_vectors "$java") ]]; then
        return
    fi
    major=$(java_major "$java" || true)
    if [[ -z $major ]]; then
        printf '%s' "Spark needs Java $MIN_JAVA or newer and there is none $where; $remedy"
    elif ((major < MIN_JAVA)); then
        printf '%s' "Spark needs Java $MIN_JAVA or newer and the one $where is version $major; $remedy"
    else
        printf '%s' "Spark needs Java's module jdk.incubator.vector, which the cut-down runtime $where lacks; $remedy"
    fi
}

java_major_with_vectors() {
    local output major
    output=$("$1" --add-modules=jdk.incubator.vector -version 2>&1) || return 0
    major=$(sed -n -E 's/^.*version "(1\.)?([0-9]+).*$/\2/p' <<<"$output" | sed -n 1p)
    if [[ -n $major ]] && ((major >= MIN_JAVA)); then
        printf '%s\n' "$major"
    fi
}

# --- .venv ------------------------------------------------------------------------------------------------------------

# ensure_venv EXTRAS...: makes `.venv` hold this checkout with the FIRST set of extras; any further set is a larger one
# that serves as well. A stamp in `.venv` names what is installed, so a second call only computes a checksum.
ensure_venv() {
    find_python
    local extras
    for extras in "$@"; do
        if is_installed "$extras"; then
            return
        fi
    done
    with_lock install_unless_done "$1"
}

# The checkout's path counts, too: a moved environment does not work.
fingerprint() {
    {
        printf '%s\n' "$1" "$PYTHON_VERSION" "$ROOT"
        cat -- "$ROOT/pyproject.toml" "$ROOT/constraints.txt" "$ROOT/.setup.sh"
    } | cksum
}

stamp() {
    printf '%s/.vecgen-%s' "$VENV" "${1//,/-}"
}

is_installed() {
    [[ -x $VENV/bin/python && -f $(stamp "$1") && $(<"$(stamp "$1")") == "$(fingerprint "$1")" ]]
}

# with_lock COMMAND...: two runs never install at once; the second waits and then finds the work done.
with_lock() {
    if ! : 2>/dev/null >>"$ROOT/.venv-setup.lock"; then
        die "cannot write to $ROOT, where .venv belongs; make it writable, or copy the checkout to a place that is"
    fi
    if ! command -v flock >/dev/null; then
        "$@"
        return
    fi
    exec 9>>"$ROOT/.venv-setup.lock"
    if ! flock --nonblock 9; then
        say "another run is setting up .venv; waiting for it"
        flock 9
    fi
    "$@" 9>&- # what is started here must not hold the lock after us
    exec 9>&-
}

install_unless_done() {
    if is_installed "$1"; then
        return
    fi
    say "setting up $VENV with Python $PYTHON_VERSION, about two minutes (log: $SETUP_LOG)"
    rm -f -- "$VENV"/.vecgen-* # an interrupted install leaves no stamp
    : >"$SETUP_LOG"
    if command -v uv >/dev/null; then
        install_with_uv "$1"
    else
        install_with_pip "$1"
    fi
    fingerprint "$1" >"$VENV/.vecgen-new"
    mv -- "$VENV/.vecgen-new" "$(stamp "$1")"
}

# ensure_class_archive: CLASS_ARCHIVE names Spark's classes in the form that Java maps into memory, or nothing where Java
# cannot make it. With it 1,000 customers take 8 s instead of 10. Java itself refuses an archive that does not fit.
ensure_class_archive() {
    CLASS_ARCHIVE=$VENV/spark-classes.jsa
    local java=${JAVA_HOME:+$JAVA_HOME/bin/java} made=$VENV/.vecgen-spark-classes made_by
    made_by=$(ls -lL -- "${java:-$(command -v java)}")
    if [[ -w $VENV && (! -f $made || $(<"$made") != "$made_by") ]]; then
        with_lock make_class_archive
        printf '%s\n' "$made_by" >"$made"
    fi
    if [[ ! -s $CLASS_ARCHIVE ]]; then
        CLASS_ARCHIVE=
    fi
}

# Java archives what a small run has loaded, as it ends.
make_class_archive() {
    local draft=$VENV/spark-classes.new output=$VENV/spark-classes
    say "preparing Spark's start, once, about 20 seconds (150 MB in $VENV)"
    rm -rf -- "$draft" "$output"
    logged "$VENV/bin/spark-submit" --master 'local[*]' --conf spark.ui.enabled=false \
        --conf "spark.driver.extraJavaOptions=-XX:+UseSerialGC \"-XX:ArchiveClassesAtExit=$draft\"" \
        "$ROOT/spark_jobs/generate.py" --customers 2 --output "$output" --quiet || true
    rm -rf -- "$CLASS_ARCHIVE" "$output"
    if [[ -s $draft ]]; then
        mv -- "$draft" "$CLASS_ARCHIVE" # whole: of half an archive Java would die
    fi
}

# ensure_object_store: the S3 server of the tests, one Go program. Without Go the tests that need it are left out, and say so.
ensure_object_store() {
    local version=v1.8.0
    if [[ -x $VENV/bin/versitygw && $(<"$VENV/.versitygw") == "$version" ]]; then
        return
    fi
    if ! command -v go >/dev/null; then
        say "no Go on PATH: tests of object storage are left out"
        return
    fi
    with_lock install_object_store "$version"
}

install_object_store() {
    say "building versitygw $1, the S3 server of the tests, one to three minutes (log: $SETUP_LOG)"
    if GOBIN=$VENV/bin logged go install "github.com/versity/versitygw/cmd/versitygw@$1"; then
        printf '%s' "$1" >"$VENV/.versitygw"
    else
        say "versitygw could not be built (end of $SETUP_LOG tells why): tests of object storage are left out"
    fi
}

install_with_uv() {
    if [[ $(venv_version) != "$PYTHON_VERSION" ]]; then
        logged uv venv --seed --clear --python "$PYTHON_FOUND" "$VENV" || die_venv
    fi
    (cd -- "$ROOT" && logged uv pip install --python "$VENV/bin/python" -c constraints.txt -e ".[$1]") || die_install
}

install_with_pip() {
    # An interrupted `venv` leaves Python without pip.
    if [[ $(venv_version) != "$PYTHON_VERSION" ]] || ! logged "$VENV/bin/python" -m pip --version; then
        local python=$PYTHON_FOUND
        if [[ $python == "$VENV"/* ]]; then # it cannot clear away itself
            python=$("$python" -c 'import sys; print(sys._base_executable)')
        fi
        logged "$python" -m venv --clear "$VENV" || die_venv
    fi
    (
        cd -- "$ROOT" &&
            logged "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --retries 2 \
                -c constraints.txt -e ".[$1]"
    ) || die_install
}

venv_version() {
    python_version "$VENV/bin/python" || true
}

logged() {
    "$@" >>"$SETUP_LOG" 2>&1
}

die_venv() {
    die "Python $PYTHON_VERSION could not make $VENV ($SETUP_LOG tells why); install its venv module (python3-venv on Debian and Ubuntu)"
}

die_install() {
    local offline='NewConnectionError|ConnectTimeout|NameResolutionError|ProxyError|dns error|client error \(Connect\)|Network is unreachable|from versions: none'
    if grep -qE "$offline" "$SETUP_LOG"; then
        die "the packages could not be fetched (end of $SETUP_LOG tells why); check the network and the package index pip is set up for, then run this again"
    fi
    die "the packages could not be installed (end of $SETUP_LOG tells why); mend that and run this again"
}
