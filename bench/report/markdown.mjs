// The tables of README.md and bench/README.md, from a results file.
import { absence, cellText, fixed, hasNumbers, usedColumns } from "./table.mjs";

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");
const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
const block = (head, rows) => [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");

/** The paths and subjects of the table in README.md. */
const SUMMARY_ROWS = { encap: "encapsulate", decap: "decapsulate", vteps: "two VTEPs, end to end", routed: "route" };
const SUMMARY_ENTRIES = ["kernel", "xdp", "tc", "xsk", "ovs"];

function summaryCell(entry) {
  if (entry?.cpuNs === undefined) return "";
  const ratio = entry.name === "kernel" || entry.cpuRatio === undefined ? "" : `, ${fixed(entry.cpuRatio.median, 1)}×`;
  return `${fixed(entry.cpuNs.median, 0)} ns${ratio}`;
}

/** One line a subject, one column a path; undefined where a run had none of them. */
export function summaryTable({ rows }) {
  const paths = rows.filter(({ name }) => name in SUMMARY_ROWS);
  if (paths.length === 0) return undefined;
  const find = (row, name) => row.entries.find((entry) => entry.name === name);
  const lines = SUMMARY_ENTRIES.flatMap((name) => {
    const entries = paths.map((row) => find(row, name));
    const title = entries.find((entry) => entry !== undefined)?.title;
    const cells = entries.map(summaryCell);
    return title === undefined || cells.every((text) => text === "") ? [] : [[title, ...cells]];
  });
  return block(["CPU time a frame, one core", ...paths.map(({ name }) => SUMMARY_ROWS[name])], lines);
}

export function rowTable({ name, entries, columns = [], notes = [], skipped, text }) {
  if (skipped !== undefined) return `SKIP ${name}: ${skipped}`;
  if (columns.length === 0) return `\`\`\`\n${text ?? ""}\n\`\`\``;
  const used = usedColumns({ entries, columns });
  const lines = entries.map((entry) =>
    hasNumbers(entry, used)
      ? [entry.title, ...used.map((column) => cellText(entry[column.key], column))]
      : [entry.title, absence(entry), ...used.slice(1).map(() => "")],
  );
  return [block(["", ...used.map(({ title }) => title)], lines), ...notes.map((note) => `\n${note}`)].join("\n");
}

export function origin({ command, machine, options }) {
  const { cpu, cpus, hypervisor, kernel, node, commit, loadAverage } = machine;
  const [release] = kernel.split(" ");
  const what = `${cpu}${hypervisor ? " virtual machine" : ""} with ${cpus} CPUs, Linux ${release}, Node ${node}`;
  return `\`${command}\`, ${options.rounds} rounds: ${what}, commit ${commit}, load ${loadAverage.join(" ")}.`;
}

export function markdown(report) {
  const rows = report.rows.map((row) => `### ${row.name}\n${row.title}\n\n${rowTable(row)}`);
  const summary = summaryTable(report);
  return `${[origin(report), ...(summary === undefined ? [] : [summary]), ...rows].join("\n\n")}\n`;
}
