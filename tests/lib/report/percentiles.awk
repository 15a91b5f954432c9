# SPDX-License-Identifier: Apache-2.0
# percentiles.awk - of lines `group, number', sorted by both: group, how many,
# p50, p90, p99 and the largest. The smallest number that so many do not exceed.
BEGIN { FS = OFS = "\t" }

function rank(share,    place) {
	place = int(share * count / 100)
	return number[place * 100 < share * count ? place + 1 : place]
}

function finish() {
	if (count) print group, count, rank(50), rank(90), rank(99), number[count]
}

$1 "" != group "" { finish(); count = 0; group = $1 }
{ number[++count] = $2 }
END { finish() }
