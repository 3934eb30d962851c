// One layout for C and TypeScript, and drop reasons whose numbers never change their meaning.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Drop, dropReasonNames } from "../../src/abi/generated.js";
import type { DropReason } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { textOf } from "./sources.js";

/** Typed here, because the script is plain JavaScript that runs before anything is installed. */
interface AbiScript {
  generate(): string;
}

function missingTool(): string | undefined {
  return ["clang", "bpftool"].find((tool) => {
    try {
      execFileSync(tool, ["--version"], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
}

describe("ABI", () => {
  it("is generated identically from bpf/abi/vtep_abi.h", async (ctx) => {
    const missing = missingTool();
    if (missing !== undefined) ctx.skip(`${missing} is not installed`);
    const script = (await import("../../scripts/abi.mjs" as string)) as AbiScript;
    expect(textOf("src/abi/generated.ts")).toBe(script.generate());
  });
});

/** As released. New reasons are appended here too; nothing in it is ever moved, renamed or removed. */
const FROZEN = [
  "none runt vxlan_no_i_flag vxlan_reserved_bits unknown_vni unknown_vtep ecn_illegal inner_vlan unknown_vlan mac_limit",
  "source_acl sticky_violation mac_move_denied source_invalid port_disabled reflected hairpin split_horizon",
  "not_designated_forwarder isolated unknown_unicast_hold unknown_unicast_drop storm_control no_flood_peer ttl_exceeded",
  "no_route no_neighbor no_vni_for_dst_subnet router_mac_mismatch mtu_exceeded underlay_unresolved punt_rate_limited",
  "reserved_multicast outer_malformed outer_fragment udp_zero_checksum transmit_failed receive_overrun",
  "ip_invalid arp_invalid nd_invalid unknown_arp_target glean_queue_full nd_unknown_option directed_broadcast",
].flatMap((row) => row.split(" "));

/** Counted by data paths, not by the engine: the tests of the drivers reach them. */
const OF_DATA_PATHS: readonly DropReason[] = ["transmit_failed", "punt_rate_limited", "receive_overrun"];

describe("drop reasons", () => {
  it("are append-only", () => {
    expect(dropReasonNames.slice(0, FROZEN.length)).toEqual(FROZEN);
    expect(dropReasonNames.length, "append the new reason to the frozen list").toBe(FROZEN.length);
  });

  it("have the number of their place", () => {
    expect(Object.entries(Drop).map(([name]) => name.toLowerCase())).toEqual([...dropReasonNames]);
    expect(Object.values(Drop)).toEqual(dropReasonNames.map((_, number) => number));
  });

  it("are each hit by a case of the corpus, but for those listed here", () => {
    const hit = new Set(
      cases.flatMap(({ frames }) => frames.flatMap(({ expect: one }) => [one.reason, ...(one.lost ?? [])])),
    );
    const unhit = dropReasonNames.filter((name) => name !== "none" && !hit.has(name));
    expect(unhit.sort()).toEqual([...OF_DATA_PATHS].sort());
  });
});
