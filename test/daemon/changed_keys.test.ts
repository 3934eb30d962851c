import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/load.js";
import { intentFromConfig } from "../../src/control/static/from_config.js";
import { changedKeys } from "../../src/daemon/changed_keys.js";

const macOf = (number: number) =>
  `02:00:00:00:${(number >> 8).toString(16).padStart(2, "0")}:${(number & 0xff).toString(16).padStart(2, "0")}`;

function configOf(macs: number) {
  const fdb = Array.from({ length: macs }, (_, at) => `{ bridgeDomain: red, mac: "${macOf(at)}", vtep: 10.0.0.2 }`);
  const text = `vtep: { address: 10.0.0.1, underlay: [u0] }
bridgeDomains: [{ name: red, vni: 100 }]
control: { static: { fdb: [${fdb.join(", ")}] } }
`;
  const result = parseConfig(text, "test.yaml");
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

function changed(before: number, after: number): string[] {
  const [from, to] = [configOf(before), configOf(after)];
  return changedKeys(from, to, intentFromConfig(from), intentFromConfig(to));
}

describe("what a reload changed", () => {
  it("is named", () => {
    expect(changed(1, 2)).toEqual([`control.static.fdb[red ${macOf(1)}]`]);
    expect(changed(2, 2)).toEqual([]);
  });

  it("is counted where nobody would read the names", () => {
    expect(changed(1, 1000)).toEqual(["control.static.fdb (999 entries)"]);
  });
});
