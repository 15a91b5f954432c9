# SPDX-License-Identifier: Apache-2.0
# requests.awk - from steps.tsv and the judge's log, a line for each request:
# seconds from the beginning to its end and to its start, kind, milliseconds,
# result, build, reason; and into `directory' the steps in such seconds, and when
# the last request was sent. The beginning is the first step's.
BEGIN { FS = OFS = "\t" }

# The log names its columns.
FNR == 1 && $1 == "start" {
	for (i = 1; i <= NF; i++) at[$i] = i
	next
}

# Big numbers are kept as whole seconds and a rest, which a float holds well.
function since(time,    part) {
	split(time, part, ".")
	if (whole == "") { whole = part[1]; rest = ("0." part[2]) + 0 }
	return part[1] - whole + ("0." part[2]) - rest
}

FILENAME ~ /\/steps.tsv$/ {
	print $1, since($2), since($3) >directory "/steps"
	next
}
{
	start = since($at["start"])
	if (start > last) last = start
	printf "%.4f\t%.4f\t%s\t%s\t%s\t%s\t%s\n", start + $at["milliseconds"] / 1000, start, $at["kind"], \
		$at["milliseconds"], $at["result"], $at["build"], $at["reason"]
}
END { print last + 0 >directory "/last" }
