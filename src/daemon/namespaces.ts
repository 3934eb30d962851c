// Network namespaces that have a name in /run/netns, as `ip netns` makes them and `zebra -n` finds them. The folder is
// that of this process's mount namespace: FRR must see the same.

import { execFile } from "node:child_process";
import { closeSync, openSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { NamespaceHandle, Namespaces } from "../control/frr/objects/index.js";
import { VtepError } from "../wire/error.js";

const run = promisify(execFile);
const FOLDER = "/run/netns";

export class NamedNamespaces implements Namespaces {
  /** `entering`: words in front of every `ip`; both are for tests, in which a VTEP's mounts are not those of the process. */
  constructor(
    private readonly folder = FOLDER,
    private readonly entering: readonly string[] = [],
  ) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  async ensure(name: string): Promise<boolean> {
    if (this.identity(name) !== undefined) return false;
    await this.netns("add", name);
    return true;
  }

  async remove(name: string): Promise<void> {
    if (this.identity(name) !== undefined) await this.netns("delete", name);
  }

  open(name: string): NamespaceHandle {
    const fd = openSync(this.path(name), "r");
    return { fd, close: () => closeSync(fd) };
  }

  identity(name: string): string | undefined {
    try {
      const { dev, ino } = statSync(this.path(name));
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  }

  /** Where the folder cannot be watched, replaced namespaces are noticed by the next reload only. */
  watch(changed: () => void): () => void {
    try {
      const watcher = watch(this.folder, { persistent: false }, changed);
      watcher.on("error", () => watcher.close());
      return () => watcher.close();
    } catch {
      return () => {};
    }
  }

  private async netns(verb: "add" | "delete", name: string): Promise<void> {
    const [program = "ip", ...words] = [...this.entering, "ip", "netns", verb, name];
    try {
      await run(program, words);
    } catch (cause) {
      const said = (cause as { stderr?: string }).stderr?.trim();
      const why = said || (cause instanceof Error ? cause.message : String(cause));
      throw new VtepError("netns_failed", `ip netns ${verb} ${name}: ${why}`, { name }, cause);
    }
  }
}
