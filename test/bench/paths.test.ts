import { describe, expect, it } from "vitest";
import { problemOf } from "../../bench/datapath/arrived.mjs";
import { sampleCores, verifyPath } from "../../bench/datapath/forwarding.mjs";
import { paths } from "../../bench/datapath/paths.mjs";
import { missingPeer } from "../../bench/datapath/peers.mjs";
import { arrivalOf, MARK } from "../../bench/datapath/traffic.mjs";
import { sampleLatency } from "../../bench/latency/sample.mjs";
import { parseInner } from "../../src/lab/inner.js";
import { parseIp, parseVxlan } from "../../src/lab/outer.js";

const root = process.getuid?.() === 0;
const VXLAN_PORT = 4789;
const all = Object.entries(paths);

function innerOf(frame: Uint8Array) {
  const bytes = Buffer.from(frame);
  return parseInner(parseVxlan(bytes, VXLAN_PORT)?.inner ?? bytes)?.ip;
}

describe("paths of the bench", () => {
  it.each(all)("%s: what is sent differs from what arrives by a header, and a TTL where it is routed", (name, path) => {
    const { traffic, arrives } = path;
    const [sent, arrived] = [innerOf(traffic.frame), innerOf(arrives.frame)];
    expect(arrived).toMatchObject({ source: sent?.source, destination: sent?.destination, protocol: 17 });
    expect(arrived?.ttl).toBe(name.startsWith("routed") ? 63 : 64);
    for (const { frame } of [traffic, arrives]) expect(parseIp(Buffer.from(frame))?.ttl).toBeGreaterThanOrEqual(63);
  });

  it.each(all)(
    "%s: the generator writes no farther than the frame, and the flow within what it checks",
    (_, { traffic }) => {
      const written = traffic.words * 8;
      expect(written).toBeLessThanOrEqual(traffic.frame.length);
      expect(traffic.innerPortAt + 2).toBeLessThanOrEqual(written);
      expect(Buffer.from(traffic.frame).readUInt32LE(arrivalOf(traffic).markAt)).toBe(MARK);
    },
  );
});

describe("what arrives on a path", () => {
  const { arrives } = paths.routed;
  const right = Buffer.from(arrives.frame);
  const changed = (at: number) => {
    const frame = Buffer.from(right);
    frame.writeUInt8(frame.readUInt8(at) ^ 1, at);
    return frame;
  };

  it("may differ in source ports and in what the outer header leaves open", () => {
    const anotherFlow = changed(arrives.innerPortAt + 1);
    for (const at of [18, 20, 24, 34]) anotherFlow.writeUInt8(0xaa, at);
    expect(problemOf([anotherFlow, right], arrives)).toBeUndefined();
  });

  it.each([
    ["the next hop's MAC", 0],
    ["the outer TTL", 22],
    ["the VNI", 48],
    ["the inner destination MAC", 50],
    ["the inner TTL", 72],
    ["the inner checksum", 74],
  ])("may not differ in %s", (_, at) => {
    expect(problemOf([right, changed(at)], arrives)).toContain("not as it should be");
  });

  it("is something", () => {
    expect(problemOf([], arrives)).toContain("no frame arrived");
    expect(problemOf([right.subarray(50)], arrives)).toContain("no frame arrived as it should, of 1");
  });
});

describe.skipIf(!root)("subjects of the bench (needs root)", () => {
  // The others are looked at by each run of the bench.
  it.for([
    ["routed-decap", "kernel"],
    ["routed-prefix", "xdp"],
    ["routed6-asymmetric", "tc"],
    ["encap-imix", "xdp"],
    ["flood-8", "kernel"],
    ["flood-8", "packet"],
    ["vteps", "wire"],
    ["vteps", "ovs"],
    ["encap", "xdpsock"],
    ["decap", "xdpsock"],
  ])("on %s, %s sends on what it should", async ([path, subject], { skip }) => {
    const missing = missingPeer(subject);
    if (missing !== undefined) skip(missing);
    await verifyPath({ path, subject, cpu: 0 });
  });

  it("answer requests, and each is timed", async () => {
    const sample = await sampleLatency({ subject: "kernel", cpu: 0, seconds: 0.1 });
    expect(sample.count).toBeGreaterThan(0);
    expect(sample.p50).toBeGreaterThan(0);
    expect(sample.p99).toBeGreaterThanOrEqual(sample.p50);
  });

  it("are measured by two cores at once", async () => {
    const { one, all } = await sampleCores({ path: "encap", subject: "kernel", cpus: [0, 1], seconds: 0.1 });
    for (const { frames, cpuNsPerPacket } of [one, all]) {
      expect(frames).toBeGreaterThan(0);
      expect(cpuNsPerPacket).toBeGreaterThan(0);
    }
  });
});
