// Pins of fixers in a bpffs, for who wants a fixer that nobody replaces by mistake, or reads its counters with bpftool:
// FOLDER/INTERFACE-PROGRAM/{link,program,counters}. A pinned link is the attachment: without its file it ends.

import { mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BpfLink, findBpffs, mountBpffs } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import type { Fixer } from "./program.js";

/** Outside /sys, of which `ip netns exec` shows another. */
const BPFFS = "/run/vtepd/bpf";
const SUBFOLDER = "ethertype-fix";
const FOLDER = join(BPFFS, SUBFOLDER);
const LINK = "link";

export interface Pin {
  /** For people; the files are reached through the mount namespace of PID 1. */
  readonly path: string;
  /** What it is attached by; undefined for a clsact filter, which stays by itself. */
  openLink(): BpfLink | undefined;
  /** Ends what is attached by its link. */
  remove(): void;
  /** Removes the files alone: whoever else holds the link keeps what is attached. */
  forget(): void;
}

/** `link`: undefined for a clsact filter, which stays by itself. All of it, or nothing. */
export function pinFixer(interfaceName: string, { program, counts }: Fixer, link: BpfLink | undefined): void {
  const bpffs = mountBpffs(BPFFS);
  const folder = join(bpffs.path, SUBFOLDER, `${interfaceName}-${program.id}`);
  try {
    if (bpffs.mounted && !bpffs.lasting) throw wouldGoWithUs(interfaceName);
    removeAbandoned(join(bpffs.path, SUBFOLDER));
    mkdirSync(folder, { recursive: true });
    try {
      // First what matters: were we killed in between, what is attached would still be found by its number.
      link?.pin(join(folder, LINK));
      program.pin(join(folder, "program"));
      counts.pin(join(folder, "counters"));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  } finally {
    bpffs.close();
  }
}

function wouldGoWithUs(interfaceName: string): VtepError {
  const message = `${interfaceName}: a pin needs a bpffs that outlives this command, and it cannot leave its own mount namespace: run "mount --mkdir -t bpf bpf ${BPFFS}" on the host, or leave out --pin, without which the fixer stays too`;
  return new VtepError("no_lasting_bpffs", message, { path: BPFFS });
}

/** The pin of a program, if it has one. */
export function findPin(programId: number): Pin | undefined {
  const name = listPins().find((one) => one.endsWith(`-${programId}`));
  return name === undefined ? undefined : pinOf(name);
}

function pinOf(name: string): Pin {
  const path = join(FOLDER, name);
  return { path, openLink: () => openLink(name), remove: () => removePin(name), forget: () => forgetPin(name) };
}

/** Removes what is pinned of interfaces of this name that are gone. False where there was none. */
export function removeAbandonedPins(interfaceName: string): boolean {
  const mine = listPins().filter((name) => name.slice(0, name.lastIndexOf("-")) === interfaceName);
  const abandoned = mine.filter((name) => withFolder((folder) => isAbandoned(join(folder, name))));
  for (const name of abandoned) forgetPin(name);
  return abandoned.length > 0;
}

function listPins(): string[] {
  return withFolder((folder) => readdirSync(folder)) ?? [];
}

function openLink(name: string): BpfLink | undefined {
  return withFolder((folder) => {
    return namesIn(join(folder, name)).includes(LINK) ? BpfLink.openPinned(join(folder, name, LINK)) : undefined;
  });
}

function removePin(name: string): void {
  const link = openLink(name);
  try {
    link?.detach();
  } finally {
    link?.close();
  }
  forgetPin(name);
}

function forgetPin(name: string): void {
  withFolder((folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  });
}

/** Undefined where there is no bpffs, or nothing was ever pinned in it. */
function withFolder<T>(use: (folder: string) => T): T | undefined {
  const bpffs = findBpffs(BPFFS);
  if (bpffs === undefined) return undefined;
  try {
    return use(join(bpffs.path, SUBFOLDER));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  } finally {
    bpffs.close();
  }
}

/** The interface of a link may have gone: its pin then holds a program that sees no frame any more. */
function removeAbandoned(folder: string): void {
  for (const name of namesIn(folder)) {
    if (isAbandoned(join(folder, name))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAbandoned(folder: string): boolean {
  if (!namesIn(folder).includes(LINK)) return false;
  const link = BpfLink.openPinned(join(folder, LINK));
  try {
    return link.info().ifindex === 0;
  } finally {
    link.close();
  }
}
