#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the executables need where they run: the libraries and the glibc that the
# README says, and no Python. And what is said on a machine that lacks it.
set -euo pipefail
# shellcheck source=tests/lib/collection.sh
. "$ROOT/tests/lib/collection.sh"

MACHINES=yes begin_alone --build-time 0.2
cd "$SCRATCH"
modules=$ROOT/$BUILD/modules
mapfile -t names < <(find "$modules" -type f ! -name '*.*' -printf '%f\n' | sort)

# --- What the README says.

# needed FILE: the libraries that it names itself.
needed() {
	readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# of_readme TEXT: the row of its table that begins so.
of_readme() {
	grep -F "| $1 |" "$ROOT/README.md" | grep -o '`lib[^`]*`' | tr -d '`' | sort
}
all=$(for name in "${names[@]}"; do needed "$modules/$name"; done |
	sort -u | grep -vE '^lib(asan|ubsan)\.so')
[ "$all" = "$(of_readme libraries)" ] ||
	wrong "reading README" "the libraries that the executables name: $all" "$(of_readme libraries)"

# The figure is that of the distribution on which it was found.
glibc=$(for name in "${names[@]}"; do readelf -VW "$modules/$name"; done |
	grep -o 'GLIBC_[0-9][0-9.]*' | sort -uV | tail -n 1)
if [ "$(. /etc/os-release && echo "$ID $VERSION_ID")" = "debian 12" ]; then
	grep -qF "glibc ${glibc#GLIBC_} " "$ROOT/README.md" ||
		wrong "reading README" "the lowest glibc, ${glibc#GLIBC_}" "$(grep glibc "$ROOT/README.md")"
fi
install_collection
installed=$HOME/.ansible/collections/ansible_collections/rackspace/cloud
grep -qF "$(uname -m) Linux with glibc ${glibc#GLIBC_} or newer" "$installed/meta/built_for" ||
	wrong "the collection" "what it was built for" "$(cat "$installed/meta/built_for")"
for library in $all; do
	case $library in libc.so.*) continue ;; esac
	grep -qF "$library" "$installed/meta/built_for" ||
		wrong "the collection" "$library" "$(cat "$installed/meta/built_for")"
done

# --- A machine that has nothing else.

bwrap --ro-bind / / true 2>why || {
	[ -z "${CI:-}" ] || wrong "making a sandbox" one "$(cat why)"
	echo "skipped: there can be no sandbox: $(cat why)"
	exit 0
}

# bare NAME: the directory $SCRATCH/bare with the module and its libraries, and
# theirs, at the paths where the loader looks for them.
bare() {
	local library
	rm -rf bare
	mkdir -p bare/{here,proc}
	cp "$installed/plugins/modules/$1" bare/here/module
	ldd "bare/here/module" | sed -n 's/.*\(=> \|\t\)\(\/[^ ]*\) .*/\2/p' | while read -r library; do
		mkdir -p "bare/$(dirname "$library")"
		cp -L "$library" "bare/$library"
	done
}

# Sanitizers look at their own process.
sandbox=()
if readelf -dW "$modules/rax" | grep -q 'NEEDED.*libasan'; then
	sandbox=(--proc /proc --setenv ASAN_OPTIONS detect_leaks=0)
fi

# in_bare: runs it there, with the login that simcloud has, and nothing else.
in_bare() {
	status=0
	bwrap --ro-bind bare / --clearenv "${sandbox[@]}" --setenv RAX_USERNAME "$RAX_USERNAME" \
		--setenv RAX_API_KEY "$RAX_API_KEY" --setenv RAX_AUTH_ENDPOINT "$RAX_AUTH_ENDPOINT" \
		--setenv RAX_REGION IAD /here/module /here/arguments >result 2>errors || status=$?
}

