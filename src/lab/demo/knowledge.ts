/** What FRR, the kernel's leaf and vtepd know in the end, in the words of their own tools; and that they agree. */
import { findPlace, type LabContext, vtepSpec } from "../context.js";
import { type Daemon, showRows, vtepd } from "../daemon.js";
import { placeOf } from "../kernel_irb.js";
import { vxlanName } from "../kernel_vtep.js";
import { macOf } from "../plan.js";
import { finish } from "../process.js";
import { excerpt, type Print } from "./text.js";

const MOVED = "m";
const KERNEL_LEAF = "k3";

export async function checkKnowledge(context: LabContext, print: Print): Promise<readonly string[]> {
  const { lab, daemons } = context;
  const place = findPlace(lab, MOVED);
  const mac = macOf(lab, place.node, place.interface);
  const ip = place.address[4] ?? "";
  print(`\nWhat is known of ${MOVED} in the end:`);
  const tell = (command: string, lines: readonly string[]) => {
    print(`  ${command}`);
    for (const line of lines) print(`      ${line.trimEnd()}`);
  };
  tell(
    "v1, FRR: show evpn mac vni 100",
    excerpt(await speak(context, "v1", "show evpn mac vni 100"), ["MAC", mac], "no head"),
  );
  const v1 = daemons.get("v1");
  if (v1 !== undefined) {
    tell("v1: vtepd show fdb", excerpt(await show(v1, "fdb"), [mac], "head"));
    tell("v1: vtepd show routes", excerpt(await show(v1, "routes"), [`${ip}/32`, `${place.address[6]}/128`], "head"));
  }
  for (const [command, lines] of await kernelLines(context, mac, ip)) tell(command, lines);
  await tellDrops(context, print);
  return audit(context, print);
}

async function speak({ frr }: LabContext, node: string, command: string): Promise<string> {
  return (await frr.get(node)?.vtysh(command)) ?? "";
}

async function show(daemon: Daemon, ...words: string[]): Promise<string> {
  const { stdout, stderr } = await vtepd(daemon.socket, ["show", ...words]);
  return stdout + stderr;
}

/** The kernel's leaf: where its tunnel sends frames for the host, and where its VRF routes packets. */
async function kernelLines({ lab, instance }: LabContext, mac: string, ip: string): Promise<[string, string[]][]> {
  const [domain] = vtepSpec(lab, KERNEL_LEAF).bridgeDomains;
  if (domain?.vni === undefined) return [];
  const namespace = instance.namespaceOf(placeOf(KERNEL_LEAF, domain));
  const device = vxlanName(domain.vni);
  const fdb = await finish("bridge", ["-n", namespace, "fdb", "show", "dev", device]);
  const routes = await finish("ip", ["-n", namespace, "route", "show", ip]);
  return [
    [`${KERNEL_LEAF}: bridge fdb show dev ${device}`, excerpt(fdb.stdout, [mac], "no head")],
    [`${KERNEL_LEAF}: ip route show ${ip}`, excerpt(routes.stdout, [ip], "no head")],
  ];
}

/** Every frame that was not forwarded has a reason; which ones there are depends on the run. */
async function tellDrops({ daemons }: LabContext, print: Print): Promise<void> {
  for (const { node, socket } of daemons.values()) {
    const byReason = new Map<string, number>();
    for (const { reason, packets } of await showRows(socket, "drops")) {
      byReason.set(String(reason), (byReason.get(String(reason)) ?? 0) + Number(packets));
    }
    const list = [...byReason].map(([reason, count]) => `${count} ${reason}`);
    print(`  ${node}: vtepd show drops: ${list.length === 0 ? "none" : list.join(", ")}`);
  }
}

async function audit({ daemons }: LabContext, print: Print): Promise<string[]> {
  const problems: string[] = [];
  for (const daemon of daemons.values()) {
    const answer = (await show(daemon, "audit", "--dry-run")).trimEnd();
    print(`  ${daemon.node}: vtepd show audit (FRR, kernel, vtepd, eBPF maps): ${answer}`);
    if (answer !== "nothing differs") problems.push(`the audit of ${daemon.node} found differences`);
  }
  return problems;
}
