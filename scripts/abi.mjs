// Derives src/abi/generated.ts from bpf/abi/vtep_abi.h: compile with debug info, read the BTF back,
// print every enum and struct. The layout has one definition; this only translates it.
// Refuses implicit padding and bit-fields, so that no byte of a map value is left to the compiler.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const header = join(root, "bpf/abi/vtep_abi.h");
export const target = join(root, "src/abi/generated.ts");

/** BTF types of the header, as bpftool prints them. Every struct and enum is kept alive by a global. */
function readBtf() {
  const text = readFileSync(header, "utf8");
  const names = [...text.matchAll(/^(struct|enum) (vtep_\w+) \{/gm)];
  const folder = mkdtempSync(join(tmpdir(), "vtepd-abi-"));
  try {
    const source = ['#include "abi/vtep_abi.h"', ...names.map(([, kind, name]) => `${kind} ${name} keep_${name};`)];
    writeFileSync(join(folder, "abi.c"), `${source.join("\n")}\n`);
    const object = join(folder, "abi.o");
    const multiarch = execFileSync("uname", ["-m"], { encoding: "utf8" }).trim();
    const flags = [
      "-g",
      "-O2",
      "-target",
      "bpf",
      "-mcpu=v3",
      `-I${join(root, "bpf")}`,
      `-I/usr/include/${multiarch}-linux-gnu`,
    ];
    execFileSync("clang", [...flags, "-c", join(folder, "abi.c"), "-o", object]);
    const dump = execFileSync("bpftool", ["btf", "dump", "file", object, "-j"], { encoding: "utf8" });
    const types = new Map(JSON.parse(dump).types.map((type) => [type.id, type]));
    return { types, names: names.map(([, kind, name]) => ({ kind, name })) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sizeOf(types, id) {
  const type = types.get(id);
  if (type.kind === "ARRAY") return type.nr_elems * sizeOf(types, type.type_id);
  if (type.kind === "TYPEDEF") return sizeOf(types, type.type_id);
  return type.size;
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`_${name}`);

function renderEnum(type) {
  // `enum vtep_port_flag { VTEP_PORT_ENABLED }` becomes `PortFlag.ENABLED`.
  const prefix = new RegExp(
    `^VTEP_(${type.name
      .replace(/^vtep_/, "")
      .replace(/_(flag|kind)$/, "")
      .toUpperCase()}_)?`,
  );
  const short = (name) => name.replace(prefix, "");
  const rows = type.values.map((value) => `  ${short(value.name)}: ${value.val},`);
  return `export const ${pascal(type.name.replace(/^vtep_/, ""))} = {\n${rows.join("\n")}\n} as const;\n`;
}

function renderStruct(types, type) {
  let end = 0;
  const rows = [];
  for (const member of type.members) {
    if (member.bitfield_size) throw new Error(`${type.name}.${member.name}: bit-fields are refused`);
    const offset = member.bits_offset / 8;
    if (offset !== end) throw new Error(`${type.name}.${member.name}: ${offset - end} bytes of implicit padding`);
    end = offset + sizeOf(types, member.type_id);
    rows.push(`  ${camel(member.name)}: ${offset},`);
  }
  if (end !== type.size) throw new Error(`${type.name}: ${type.size - end} bytes of implicit padding at the end`);
  return `export const ${pascal(type.name.replace(/^vtep_/, ""))}Layout = {\n${rows.join("\n")}\n  sizeBytes: ${type.size},\n} as const;\n`;
}

/** Drop reasons by number, in the spelling of counters, JSON and metrics. */
function renderDropNames(type) {
  const names = type.values.map((value) => `  "${value.name.replace("VTEP_DROP_", "").toLowerCase()}",`);
  return `export const dropReasonNames = [\n${names.join("\n")}\n] as const;\n`;
}

export function generate() {
  const { types, names } = readBtf();
  const find = (name) => [...types.values()].find((type) => type.name === name && type.kind !== "VAR");
  const parts = names.map(({ kind, name }) =>
    kind === "enum" ? renderEnum(find(name)) : renderStruct(types, find(name)),
  );
  const head =
    "// Made by scripts/abi.mjs from bpf/abi/vtep_abi.h. Never edited: a test makes it again and compares.\n";
  return `${head}\n${parts.join("\n")}\n${renderDropNames(find("vtep_drop"))}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(target, generate());
