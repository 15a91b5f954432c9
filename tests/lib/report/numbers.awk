# SPDX-License-Identifier: Apache-2.0
# numbers.awk - what page and picture show, from steps and sorted requests as
# requests.awk has written them. Writes into `directory': builds, kinds, losses,
# failing, sums, bands and the outline of an area for each build. Gaps are those
# until `last', when the last request was sent.
BEGIN { FS = OFS = "\t" }

function remember_build(build) {
	if (!(build in builds)) { builds[build] = ++build_count; build_name[build_count] = build }
}

FILENAME ~ /\/steps$/ {
	step_name[++step_count] = $1
	step_start[step_count] = $2
	step_end[step_count] = $3
	if (step_end[step_count] > end) end = step_end[step_count]
	next
}
{
	requests++
	kinds[$3]++
	if ($1 > end) end = $1
	if (first == "" || $2 < first) first = $2
	second = int($1)
	if (second > last_second) last_second = second
	if ($5 != "ok") {
		failed++
		failed_kind[$3]++
		failed_second[second]++
		print $1, $3, $5, $7 >directory "/losses"
		next
	}
	remember_build($6)
	good[builds[$6]]++
	answers[second, builds[$6]]++
	total[second]++
	# What was asked at the end is answered in peace.
	now = $1 < last ? $1 : last
	gap = now - (before == "" ? first : before)
	if (gap > gaps[builds[$6]]) gaps[builds[$6]] = gap
	if (gap > longest) longest = gap
	before = now
}

# The areas stand on each other: up along the upper edge, back along the lower.
function outline(build, file,    second, below, i) {
	for (second = 0; second <= last_second; second++) {
		height[second] = base[second] + answers[second, build]
		print second, height[second] >file
		print second + 1, height[second] >file
	}
	for (second = last_second; second >= 0; second--) {
		print second + 1, base[second] + 0 >file
		print second, base[second] + 0 >file
		base[second] = height[second]
	}
	close(file)
}

# The label of a short step goes where the labels beside it leave room for it.
function place_labels(    i, row, width, middle) {
	for (i = 1; i <= step_count; i++) {
		width = (length(step_name[i]) + 2) * end / 128
		middle = (step_start[i] + step_end[i]) / 2
		if (middle < width / 2) middle = width / 2
		if (middle > end - width / 2) middle = end - width / 2
		for (row = 1; row < 3 && taken[row] > middle - width / 2; row++) ;
		taken[row] = middle + width / 2
		print i, step_start[i], step_end[i], middle, row >directory "/bands"
	}
}

END {
	for (i = 1; i <= build_count; i++) {
		print build_name[i], good[i], gaps[i] + 0 >directory "/builds"
		outline(i, directory "/area" i)
	}
	for (kind in kinds)
		print kind, kinds[kind], failed_kind[kind] + 0 >directory "/kinds"
	for (second = 0; second <= last_second; second++) {
		if (total[second] > most) most = total[second]
		if (failed_second[second])
			print second + 0.5, total[second] + 0, failed_second[second] >directory "/failing"
	}
	place_labels()
	print requests + 0, failed + 0, end, first + 0, longest + 0, build_count + 0, most + 0, step_count + 0 >directory "/sums"
}
