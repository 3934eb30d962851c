import { describe, expect, it } from "vitest";
import { createLog, terminalLine } from "../../src/telemetry/log.js";

describe("the log", () => {
  it("writes JSON lines with a named level and an ISO time", () => {
    const lines: string[] = [];
    const log = createLog({ level: "info", destination: { write: (line) => void lines.push(line) } });
    log.debug("not this");
    log.info({ interface: "eth1" }, "port up");
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0]!);
    expect(line).toMatchObject({ level: "info", interface: "eth1", msg: "port up" });
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it("is plain on a terminal, and lets nothing through that moves the cursor", () => {
    const json = {
      time: "2026-01-01T12:00:00.250Z",
      level: "warn",
      msg: "odd\u001b[2J name",
      interface: "a\nb",
      count: 3,
    };
    expect(terminalLine(JSON.stringify(json))).toBe("12:00:00.250 warn  odd [2J name interface=a b count=3\n");
  });
});
