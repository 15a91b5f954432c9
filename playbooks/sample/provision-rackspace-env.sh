#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts the sample application on the server from which an image is taken, and
# has it start at boot. Run again, it changes nothing. Needs BUILD_KEY; reads
# IMAGE_NAME, APP_PORT (8080) and APP_SOURCE, the uploaded server.py. DESTDIR
# puts all of it below another root, and leaves this system alone.
set -eu

: "${BUILD_KEY:?says which build this is}"
root=${DESTDIR:-}
source=${APP_SOURCE:-/tmp/server.py}
command='/opt/app/server.py /etc/app.conf'

fail() {
	echo "$0: $*" >&2
	exit 1
}

# write PATH MODE: standard input, under its name only when it is whole.
write() {
	mkdir -p "$(dirname "$root$1")"
	cat >"$root$1.new"
	chmod "$2" "$root$1.new"
	mv "$root$1.new" "$root$1"
}

start_by_systemd() {
	write /etc/systemd/system/app.service 0644 <<-UNIT
		[Unit]
		Description=The sample application
		After=network.target

		[Service]
		ExecStart=$python $command
		DynamicUser=yes
		Restart=always

		[Install]
		WantedBy=multi-user.target
	UNIT
	[ -n "$root" ] || systemctl --quiet enable app.service
}

# The line goes in front of an `exit 0', after which nothing would be run.
start_by_rc_local() {
	[ -s "$root/etc/rc.local" ] || echo '#!/bin/sh' | write /etc/rc.local 0755
	line="$command >>/var/log/app.log 2>&1 </dev/null &"
	awk -v line="$line" '
		index($0, "/opt/app/server.py ") == 1 { next }
		/^exit 0/ && !done { print line; done = 1 }
		{ print }
		END { if (!done) print line }' "$root/etc/rc.local" |
		write /etc/rc.local 0755
}

python=$(command -v python3) || fail "there is no python3 on this system"
[ -f "$source" ] || [ -f "$root/opt/app/server.py" ] ||
	fail "$source is not there; APP_SOURCE names the uploaded server.py"
if [ -f "$source" ]; then
	write /opt/app/server.py 0755 <"$source"
	rm -f "$source"
fi
write /etc/app.conf 0644 <<CONF
BUILD=$BUILD_KEY
IMAGE=${IMAGE_NAME:-}
PORT=${APP_PORT:-8080}
CONF
"$python" -B "$root/opt/app/server.py" --check "$root/etc/app.conf" ||
	fail "the application does not start"

# Booted with systemd, that is; it may be installed where another process is 1.
if [ -d "$root/run/systemd/system" ]; then
	start_by_systemd
else
	start_by_rc_local
fi
echo "The sample application of build $BUILD_KEY is installed."
