// What goes to the engine by which class, and that a flood of one class leaves the others their tokens. The buckets get no
// token while a test runs, so nothing depends on how fast it does.
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { BdFlag, Drop, Punt } from "../../src/abi/generated.js";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { Hooks } from "../../src/dataplane/ebpf/hooks.js";
import type { ProgramHook } from "../../src/dataplane/ebpf/load.js";
import { encodeIndex, MapName } from "../../src/dataplane/ebpf/maps.js";
import { writePuntRates } from "../../src/dataplane/ebpf/punt_rates.js";
import { DESC_OFFSET, DESC_STRIDE, TapDevice } from "../../src/native/index.js";
import type { Tables } from "../../src/tables/tables.js";
import { EtherType } from "../../src/wire/ethernet.js";
import { buildTables } from "../corpus/given.js";
import { advertisement, solicitation } from "../corpus/icmp.js";
import {
  A1,
  asking,
  B1,
  everybody,
  GW_RED,
  irbLab,
  leaving,
  leaving6,
  ping,
  RED,
  SILENT,
  talk,
} from "../corpus/irb_lab.js";
import { arp, ethernet, ipv6, packet } from "../corpus/packet.js";
import { arpRequest, HostSocket } from "../dataplane/host_socket.js";
import { type LinkFacts, mayMakeNamespaces, Namespaces, until, within } from "../dataplane/namespaces.js";
import { VtepTables } from "../dataplane/vtep_tables.js";
import { type BpfOutcome, closeBpf, HOOKS, NEEDS_ROOT, root, runThroughBpf } from "./harness.js";
import { loadedPrograms, shareProgramsAmongTests } from "./loaded.js";

const onRoot = it.skipIf(!root);
const TOKENS = 3;

const broadcastArp = packet(everybody(A1), arp(A1.mac, A1.ip, RED.ip));
const unicastArp = packet(ethernet(A1.mac, GW_RED), arp(A1.mac, A1.ip, RED.ip, GW_RED, { operation: 1 }));
const arpAnswer = packet(ethernet(A1.mac, GW_RED), arp(A1.mac, A1.ip, RED.ip, GW_RED));
const neighborMessages = {
  "a broadcast ARP request": broadcastArp,
  "a unicast ARP request": unicastArp,
  "an ARP reply": arpAnswer,
  "a neighbour solicitation": packet(...asking(A1, A1.ip6, RED.ip6), solicitation(RED.ip6)),
  "a neighbour advertisement": packet(
    ethernet(A1.mac, GW_RED),
    ipv6(A1.ip6, RED.ip6, { hopLimit: 255 }),
    advertisement(A1.ip6, "SO"),
  ),
};
const toGateway = leaving(A1, RED, { upper: ping });
const toSilent = leaving(A1, SILENT);
const expired = leaving(A1, B1, { ttl: 1 });

afterAll(closeBpf);
shareProgramsAmongTests();

describe.each(HOOKS)(`punt classes at %s (${NEEDS_ROOT})`, (hook) => {
  const from = (tables: Tables, slot: number) => (frame: Uint8Array, puntTokens?: number) =>
    runThroughBpf(tables, slot, frame, { hook, puntTokens });
  const atHost1 = () => {
    const { tables, names } = buildTables(irbLab());
    return from(tables, names.slots.indexOf("h1"));
  };

  onRoot("ARP and ND have one of their own, and so have silent hosts and what the gateway answers", () => {
    const classOf = (frame: Uint8Array) => atHost1()(frame).puntClass;
    for (const [what, frame] of Object.entries(neighborMessages)) expect(classOf(frame), what).toBe(Punt.NEIGHBOR);
    expect([toSilent, leaving6(A1, SILENT)].map(classOf)).toEqual([Punt.GLEAN, Punt.GLEAN]);
    expect(classOf(toGateway)).toBe(Punt.GATEWAY);
    expect(classOf(expired)).toBe(Punt.EXCEPTION);
    expect(classOf(talk(A1, { ip: "203.0.113.1" }, [A1.mac, GW_RED]))).toBe(Punt.EXCEPTION);
  });

  const others = [...Object.values(neighborMessages).slice(0, TOKENS), toGateway, expired];

  for (const [what, flood, spared] of [
    ["a scan of a subnet", toSilent, others],
    ["a flood of pings to the gateway", toGateway, [broadcastArp, toSilent, expired]],
    ["a storm of ARP", broadcastArp, [toGateway, toSilent, expired]],
    ["packets at the end of their TTL", expired, [unicastArp, toGateway, toSilent]],
  ] as const) {
    onRoot(`${what} spends its own tokens only`, () => {
      const send = atHost1();
      const sent = (frame: Uint8Array): BpfOutcome => send(frame, TOKENS);
      for (let frame = 0; frame < TOKENS; frame++) expect(sent(flood).verdict).toBe("punted");
      const { verdict, reason, counters } = sent(flood);
      expect([verdict, reason]).toEqual(["dropped", Drop.PUNT_RATE_LIMITED]);
      expect(counters.drops.map(({ packets }) => packets)).toEqual([1]);
      for (const frame of spared) expect(sent(frame).verdict).toBe("punted");
    });
  }
});

