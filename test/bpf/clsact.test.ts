// The same data path where the kernel has no TCX (before 6.6).
import { afterEach, describe, expect, it, vi } from "vitest";
import type { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { mayMakeNamespaces, within } from "../dataplane/namespaces.js";
import type { Overlay } from "../dataplane/overlay.js";
import { transfer } from "../dataplane/tcp.js";
import { shareProgramsAmongTests } from "./loaded.js";
import { ebpfOverlay } from "./overlay.js";

vi.mock("../../src/native/index.js", async (original) => ({
  ...(await original<typeof import("../../src/native/index.js")>()),
  probeTcx: () => false,
}));

shareProgramsAmongTests();

describe("eBPF data path by clsact (root)", () => {
  let overlay: Overlay<EbpfDriver> | undefined;

  afterEach(async () => {
    await overlay?.down();
  });

  it.skipIf(!mayMakeNamespaces())("carries traffic, and takes its qdisc along when it goes", async () => {
    overlay = await ebpfOverlay({ peer: "kernel" });
    const { net, v1 } = overlay;
    expect(v1.opened[0]!.reason).toContain("clsact");
    expect(await net.exec("h1", "ping", "-c", "3", "-i", "0.1", "-W", "2", "192.168.0.2")).toContain(" 0% packet loss");
    const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", 2);
    expect(received).toBe(sent);
    expect(await net.exec("v1", "tc", "qdisc", "show", "dev", "ac0")).toContain("clsact");
    within(v1.netns, () => v1.driver.closeInterface(v1.accessSlot));
    expect(await net.exec("v1", "tc", "qdisc", "show", "dev", "ac0")).not.toContain("clsact");
  });
});
