#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No output of a bake shows a key, a token, a password or a sensitive variable,
# whatever the scripts do with them.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

begin_bake
secret="sésame \"open\" it's { & \\ %41"
lines=$'first line of it\nsecond line of it'
password=Pass-word-1234
printf '%s' "$secret" >"$SCRATCH/secret"
jq -n --arg scratch "$SCRATCH" --arg image "$DEBIAN" --argjson port "$SSH_PORT" --arg secret "$secret" --arg lines "$lines" '{
	variables: {secret: null, lines: $lines, plain: "shown"},
	"sensitive-variables": ["secret", "lines"],
	builders: [{type: "openstack", provider: "rackspace", username: "simuser",
		api_key: "51ac10ad0ddba11ca5cade5eedc0ffee", region: "IAD", image_name: "secret",
		source_image: $image, flavor: "general1-1", ssh_username: "root", ssh_port: $port, ssh_timeout: "1m"}],
	provisioners: [{type: "shell", environment_vars: ["SECRET={{user `secret`}}", "LINES_OF_IT={{user `lines`}}",
			"KEY={{build `SSHPrivateKey`}}", "PLAIN={{user `plain`}}"],
		inline: ["echo \"$SECRET\"", "echo \"$LINES_OF_IT\"", "echo \"$KEY\"", "echo \"It is $PLAIN\"",
			"printf %s \"$SECRET\" | base64 -w 0; echo", "printf %s \"$SECRET\" | od -An -v -tx1 | tr -d \" \\n\"; echo",
			"printf %s \"$KEY\" | base64 -w 0; echo",
			"cat /var/lib/cloud/seed/config_drive/user_data || :", "echo \"$SECRET\" >&2", "exit ${STATUS:-0}"]}]}' \
	>"$SCRATCH/packer.json"
variables=$(jq -n --arg secret "$secret" '{secret: $secret}')

# tokens: those that were given out, as the log of what was asked has them not.
SECRETS=("$secret" "$USER_KEY" "$USER_PASSWORD" "$password")
# Each line by itself, too: output comes line by line.
while IFS= read -r line; do
	SECRETS+=("$line")
done <<<"$lines"

# hidden FILE: none of them is in it, nor is a line of the private key.
hidden() {
	local line
	tells_no_secret "$1"
	[ ! -f "$SCRATCH/key" ] || while IFS= read -r line; do
		case $line in ---*) continue ;; esac
		! grep -qF -- "${line:0:40}" "$1" || wrong "$called" "no private key" "$line in $1"
		! grep -qF -- "$(printf %s "$line" | base64 -w 0 | head -c 40)" "$1" ||
			wrong "$called" "no private key" "$line in $1, as base64"
	done <"$SCRATCH/key"
}

# bake [MEMBERS] [CHECK]
bake() {
	rm -f "$SCRATCH/key"
	run rax_image "$(jq -nc --arg scratch "$SCRATCH" --argjson variables "$variables" --argjson more "${1:-{\}}" \
		'{template: "\($scratch)/packer.json", variables: $variables, progress: "\($scratch)/progress",
			save_private_key: "\($scratch)/key"} + $more')" "${2:-false}"
	hidden "$SCRATCH/result"
	[ ! -f "$SCRATCH/progress" ] || hidden "$SCRATCH/progress"
}

bake '{}' true
is 0 '.changed'
bake
is 0 '.changed and ([.output[].lines[]] | index("It is shown"))'
[ "$(stat -c %a "$SCRATCH/key")" = 600 ] || wrong "the key" "mode 600" "$(stat -c %a "$SCRATCH/key")"
grep -q "It is shown" "$SCRATCH/progress" || wrong "$called" "the output in $SCRATCH/progress" "$(cat "$SCRATCH/progress")"
# Not over a file that is there.
key=$(cat "$SCRATCH/key")
run rax_image "$(recipe other "{\"save_private_key\": \"$SCRATCH/key\"}")"
fails 'baking image other (step: key pair): cannot save the private key'
[ "$(cat "$SCRATCH/key")" = "$key" ] || wrong "$called" "the file as it was" another
nothing_left
forget secret

