# SPDX-License-Identifier: Apache-2.0
# page.awk - the report's text, from what numbers.awk and percentiles.awk have
# written: files steps, builds, kinds, losses, sums, latencies. Prints the part
# of the page that stands at `part': head or tables.
BEGIN {
	FS = "\t"
	meaning["get"] = "on a connection that is kept open"
	meaning["fresh"] = "on a connection of its own"
	meaning["slow"] = "an answer that takes seconds"
	meaning["upload"] = "a body that takes seconds"
}

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/"/, "\\&quot;", text)
	gsub(/'/, "\\&#39;", text)
	return text
}

# 20345 as 20,345.
function grouped(number,    text) {
	text = sprintf("%d", number)
	while (match(text, /^[0-9][0-9][0-9][0-9]+/) && RLENGTH > 3)
		text = substr(text, 1, RLENGTH - 3) "," substr(text, RLENGTH - 2)
	return text
}

function file(name) {
	return FILENAME ~ "/" name "$"
}

file("steps") { step[++steps] = $1; start[steps] = $2; end[steps] = $3 }
file("builds") { build[++builds] = $1; answers[builds] = $2; gap[builds] = $3 }
file("kinds") { kind[++kinds] = $1; of_kind[kinds] = $2; failed_of_kind[kinds] = $3 }
file("losses") { loss[++losses] = $1; loss_kind[losses] = $2; loss_result[losses] = $3; loss_reason[losses] = $4 }
file("sums") { requests = $1; failed = $2; seconds = $3; longest = $5 }
file("latencies") { for (i = 3; i <= 6; i++) latency[$1, i - 2] = $i }

function cell(text, class) {
	return "<td" (class ? " class=\"" class "\"" : "") ">" text "</td>"
}

function latencies(group,    i, text) {
	for (i = 1; i <= 4; i++)
		text = text cell((group, i) in latency ? sprintf("%.1f", latency[group, i]) : "–")
	return text
}

function head(    i) {
	printf "<p class=\"verdict %s\"><b id=\"requests\">%s</b> requests, <b id=\"failed\">%s</b> failed</p>\n", \
		failed ? "bad" : "good", grouped(requests), grouped(failed)
	printf "<p class=\"legend\">"
	for (i = 1; i <= builds; i++)
		printf "<span><i style=\"background: var(--build-%d)\"></i>build %s</span>", (i - 1) % 4 + 1, escape(build[i])
	printf "<span><i class=\"mark\"></i>a second with failures</span>"
	for (i = 1; i <= 3; i++)
		printf "<span><i class=\"line\" style=\"background: var(--latency-%d)\"></i>%s</span>", i, \
			i == 1 ? "p50" : i == 2 ? "p90" : "p99"
	printf "<span><i class=\"dot\"></i>slowest</span></p>\n"
}

function table(name, heads,    i, n, word) {
	n = split(heads, word, "|")
	printf "<table id=\"%s\"><thead><tr>", name
	for (i = 1; i <= n; i++) printf "<th scope=\"col\">%s</th>", word[i]
	print "</tr></thead><tbody>"
}

function steps_table(    i) {
	print "<section><h2>Steps</h2>"
	table("steps", "step|began, s|ended, s|took, s")
	for (i = 1; i <= steps; i++)
		printf "<tr data-start=\"%s\" data-end=\"%s\"><th scope=\"row\">%s</th>%s%s%s</tr>\n", start[i], end[i], escape(step[i]), \
			cell(sprintf("%.1f", start[i])), cell(sprintf("%.1f", end[i])), cell(sprintf("%.1f", end[i] - start[i]))
	print "</tbody></table></section>"
}

function builds_table(    i) {
	print "<section class=\"wide\"><h2>Answers</h2>"
	table("builds", "build|answers|p50, ms|p90, ms|p99, ms|slowest, ms|longest gap, s")
	for (i = 1; i <= builds; i++)
		printf "<tr data-build=\"%s\" data-answers=\"%d\"><th scope=\"row\"><i style=\"background: var(--build-%d)\"></i>%s</th>%s%s%s</tr>\n", \
			escape(build[i]), answers[i], (i - 1) % 4 + 1, escape(build[i]), cell(grouped(answers[i])), \
			latencies("build " build[i]), cell(sprintf("%.3f", gap[i]))
	printf "<tr class=\"total\"><th scope=\"row\">all</th>%s%s%s</tr>\n", \
		cell(grouped(requests - failed)), latencies("all"), cell(sprintf("%.3f", longest))
	printf "<tr class=\"failures%s\" data-failed=\"%d\"><th scope=\"row\">failures</th>%s<td></td><td></td><td></td><td></td><td></td></tr>\n", \
		failed ? " some" : "", failed, cell(grouped(failed))
	print "</tbody></table>"
	print "<p class=\"note\">Latency is that of fast requests. A gap is a time without any answer while requests were sent, ended by this build.</p></section>"
}

function kinds_table(    i) {
	print "<section><h2>Requests</h2>"
	table("kinds", "kind|what it is|sent|failed")
	for (i = 1; i <= kinds; i++)
		printf "<tr><th scope=\"row\">%s</th><td class=\"words\">%s</td>%s%s</tr>\n", escape(kind[i]), meaning[kind[i]], \
			cell(grouped(of_kind[i])), cell(grouped(failed_of_kind[i]), failed_of_kind[i] ? "bad" : "")
	print "</tbody></table></section>"
}

function during(time,    i) {
	for (i = 1; i <= steps; i++)
		if (time >= start[i] && time < end[i]) return escape(step[i])
	return "–"
}

function losses_table(    i) {
	print "<section class=\"wide\"><h2>Failures" (losses > 50 ? ", the first 50" : "") "</h2>"
	table("losses", "at, s|during|kind|result|why")
	for (i = 1; i <= losses && i <= 50; i++)
		printf "<tr>%s%s%s%s%s</tr>\n", cell(sprintf("%.1f", loss[i])), cell(during(loss[i]), "words"), cell(escape(loss_kind[i]), "words"), \
			cell(escape(loss_result[i]), "words bad"), cell(escape(loss_reason[i]), "words")
	print "</tbody></table></section>"
}

END {
	if (part == "head") head()
	else {
		steps_table()
		builds_table()
		kinds_table()
		if (losses) losses_table()
	}
}
