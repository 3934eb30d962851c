#!/usr/bin/env node
// What `vtepd bench` runs: measures, prints tables, and writes all samples and a report. README.md says how to read them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { SetupError } from "../scripts/setup/report.mjs";
import { main, setup } from "../scripts/setup.mjs";
import { chooseRows, readCommandLine, USAGE, UsageError } from "./command_line.mjs";
import { page } from "./report/html/page.mjs";
import { listText } from "./report/list.mjs";
import { machine } from "./report/machine.mjs";
import { markdown } from "./report/markdown.mjs";
import { Progress } from "./report/progress.mjs";
import { rowText } from "./report/table.mjs";

const WRONG_INPUT = 2;
const RESULTS = join(import.meta.dirname, "results");

/** Whatever is said on the way goes to stderr where stdout is for one document. */
const talkOnStderr = () => {
  console.log = console.error;
};

function stored(file) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    if (!Array.isArray(report.rows) || report.machine === undefined) throw new Error("no results of a bench");
    return report;
  } catch (error) {
    throw new UsageError(`${file}: ${error.message}`);
  }
}

function write(folder, name, text) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, text);
  return relative(process.cwd(), file) || file;
}

async function list() {
  talkOnStderr();
  const { rows } = await import("./rows/all.mjs");
  process.stdout.write(listText(rows));
}

function writePage({ file, output }) {
  const name = `${basename(file).replace(/\.json$/, "")}.html`;
  console.log(write(output ?? dirname(file), name, page(stored(file))));
}

async function runRow(row, options, progress) {
  console.log(`\n${row.name}: ${row.title}`);
  progress.beginRow();
  const say = (text) => console.log(`  ${progress.step()} ${text}`);
  const { name, title, columns = [] } = row;
  const begin = performance.now();
  const taken = await row.run({ ...options, say });
  const seconds = Math.round((performance.now() - begin) / 100) / 10;
  const result = { name, title, columns, seconds, ...taken };
  const text = result.text ?? rowText(result);
  console.log(`\n${text}`);
  return { ...result, text };
}

/** Of a row that does not say: some samples of some seconds. */
const planOf = (row, options) => row.plan?.(options) ?? { samples: 2 * options.rounds, seconds: 10 };

async function measure(rows, options) {
  const report = {
    startedAt: new Date().toISOString(),
    command: ["vtepd bench", ...process.argv.slice(2)].join(" "),
    options,
    machine: machine(),
    rows: [],
  };
  const { cpu, cpus, loadAverage } = report.machine;
  console.log(`${cpu}, ${cpus} CPUs, Linux ${os.release()}, Node ${process.version}`);
  console.log(`load ${loadAverage.join(" ")}; measuring on CPU ${options.cpu}`);
  const progress = new Progress(rows.map((row) => planOf(row, options)));
  console.log(`${rows.length} rows, ${progress.total} samples`);
  for (const row of rows) report.rows.push(await runRow(row, options, progress));
  return { ...report, endedAt: new Date().toISOString() };
}

function keep(report, output = RESULTS) {
  const name = report.startedAt.replaceAll(":", "");
  const json = write(output, `${name}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  const html = write(output, `${name}.html`, page(report));
  console.log(`\nAll samples: ${json}\nReport:      ${html}`);
}

async function run({ options, wanted, output, json, build }) {
  if (json) talkOnStderr();
  if (process.getuid() !== 0) throw new SetupError("The bench makes network namespaces, which needs root: use sudo.");
  if (build) await setup({ buildOnly: true });
  // Not before: set-up compiles what they import.
  const { setAffinity } = await import("../dist/native/index.js");
  const { rows } = await import("./rows/all.mjs");
  const chosen = chooseRows(rows, wanted, options.quick);
  // This process and its helpers stay away from the CPU that is measured.
  if (os.cpus().length > 1) setAffinity(options.cpu === 0 ? 1 : 0);
  const report = await measure(chosen, options);
  keep(report, output);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  const failures = report.rows.flatMap(({ entries }) => entries.filter(({ failure }) => failure !== undefined));
  for (const { title, name, failure } of failures) console.error(`\n${title ?? name}: ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

const actions = {
  run,
  list,
  help: () => void process.stdout.write(USAGE),
  table: ({ file }) => void process.stdout.write(markdown(stored(file))),
  report: writePage,
};

await main(async () => {
  try {
    const asked = readCommandLine(process.argv.slice(2));
    return await actions[asked.action](asked);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`vtepd bench: ${error.message}`);
    return WRONG_INPUT;
  }
});
