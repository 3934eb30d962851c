// A program and what it calls share 512 bytes of stack. Before Linux 6.8 the verifier counts each function's part in
// units of 32 bytes, and at least one of them, though the JIT needs no such thing: what loads here might not there.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const MOST_BYTES = 512;
const UNIT_BYTES = 32;

function usageOf(object: string): Map<string, number> {
  const text = readFileSync(new URL(`../../build/bpf/${object}.bpf.su`, import.meta.url), "utf8");
  const lines = text.trim().split("\n");
  return new Map(lines.map((line) => [/:(\w+)\t/.exec(line)?.[1] ?? "", Number(line.split("\t")[1])]));
}

function countedBytes(usage: ReadonlyMap<string, number>, chain: readonly string[]): number {
  const parts = chain.map((name) => {
    const bytes = usage.get(name);
    if (bytes === undefined) throw new Error(`there is no function ${name}`);
    return Math.ceil(Math.max(bytes, 1) / UNIT_BYTES) * UNIT_BYTES;
  });
  return parts.reduce((sum, bytes) => sum + bytes, 0);
}

describe("the stack of eBPF programs", () => {
  it.each([
    ["vtep_access", "access_xdp", "xdp"],
    ["vtep_access", "access_sg", "xdp"],
    ["vtep_access", "access_tc", "tc"],
    ["vtep_underlay", "uplink_xdp", "xdp"],
    ["vtep_underlay", "uplink_sg", "xdp"],
    ["vtep_underlay", "uplink_tc", "tc"],
  ])("%s: the longest chain of vtep_%s fits, as Linux 6.1 counts", (object, program, hook) => {
    const chain = [`vtep_${program}`, `vtep_carry_${hook}`, `vtep_sum_${hook}`];
    expect(countedBytes(usageOf(object), chain)).toBeLessThanOrEqual(MOST_BYTES);
  });

  it.each([
    ["vtep_access", ["vtep_access_tc", "vtep_flood_tc", "vtep_push_flood", "vtep_sum_tc"]],
    ["vtep_access", ["vtep_access_tc", "vtep_flood_tc", "vtep_copy_to_vteps"]],
    ["vtep_access", ["vtep_access_tc", "vtep_flood_tc", "vtep_copy_to_ports"]],
    ["vtep_underlay", ["vtep_uplink_tc", "vtep_flood_tc", "vtep_copy_to_ports"]],
  ])("%s: so do those of a flood: %j", (object, chain) => {
    expect(countedBytes(usageOf(object), chain)).toBeLessThanOrEqual(MOST_BYTES);
  });
});
