# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What machines promise, for whoever has started them: sourced by
# tests/simcloud/machine.sh and machine_user.sh, which have set `mounts'.
# shellcheck disable=SC2154 # it is theirs

encode() {
	base64 -w 0
}

# What a new server is given.
script=$(printf '#!/bin/sh\necho "$SERVER_NAME" >/etc/by-user-data\n' | encode)
one=$(create one "$DEBIAN" "\"config_drive\": true, \"user_data\": \"$script\",
	\"metadata\": {\"uuid\": \"not this\", \"role\": \"web\"},
	\"personality\": [{\"path\": \"/etc/new dir/a file\", \"contents\": \"$(printf 'x\ny' | encode)\"},
		{\"path\": \"/etc/hostname\", \"contents\": \"$(echo mine | encode)\"}]")
two=$(create two)
wait_is ACTIVE "/servers/$one"
wait_is ACTIVE "/servers/$two"
same 'a personality file' "$(on "$one" 'cat "/etc/new dir/a file"')" $'x\ny'
same 'its mode' "$(on "$one" 'stat -c %a "/etc/new dir/a file"')" 600
same 'a personality file that was there' "$(on "$one" 'cat /etc/hostname; stat -c %a /etc/hostname')" $'mine\n644'
same 'the hostname' "$(on "$one" hostname)" one
same 'user_data that is a script' "$(on "$one" 'cat /etc/by-user-data')" one
same 'the metadata' "$(on "$one" 'cat /var/lib/cloud/seed/config_drive/meta_data.json' |
	jq -r '.uuid, .meta.role, .hostname')" "$one"$'\nweb\none'
same 'the instance' "$(on "$one" 'cat /var/lib/cloud/data/instance-id')" "$one"
same 'the environment' "$(on "$one" 'echo $SERVER_ADDRESS $SERVER_PRIVATE_ADDRESS $SERVER_ID $SERVER_NAME')" \
	"$(address "$one") $(address "$one" private) $one one"
same 'who one is' "$(on "$one" 'whoami; pwd; echo $HOME')" $'root\n/root\n/root'
same 'SSH at the private address' "$(ssh_to "$(address "$one" private)" hostname)" one
same 'programs' "$(on "$one" 'python3 -c "import ssl, json; print(1)"; curl --version | wc -l; perl -e "print 2"' |
	tr '\n' ' ' | cut -c1)" 1
on "$one" 'touch /usr/bin/x' 2>/dev/null && fail "the host's /usr can be written"
on "$one" 'ls /proc/1/root /home' >/dev/null || fail "no /home"
on "$one" 'echo 1 >/tmp/x && echo 2 >/opt/x && echo 3 >/usr/local/bin/x && echo 4 >/srv/x' || fail "a part cannot be written"
[ "$(host_key "$one")" != "$(host_key "$two")" ] || fail "two servers, one host key"
[ "$(on "$one" 'cat /etc/machine-id')" != "$(on "$two" 'cat /etc/machine-id')" ] || fail "two servers, one machine-id"
on "$two" 'ls /opt/x' 2>/dev/null && fail "two servers, one tree"
same 'the state' "$(cloud_state '.machines, .machine_counts.sandboxes')" $'true\n2'

# By password, and only by the right one.
by_password() {
	printf '#!/bin/sh\necho "%s"\n' "$1" >"$CLOUD_DIRECTORY/askpass"
	chmod 700 "$CLOUD_DIRECTORY/askpass"
	SSH_ASKPASS=$CLOUD_DIRECTORY/askpass SSH_ASKPASS_REQUIRE=force ssh_to "$(address "$two")" \
		-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 hostname 2>/dev/null
}
same 'a password' "$(by_password "$(jq -r .server.adminPass "$CLOUD_DIRECTORY/two")")" two
by_password wrong >/dev/null && fail "a wrong password is taken"

# A host key that was chosen before.
ssh-keygen -q -t ed25519 -N '' -C chosen -f "$CLOUD_DIRECTORY/chosen"
{
	printf '#cloud-config\nssh_pwauth: true\nssh_keys:\n  ed25519_private: |\n'
	sed 's/^/    /' "$CLOUD_DIRECTORY/chosen"
	printf '  ed25519_public: %s\nruncmd:\n  - touch /etc/ran\n' "$(cat "$CLOUD_DIRECTORY/chosen.pub")"
} >"$CLOUD_DIRECTORY/user_data"
keyed=$(create keyed "$DEBIAN" "\"user_data\": \"$(encode <"$CLOUD_DIRECTORY/user_data")\"")

# What goes wrong with sshd when it is to.
cloud_config '{"faults": [{"server": {"name": "^deaf$", "sshd": "none"}},
	{"server": {"name": "^mute$", "sshd": "silent"}},
	{"server": {"name": "^late$", "sshd": "late:1"}},
	{"server": {"name": "^other$", "sshd": "other-key"}}]}'
