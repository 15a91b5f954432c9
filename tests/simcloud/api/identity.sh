# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# Logging in, tokens, catalogs.
start --token-life 1000

password=$(jq -r .password "$dir/ready")
right="\"RAX-KSKEY:apiKeyCredentials\": {\"username\": \"$user\", \"apiKey\": \"$key\"}"
for tokens in /tokens /v2.0/tokens /v2.0//tokens /identity/v2.0/tokens; do
	api POST $tokens "{\"auth\": {$right}}"
	is 200 '.access.token.tenant.id == "700123"'
done

api POST /v2.0/tokens "{\"auth\": {$right}}"
is 200 '[.access.serviceCatalog[] | select(.type == "compute")] | length == 2'
is 200 '.access.serviceCatalog[] | select(.name == "cloudServers")
	| .endpoints[0] | has("region") | not'
is 200 '.access.serviceCatalog[] | select(.type == "rax:dns")
	| .endpoints[0] | has("region") | not'
is 200 '[.access.serviceCatalog[].endpoints[].tenantId] | unique
	== ["700123", "MossoCloudFS_700123"]'
is 200 '.access.serviceCatalog[] | select(.name == "cloudServersOpenStack")
	| [.endpoints[].region] | sort
	== ["DFW", "HKG", "IAD", "LON", "ORD", "SYD"]'
is 200 '.access.token.expires
	| test("^[0-9]{4}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{3}Z$")'

api POST /v2.0/tokens "{\"auth\": {\"passwordCredentials\":
	{\"username\": \"$user\", \"password\": \"$password\"}}}"
is 200 '.access.token."RAX-AUTH:authenticatedBy" == ["PASSWORD"]'
api POST /v2.0/tokens "{\"auth\": {\"token\": {\"id\": \"$token\"},
	\"tenantId\": \"MossoCloudFS_$tenant\"}}"
is 200 '[.access.serviceCatalog[].type] == ["object-store"]'

# a row: status, the body's key, the body
while IFS='|' read -r code name data; do
	api POST /v2.0/tokens "$data"
	is "$code" ".\"$name\".code == $code and .\"$name\".message != \"\""
done <<-END
	400|badRequest|nonsense
	400|badRequest|[]
	400|badRequest|{}
	400|badRequest|{"auth": {}}
	400|badRequest|{"auth": {"passwordCredentials": {"username": "$user"}}}
	400|badRequest|{"auth": {$right, "tenantId": "$tenant", "tenantName": "$tenant"}}
	401|unauthorized|{"auth": {$right, "tenantId": "$user"}}
	401|unauthorized|{"auth": {"RAX-KSKEY:apiKeyCredentials": {"username": "$user", "apiKey": "wrong"}}}
	401|unauthorized|{"auth": {"RAX-KSKEY:apiKeyCredentials": {"username": "nobody", "apiKey": "$key"}}}
	401|unauthorized|{"auth": {"passwordCredentials": {"username": "$user", "password": "$key"}}}
	404|itemNotFound|{"auth": {"token": {"id": "AADgone"}}}
	403|userDisabled|{"auth": {"passwordCredentials": {"username": "disabled", "password": "Simulated-Secret-4"}}}
END
type=text/plain
api POST /v2.0/tokens "{\"auth\": {$right}}"
is 415
type=application/json

# a second factor is for passwords only
mfa='{"auth": {"passwordCredentials":
	{"username": "mfa", "password": "Simulated-Secret-3"}}}'
api POST /v2.0/tokens "$mfa"
is 401 '.unauthorized.message | test("Additional authentication")'
session=$(header WWW-Authenticate | sed "s/.*sessionId='\([^']*\)'.*/\1/")
code='{"auth": {"RAX-AUTH:passcodeCredentials": {"passcode": "483920"}}}'
api POST /v2.0/tokens "$code"
is 401
api POST /v2.0/tokens "$code" -H "X-SessionId: $session"
is 200 '.access.user.name == "mfa"'
config '{"account": {"user": "mfa", "mfa": false}}'
api POST /v2.0/tokens "$mfa"
is 200

# without a valid token: 401 and nothing else; another tenant's is none
good=$token
for token in none "" "${good}x"; do
	api GET "$servers/servers"
	is 401
	[ ! -s "$dir/body" ] || wrong "401 with a body" "$(cat "$dir/body")"
done
token=$good
api GET /servers/iad/v2/700124/servers
is 401
api GET "$servers/servers"
is 200
config '{"clock": 1001}'
api GET "$servers/servers"
is 401
log_in
config '{"expire_tokens": true}'
api GET "$servers/servers"
is 401
log_in
api DELETE /v2.0/tokens
is 204
api GET "$servers/servers"
is 401

# no secret is in the log
log_in
api POST /elsewhere "{\"auth\": {$right}}"
api POST "$servers/nowhere" "user=$user&password=$password"
api GET /_sim/log
is 200 '.requests | length > 20'
for secret in "$key" "$password" Simulated-Secret "$token" "$good"; do
	! grep -q "$secret" "$dir/body" || wrong "a secret is in the log"
done
stop
