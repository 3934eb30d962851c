// What is compared. Each subject is put into the same path; `prepare` does what is not the lab runner's to know.
import { join } from "node:path";
import { command, runCommands } from "../../dist/lab/command.js";
import { checkoutRoot } from "../../dist/lab/load.js";
import { BpfLink, interfaceIndex } from "../../dist/native/index.js";
import { existsSync } from "node:fs";
import { pin, processesIn } from "./cpu.mjs";
import { loadProgram } from "./object.mjs";
import { macs } from "./topology.mjs";

const nothing = async () => [];

/** The kernel at its best: no learning, and the local hosts in its FDB too. The lab runner has done the rest. */
async function tuneKernel({ lab, instance }) {
  const local = { vtep: ["v0", macs.host], vtep2: ["x0", macs.farHost] };
  const nodes = Object.keys(local).filter((node) => node in lab.nodes);
  await runCommands(
    nodes.flatMap((node) => {
      const [port, mac] = local[node];
      return [
        command("bridge", node, "link", "set", "dev", port, "learning", "off"),
        command("bridge", node, "fdb", "add", mac, "dev", port, "master", "static"),
      ];
    }),
    instance.namespaceOf,
  );
  return [];
}

/** The daemons go to the CPU that is measured, with all their threads. */
function pinDaemons(cpu) {
  return async ({ daemons, instance }) => {
    const found = await Promise.all([...daemons.keys()].map((node) => processesIn(instance.namespaceOf(node))));
    for (const pid of found.flat()) await pin(pid, cpu);
    return found.flat();
  };
}

export const isBuilt = () => existsSync(join(checkoutRoot, "dist/cli/main.js"));

/**
 * `variant`: the lab runner's word for what stands in for vtepd. `sink`: where its frames die cheapest; frames that are
 * socket buffers would have to be made into XDP frames first, and the other way round.
 */
export const subjects = {
  kernel: { title: "kernel", variant: "kernel", hook: "auto", sink: "tc", prepare: () => tuneKernel },
  xdp: { title: "vtepd xdp", variant: "ebpf", hook: "xdp", sink: "xdp", prepare: pinDaemons },
  tc: { title: "vtepd tc", variant: "ebpf", hook: "tc", sink: "tc", prepare: pinDaemons },
  userspace: { title: "vtepd userspace", variant: "userspace", hook: "userspace", sink: "tc", prepare: pinDaemons },
};

/** Every frame from one interface of a node out of the other: the path with the least in it. */
export function attachRedirect({ namespace, from, to, kind }) {
  const netns = `/run/netns/${namespace}`;
  const ifindexes = [from, to].map((name) => interfaceIndex(name, netns));
  const object = loadProgram("redirect", new Uint8Array(Uint32Array.of(ifindexes[1]).buffer), [`bench_redirect_${kind}`]);
  const program = object.program(`bench_redirect_${kind}`);
  const link =
    kind === "xdp"
      ? BpfLink.attachXdp(program, ifindexes[0], { mode: "native", netns })
      : BpfLink.attachTcx(program, ifindexes[0], { direction: "ingress", netns });
  return {
    close() {
      link.close();
      object.close();
    },
  };
}

export const prepareNothing = () => nothing;
