// On real interfaces: what sockets, tcpdump and the kernel's own stack make of repaired frames at each hook.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { detachFixer, type FixerHook, showFixers } from "../../src/fixer/index.js";
import { BpfLink, type BpfMap, probeTcx } from "../../src/native/index.js";
import { vlan } from "../corpus/packet.js";
import { mayMakeNamespaces, until, within } from "../dataplane/namespaces.js";
import { Receiver, watchObject } from "./receiver.js";

const HOOKS: readonly FixerHook[] = ["xdp", "xdp-generic", "tc"];
const live = it.skipIf(!mayMakeNamespaces());
const behindTcx = it.skipIf(!mayMakeNamespaces() || !probeTcx());

const IPV6 = 0x86dd;

describe("a fixer on an interface (root)", () => {
  let at: Receiver;

  beforeEach(async () => {
    if (!mayMakeNamespaces()) return;
    at = new Receiver();
    await at.up();
  });
  afterEach(() => at?.down());

  const counted = () => {
    const [{ fixed, fixed4, fixed6, suspicious }] = at.show(at.here.name) as [ReturnType<typeof at.show>[0]];
    return { fixed, fixed4, fixed6, suspicious };
  };

  for (const hook of HOOKS) {
    live(`${hook}: the kernel answers what it dropped before`, async () => {
      // A broken request before and one after: only the second is heard.
      at.sender.send(at.echoRequest(IPV6));
      expect(at.attach({ hook }).hook).toBe(hook);
      at.sender.send(at.echoRequest(IPV6));
      await until(async () => (await at.echoesHeard()) === 1);
      expect(counted()).toEqual({ fixed: 1, fixed4: 1, fixed6: 0, suspicious: 0 });
    });

    live(`${hook}: tcpdump sees the frame ${hook === "tc" ? "as it came" : "repaired"}`, async () => {
      at.attach({ hook });
      const tap = at.tap();
      at.sender.send(at.frame(IPV6));
      await until(() => counted().fixed === 1);
      await until(() => tap.receive(at.frame(hook === "tc" ? IPV6 : 0x0800)));
      expect(tap.receive(at.frame(hook === "tc" ? 0x0800 : IPV6))).toBe(false);
    });

    behindTcx(`${hook}: the kernel knows the type that the bytes say, and keeps tags`, async () => {
      const object = at.keep(watchObject());
      const program = at.keep(object.program("watch"));
      at.keep(at.inside(() => BpfLink.attachTcx(program, at.here.ifindex, { direction: "ingress" })));
      at.attach({ hook });
      const seen = at.keep(object.map("seen_frames"));
      const tags = [vlan(10, { pcp: 5, dei: true }), vlan(100, { type: 0x88a8 })] as const;
      // A length for each, by which it is known: the outermost tag is beside the bytes there.
      at.sender.send(at.frame(IPV6, [], 100));
      at.sender.send(at.frame(IPV6, [tags[0]], 200));
      at.sender.send(at.frame(IPV6, [tags[1], tags[0]], 300));
      await until(() => counted().fixed === 3);
      const about = (bytes: number) => facts(seen, bytes + 42);
      await until(() => [about(100), about(200), about(300 + 4)].every((one) => one !== undefined));
      expect(about(100)).toEqual({ protocol: 0x0800, tag: 0, tci: 0 });
      expect(about(200)).toEqual({ protocol: 0x0800, tag: 0x8100, tci: 0xb00a });
      expect(about(300 + 4)).toEqual({ protocol: 0x8100, tag: 0x88a8, tci: 100 });
    });

    live(`${hook}: stays through down, up, a change of the MTU, and a rename`, async () => {
      at.attach({ hook });
      await at.net.ip("r", "link set down0 down", "link set down0 mtu 9000", "link set down0 up");
      await at.net.ip("s", "link set up0 mtu 9000");
      at.sender.send(at.frame(IPV6, [], 1000));
      await until(() => counted().fixed === 1);
      await at.net.ip("r", "link set down0 down", "link set down0 name other0", "link set other0 up");
      expect(at.show()).toMatchObject([{ interface: "other0", hook, fixed: 1 }]);
    });

    for (const pin of [false, true]) {
      const goes = hook === "tc" ? behindTcx : live;
      goes(
        `${hook}: goes with the interface into another namespace${pin ? ", pinned" : ""}, and is detached there`,
        async () => {
          at.attach({ hook, pin });
          at.sender.send(at.frame(IPV6));
          await until(() => counted().fixed === 1);
          await at.net.ip("r", `link set down0 netns ${at.net.full("z")}`);
          expect(at.show()).toEqual([]);
          const there = <T>(action: () => T) => within(at.net.path("z"), action);
          expect(there(() => showFixers())).toMatchObject([{ interface: "down0", hook, fixed: 1 }]);
          await at.net.ip("z", "link set down0 up");
          at.sender.send(at.frame(IPV6));
          await until(() => there(() => showFixers())[0]?.fixed === 2);
          expect(there(() => detachFixer("down0"))).toEqual([hook]);
          expect(there(() => showFixers())).toEqual([]);
        },
      );
    }

    live(`${hook}: leaves nothing behind when it is detached`, async () => {
      const links = async () => JSON.stringify(JSON.parse(await at.net.exec("r", "ip", "-d", "-j", "link")));
      const before = [await links(), await at.net.exec("r", "tc", "qdisc")];
      at.attach({ hook });
      expect(at.detach()).toEqual([hook]);
      expect(at.show()).toEqual([]);
      expect([await links(), await at.net.exec("r", "tc", "qdisc")]).toEqual(before);
    });
  }

  live("takes frames of several buffers", async () => {
    await at.net.ip("s", "link set up0 mtu 9000");
    await at.net.ip("r", "link set down0 mtu 9000");
    expect(at.attach({ hook: "xdp" }).hook).toBe("xdp");
    const tap = at.tap();
    at.sender.send(at.frame(IPV6, [], 8000));
    await until(() => counted().fixed === 1);
    await until(() => tap.receive(at.frame(0x0800, [], 8000)));
  });

  live("repairs IPv6 where asked to", async () => {
    at.attach({ ipv6: true });
    const frame = Uint8Array.from([...at.frame(0x0800).subarray(0, 14), 0x60, ...new Uint8Array(45)]);
    at.sender.send(frame);
    await until(() => counted().fixed6 === 1);
  });
});

function facts(map: BpfMap, length: number): { protocol: number; tag: number; tci: number } | undefined {
  const bytes = map.lookup(new Uint8Array(Uint32Array.of(length).buffer));
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { protocol: view.getUint16(0, true), tag: view.getUint16(2, true), tci: view.getUint32(4, true) };
}
