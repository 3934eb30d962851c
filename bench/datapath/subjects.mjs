// What is compared, each put into the same path.
import { command, runCommands } from "../../dist/lab/command.js";
import { homeOf } from "../../dist/lab/kernel_irb.js";
import { interfaceIndex } from "../../dist/native/index.js";
import { startXdpsock } from "../xdpsock/peer.mjs";
import { attachAt, loadProgram } from "./object.mjs";
import { startOpenVSwitch } from "./openvswitch.mjs";
import { macs } from "./topology.mjs";

/** No tunnel: what goes in comes out. */
const bare = { variant: "kernel", tunnel: false };

/**
 * `variant`: the lab runner's word for what stands in the VTEP's place; `kind`: what stands there instead of one.
 * `sink`: how its frames die cheapest. A socket buffer would first have to be made into an XDP frame, and the other way
 * round. `process`: a process carries every frame. `hostOffloads`: what its hosts need for TCP to work at all.
 * `prepare` may give processes that carry frames, and how to end them. `programs`: what has to be installed for it.
 */
export const subjects = {
  redirectXdp: { ...bare, title: "empty XDP redirect", kind: "host", sink: "xdp", redirect: "xdp" },
  redirectTc: { ...bare, title: "empty tc redirect", kind: "host", sink: "tc", redirect: "tc" },
  cloneTc: { ...bare, title: "empty tc redirect of clones", kind: "host", sink: "tc", redirect: "tc" },
  wire: { ...bare, title: "kernel bridge, no tunnel", kind: "switch", sink: "tc", prepare: tuneSwitch },
  kernel: { title: "kernel bridge + vxlan", variant: "kernel", sink: "tc", prepare: tuneKernel },
  // A partial checksum that is redirected by XDP stays partial; XDP into a veth needs NAPI behind it.
  xdp: {
    title: "vtepd, hook xdp",
    variant: "ebpf",
    hook: "xdp",
    sink: "xdp",
    hostOffloads: { gro: true, tx: false },
  },
  tc: { title: "vtepd, hook tc", variant: "ebpf", hook: "tc", sink: "tc" },
  // The same, asked for by the operator: past the queue of the host's veth.
  tcPeer: { title: "vtepd, hook tc, to the peer", variant: "ebpf", hook: "tc", deliver: "peer", sink: "tc" },
  packet: {
    title: "vtepd, userspace, AF_PACKET",
    variant: "userspace",
    userspaceSocket: "af_packet",
    sink: "tc",
    process: true,
  },
  xsk: {
    title: "vtepd, userspace, AF_XDP",
    variant: "userspace",
    userspaceSocket: "af_xdp",
    sink: "tc",
    process: true,
    hostOffloads: { gro: true, tx: false },
  },
  xdpsock: {
    title: "AF_XDP in C, constant header",
    variant: "kernel",
    kind: "host",
    sink: "tc",
    process: true,
    prepare: startXdpsock,
  },
  ovs: {
    title: "Open vSwitch, userspace, AF_PACKET",
    variant: "kernel",
    kind: "host",
    sink: "tc",
    process: true,
    // It takes a partial checksum for a whole one.
    hostOffloads: { tx: false },
    prepare: startOpenVSwitch,
    programs: ["ovs-vswitchd", "ovsdb-server"],
    package: "openvswitch-switch",
  },
};

/** The kernel at its best: no learning, and the local hosts in its FDB too. The lab runner has done the rest. */
async function tuneKernel({ lab, instance }) {
  const local = { vtep: ["v0", macs.host], vtep2: ["x0", macs.farHost] };
  const commands = Object.entries(local)
    .filter(([node]) => node in lab.nodes)
    .flatMap(([node, [port, mac]]) => {
      const place = homeOf(node, lab.nodes[node], port);
      return [
        command("bridge", place, "link", "set", "dev", port, "learning", "off"),
        command("bridge", place, "fdb", "add", mac, "dev", port, "master", "static"),
      ];
    });
  await runCommands(commands, instance.namespaceOf);
}

/** A bridge without a tunnel, like the kernel's VTEP: every MAC in a static entry, and nothing to learn. */
async function tuneSwitch({ lab, instance }) {
  const ports = { vtep: { v0: macs.host, u0: macs.farHost }, vtep2: { x0: macs.farHost, w0: macs.host } };
  const commands = Object.entries(ports)
    .filter(([node]) => node in lab.nodes)
    .flatMap(([node, known]) =>
      Object.entries(known).flatMap(([port, mac]) => [
        command("bridge", node, "link", "set", "dev", port, "learning", "off"),
        command("bridge", node, "fdb", "add", mac, "dev", port, "master", "static"),
      ]),
    );
  await runCommands(commands, instance.namespaceOf);
}

/** Every frame from one interface of a node out of the other: the path with the least in it. */
export function attachRedirect({ namespace, from, to, kind, copies = 1 }) {
  const netns = `/run/netns/${namespace}`;
  const [ingress, egress] = [from, to].map((name) => interfaceIndex(name, netns));
  const name = copies === 1 ? `bench_redirect_${kind}` : `bench_clone_${kind}`;
  const object = loadProgram("redirect", new Uint8Array(Uint32Array.of(egress, copies).buffer), [name]);
  const program = object.program(name);
  const link = attachAt(program, kind, ingress, netns);
  return {
    close() {
      link.close();
      object.close();
    },
  };
}
