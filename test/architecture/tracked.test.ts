// What a clone contains must mean something on any machine.
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, textOf } from "./sources.js";

/** undefined where this is no git checkout (an unpacked archive). */
function trackedFiles(): string[] | undefined {
  try {
    const names = execFileSync("git", ["ls-files"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return names.split("\n").filter((name) => name !== "" && existsSync(join(root, name)));
  } catch {
    return undefined;
  }
}

const tracked = trackedFiles();
const isText = (name: string) =>
  !/\.(png|pcap|pcapng|ico|woff2?|gz)$/.test(name) && statSync(join(root, name)).size < 1_000_000;

/** Absolute folders of one machine. Written apart so that this file is not its own finding. */
const MACHINE_PATHS = ["work", "root", "home/[a-z]"].map((folder) => new RegExp(`(^|[\\s"'\`(=:])/${folder}/`, "m"));

describe.skipIf(tracked === undefined)("tracked files (skipped: this is no git checkout)", () => {
  it("name no folder of one machine", () => {
    const texts = tracked!.filter(isText);
    expect(texts.filter((name) => MACHINE_PATHS.some((path) => path.test(textOf(name))))).toEqual([]);
  });

  it("lock packages without naming the registry they came from", () => {
    const hosts = textOf("package-lock.json").match(/"resolved": "https?:[^"]*"/g) ?? [];
    expect(hosts).toEqual([]);
  });

  it("contain nothing that a build makes", () => {
    expect(tracked!.filter((name) => /^(dist|build|node_modules)\/|\.(o|node)$/.test(name))).toEqual([]);
  });
});
