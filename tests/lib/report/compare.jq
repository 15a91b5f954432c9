# SPDX-License-Identifier: Apache-2.0
# compare.jq - what is shown ($shown[0], of measure.js) that is not as the judge's
# log and the times of the steps say ($log, $steps: their text): one line each. The
# figures are worked out anew here, from nothing but these two.
def rows: split("\n") | map(select(. != "") | split("\t"));
def number: if type == "string" then gsub(","; "") | tonumber? // null else null end;
def near($want; $tolerance): . != null and (. - $want | fabs) <= $tolerance;
def is($what; $want): if . == $want then empty else "\($what): \(.), not \($want)" end;
def is_near($what; $want; $tolerance):
	if near($want; $tolerance) then empty else "\($what): \(.), not \($want)" end;
# The smallest that so many percent do not exceed.
def percentile($percent): sort | .[(($percent * length / 100) | ceil) - 1];
def latencies: map(select(.kind == "get" or .kind == "fresh") | .milliseconds) | if . == [] then null else
	[percentile(50), percentile(90), percentile(99), max] end;

$shown[0] as $page
| ($steps | rows | map({name: .[0], start: (.[1] | tonumber), end: (.[2] | tonumber)})) as $logged
| $logged[0].start as $zero
| ($logged | map(.start -= $zero | .end -= $zero)) as $logged
| ($log | rows | .[1:] | map({start: ((.[0] | tonumber) - $zero), kind: .[1], milliseconds: (.[2] | tonumber),
	result: .[3], build: .[6], reason: .[8]} | .end = .start + .milliseconds / 1000) | sort_by(.end * 10000 | round)) as $requests
| ($requests | map(select(.result == "ok"))) as $good
| ($requests | map(select(.result != "ok"))) as $bad
| ($requests | map(.start) | [min, max]) as [$first, $last]
| ([range($good | length) as $i | $good[$i] + {gap: (([$good[$i].end, $last] | min)
	- (if $i == 0 then $first else [$good[$i - 1].end, $last] | min end))}]) as $good
| ($good | group_by(.build) | sort_by(.[0].end)) as $builds

# --- The tables.
| def latency_cells($what; $want): . as $row | range(4) as $i
	| $row[2 + $i] | if $want == null then is("\($what), latency"; "–")
	  else number | is_near("\($what), latency \(["p50", "p90", "p99", "slowest"][$i])"; $want[$i]; 0.051) end;
def answers_row($what; $answers):
	(.[1] | number | is("\($what), answers"; $answers | length)), latency_cells($what; $answers | latencies),
	(.[6] | number | is_near("\($what), longest gap"; $answers | map(.gap) | max; 0.0012));
def head: ($page.requests | number | is("requests at the top"; $requests | length)),
	($page.failed | number | is("failures at the top"; $bad | length));