late=$(create late)
deaf=$(create deaf)
mute=$(create mute)
other=$(create other "$DEBIAN" "\"user_data\": \"$(encode <"$CLOUD_DIRECTORY/user_data")\"")
for server in "$keyed" "$deaf" "$mute" "$other" "$late"; do
	wait_is ACTIVE "/servers/$server"
done
on "$keyed" 'test -e /etc/ran' || fail "runcmd of user_data did not run"
same 'the chosen host key' "$(host_key "$keyed")" "$(cut -d' ' -f1,2 "$CLOUD_DIRECTORY/chosen.pub")"
on "$other" true
[ "$(host_key "$other")" != "$(host_key "$keyed")" ] || fail "not another host key"
same 'no sshd' "$(listening "$(address "$deaf")" | grep "$(address "$deaf"):$SSH_PORT")" ''
silent() {
	exec 5<>"/dev/tcp/$(address "$mute")/$SSH_PORT" || return
	! read -r -t 0.5 -u 5
} 2>/dev/null
within 60 silent || fail "sshd is not silent"
exec 5<&-
same 'seconds until a late sshd' "$(on "$late" 'stat -c %Y /run/boot.pid /run/sshd.pid' |
	awk 'NR == 1 { began = $1 } NR == 2 { print ($1 - began >= 1) }')" 1
for server in "$keyed" "$deaf" "$mute" "$other" "$late"; do
	api DELETE "/servers/$server"
	wait_is 404 "/servers/$server"
done

# The boot script, after a reboot from inside; the stand-in was there before.
answers() {
	curl -s -m 5 "http://$(address "$1"):8080/word"
}
says() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(answers "$1") == $2 ]]
}
within 60 says "$one" '*"server"*' || fail "no stand-in application: $(answers "$one")"
on "$one" 'echo hello >/srv/word
printf "#!/bin/sh\ncd /srv && exec python3 -m http.server 8080 --bind \$SERVER_ADDRESS\n" >/etc/rc.local
chmod 755 /etc/rc.local; ln -s /etc/shadow /srv/link; chmod 700 /srv/link; mkfifo /srv/pipe
mkdir /srv/closed; chmod 500 /srv/closed; echo shut >/srv/shut; chmod 0 /srv/shut
mkdir /srv/none; echo none >/srv/none/file; chmod 0 /srv/none; touch -d @1000000000 /srv/old; touch /run/gone; reboot'
anew "$one"
within 60 says "$one" hello || fail "the boot script does not serve: $(answers "$one") $(on "$one" 'cat /var/log/boot.log')"
is ACTIVE "/servers/$one" || fail "a reboot from inside is seen from outside"
on "$one" 'test ! -e /run/gone && test -e /opt/x' || fail "not booted anew from the same files"

# An image of it, and two servers of that; its boot script binds their addresses.
before=$(host_key "$one")
act "$one" '{"createImage": {"name": "baked", "metadata": {"build_key": "7"}}}'
image=$(api GET '/images?name=baked' | jq -r '.images[0].id')
wait_is ACTIVE "/images/$image"
wait_is ACTIVE "/servers/$one"
same 'the host key after that' "$(host_key "$one")" "$before"
same 'the modes after that' "$(on "$one" 'stat -c %a /srv/shut /srv/none')" $'0\n0'
on "$one" 'echo changed >/srv/word'
three=$(create three "$image")
four=$(create four "$image")
for server in "$three" "$four"; do
	wait_is ACTIVE "/servers/$server"
	within 60 says "$server" hello || fail "a server of the image does not serve: $(answers "$server")"
	same 'what the image carries' "$(on "$server" 'readlink /srv/link; ls /srv/pipe 2>&1 | wc -c >/dev/null
		stat -c "%a %Y" /srv/closed /srv/old | sed -n "1s/ .*//p;2s/.* //p"; cat "/etc/new dir/a file"')" \
		$'/etc/shadow\n500\n1000000000\nx\ny'
	same 'what is shut in the image' "$(on "$server" 'stat -c %a /srv/shut /srv/none
		chmod 700 /srv/shut /srv/none; cat /srv/shut /srv/none/file')" $'0\n0\nshut\nnone'
done
same 'a pipe is no file' "$(on "$three" 'test -e /srv/pipe || echo none')" none
same 'whose instance it is' "$(on "$three" 'cat /var/lib/cloud/data/instance-id')" "$three"
same 'different host keys' "$(printf '%s\n' "$before" "$(host_key "$three")" "$(host_key "$four")" | sort -u | wc -l)" 3
[ "$(on "$three" 'cat /etc/hosts')" != "$(on "$four" 'cat /etc/hosts')" ] || fail "hosts is the image's"

# Without cloud-init the image's identity is its servers'.
plain1=$(create plain1 "$PLAIN")
plain2=$(create plain2 "$PLAIN")
wait_is ACTIVE "/servers/$plain1"
wait_is ACTIVE "/servers/$plain2"
same 'machine-ids without cloud-init' "$(on "$plain1" 'cat /etc/machine-id')" "$(on "$plain2" 'cat /etc/machine-id')"
same 'host keys without cloud-init' "$(host_key "$plain1")" "$(host_key "$plain2")"
same 'the length of a machine-id' "$(on "$plain1" 'tr -d "\n" </etc/machine-id | wc -c')" 32

