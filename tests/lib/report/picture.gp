# SPDX-License-Identifier: Apache-2.0
# picture.gp - the run along one time axis: answers a second by build and, below,
# latency; steps are bands through both. `directory' has what numbers.awk wrote;
# end, most, builds, fastest and slowest are figures of it.
# A colour 254,KIND,NUMBER says what a thing is; picture.awk gives it the page's.
set terminal svg size 1120,640 dynamic noenhanced font "sans-serif,13"
set output directory."/picture"
tag(kind, number) = 0xfe0000 + kind * 256 + number
load directory."/bands.gp"

set multiplot
set lmargin at screen 0.056
set rmargin at screen 0.988
set xrange [0:end]
set border 3 lc rgb tag(5, 8) lw 0.8
set xtics textcolor rgb tag(5, 1) out nomirror scale 0.6 format ""
set grid ytics lc rgb tag(5, 9) lw 0.8 dt solid

set tmargin at screen 0.868
set bmargin at screen 0.478
set yrange [0:(most > 0 ? most : 1) * 1.12]
set ytics textcolor rgb tag(5, 2) out nomirror scale 0.6
set label 1001 "Answers per second, by build" at screen 0.056, screen 0.892 left textcolor rgb tag(5, 5)
plot for [i=1:builds] directory."/area".i using 1:2 with filledcurves closed fc rgb tag(2, i) notitle, \
	directory."/marks" using 1:2 with impulses lw 2 lc rgb tag(4, 1) notitle, \
	directory."/marks" using 1:(most * 1.06) with points pt 11 ps 0.9 lc rgb tag(4, 0) notitle

unset label
unset object
set xtics format "%g"
set tmargin at screen 0.402
set bmargin at screen 0.092
set logscale y
set yrange [fastest:slowest]
set ytics textcolor rgb tag(5, 3) format "%g"
set label 1002 "Latency in milliseconds (slow answers and uploads left out)" at screen 0.056, screen 0.426 left textcolor rgb tag(5, 5)
set label 1003 "seconds from the beginning" at screen 0.988, screen 0.018 right textcolor rgb tag(5, 5)
plot directory."/latency" using 1:5 with points pt 7 ps 0.28 lc rgb tag(3, 4) notitle, \
	for [i=4:2:-1] directory."/latency" using 1:i with lines lw 1.6 lc rgb tag(3, i - 1) notitle
unset multiplot
