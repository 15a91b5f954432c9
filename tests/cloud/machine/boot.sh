#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The first process of a machine, in its sandbox: takes what a new server is
# given, runs cloud-init where the image has it, serves SSH, runs the image's
# boot script, and stays. 3: it wants to be booted again; 4: it is switched off.
given=/run/sim/server
name=$(cat $given/hostname)

set_password() {
	[ -s $given/password ] || return 0
	sed -i "s|^root:[^:]*:|root:$(cat $given/password):|" /etc/shadow
}

add_key() {
	[ -s $given/key ] || return 0
	directory=~root/.ssh
	mkdir -p "$directory"
	chmod 700 "$directory"
	cat $given/key >>"$directory/authorized_keys"
	chmod 600 "$directory/authorized_keys"
}

# A file that is there keeps its mode; a new one is for root alone.
add_files() {
	for file in "$given"/files/*/; do
		[ -e "$file/path" ] || continue
		path=$(cat "$file/path")
		path=/${path#/}
		mkdir -p "${path%/*}/"
		(umask 077 && cat "$file/contents" >"$path")
	done
}

add_seed() {
	seed=/var/lib/cloud/seed/config_drive
	rm -rf $seed
	mkdir -p $seed
	cp $given/meta_data.json $seed
	[ ! -e $given/user_data ] || cp $given/user_data $seed
}

take_what_is_given() {
	echo "$name" >/etc/hostname
	printf '127.0.0.1\tlocalhost\n%s\t%s\n' "$SERVER_ADDRESS" "$name" >/etc/hosts
	set_password
	add_key
	add_seed
	add_files
}

# keep_up COMMAND...: starts it again when it fails, as a service manager does.
keep_up() {
	for pause in 0.2 0.5 1 2 0; do
		"$@" && return
		echo "$1 ended with status $?"
		sleep $pause
	done
}

# serve_ssh OPTION...
serve_ssh() {
	plain=$(printf %s "$SERVER_NAME" | tr -d '"\\\n')
	for address in $SIM_ADDRESSES; do
		set -- "$@" -o "ListenAddress=$address:$SIM_SSH_PORT"
	done
	mkdir -p /run/sshd
	keep_up /usr/sbin/sshd -D -e -o UsePAM=no -o PidFile=/run/sshd.pid "$@" -o "SetEnv=PATH=$PATH \
SERVER_ADDRESS=$SERVER_ADDRESS SERVER_PRIVATE_ADDRESS=$SERVER_PRIVATE_ADDRESS \
SERVER_ID=$SERVER_ID SERVER_NAME=\"$plain\"" &
}

# As POST /_sim/config has it in store.
begin_ssh() {
	case $SIM_SSHD in
	none) ;;
	late:*)
		sleep "${SIM_SSHD#late:}"
		serve_ssh
		;;
	other-key)
		ssh-keygen -q -t ed25519 -N '' -C other -f /run/other_key
		serve_ssh -o HostKey=/run/other_key
		;;
	silent)
		serve_ssh
		until [ -s /run/sshd.pid ]; do sleep 0.05; done
		kill -STOP "$(cat /run/sshd.pid)"
		;;
	*) serve_ssh ;;
	esac
}

echo $$ >/run/boot.pid
trap 'exit 3' USR1
trap 'exit 4' USR2
mkdir -p /var/log
exec >>/var/log/boot.log 2>&1
[ -z "$SIM_NEW" ] || take_what_is_given
boots=0
[ ! -x /etc/rc.local ] || boots=1
echo "machine up $boots" >&4
exec 4>&-

[ ! -x /usr/local/bin/cloud-init ] || /usr/local/bin/cloud-init
begin_ssh &
[ ! -x /etc/rc.local ] || /etc/rc.local &
while :; do
	sleep 3600 &
	wait $!
done
