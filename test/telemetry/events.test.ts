import { describe, expect, it } from "vitest";
import { EventRing } from "../../src/telemetry/events.js";

const START = Date.UTC(2026, 0, 1);

function ringAt(capacity: number) {
  const clock = { ms: START };
  return { clock, ring: new EventRing({ capacity, now: () => clock.ms }) };
}

describe("the ring of events", () => {
  it("keeps time, kind and objects", () => {
    const { ring } = ringAt(10);
    expect(ring.record("port_up", { interface: "eth1", vlan: 10 })).toBe("new");
    expect(ring.list()).toEqual([
      {
        time: "2026-01-01T00:00:00.000Z",
        kind: "port_up",
        interface: "eth1",
        vlan: 10,
        count: 1,
        lastTime: "2026-01-01T00:00:00.000Z",
        suppressed: 0,
      },
    ]);
  });

  it("counts the same event in short order, and keeps it again later", () => {
    const { ring, clock } = ringAt(10);
    ring.record("mac_limit", { mac: "02:00:00:00:00:01" });
    clock.ms += 9_000;
    expect(ring.record("mac_limit", { mac: "02:00:00:00:00:01" })).toBe("repeated");
    expect(ring.list()).toMatchObject([{ count: 2, lastTime: "2026-01-01T00:00:09.000Z" }]);
    clock.ms += 11_000;
    expect(ring.record("mac_limit", { mac: "02:00:00:00:00:01" })).toBe("new");
    expect(ring.list()).toHaveLength(2);
  });

  it("does not let a storm of one kind push out the others", () => {
    const { ring, clock } = ringAt(64);
    ring.record("started", {});
    for (let second = 0; second < 100; second++) {
      clock.ms += 1_000;
      for (let mac = 0; mac < 1000; mac++) ring.record("mac_limit", { mac: `${second}-${mac}` });
    }
    ring.record("port_down", { interface: "eth1" });
    const kinds = ring.list().map(({ kind }) => kind);
    expect(kinds).toHaveLength(64);
    expect(kinds[0]).toBe("started");
    expect(kinds.at(-1)).toBe("port_down");
  });

  it("says how many of a storm it left out", () => {
    const { ring } = ringAt(1000);
    const answers = Array.from({ length: 500 }, (_, mac) => ring.record("mac_limit", { mac }));
    const left = answers.filter((answer) => answer === "suppressed").length;
    expect(left).toBeGreaterThan(400);
    expect(ring.list().at(-1)?.suppressed).toBe(left);
  });

  it("lists by the last time, and only the newest when limited", () => {
    const { ring, clock } = ringAt(10);
    for (const kind of ["port_down", "port_up", "port_down"]) {
      ring.record(kind, { interface: "eth1" });
      clock.ms += 1_000;
    }
    expect(ring.list().map(({ kind }) => kind)).toEqual(["port_up", "port_down"]);
    expect(ring.list(1).map(({ kind }) => kind)).toEqual(["port_down"]);
  });

  it("goes on when the clock is set back", () => {
    const { ring, clock } = ringAt(100);
    for (let index = 0; index < 50; index++) ring.record("storm", { index });
    clock.ms -= 3_600_000;
    expect(ring.record("storm", { index: "after" })).toBe("new");
  });
});
