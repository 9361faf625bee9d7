#!/bin/sh
# setup.sh PACKAGE-SET...: installs from Debian what is missing of the sets named (demo, tests).
# Asks nothing; uses sudo where the caller is not root; does nothing where all is there.
set -eu

demo="gcc libc6-dev cmake make pkg-config libzmq3-dev libczmq-dev libcjson-dev libjwt-dev
      libreadline-dev uthash-dev libssl-dev libsqlite3-dev libsystemd-dev zlib1g-dev python3"
tests="$demo clang libclang-rt-14-dev clang-format valgrind libcmocka-dev libmpfr-dev python3-zmq
       python3-jwt openssl jq mandoc man-db"

wanted=
for set in "$@"; do
    case $set in
    demo) wanted="$wanted $demo" ;;
    tests) wanted="$wanted $tests" ;;
    *) echo "setup.sh: no set '$set' (demo, tests)" >&2; exit 2 ;;
    esac
done

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -q update >&2
# shellcheck disable=SC2086
$as_root apt-get -q install -y --no-install-recommends $missing >&2
