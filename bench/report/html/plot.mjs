// One row as a picture: a line for each subject, and side by side a panel for each column that is worth one. A panel shows
// the median as a dot, the range as a bar, the kernel's own value as a dashed line, and floor and goal of the targets.
import { marksOf, markText, verdictOf } from "../../targets.mjs";
import { cellText, hasNumbers } from "../table.mjs";
import { ticks, tickText } from "./scale.mjs";
import { html } from "./text.mjs";

const WIDTH = 1040;
const LABELS = 270;
const GAP = 24;
/** Beside each panel, for the value in words. */
const VALUES = 150;
const LINE = 30;
const HEAD = 30;
const FOOT = 26;
const MAX_PANELS = 2;

/** What an entry is, for its colour. */
export function kindOf(name) {
  if (/^(bare|redirect|wire)/.test(name)) return "bare";
  if (/^kernel/.test(name)) return "kernel";
  return /^(ovs|zebra|bgpd)/.test(name) ? "peer" : "ours";
}

const rangeOf = (value) => (typeof value === "number" ? { median: value, min: value, max: value } : value);
const boundsOf = (marks) => marks.flatMap(({ floor, goal }) => [floor, goal]).filter(Number.isFinite);

/** A goal far from everything that was measured would squeeze the rest into a corner. */
const FARTHEST = 2;

function highestOf(row, entries, { key, reference = 0 }) {
  const measured = Math.max(0, reference, ...entries.map((entry) => rangeOf(entry[key])?.max ?? 0));
  const wanted = entries.flatMap(({ name }) => boundsOf(marksOf(row, name, key)));
  return Math.max(measured, ...wanted.filter((bound) => bound <= measured * FARTHEST));
}

function markShapes(marks, x, y, limit) {
  return marks.flatMap(({ floor, goal, ...mark }) => {
    const inside = (bound) => bound !== undefined && bound <= limit;
    const title = html`<title>target ${mark.number}: ${markText({ floor, goal, ...mark })}</title>`;
    return [
      inside(floor) && html`<path class="floor" d="M${x(floor)} ${y - 9}v18">${title}</path>`,
      inside(goal) && html`<path class="goal" d="M${x(goal)} ${y - 6}l5 6-5 6-5-6z">${title}</path>`,
    ].filter(Boolean);
  });
}

function valueShapes(entry, column, { row, x, y, right, limit }) {
  const value = rangeOf(entry[column.key]);
  if (value === undefined || value === null || !Number.isFinite(value.median)) return [];
  const marks = marksOf(row, entry.name, column.key);
  const text = cellText(entry[column.key], column);
  const verdict = marks.map((mark) => verdictOf(mark, value.median)).find((one) => one !== undefined) ?? "";
  return [
    html`<rect class="range" x="${x(value.min) - 2}" y="${y - 5}" width="${x(value.max) - x(value.min) + 4}" height="10" rx="5"><title>${entry.title}: ${text}</title></rect>`,
    ...markShapes(marks, x, y, limit),
    html`<circle class="median" cx="${x(value.median)}" cy="${y}" r="5"><title>${entry.title}: ${text}</title></circle>`,
    html`<text class="value ${verdict === "below" ? "missed" : ""}" x="${right + 12}" y="${y + 4}">${text}</text>`,
  ];
}

function panel(row, entries, column, left, width, height) {
  const marks = ticks(highestOf(row, entries, column));
  const limit = marks.at(-1);
  const x = (value) => Number((left + (Math.min(value, limit) / limit) * width).toFixed(1));
  const bottom = height - FOOT;
  const grid = marks.map(
    (mark) =>
      html`<path class="grid" d="M${x(mark)} ${HEAD - 6}V${bottom}"/><text class="tick" x="${x(mark)}" y="${bottom + 16}">${tickText(mark)}</text>`,
  );
  const reference =
    column.reference !== undefined &&
    html`<path class="reference" d="M${x(column.reference)} ${HEAD - 6}V${bottom}"><title>the kernel</title></path>`;
  const lines = entries.map(
    (entry, at) =>
      html`<g class="${kindOf(entry.name)}">${valueShapes(entry, column, { row, x, y: HEAD + LINE * (at + 0.5), right: left + width, limit })}</g>`,
  );
  return html`<text class="heading" x="${left}" y="14">${column.title}</text>${grid}${reference}${lines}`;
}

const LONGEST_LABEL = 34;
const label = (title) => (title.length > LONGEST_LABEL ? `${title.slice(0, LONGEST_LABEL - 1)}…` : title);

/** The plot of a row; undefined where it has nothing to show. */
export function rangePlot({ name, title, entries, columns }) {
  const plotted = columns
    .filter(({ key, plot }) => plot && entries.some((entry) => Number.isFinite(rangeOf(entry[key])?.median)))
    .slice(0, MAX_PANELS);
  const shown = entries.filter((entry) => hasNumbers(entry, plotted));
  if (plotted.length === 0) return undefined;
  const height = HEAD + LINE * shown.length + FOOT;
  const width = (WIDTH - LABELS - plotted.length * VALUES - (plotted.length - 1) * GAP) / plotted.length;
  const labels = shown.map(
    (entry, at) =>
      html`<text class="label ${kindOf(entry.name)}" x="${LABELS - 16}" y="${HEAD + LINE * (at + 0.5) + 4}">${label(entry.title)}<title>${entry.title}</title></text>`,
  );
  const panels = plotted.map((column, at) =>
    panel(name, shown, column, LABELS + at * (width + VALUES + GAP), width, height),
  );
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${labels}${panels}</svg>`;
}