# The API's actions.
anew "$four"
act "$four" '{"os-stop": null}'
wait_is SHUTOFF "/servers/$four"
none eval "listening $(address "$four") | grep $(address "$four"):" || fail "a stopped server listens"
act "$four" '{"os-start": null}'
wait_is ACTIVE "/servers/$four"
within 60 says "$four" hello || fail "a started server does not serve"
on "$four" 'touch /run/gone /etc/stays'
anew "$four"
act "$four" '{"reboot": {"type": "HARD"}}'
wait_is ACTIVE "/servers/$four"
same 'after a reboot' "$(on "$four" 'ls /run/gone /etc/stays 2>/dev/null')" /etc/stays
anew "$four"
act "$four" "{\"rebuild\": {\"imageRef\": \"$DEBIAN\",
	\"personality\": [{\"path\": \"/etc/anew\", \"contents\": \"$(echo 1 | encode)\"}]}}"
wait_is ACTIVE "/servers/$four"
same 'after a rebuild' "$(on "$four" 'ls /etc/anew /etc/stays /etc/rc.local 2>/dev/null')" /etc/anew
on "$four" poweroff
wait_is SHUTOFF "/servers/$four"

# Machines that cannot boot, or do nothing else.
on "$plain2" 'rm -rf /var/log; touch /var/log; reboot' 2>/dev/null
wait_is ERROR "/servers/$plain2"
[[ $(api GET "/servers/$plain2" | jq -r .server.fault.message) == *boot.log* ]] ||
	fail "why it does not boot: $(api GET "/servers/$plain2" | jq -c .server.fault)"
act "$plain2" "{\"rebuild\": {\"imageRef\": \"$PLAIN\"}}"
wait_is ACTIVE "/servers/$plain2"
anew "$plain2"
on "$plain2" 'printf "#!/bin/sh\nreboot\n" >/etc/rc.local; chmod 755 /etc/rc.local; reboot' 2>/dev/null
wait_is ERROR "/servers/$plain2"
same 'why it is in ERROR' "$(api GET "/servers/$plain2" | jq -r .server.fault.message)" \
	'it restarts again and again'

# A deleted server: no process, no port, no files; and its images stay.
space=$(on "$three" 'readlink /proc/self/ns/pid')
on "$three" 'setsid sleep 1000 >/dev/null 2>&1 & sleep 1001 >/dev/null 2>&1 & disown -a'
where=$(address "$three")
files=$(find "$HOME_TREES" -mindepth 1 -maxdepth 1 | wc -l)
[ -n "$(processes_of "$space")" ] || fail "this test sees no processes"
api DELETE "/servers/$three"
wait_is 404 "/servers/$three"
within 60 none processes_of "$space" || fail "processes of a deleted server: $(processes_of "$space")"
within 60 none eval "listening $where | grep $where:" || fail "ports of a deleted server: $(listening "$where")"
fewer() {
	[ "$(find "$HOME_TREES" -mindepth 1 -maxdepth 1 | wc -l)" -eq $((files - $1)) ]
}
within 60 fewer 1 || fail "files of a deleted server stay"
api DELETE "/images/$image"
within 60 fewer 2 || fail "files of a deleted image stay"

# An image whose server goes too early is lost, and its files are.
cloud_config '{"image_time": 1000}'
act "$one" '{"createImage": {"name": "early"}}'
early=$(api GET '/images?name=early' | jq -r '.images[0].id')
api DELETE "/servers/$one"
wait_is 404 "/servers/$one"
is 404 "/images/$early" || fail "an image outlives its server that went too early"
within 60 fewer 3 || fail "files of a lost image stay"

# The end, also of what is in the way of being removed.
on "$plain1" 'mkdir -p /srv/a/b; touch /srv/a/b/c; chmod 0 /srv/a/b/c /srv/a/b /srv/a
python3 -c "
import os
for n in range(1500): os.mkdir(\"d\"); os.chdir(\"d\")"'
network=$(jq -r .network "$CLOUD_DIRECTORY/ready")
keeper=$(pgrep -P "$CLOUD_PID")
trees=$HOME_TREES
[ -d "$trees" ] || fail "this test does not know where the files are"
kill "$CLOUD_PID"
wait "$CLOUD_PID" || fail "simcloud ended with $?"
same 'what it has printed' "$(grep -v '^simcloud serves \|^simcloud: the machine of server plain2: ' \
	"$CLOUD_DIRECTORY/log")" ''
stop_cloud
[ ! -e "$trees" ] || fail "left: $trees"
kill -0 "$keeper" 2>/dev/null && fail "the keeper lives on"
none listening "${network%/*}" || fail "left: $(listening "${network%/*}")"
same 'mounts' "$(cut -d' ' -f3- /proc/self/mountinfo)" "$mounts"
