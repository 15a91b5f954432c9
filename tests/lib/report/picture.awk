# SPDX-License-Identifier: Apache-2.0
# picture.awk - makes of gnuplot's SVG a part of the page: its colours, which say
# what a thing is, become colours of the page, and attributes. Reads steps, builds
# and failing of numbers.awk, then the SVG.
BEGIN { FS = "\t" }

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/"/, "\\&quot;", text)
	gsub(/'/, "\\&#39;", text)
	return text
}

FILENAME ~ /\/steps$/ {
	step[++steps] = escape($1)
	start[steps] = $2
	end[steps] = $3
	next
}
FILENAME ~ /\/builds$/ { build[++builds] = escape($1); answers[builds] = $2; next }
FILENAME ~ /\/failing$/ { failures[++failing] = $3; failing_at[failing] = $1; next }

# The colour rgb(254,KIND,NUMBER), as it is written in picture.gp.
function colour(kind, number, property) {
	if (kind == 1) return number % 2 ? "var(--band-odd)" : "var(--band-even)"
	if (kind == 2 && property == "stroke") return "none"
	if (kind == 2) return "var(--build-" (number - 1) % 4 + 1 ")"
	if (kind == 3) return "var(--latency-" number ")"
	if (kind == 4) return "var(--failure)"
	return number == 9 ? "var(--grid)" : number == 8 ? "var(--axis)" : "var(--text)"
}

function attributes(kind, number) {
	if (kind == 1)
		return "class='band' data-step='" step[number] "' data-start='" start[number] "' data-end='" end[number] "' "
	if (kind == 2) return "class='area' data-build='" build[number] "' data-answers='" answers[number] "' "
	if (kind == 4) {
		failure++
		return "class='failing' data-second='" int(failing_at[failure]) "' data-failures='" failures[failure] "' "
	}
	if (kind == 5 && number in words) return "class='" words[number] "' "
	return ""
}

# What gnuplot has beside the picture.
/^<\?xml/ || /^<title>/ || /^<desc>/ || /<rect x="0" y="0"/ { next }
/<filter/ { skipped = 1 }
skipped { if (/<\/filter>/) skipped = 0; next }
{
	gsub(/<title>[^<]*<\/title>/, "")
	gsub(/standalone="no"/, "")
	gsub(/xmlns:xlink="[^"]*"/, "")
	gsub(/xlink:href/, "href")
	gsub(/ color="(black|white)"/, "")
	gsub(/(fill|stroke)=['"]black['"]/, "stroke='var(--axis)'")
	gsub(/ id="gnuplot[^"]*"/, "")
	line = $0
	out = ""
	while (match(line, /(fill|stroke|color) ?= ?['"]rgb\( *254, *[0-9]+, *[0-9]+\)['"]/)) {
		found = substr(line, RSTART, RLENGTH)
		out = out substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		split(found, part, /[(),]/)
		kind = part[3] + 0
		number = part[4] + 0
		match(found, /^[a-z]+/)
		property = substr(found, 1, RLENGTH)
		# A thing is marked once: an area by its inside, a point by its colour.
		if ((kind == 1 || kind == 2) && property == "fill" || kind == 4 && property == "color" ||
			kind == 5 && property == "fill")
			out = out attributes(kind, number)
		out = out property "='" colour(kind, number, property) "'"
	}
	$0 = out line
	while (match($0, /@[0-9]+@/))
		$0 = substr($0, 1, RSTART - 1) step[substr($0, RSTART + 1, RLENGTH - 2) + 0] substr($0, RSTART + RLENGTH)
	print
}

BEGIN {
	words[1] = "x-tick"; words[2] = "answers-tick"; words[3] = "latency-tick"
	words[4] = "step-label"; words[5] = "axis-label"
}
