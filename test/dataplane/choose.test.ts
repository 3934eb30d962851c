import { describe, expect, it } from "vitest";
import { chooseSocket } from "../../src/dataplane/userspace/choose.js";

const NIC = { slot: 1, name: "eth1", ifindex: 2, role: "access", hook: "auto", kind: "", mtuBytes: 1500 } as const;

describe("chooseSocket", () => {
  it("tries AF_XDP on a plain device, and may fall back", () => {
    expect(chooseSocket(NIC, "auto")).toMatchObject({ kind: "af_xdp", mayFallBack: true });
  });

  it("leaves segmentation offload to the peers of veth and tun", () => {
    for (const kind of ["veth", "tun"]) {
      const chosen = chooseSocket({ ...NIC, kind }, "auto");
      expect(chosen.kind).toBe("af_packet");
      expect(chosen.why).toContain(kind);
    }
  });

  it("takes AF_PACKET for frames that no AF_XDP frame holds", () => {
    const chosen = chooseSocket({ ...NIC, mtuBytes: 9000 }, "auto");
    expect(chosen.kind).toBe("af_packet");
    expect(chosen.why).toContain("9000");
  });

  it("does as it is told", () => {
    expect(chooseSocket({ ...NIC, kind: "veth" }, "af_xdp")).toMatchObject({ kind: "af_xdp", mayFallBack: false });
    expect(chooseSocket(NIC, "af_packet").kind).toBe("af_packet");
  });
});