cloud_config '{"servers": [{"name": "web1"}], "balancers": [{"name": "shop", "region": "IAD"}]}'
declare -A arguments=(
	[rax]='{"name": "new", "image": "Debian 12 (Bookworm)", "flavor": "general1-1"}'
	[rax_clb]='{"name": "new"}'
	[rax_clb_info]='{"name": "shop"}'
	[rax_clb_nodes]='{"load_balancer": "shop", "address": "10.1.2.3", "port": 80}'
	[rax_facts]='{"name": "web1"}'
	[rax_image]='{"name": "none", "state": "absent"}'
	[rax_image_info]='{"name": "Debian 12 (Bookworm)"}'
)
declare -A answers=(
	[rax]='.changed and .success[0].name == "new"'
	[rax_clb]='.changed and .balancer.name == "new"'
	[rax_clb_info]='.balancers[0].name == "shop"'
	[rax_clb_nodes]='.changed and .node.address == "10.1.2.3"'
	[rax_facts]='.ansible_facts.name == "web1"'
	[rax_image]='.changed == false and .failed != true'
	[rax_image_info]='.images | length == 1'
)
for name in "${names[@]}"; do
	called="$name where there is nothing else"
	bare "$name"
	write_arguments "${arguments[$name]}" false false "$name" >bare/here/arguments
	# Libraries, and the loader that the executable names, are all that there is.
	others=$(find bare -type f ! -path 'bare/here/*' ! -name '*.so*')
	[ -z "$others" ] || wrong "$called" "libraries alone" "$others"
	in_bare
	[ $status = 0 ] && jq -e "${answers[$name]}" result >/dev/null ||
		wrong "$called" "${answers[$name]}" "status $status, $(cat errors result)"
	# What is there is needed: without the first library it does not start.
	rm "$(find bare -name 'libcjson.so*')"
	in_bare
	[ $status = 127 ] && grep -q libcjson.so errors ||
		wrong "$called, without cJSON" "status 127" "status $status, $(cat errors result)"
done

# --- What is said where it cannot run.

{
	printf -- '- hosts: all\n  gather_facts: false\n  tasks:\n'
	printf '    - name: Look\n      rackspace.cloud.rax_facts: {name: web1}\n'
} >facts.yml
works facts

# cannot TEXT...: the play, given to the command `by', fails on the host, and says
# all of that in its message.
host=localhost inventory=(-i 'localhost,' -c local) by=()
cannot() {
	local text
	! "${by[@]}" ansible-playbook "${inventory[@]}" facts.yml >output 2>&1 ||
		wrong "$called" "a failure" "$(cat output)"
	sed -n 's/.*FAILED! => //p' output >failure
	for text in "rackspace.cloud.rax_facts does not run on $host" "$@"; do
		jq -e --arg text "$text" '.msg | contains($text)' failure >/dev/null ||
			wrong "$called" "$text" "$(cat output)"
	done
}

module=$installed/plugins/modules/rax_facts
cp "$module" facts
cp "$installed/meta/built_for" built_for

# The number of an architecture that is not this one's, and its name in built_for.
called="an executable for another kind of machine"
[ "$(uname -m)" = aarch64 ] && other=x86_64 number='\x3e\x00' || other=aarch64 number='\xb7\x00'
# shellcheck disable=SC2059 # bytes
printf "$number" | dd of="$module" bs=1 seek=18 conv=notrunc status=none
sed -i "s/^[^ ]*/$other/" "$installed/meta/built_for"
cannot ": rax_facts: Exec format error. " "built for $other Linux" "$(uname -sm)"
cp built_for "$installed/meta/built_for"

called="an executable whose library is missing"
sed 's/libcjson\.so\.1/libcjxxx.so.1/' facts >"$module"
cannot "libcjxxx.so.1" "built for $(uname -m) Linux with glibc"

called="an executable whose loader is missing"
sed 's|/ld-linux|/ld-xxxxx|' facts >"$module"
cannot "not found"