# Where long lines are cut: no part of a secret is in the piece before or behind.
cut=S3cretPassw0rd-of-the-db-XYZ-end
cat >"$SCRATCH/long.sh" <<'END'
#!/bin/sh
key=$(printf %s "$KEY" | base64 -w 0)
for filler in 7800 8170 8185 16370; do
	for secret in "$key" "$CUT"; do
		printf "%0${filler}d%s and more\n" 0 "$secret"
		printf "%0${filler}d%s and more\n" 0 "$secret" >&2
	done
done
env | tr '\n' ' '
exit "$STATUS"
END
jq --arg scratch "$SCRATCH" --arg cut "$cut" 'def step($type; $status): {type: $type, script: "\($scratch)/long.sh",
		environment_vars: ["CUT={{user `cut`}}", "KEY={{build `SSHPrivateKey`}}", "STATUS={{user `\($status)`}}"]};
	.variables += {cut: $cut, there: "0", here: "0"} | ."sensitive-variables" += ["cut"]
	| .provisioners = [step("shell-local"; "here") + {script: null, inline: ["printf %s \"$KEY\" | base64 -w 0 >\($scratch)/key64"]},
		step("shell"; "there"), step("shell-local"; "here")]' "$SCRATCH/packer.json" >"$SCRATCH/long.json"
chmod +x "$SCRATCH/long.sh"

# parts LENGTH: all parts of the standard input, which is one line, of this length.
parts() {
	awk -v length_of="$1" '{ for (i = 1; i + length_of <= length + 1; i++) print substr($0, i, length_of) }'
}

# hides_cut VARIABLES: bakes, and shows no half of it, nor of the key's base64.
hides_cut() {
	local file found
	rm -f "$SCRATCH/progress"
	bake "{\"template\": \"$SCRATCH/long.json\", \"variables\": $(jq -c ". + $1" <<<"$variables")}"
	for file in result progress; do
		grep -q 'more' "$SCRATCH/$file" || wrong "$called" "long lines in $file" "$(head -c 3000 "$SCRATCH/$file")"
		found=$({ parts 10 <<<"$cut"; parts 40 <"$SCRATCH/key64"; } | grep -oFf - "$SCRATCH/$file" | sort -u) || continue
		wrong "$called" "no part of a secret in $file" "$found"
	done
}
hides_cut '{}'
is 0 '[.output[1:][].lines | length] | all(. > 16)'
nothing_left
forget secret
hides_cut '{there: "3"}'
is 1 '.msg | contains("ended with status 3") and contains("last lines: ")'
hides_cut '{here: "3"}'
is 1 '.msg | contains("ended with status 3") and contains("last lines: ")'

# When it fails, and through Ansible with all that it can say.
sed -i 's/\${STATUS:-0}/3/' "$SCRATCH/packer.json"
bake
fails 'baking image secret (step: provision): provisioner 1 (shell)'
rm -f "$SCRATCH/key"
jq -nc --arg scratch "$SCRATCH" --argjson variables "$variables" '[{hosts: "localhost", gather_facts: false,
	tasks: [{rax_image: {template: "\($scratch)/packer.json", variables: "{{ given | from_json }}",
		save_private_key: "\($scratch)/key"}}], vars: {given: {"__ansible_unsafe": ($variables | tojson)}}}]' \
	>"$SCRATCH/play.yml"
called="ansible-playbook -vvvv --diff"
! ansible-playbook -vvvv --diff -i localhost, -c local "$SCRATCH/play.yml" >"$SCRATCH/output" 2>&1 ||
	wrong "$called" "a failure" "$(tail -n 5 "$SCRATCH/output")"
grep -q "It is shown" "$SCRATCH/output" || wrong "$called" "the output" "$(tail -n 20 "$SCRATCH/output")"
# The play itself holds what was given to the task; the module's words do not.
sed -n '/^fatal/,$p' "$SCRATCH/output" >"$SCRATCH/words"
hidden "$SCRATCH/words"

# A password in place of a key pair.
run rax_image "$(recipe locked "{\"ssh_password\": \"$password\", \"ssh_handshake_attempts\": 1}")"
is 1 '.msg | contains("step: login")'
nothing_left
run rax_image "{\"name\": \"x\", \"state\": \"validated\", \"ssh_timeout\": \"$password\", \"ssh_password\": \"$password\",
	\"source_image\": \"s\", \"flavor\": \"2\"}"
fails 'The recipe is not valid'
