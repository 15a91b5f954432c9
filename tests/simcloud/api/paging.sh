# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# Long lists, and lists that lag.
start --page 7

config '{"servers": [{"name": "one", "count": 20},
	{"name": "other", "region": "DFW"}],
	"limits": {"maxTotalInstances": 50}}'
api GET "$servers/servers/detail"
is 200 '.servers | length == 7 and .[0].status == "ACTIVE"'
is 200 '.servers_links[0].href | startswith("http://internal.invalid/")'

# all pages, with our own host
ids='' pages=0
next=$servers/servers
while [ -n "$next" ]; do
	api GET "$next"
	is 200
	ids="$ids $(get '.servers[].id')"
	next=$(get '.servers_links[0].href // ""' | sed 's|^http://[^/]*||')
	pages=$((pages + 1))
done
[ $pages = 3 ] || wrong "$pages pages"
# shellcheck disable=SC2086 # words
[ "$(printf '%s\n' $ids | sort -u | wc -l)" = 20 ] || wrong "ids $ids"
api GET "$servers/servers?limit=3&name=one"
is 200 '(.servers | length == 3) and (.servers_links[0].href
	| test("limit=3&marker=[0-9a-f-]+&name=one$"))'
api GET "$servers/servers?limit=20"
is 200 '.servers | length == 7'
api GET "$servers/servers?limit=x"
is 400
api GET "$servers/servers?limit=-1"
is 400
api GET "$servers/servers?marker=nope"
is 400
# shellcheck disable=SC2086 # words
last=$(printf '%s\n' $ids | tail -1)
api GET "$servers/servers?marker=$last"
is 200 '.servers == [] and (has("servers_links") | not)'
api GET "$servers/flavors?limit=2"
is 200 '.flavors_links[0].rel == "next"'
api GET "$servers/images?limit=2"
is 200 '.images_links[0].rel == "next"'

# the newest is first; it is there before it is listed
config '{"list_lag": 1000, "page": 100}'
server late
is 202
api GET "$servers/servers/$id"
is 200
api GET "$servers/servers"
is 200 '.servers | length == 20'
pass 1000
api GET "$servers/servers"
is 200 '.servers | length == 21'
is 200 '.servers[0].name == "late"'
stop