called="a directory from which nothing can be run"
cp facts "$module"
mkdir noexec
unshare -rm true 2>why && by=(unshare -rm) || by=(unshare -m)
by+=(sh -c 'mount -t tmpfs -o noexec none noexec && exec "$@"' sh)
ANSIBLE_REMOTE_TMP=$SCRATCH/noexec cannot "Permission denied" "mounted noexec" ansible_remote_tmp ansible_system_tmpdirs
jq -e '.msg | contains("built for") | not' failure >/dev/null || wrong "$called" "nothing that is missing" "$(cat output)"
by=()

called="a libcurl that is too old"
cp facts "$module"
printf '%s\n' '#include <curl/curl.h>' 'curl_version_info_data *curl_version_info(CURLversion v)' \
	'{ static curl_version_info_data old = { .version = "7.86.0", .version_num = 0x075600 }; (void)v; return &old; }' >old.c
"${CC:-cc}" -shared -fPIC -o old.so old.c
! LD_PRELOAD=$SCRATCH/old.so "$module" /dev/stdin <<<'{"name": "web1"}' >output 2>&1 || wrong "$called" "a failure" "$(cat output)"
grep -q '"failed": *true' output && grep -q 'libcurl of this machine is 7.86.0' output || wrong "$called" "what is needed" "$(cat output)"
# The figure is the same wherever it is said.
needs=$(grep -o '[0-9.]* or newer' output)
says() {
	grep -qF -- "$2" "$1" || wrong "reading $1" "$2" "$(grep libcurl "$1")"
}
says "$installed/meta/built_for" "libcurl.so.4 ($needs)"
says "$installed/README.md" "libcurl.so.4 ($needs)"
says "$ROOT/README.md" "libcurl $needs"
says "$ROOT/README.md" "\`libcurl.so.4\` ($needs)"
says "$ROOT/tests/deps" "lib:libcurl>=${needs%% *} "
for name in "${names[@]}"; do
	says "$modules/$name.yml" "requirements: [Linux, libcurl $needs,"
done

# And only there: a failure of the module's own stays what it is.
cp facts "$module"
! RAX_API_KEY=wrong ansible-playbook -i localhost, -c local facts.yml >output 2>&1 || wrong "a wrong key" "a failure" "$(cat output)"
sed -n 's/.*FAILED! => //p' output | jq -e '.msg | contains("credentials") and (contains("built for") | not)' >/dev/null ||
	wrong "a wrong key" "the module's own message" "$(cat output)"

# --- The same over SSH, where there is a terminal, and all is output.

need_machines
ssh-keygen -q -t ed25519 -N '' -f key
run rax "$(jq -nc --rawfile key key.pub '{name: "far", image: "Debian 12 (Bookworm)", flavor: "general1-1", wait: true,
	user_data: "#!/bin/sh\nmkdir -p ~root/.ssh\necho \"\($key | rtrimstr("\n"))\" >~root/.ssh/authorized_keys\n"}')"
is 0 '.changed'
options="-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster=no"
printf 'far ansible_host=%s ansible_port=%s ansible_user=root ansible_ssh_private_key_file=%s\n' \
	"$(jq -r '.instances[0].accessIPv4' "$SCRATCH/result")" "$(jq .ssh_port "$CLOUD_DIRECTORY/ready")" \
	"$SCRATCH/key" >far
host=far inventory=(-i far "--ssh-common-args=$options")
ansible far "${inventory[@]}" -m wait_for_connection -a timeout=60 >output 2>&1 ||
	wrong "logging in" "a machine" "$(cat output)"
called="a library that is missing there"
sed 's/libcjson\.so\.1/libcjxxx.so.1/' facts >"$module"
cannot "libcjxxx.so.1" "built for $(uname -m) Linux with glibc"
called="an executable of another kind there"
sed -i "s/^[^ ]*/$other/" "$installed/meta/built_for"
cp facts "$module"
# shellcheck disable=SC2059 # bytes
printf "$number" | dd of="$module" bs=1 seek=18 conv=notrunc status=none
cannot "Exec format error" "built for $other Linux" "$(uname -sm)"
