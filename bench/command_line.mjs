// The words of `vtepd bench`, and what they may be. Refuses to run anything.
import os from "node:os";
import { parseArgs } from "node:util";
import { targets } from "./targets.mjs";

export const USAGE = `Usage: vtepd bench [options]        (root)

Sets vtepd beside the kernel, Open vSwitch and no overlay at all on the same paths, in turns, and writes all samples
as JSON and as an HTML report that needs no network.

  --quick          fewer rows and samples: under two minutes on an idle machine
  --row NAME       only this row; may be repeated. A number: the rows that a target of this number is read off
  --rounds N       how often each subject is measured (5; --quick: 1)
  --seconds S      how long a sample is measured (2; --quick: 0.4)
  --cpu N          the CPU that is measured on (the last one)
  --output DIR     where the results go (bench/results)
  --json           the results as one JSON document on stdout; progress goes to stderr
  --no-build       do not look first whether something has to be built
  --list           the rows, and what each is to reach
  --table FILE     the tables of a results file, as Markdown
  --report FILE    the HTML report of a results file, written beside it or into --output
  --help           this text
`;

/** What was asked for cannot be: exit code 2. */
export class UsageError extends Error {}

const FULL = { rounds: 5, seconds: 2, tcpSeconds: 4, restSeconds: 10, engineSeconds: 4, heapFrames: 5_000_000 };
/** For whoever wants to see that it works, or a factor of two. */
const QUICK = { rounds: 1, seconds: 0.4, tcpSeconds: 1, restSeconds: 1, engineSeconds: 0.4, heapFrames: 1_000_000 };
const HIGHEST = { rounds: 1000, seconds: 3600 };

const options = {
  quick: { type: "boolean", default: false },
  row: { type: "string", multiple: true },
  rounds: { type: "string" },
  seconds: { type: "string" },
  // The last one: the first often has the interrupts.
  cpu: { type: "string", default: String(os.cpus().length - 1) },
  output: { type: "string" },
  json: { type: "boolean", default: false },
  "no-build": { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  table: { type: "string" },
  report: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
};

function parse(argv) {
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    // Its second sentence is advice on "--", which there is no use for here.
    throw new UsageError(error.message.split(". ")[0]);
  }
}

function numberOf(values, name, { least, most, whole }) {
  const value = values[name].trim() === "" ? Number.NaN : Number(values[name]);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "whole numbers" : "numbers";
  throw new UsageError(`--${name} '${values[name]}': allowed are ${kind} from ${least} to ${most}`);
}

function settings(values) {
  const chosen = { quick: values.quick, ...(values.quick ? QUICK : FULL) };
  chosen.cpu = numberOf(values, "cpu", { least: 0, most: os.cpus().length - 1, whole: true });
  if (values.rounds !== undefined) {
    chosen.rounds = numberOf(values, "rounds", { least: 1, most: HIGHEST.rounds, whole: true });
  }
  if (values.seconds !== undefined) {
    chosen.seconds = numberOf(values, "seconds", { least: 0.1, most: HIGHEST.seconds, whole: false });
  }
  return chosen;
}

/** What to do, as `{ action, ... }`; throws UsageError. */
export function readCommandLine(argv) {
  const values = parse(argv);
  const asked = ["help", "list", "table", "report"].filter((action) => values[action]);
  if (asked.length > 1) throw new UsageError(`--${asked[0]} and --${asked[1]} exclude each other`);
  return {
    action: asked[0] ?? "run",
    file: values.table ?? values.report,
    options: settings(values),
    wanted: values.row,
    output: values.output,
    json: values.json,
    build: !values["no-build"],
  };
}

/** A name stands for itself. */
function namesOf(word) {
  const target = targets.find(({ number }) => word === String(number));
  return target?.marks.map(({ row }) => row) ?? [word];
}

/** The rows that were asked for, by name or by number of a target, in the order in which rows are run. */
export function chooseRows(rows, wanted, quick) {
  const names = rows.map(({ name }) => name);
  const chosen = wanted?.flatMap(namesOf);
  const unknown = chosen?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no row '${unknown}'; the rows are: ${names.join(", ")}`);
  return rows.filter(({ name, slow }) => chosen?.includes(name) ?? !(quick && slow));
}