def steps_table: ($page.tables.steps // []) as $rows
	| ($rows | map(.[0]) | is("names of the steps"; $logged | map(.name))),
	  (range($logged | length) as $i | $logged[$i] as $step | ($rows[$i] // []) as $row
		| ($row[1] | number | is_near("\($step.name) began"; $step.start; 0.051)),
		  ($row[2] | number | is_near("\($step.name) ended"; $step.end; 0.051)),
		  ($row[3] | number | is_near("\($step.name) took"; $step.end - $step.start; 0.051)));
def builds_table: ($page.tables.builds // []) as $rows
	| ($rows | map(.[0]) | is("rows of builds"; ($builds | map(.[0].build)) + ["all", "failures"])),
	  (range($builds | length) as $i | $rows[$i] // [] | answers_row("build \($builds[$i][0].build)"; $builds[$i])),
	  ($rows[-2] // [] | answers_row("all"; $good)),
	  ($rows[-1][1] | number | is("the row of failures"; $bad | length));
def kinds_table: ($page.tables.kinds // []) | map([.[0], (.[2] | number), (.[3] | number)])
	| is("requests by kind"; $requests | group_by(.kind) | map([.[0].kind, length, (map(select(.result != "ok")) | length)]));
def losses_table: ($page.tables.losses // []) as $rows
	| ($rows | length | is("rows of failures"; [($bad | length), 50] | min)),
	  (range($rows | length) as $i | $rows[$i] as $row | $bad[$i] as $want
		| ($row[0] | number | is_near("failure \($i + 1), when"; $want.end; 0.051)),
		  ($row[2:] | is("failure \($i + 1)"; [$want.kind, $want.result, $want.reason])));

# --- The picture: what the ticks say is held against where things are.
def per_unit($axis): (map(. + {value: (.text | tonumber)}) | [min_by(.value), max_by(.value)]) as [$low, $high]
	| ($high[$axis] - $low[$axis]) / ($high.value - $low.value);
($page.x_ticks | per_unit("x")) as $second
| ($page.x_ticks | map(.x - (.text | tonumber) * $second) | add / length) as $at_zero
| ($page.answers_ticks | per_unit("y") | -.) as $answer
| def at($seconds): $at_zero + $seconds * $second;
def ticks: $page.x_ticks[] | . as $tick | .x | is_near("tick \($tick.text)"; at($tick.text | tonumber); 1.5);
def bands: ($page.bands | length | is("bands"; $logged | length)),
	(range([$page.bands, $logged | length] | min) as $i | $page.bands[$i] as $band | $logged[$i] as $step
	| ($page.labels | map(select(.text == $step.name))) as $labels
	| ($band.left | is_near("where the band of \($step.name) begins"; at($step.start); 2)),
	  ($band.right | is_near("where the band of \($step.name) ends"; at($step.end); 2)),
	  (if $labels | any(.x > $band.left - (.right - .left) and .x < $band.right + (.right - .left) and .top >= $band.top - 2) then empty
		else "the band of \($step.name) has no label" end),
	  (if $band.top < ($page.answers_ticks | map(.top) | min) and $band.bottom > ($page.latency_ticks | map(.y) | max) - 3
		then empty else "the band of \($step.name) does not go through both pictures" end)),
	(range($page.labels | length) as $i | range($i) as $j | [$page.labels[$i, $j]] as [$a, $b]
	| if $a.left < $b.right and $b.left < $a.right and $a.top < $b.bottom - 3 and $b.top < $a.bottom - 3
		then "the labels \($a.text) and \($b.text) lie upon each other" else empty end);
# How high a polygon is at a place: the way between its edges there.
def height($x): . as $corners | [range(length) as $i | [$corners[$i], $corners[($i + 1) % ($corners | length)]]
	| select((.[0][0] <= $x) != (.[1][0] <= $x)) | .[0][1]] | if . == [] then 0 else max - min end;
def areas: ($page.areas | length | is("areas"; $builds | length)),
	($builds[] | .[0].build as $build | (map(.end | floor) | group_by(.) | map({(.[0] | tostring): length}) | add) as $answers
	| ($page.legend | map(select(.text == "build \($build)")) | .[0].colour) as $colour
	| ($page.areas | map(select(.colour == $colour))) as $own
	| if ($own | length) != 1 then "build \($build) has \($own | length) areas of its colour"
	  else first(range($requests | map(.end) | max | floor) as $s
		| ($own[0].corners | height(at($s + 0.5)) / $answer)
		| is_near("answers of build \($build) in second \($s), by the picture"; $answers[$s | tostring] // 0; 2)) // empty end);
def marks: ($bad | map(.end | floor) | unique) as $seconds
	| ($page.marks | map((.x - $at_zero) / $second - 0.5 | round) | sort | is("seconds that are marked as failing"; $seconds)),
	  ($page.marks[] | .colour | select(capture("rgb\\((?<r>[0-9]+), (?<g>[0-9]+), (?<b>[0-9]+)\\)") | map_values(tonumber)
		| .r > 1.5 * .g and .r > 1.5 * .b | not) | "a failure is marked in \(.), which is not red");
head, steps_table, builds_table, kinds_table, losses_table, ticks, bands, areas, marks,
($page.width | if . > 1200 then "the page is \(.) pixels wide" else empty end)
