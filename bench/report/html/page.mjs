// The report: one file that needs nothing else. The machine, the targets and what became of them, then each row with its
// picture, its numbers, and what was attached.
import { judge, markText } from "../../targets.mjs";
import { spokenTime } from "../progress.mjs";
import { absence, cellText, hasNumbers, usedColumns } from "../table.mjs";
import { linePlots } from "./lines.mjs";
import { rangePlot } from "./plot.mjs";
import { style } from "./style.mjs";
import { html } from "./text.mjs";

const VERDICTS = {
  goal: { word: "goal reached", sign: "●", tone: "good" },
  floor: { word: "floor reached", sign: "◐", tone: "fair" },
  short: { word: "goal not reached", sign: "◌", tone: "fair" },
  below: { word: "below the floor", sign: "○", tone: "poor" },
};

const fact = (name, value, wide = false) =>
  value === undefined ? "" : html`<div class="${wide ? "wide" : ""}"><dt>${name}</dt><dd>${value}</dd></div>`;

/** What the programs say of themselves is long; their versions are what counts. */
function peersOf(machine) {
  const names = { iproute2: "iproute2", openvswitch: "Open vSwitch", iperf3: "iperf3" };
  return Object.entries(names)
    .flatMap(([key, name]) => {
      const version = /\d+(\.\d+)+/.exec(machine[key] ?? "")?.[0];
      return version === undefined ? [] : [`${name} ${version}`];
    })
    .join(", ");
}

function facts({ command, options, machine, startedAt, endedAt }) {
  const seconds = endedAt === undefined ? undefined : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  return html`<dl>
${fact("CPU", `${machine.cpu}, ${machine.cpus} CPUs${machine.hypervisor ? ", virtual" : ""}`)}
${fact("Kernel", machine.kernel.split(" ")[0])}
${fact("Node", machine.node)}
${fact("Memory", `${machine.memoryGigabytes} GB`)}
${fact("Measured on", `CPU ${options.cpu}, ${options.rounds === 1 ? "one round" : `${options.rounds} rounds in turns`}`)}
${fact("Load at the start", machine.loadAverage.join(" "))}
${fact("Peers", peersOf(machine))}
${fact("BPF JIT", machine.bpfJit === "1" ? "on" : machine.bpfJit)}
${fact("Spectre v2", machine.mitigations ?? machine.spectreV2)}
${fact("vtepd", machine.commit === undefined ? undefined : `commit ${machine.commit}`)}
${fact("Took", seconds === undefined ? undefined : spokenTime(seconds))}
${fact("Command", html`<code>${command}</code>`, true)}
</dl>`;
}

function targetLine({ number, title, entry, row, column, value, verdict, ...mark }) {
  const { word, sign, tone } = VERDICTS[verdict];
  return html`<tr><td>${number}</td><td class="text"><a href="#${row}">${row}</a>, ${title ?? entry}</td><td class="text">${column?.title ?? mark.key}</td><td>${cellText(value, { digits: 2, ...column })}</td><td>${markText(mark)}</td><td class="text ${tone}">${sign} ${word}</td></tr>`;
}

function targetTable(rows) {
  const judged = judge(rows).filter(({ verdict }) => verdict !== undefined);
  if (judged.length === 0) return "";
  const counts = Object.entries(VERDICTS).flatMap(([name, { word, sign, tone }]) => {
    const count = judged.filter(({ verdict }) => verdict === name).length;
    return count === 0 ? [] : [html`<span class="${tone}">${sign} ${count} × ${word}</span>`];
  });
  return html`<h2 id="targets">Targets</h2>
<p class="about">What the rows of this run say of them, by their medians.</p>
<div class="legend" style="margin-top:8px">${counts}</div>
<div class="scroll"><table class="targets"><thead><tr><th>No.</th><th class="text">Row, subject</th><th class="text">Of</th><th>Measured</th><th>Floor (goal)</th><th class="text">Verdict</th></tr></thead><tbody>${judged.map(targetLine)}</tbody></table></div>`;
}

