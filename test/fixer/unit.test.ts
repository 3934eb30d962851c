// The systemd unit: its commands are run as they stand in it, for an interface of a namespace.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkoutRoot } from "../../src/lab/load.js";
import { finish } from "../../src/lab/process.js";
import { mayMakeNamespaces } from "../dataplane/namespaces.js";
import { Receiver } from "./receiver.js";

const live = it.skipIf(!mayMakeNamespaces());
const UNIT = readFileSync(`${checkoutRoot}systemd/vtepd-ethertype-fix@.service`, "utf8");
const setting = (key: string) => new RegExp(`^${key}=-?(.*)$`, "m").exec(UNIT)?.[1] ?? "";

describe("vtepd-ethertype-fix@.service (root)", () => {
  let at: Receiver;

  beforeEach(async () => {
    if (!mayMakeNamespaces()) return;
    at = new Receiver();
    await at.up();
  });
  afterEach(() => at?.down());

  /** With no more capabilities than the unit gives. */
  async function run(key: string, options: string): Promise<string> {
    const capabilities = setting("CapabilityBoundingSet").toLowerCase().replaceAll("cap_", "+").replaceAll(" ", ",");
    const text = setting(key).replace("$OPTIONS", options).replace("%I", "down0");
    const command = text.replace("/usr/local/bin/vtepd", `${checkoutRoot}bin/vtepd`);
    const argv = ["--no-new-privs", `--bounding-set=-all,${capabilities}`, ...command.split(" ").filter(Boolean)];
    const { code, stderr } = await finish("setpriv", argv, { namespace: at.net.full("r") });
    return `${code} ${stderr}`;
  }

  for (const options of ["", "--hook tc --ipv6 --pin"]) {
    live(`starts and stops with OPTIONS="${options}"`, async () => {
      expect(await run("ExecStart", options)).toBe("0 ");
      expect(at.show()).toMatchObject([{ interface: "down0", ipv6: options !== "", by: "command" }]);
      expect(await run("ExecStop", options)).toBe("0 ");
      expect(at.show()).toEqual([]);
    });
  }

  it("follows the interface that it is named after", () => {
    for (const key of ["BindsTo", "After", "WantedBy"]) {
      expect(setting(key)).toBe("sys-subsystem-net-devices-%i.device");
    }
  });
});
