#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What runs the tests on several versions of Ansible (tests/ansibles/run) runs them
# on those, and tells of every version whether it was tried and whether all of its
# tests have passed. Here make and apt-get are stand-ins.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/bin" "$scratch/build/ansibles/2.19/bin"

# program FILE: from standard input.
program() {
	{
		echo '#!/bin/sh'
		cat
	} >"$1"
	chmod +x "$1"
}

program "$scratch/bin/ansible" <<'END_ANSIBLE'
echo "ansible [core 2.14.18]"
echo "  python version = 3.11.2 (main, today)"
echo "  jinja version = 3.1.2"
END_ANSIBLE
program "$scratch/build/ansibles/2.19/bin/ansible" <<<'echo "ansible [core 2.19.99]"'
echo "2.19.99 (a stand-in)" >"$scratch/build/ansibles/2.19/version"
# It says on which it was.
program "$scratch/bin/make" <<'END_MAKE'
ansible --version >>"$SEEN"
cat "$SAYS"
exit "$(cat "$SAYS.status")"
END_MAKE
program "$scratch/bin/apt-get" <<'END_APT'
. /etc/os-release
case $* in
indextargets*) echo "$VERSION_CODENAME http://127.0.0.1:9/nothing" ;;
*) echo "E: there is no network" >&2; exit 100 ;;
esac
END_APT

# check EXPECTED STATUS CI VERSIONS SAYS STATUS: with a make that says this and ends so,
# this must be printed, with this status at the end.
check() {
	local expected=$1 wanted=$2 ci=$3 versions=$4 got status=0
	printf '%b' "$5" >"$scratch/says"
	echo "$6" >"$scratch/says.status"
	: >"$scratch/seen"
	got=$(env -u CI ${ci:+CI=true} PATH="$scratch/bin:$PATH" BUILD="$scratch/build" MAKE=make JOBS= \
		SEEN="$scratch/seen" SAYS="$scratch/says" "$ROOT/tests/ansibles/run" "$versions" check-a check-b) || status=$?
	[ "$got" = "$expected" ] && [ "$status" = "$wanted" ] || {
		printf 'expected (%s):\n%s\ngot (%s):\n%s\n' "$wanted" "$expected" "$status" "$got"
		exit 1
	}
}

# seen VERSION...: on which the tests were run.
seen() {
	local got
	got=$(sed -n 's/.*core \(.*\)\]/\1/p' "$scratch/seen" | paste -sd ' ')
	[ "$got" = "$*" ] || {
		echo "expected them on $*, got them on $got"
		exit 1
	}
}

good='  ok    a (1 s)\n  ok    b (2 s)\n'
check "  ok    ansible-core 2.14.18 (python 3.11.2, jinja 3.1.2): 2 of 2 passed
  ok    ansible-core 2.19.99 (a stand-in): 2 of 2 passed" 0 "" "2.14 2.19" "$good" 0
seen 2.14.18 2.19.99
check "  FAIL  ansible-core 2.19.99 (a stand-in): 1 of 2 passed
  FAIL  b
        why" 1 "" 2.19 '  ok    a (1 s)\n  FAIL  b\n        why\n' 2
seen 2.19.99
# make that has failed, and a test that was not run.
check "  FAIL  ansible-core 2.14.18 (python 3.11.2, jinja 3.1.2): 2 of 2 passed
make: broken" 1 "" 2.14 "${good}make: broken\n" 2
check "  FAIL  ansible-core 2.14.18 (python 3.11.2, jinja 3.1.2): 1 of 2 passed" 1 "" 2.14 '  ok    a (1 s)\n' 0
check "  ok    ansible-core 2.14.18 (python 3.11.2, jinja 3.1.2): 1 of 2 passed, 1 skipped
  skip  b: why" 0 "" 2.14 '  ok    a (1 s)\n  skip  b: why\n' 0
check "  FAIL  ansible-core 1.9      no such version: 1.9" 1 "" 1.9 "$good" 0
seen
# One that cannot be had.
refused="ansible-core newest   not tried: apt-get update for forky sid experimental: E: there is no network"
check "  skip  $refused
  ok    ansible-core 2.14.18 (python 3.11.2, jinja 3.1.2): 2 of 2 passed" 0 "" "newest 2.14" "$good" 0
check "  FAIL  $refused" 1 true newest "$good" 0
seen
