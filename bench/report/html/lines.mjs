// A row along an axis of its own (copies, MACs): one line a subject, the range as a band.

import { kindOf } from "./plot.mjs";
import { logTicks, ticks, tickText } from "./scale.mjs";
import { html } from "./text.mjs";

const WIDTH = 1040;
const HEIGHT = 300;
const LEFT = 64;
const RIGHT = 240;
const TOP = 28;
const BOTTOM = 40;
const LABEL_DISTANCE = 18;
/** Lines of one colour differ by their dashes. */
const DASHES = ["none", "7 4", "2 3", "9 3 2 3", "4 4"];

const rangeOf = (value) => (typeof value === "number" ? { median: value, min: value, max: value } : value);

/** Points by series, in the order in which they come. */
function seriesOf(entries, { x, y, series }) {
  const all = new Map();
  for (const entry of entries) {
    const value = rangeOf(entry[y]);
    if (value === undefined || value === null || !Number.isFinite(value.median)) continue;
    const points = all.get(entry[series]) ?? { name: entry.name, title: entry[series], points: [] };
    points.points.push({ x: entry[x], ...value });
    all.set(entry[series], points);
  }
  return [...all.values()];
}

/** Labels at the ends of lines, pushed apart where they would lie on each other. */
function spreadLabels(ends) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  for (let at = 1; at < sorted.length; at++) {
    sorted[at].y = Math.max(sorted[at].y, sorted[at - 1].y + LABEL_DISTANCE);
  }
  return sorted;
}

const positions = (values) => [...new Set(values)].sort((a, b) => a - b);

/** `chart.panel`: key of an entry that says in which of several pictures its line is; without it there is one. */
export function linePlots({ title, entries, chart, columns }) {
  const panels = [...new Set(entries.map((entry) => entry[chart.panel]))];
  const plots = panels.map((panel) => {
    const inside = entries.filter((entry) => entry[chart.panel] === panel);
    return linePlot({
      title: panel === undefined ? title : `${title}: ${panel}`,
      entries: inside,
      chart,
      columns,
      panel,
    });
  });
  const drawn = plots.filter((plot) => plot !== undefined);
  return drawn.length === 0 ? undefined : drawn;
}

/** `chart`: keys of an entry for `x`, `y` and `series`; the steps of x are evenly spaced, as they grow by factors. */
function linePlot({ title, entries, chart, columns, panel }) {
  const all = seriesOf(entries, chart);
  if (all.length === 0) return undefined;
  const points = all.flatMap(({ points }) => points);
  const steps = positions(points.map(({ x }) => x));
  const highest = Math.max(...points.map(({ max }) => max));
  const marks = chart.log ? logTicks(Math.min(...points.map(({ min }) => min)), highest) : ticks(highest);
  const place = (value) =>
    chart.log ? Math.log10(value / marks[0]) / Math.log10(marks.at(-1) / marks[0]) : value / marks.at(-1);
  const x = (value) => LEFT + (steps.indexOf(value) / Math.max(1, steps.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => Number((HEIGHT - BOTTOM - place(value) * (HEIGHT - TOP - BOTTOM)).toFixed(1));
  const what = columns.find(({ key }) => key === chart.y)?.title ?? chart.y;
  const heading = panel === undefined ? what : `${panel}: ${what}`;
  const right = WIDTH - RIGHT;
  const grid = marks.map(
    (mark) =>
      html`<path class="grid" d="M${LEFT} ${y(mark)}H${right}"/><text class="tick end" x="${LEFT - 8}" y="${y(mark) + 4}">${tickText(mark)}</text>`,
  );
  const axis = steps.map(
    (step) => html`<text class="tick" x="${x(step)}" y="${HEIGHT - BOTTOM + 20}">${tickText(step)}</text>`,
  );
  const labels = spreadLabels(all.map((one, at) => ({ ...one, at, y: y(one.points.at(-1).median) })));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}"><text class="heading" x="${LEFT}" y="14">${heading}</text>${grid}${axis}<text class="tick" x="${(LEFT + right) / 2}" y="${HEIGHT - 4}">${chart.xTitle}</text>${all.map((one, at) => lineShapes(one, DASHES[at % DASHES.length], x, y))}${labels.map((one) => seriesLabel(one, DASHES[one.at % DASHES.length], right + 14))}</svg>`;
}

function seriesLabel({ name, title, y }, dashes, x) {
  const sample = html`<path class="line" stroke-dasharray="${dashes}" d="M${x} ${y}h22"/>`;
  return html`<g class="${kindOf(name)}">${sample}<text class="series" x="${x + 28}" y="${y + 4}">${title}</text></g>`;
}

function lineShapes({ name, title, points }, dashes, x, y) {
  const along = (key, some) => some.map((point) => `${x(point.x)} ${y(point[key])}`);
  const band = `M${[...along("max", points), ...along("min", [...points].reverse())].join("L")}z`;
  const dots = points.map(
    (point) =>
      html`<circle class="median" cx="${x(point.x)}" cy="${y(point.median)}" r="4"><title>${title}: ${tickText(point.median)} at ${tickText(point.x)}</title></circle>`,
  );
  return html`<g class="${kindOf(name)}"><path class="band" d="${band}"/><path class="line" stroke-dasharray="${dashes}" d="M${along("median", points).join("L")}"/>${dots}</g>`;
}
