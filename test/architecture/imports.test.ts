// The import table of ARCHITECTURE.md, held against the sources. A new layer, or a new arrow between two, is a decision:
// it is made here and there, not in passing.
import { describe, expect, it } from "vitest";
import { codeOf, filesOf, type Import, importsOf, layerOf, textOf } from "./sources.js";

interface Rule {
  /** Layers it may import. */
  readonly may: readonly string[];
  /** Layers of which it may import types only. */
  readonly types?: readonly string[];
  /** Layers that it may load by import() only: what a short command never needs must not slow it down. */
  readonly dynamic?: readonly string[];
  /** Whether node:* and packages are open to it. */
  readonly outside: boolean;
}

const CORE = ["engine", "tables", "wire", "abi"] as const;
const DRIVER: Rule = { may: [...CORE, "dataplane/driver", "dataplane/io", "native"], outside: true };
const ANY: Rule = {
  may: [
    ...CORE,
    "dataplane/driver",
    "dataplane/io",
    "dataplane/ebpf",
    "dataplane/userspace",
    "native",
    "fixer",
    "control",
    "config",
    "telemetry",
    "api",
    "daemon",
  ],
  outside: true,
};

const TABLE: Readonly<Record<string, Rule>> = {
  abi: { may: [], outside: false },
  wire: { may: [], outside: false },
  tables: { may: ["abi", "wire"], outside: false },
  engine: { may: ["tables", "wire", "abi"], outside: false },
  native: { may: ["wire"], outside: true },
  fixer: { may: ["native", "wire", "abi"], outside: true },
  "dataplane/driver": { may: [], types: ["tables", "engine"], outside: false },
  "dataplane/io": DRIVER,
  "dataplane/memory": { may: [...CORE, "dataplane/driver"], outside: false },
  "dataplane/userspace": { ...DRIVER, may: [...DRIVER.may, "fixer"] },
  "dataplane/ebpf": { ...DRIVER, may: [...DRIVER.may, "fixer"] },
  control: { may: ["tables", "dataplane/driver", "config", "wire", "abi"], outside: true },
  config: { may: ["abi", "wire"], outside: true },
  telemetry: { may: ["abi", "tables", "wire"], outside: true },
  api: { may: ["config", "telemetry", "wire"], outside: true },
  cli: {
    may: ["config", "telemetry", "wire", "lab"],
    types: ["api", "fixer"],
    dynamic: ["main", "fixer"],
    outside: true,
  },
  lab: { may: ["wire"], outside: true },
  daemon: ANY,
  main: ANY,
};

const sources = filesOf("src", /\.ts$/);
const isOurs = (to: string): boolean => to.startsWith("src/");

function fault({ from, to, typeOnly, dynamic }: Import): string | undefined {
  const rule = TABLE[layerOf(from)];
  if (rule === undefined) return `${from}: layer ${layerOf(from)} is not in the table`;
  if (!isOurs(to)) return rule.outside ? undefined : `${from} imports ${to}`;
  const [here, there] = [layerOf(from), layerOf(to)];
  if (here === there || rule.may.includes(there)) return undefined;
  if ((typeOnly && rule.types?.includes(there)) || (dynamic && rule.dynamic?.includes(there))) return undefined;
  return `${from} (${here}) imports ${to} (${there})`;
}

describe("import table", () => {
  it("holds for every import of every source", () => {
    expect(
      sources
        .flatMap(importsOf)
        .map(fault)
        .filter((one) => one !== undefined),
    ).toEqual([]);
  });

  it("has a row for every layer, and a layer for every row", () => {
    expect(Object.keys(TABLE).sort()).toEqual([...new Set(sources.map(layerOf))].sort());
  });

  it("lets only the native layer load the addon", () => {
    expect(sources.filter((path) => /vtepd\.node["'`]/.test(textOf(path)))).toEqual(["src/native/index.ts"]);
  });

  it("is the one that ARCHITECTURE.md shows", () => {
    const rows = textOf("ARCHITECTURE.md").match(/^\|.*\|$/gm) ?? [];
    for (const layer of ["abi, wire", "tables", "engine", "control", "telemetry", "api, cli"]) {
      expect(
        rows.some((row) => row.startsWith(`| ${layer} |`)),
        layer,
      ).toBe(true);
    }
  });
});

/** What would make a layer depend on when, where or how often it is called. */
const IMPURE =
  /\b(Date|process|console|performance|Promise|async|await|setTimeout|setInterval|setImmediate|queueMicrotask|globalThis|require|fetch|crypto)\b|Math\.random/;

describe("pure layers", () => {
  const pure = sources.filter((path) => ["engine", "tables", "wire", "abi"].includes(layerOf(path)));

  it("use no clock, no chance, no console, no promises", () => {
    expect(
      pure.flatMap((path) => (IMPURE.test(codeOf(path)) ? [`${path}: ${IMPURE.exec(codeOf(path))![0]}`] : [])),
    ).toEqual([]);
  });

  it("throw nothing: the packet plane counts", () => {
    expect(pure.filter((path) => /\bthrow\b/.test(codeOf(path)))).toEqual([]);
  });
});

describe("habits", () => {
  it("keeps decorators in the API", () => {
    const decorated = sources.filter((path) => /^\s*@[A-Z]\w*\(/m.test(codeOf(path)));
    expect(decorated.filter((path) => layerOf(path) !== "api")).toEqual([]);
  });

  it("names files by what is in them", () => {
    const all = [
      ...sources,
      ...filesOf("bpf", /\.[ch]$/),
      ...filesOf("native", /\.(cc|h)$/),
      ...filesOf("test", /\.ts$/),
    ];
    expect(all.filter((path) => /util|helper|manager|misc|common/i.test(path))).toEqual([]);
    expect(all.filter((path) => path.includes("-"))).toEqual([]);
  });

  it("keeps files below 400 lines", () => {
    const all = [
      ...sources,
      ...filesOf("bpf", /\.[ch]$/),
      ...filesOf("native", /\.(cc|h)$/),
      ...filesOf("test", /\.ts$/),
    ];
    const written = all.filter((path) => path !== "src/abi/generated.ts");
    expect(written.filter((path) => textOf(path).split("\n").length > 400)).toEqual([]);
  });

  it("names twins that exist", () => {
    const named = [...sources, ...filesOf("bpf", /\.[ch]$/)].flatMap((path) =>
      [...textOf(path).matchAll(/TWIN: ((?:src|bpf|native)\/[\w/.]+\.(?:ts|h|c|cc))/g)].map(
        (match) => `${path}: ${match[1]}`,
      ),
    );
    const known = new Set([...sources, ...filesOf("bpf", /\.[ch]$/), ...filesOf("native", /\.(cc|h)$/)]);
    expect(named.filter((one) => !known.has(one.split(": ")[1]!))).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });
});
