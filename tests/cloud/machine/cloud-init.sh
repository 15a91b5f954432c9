#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for cloud-init on simulated servers: gives a new instance SSH host
# keys and a machine id of its own, or the host keys of its user_data, and runs
# a script that is its user_data. Of #cloud-config it knows ssh_keys and runcmd
# (a list of plain lines) alone.
seed=/var/lib/cloud/seed/config_drive
data=/var/lib/cloud/data

# section NAME: the lines of user_data that belong to this key.
section() {
	[ "$(head -n 1 $seed/user_data 2>/dev/null)" = '#cloud-config' ] || return 0
	awk -v name="$1" '
		/^[^ #\t-]/ { inside = ($0 ~ "^" name ":[ \t\r]*$"); next }
		inside' $seed/user_data
}

# Values are texts, plain or quoted, or blocks with a |.
install_keys() {
	section ssh_keys | awk -v to=/etc/ssh/ssh_host_ '
		function file(key,    part) {
			split(key, part, "_")
			return to part[1] "_key" (part[2] == "public" ? ".pub" : "")
		}
		{ sub(/\r$/, "") }
		/^[ \t]*$/ { next }
		{ match($0, /^ */); depth = RLENGTH }
		block != "" && depth > outer {
			if (inner < 0) inner = depth
			print substr($0, inner + 1) >block
			next
		}
		{ block = "" }
		match($0, /^ *[a-z0-9]+_(private|public): */) {
			key = substr($0, depth + 1)
			sub(/:.*/, "", key)
			value = substr($0, RLENGTH + 1)
			if (value ~ /^\|[-+]?[ ]*$/) {
				block = file(key)
				outer = depth
				inner = -1
				next
			}
			gsub(/^["\047]|["\047]$/, "", value)
			gsub(/\\n/, "\n", value)
			print value >file(key)
		}'
	chmod 600 /etc/ssh/ssh_host_*_key
}

# What the image was made on had its own.
make_keys() {
	rm -f /etc/ssh/ssh_host_*
	if [ -n "$(section ssh_keys)" ]; then
		(umask 077 && install_keys)
	else
		ssh-keygen -q -t ed25519 -N '' -C "$(hostname)" -f /etc/ssh/ssh_host_ed25519_key
	fi
}

make_machine_id() {
	[ ! -s /etc/machine-id ] || return 0
	tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
}

run_user_data() {
	case $(head -c 2 $seed/user_data 2>/dev/null) in
	'#!')
		mkdir -p /var/lib/cloud/instance
		cp $seed/user_data /var/lib/cloud/instance/user-data.txt
		chmod 700 /var/lib/cloud/instance/user-data.txt
		/var/lib/cloud/instance/user-data.txt
		;;
	*) section runcmd | sed -n 's/^ *- //p' | sh ;;
	esac
}

case ${1:-} in
clean)
	rm -rf $data /var/lib/cloud/instance
	exit 0
	;;
status)
	echo 'status: done'
	exit 0
	;;
esac
instance=$(sed -n 's/^{"uuid": "\([^"]*\)".*/\1/p' $seed/meta_data.json)
[ "$instance" != "$(cat $data/instance-id 2>/dev/null)" ] || exit 0
make_keys
make_machine_id
mkdir -p $data
echo "$instance" >$data/instance-id
run_user_data
