/** Messages recorded from Linux 6.18 in a fresh namespace, one per file key. */
import { readFileSync } from "node:fs";
import { type MessageHeader, viewOf, walkMessages } from "../../../src/control/netlink/header.js";
import { decodeMessage, type NetlinkObject } from "../../../src/control/netlink/message.js";

const file = new URL("./captures.json", import.meta.url);
export const captures: Readonly<Record<string, string>> = JSON.parse(readFileSync(file, "utf8"));

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function captured(name: string): { view: DataView; header: MessageHeader } {
  const view = viewOf(fromHex(captures[name] ?? ""));
  const headers: MessageHeader[] = [];
  walkMessages(view, (header) => headers.push({ ...header }));
  const header = headers[0];
  if (header === undefined) throw new Error(`no capture named ${name}`);
  return { view, header };
}

export function decodeCaptured(name: string): NetlinkObject {
  const { view, header } = captured(name);
  const object = decodeMessage(view, header);
  if (typeof object === "string") throw new Error(`${name} is ${object}`);
  return object;
}