/** Of what the TAP has: the host's own stack reports its multicast groups too, when it likes. */
function tagsOfArp(tap: TapDevice): DataView[] {
  const { buffer, byteOffset } = tap.pool;
  const frames = Array.from(
    { length: tap.receive() },
    (_, frame) => tap.descriptors[frame * DESC_STRIDE + DESC_OFFSET]!,
  );
  const tags = frames.map((offset) => new DataView(buffer, byteOffset + offset + 12));
  return tags.filter((tag) => tag.getUint16(4) === EtherType.ARP);
}

describe("the tag of a punted frame (root)", () => {
  const net = new Namespaces();
  const handles: { close(): void }[] = [];

  afterEach(async () => {
    for (const handle of handles.splice(0).reverse()) within(net.path("v"), () => handle.close());
    await net.remove();
  });

  function keep<T extends { close(): void }>(handle: T): T {
    handles.push(handle);
    return handle;
  }

  /** ac0 with the programs that ship; what they punt comes out of the TAP. */
  function open(hook: ProgramHook, link: LinkFacts, vtep: VtepTables): { tap: TapDevice; writer: TableWriter } {
    const slot = vtep.access(link);
    vtep.bridgeDomain(1, 100, 0);
    // Its floods are the engine's, and ARP where that is.
    const port = vtep.port(slot, 0, 1);
    vtep.localMac(1, "02:00:00:00:00:aa", port);
    vtep.limitStorms(port, [1000]);
    const programs = loadedPrograms();
    const tap = keep(new TapDevice({ name: "punts", mtu: 9000, queueLength: 16 }));
    const writer = new TableWriter(programs, vtep.tables, { takesXdp: () => false, isEngineCarried: () => false });
    writer.puntIfindex = tap.ifindex;
    expect(writer.writeAll()).toEqual([]);
    writePuntRates(programs.map(MapName.PUNT_RATE));
    programs.map(MapName.DEVMAP).update(encodeIndex(tap.ifindex), encodeIndex(tap.ifindex));
    const attached = new Hooks(programs).attach({ slot, ...link, role: "access", hook, kind: "veth", mtuBytes: 1500 });
    expect(keep(attached).hook).toBe(hook);
    return { tap, writer };
  }

  for (const hook of HOOKS) {
    it.skipIf(!mayMakeNamespaces())(`${hook}: carries slot and class through the device, all four bits`, async () => {
      await net.add("v", "h");
      await net.veth("v", "ac0", "h", "eth0");
      const link = await net.link("v", "ac0");
      const host = keep(new HostSocket(net.path("h"), (await net.link("h", "eth0")).ifindex));
      const vtep = new VtepTables("10.0.0.1");
      const { tap, writer } = within(net.path("v"), () => open(hook, link, vtep));
      const sendAndRead = async (bdFlags: number): Promise<number[]> => {
        vtep.bridgeDomain(1, 100, bdFlags);
        writer.writeDeltas();
        host.send(arpRequest(0));
        const tags: DataView[] = [];
        await until(() => tags.push(...tagsOfArp(tap)) > 0);
        const [tag] = tags;
        return [tag!.getUint16(0), tag!.getUint8(2) >>> 4, tag!.getUint16(2) & 0xfff];
      };
      expect(await sendAndRead(0)).toEqual([0x88a8, Punt.BROADCAST, 1]);
      expect(await sendAndRead(BdFlag.ARP_SUPPRESSION)).toEqual([0x88a8, Punt.NEIGHBOR, 1]);
    });
  }
});
