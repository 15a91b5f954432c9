// SPDX-License-Identifier: Apache-2.0
// measure.js - what a reader sees of the report: texts, and where things are in
// pixels. Leaves it as JSON, in base64, in the page's last element.
(() => {
	const all = (selector, from = document) => [...from.querySelectorAll(selector)];
	const style = (element) => getComputedStyle(element);
	const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
	const opaque = (colour) => colour !== 'none' && !/^rgba\(.*, 0\)$/.test(colour);
	const text = (element) => (element && shown(element) ? element.innerText ?? element.textContent : '').trim();
	const box = (element) => {
		const { left, right, top, bottom } = element.getBoundingClientRect();
		return { left, right, top, bottom, x: (left + right) / 2, y: (top + bottom) / 2 };
	};
	const texts = (name) => all(`svg .${name} text`).filter(shown)
		.map((element) => ({ text: element.textContent.trim(), ...box(element) }));
	const filled = (selector) => all(selector).filter((element) => shown(element) && opaque(style(element).fill));
	const corners = (polygon) => [...polygon.points].map((point) => {
		const { x, y } = point.matrixTransform(polygon.getScreenCTM());
		return [x, y];
	});
	// A point is there if nothing lies upon it.
	const uncovered = (element) => {
		const { x, y } = box(element);
		return document.elementFromPoint(x, y)?.closest('.failing') === element;
	};
	const tables = {};
	for (const table of all('table').filter(shown))
		tables[table.id] = all('tbody tr', table).map((row) => all('th, td', row).map(text));
	const measured = {
		width: document.documentElement.scrollWidth,
		height: Math.ceil(document.documentElement.getBoundingClientRect().height),
		requests: text(document.getElementById('requests')),
		failed: text(document.getElementById('failed')),
		tables,
		legend: all('.legend span').filter(shown)
			.map((entry) => ({ text: text(entry), colour: style(entry.firstElementChild).backgroundColor })),
		x_ticks: texts('x-tick').filter((tick) => tick.text !== ''),
		answers_ticks: texts('answers-tick'),
		latency_ticks: texts('latency-tick'),
		labels: texts('step-label'),
		bands: filled('svg .band').map(box),
		areas: filled('svg .area').map((area) => ({ colour: style(area).fill, corners: corners(area) })),
		marks: all('svg .failing').filter((mark) => shown(mark) && uncovered(mark))
			.map((mark) => ({ colour: style(mark).color, ...box(mark) })),
	};
	const element = document.createElement('pre');
	element.id = 'measured';
	element.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(measured))));
	document.body.append(element);
})();
