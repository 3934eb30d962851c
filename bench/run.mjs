#!/usr/bin/env node
// node bench/run.mjs [--quick] [--row NAME]... [--rounds N] [--seconds S] [--cpu N] [--no-build]
// Measures, prints tables, and writes all samples to bench/results/. README.md says how to read them.
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { SetupError } from "../scripts/setup/report.mjs";
import { main, setup } from "../scripts/setup.mjs";
import { machine } from "./report/machine.mjs";

const FULL = { rounds: 5, seconds: 2, tcpSeconds: 4, restSeconds: 10, engineSeconds: 4, heapFrames: 5_000_000 };
/** For whoever wants to see that it works, or a factor of two: under two minutes on an idle machine. */
const QUICK = { rounds: 1, seconds: 0.4, tcpSeconds: 1, restSeconds: 1, engineSeconds: 0.4, heapFrames: 1_000_000 };
const NOT_QUICK = new Set([
  ...["tcp-segmented", "routed6", "routed6-prefix", "routed6-asymmetric", "routed6-decap"],
  ...["evpn-prefixes", "evpn-moves", "evpn-lost-route", "evpn-lost-vtep", "evpn-memory"],
]);

function readArguments() {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      row: { type: "string", multiple: true },
      rounds: { type: "string" },
      seconds: { type: "string" },
      // The last one: the first often has the interrupts.
      cpu: { type: "string", default: String(os.cpus().length - 1) },
      "no-build": { type: "boolean", default: false },
    },
  });
  const options = { quick: values.quick, ...(values.quick ? QUICK : FULL), cpu: Number(values.cpu) };
  if (values.rounds !== undefined) options.rounds = Number(values.rounds);
  if (values.seconds !== undefined) options.seconds = Number(values.seconds);
  return { options, wanted: values.row, build: !values["no-build"] };
}

function choose(rows, wanted, quick) {
  const names = rows.map(({ name }) => name);
  const unknown = (wanted ?? []).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new SetupError(`There is no row '${unknown}'; the rows are: ${names.join(", ")}.`);
  return rows.filter(({ name }) => wanted?.includes(name) ?? !(quick && NOT_QUICK.has(name)));
}

async function runRow(row, options) {
  console.log(`\n${row.name}: ${row.title}`);
  const say = (text) => console.log(`    ${text}`);
  const { text, ...result } = await row.run({ ...options, say });
  console.log(`\n${text}`);
  return { name: row.name, title: row.title, ...result };
}

function save(report) {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${report.startedAt.replaceAll(":", "")}.json`);
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`\nAll samples: ${relative(process.cwd(), file)}`);
}

await main(async () => {
  const { options, wanted, build } = readArguments();
  if (process.getuid() !== 0) throw new SetupError("The bench makes network namespaces, which needs root: use sudo.");
  if (build) await setup({ buildOnly: true });
  // Not before: set-up compiles what they import.
  const { setAffinity } = await import("../dist/native/index.js");
  const { rows } = await import("./rows/all.mjs");
  const chosen = choose(rows, wanted, options.quick);
  // This process and its helpers stay away from the CPU that is measured.
  if (os.cpus().length > 1) setAffinity(options.cpu === 0 ? 1 : 0);
  const report = {
    startedAt: new Date().toISOString(),
    command: ["node", "bench/run.mjs", ...process.argv.slice(2)].join(" "),
    options,
    machine: machine(),
    rows: [],
  };
  console.log(`${report.machine.cpu}, ${report.machine.cpus} CPUs, Linux ${os.release()}, Node ${process.version}`);
  console.log(`load ${report.machine.loadAverage.join(" ")}; measuring on CPU ${options.cpu}`);
  for (const row of chosen) report.rows.push(await runRow(row, options));
  save(report);
  const failures = report.rows.flatMap(({ entries }) => entries.filter(({ failure }) => failure !== undefined));
  for (const { title, name, failure } of failures) console.error(`\n${title ?? name}: ${failure}`);
  return failures.length === 0 ? 0 : 1;
});