/** The median, and the range smaller beside it. */
function cell(value, column) {
  const text = cellText(value, column);
  const at = text.indexOf(" (");
  return at < 0 ? html`<td>${text}</td>` : html`<td>${text.slice(0, at)} <small>${text.slice(at + 1)}</small></td>`;
}

function numbers({ entries, columns }) {
  const used = usedColumns({ entries, columns });
  if (entries.length === 0) return "";
  const lines = entries.map((entry) =>
    hasNumbers(entry, used)
      ? html`<tr><td>${entry.title}</td>${used.map((column) => cell(entry[column.key], column))}</tr>`
      : html`<tr><td>${entry.title}</td><td class="absent" colspan="${used.length}">${absence(entry)}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th></th>${used.map(({ title }) => html`<th>${title}</th>`)}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

/** Hooks and programs, as the first sample of each subject had them; `samples`, where an entry has it, is their list. */
function attached({ entries }) {
  const lists = entries.flatMap(({ title, samples = [] }) => {
    const [{ hooks = [], attached: programs = [] } = {}] = samples;
    const all = [...hooks.map((hook) => `hook of ${hook}`), ...programs];
    return all.length === 0 ? [] : [html`<li>${title}: <code>${all.join("; ")}</code></li>`];
  });
  return lists.length === 0 ? "" : html`<details><summary>What was attached</summary><ul>${lists}</ul></details>`;
}

function section(row) {
  const { name, title, skipped, notes = [], columns = [], text, chart, entries } = row;
  const head = html`<h2 id="${name}"><a href="#${name}">${name}</a></h2><p class="about">${title}</p>`;
  if (skipped !== undefined) return html`${head}<p class="note">SKIP: ${skipped}</p>`;
  if (columns.length === 0) return html`${head}<figure><pre><code>${text}</code></pre></figure>`;
  const plot = chart === undefined ? rangePlot({ name, title, entries, columns }) : linePlots(row);
  const picture = plot === undefined ? "" : html`<figure>${plot}</figure>`;
  return html`${head}${picture}${numbers({ entries, columns })}${notes.map((note) => html`<p class="note">${note}</p>`)}${attached(row)}`;
}

const sample = (kind, shape) => html`<svg viewBox="0 0 30 14" class="${kind}" aria-hidden="true">${shape}</svg>`;
const dot = html`<rect class="range" x="3" y="3" width="24" height="8" rx="4"/><circle class="median" cx="15" cy="7" r="4"/>`;

const legend = html`<div class="legend">
<span>${sample("ours", dot)}vtepd</span><span>${sample("kernel", dot)}kernel</span><span>${sample("peer", dot)}Open vSwitch</span><span>${sample("bare", dot)}no overlay, empty programs</span>
<span>dot: median, bar: range</span>
<span>${sample("", html`<path class="reference" d="M15 0v14"/>`)}the kernel's value</span>
<span>${sample("", html`<path class="floor" d="M15 0v14"/>`)}floor</span>
<span>${sample("", html`<path class="goal" d="M15 1l5 6-5 6-5-6z"/>`)}goal</span>
</div>`;

/** The whole document. */
export function page(report) {
  const day = report.startedAt.slice(0, 16).replace("T", " ");
  const body = html`<main>
<h1>vtepd bench</h1>
<p class="lead">${day} UTC. Each subject in the same path in turns, in fresh namespaces; ratios are taken within a round.</p>
${facts(report)}
<nav>${report.rows.map(({ name }) => html`<a href="#${name}">${name}</a>`)}</nav>
${legend}
${targetTable(report.rows)}
${report.rows.map(section)}
</main>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>vtepd bench, ${day}</title><style>${style}</style></head>
<body>
${body.text}
</body></html>
`;
}
