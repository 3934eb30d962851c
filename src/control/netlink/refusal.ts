/** The kernel's "no" as an error, and the way to ask an error for its errno. */
import { VtepError } from "../../wire/error.js";
import type { Acknowledgement } from "./acknowledgement.js";
import { viewOf } from "./header.js";

/** meta.errno is the errno's name, which callers may branch on. */
export function refusal(request: Uint8Array, result: Acknowledgement): VtepError {
  const words = result.message === undefined ? "" : `: ${result.message}`;
  return new VtepError("netlink_refused", `the kernel refused a netlink request: ${result.errorName}${words}`, {
    errno: result.errorName,
    kernelMessage: result.message,
    messageType: viewOf(request).getUint16(4, true),
  });
}

/** "ENOENT" for a refusal by the kernel, undefined for every other failure. */
export function refusedWith(error: unknown): string | undefined {
  if (!(error instanceof VtepError) || error.code !== "netlink_refused") return undefined;
  const { errno } = error.meta;
  return typeof errno === "string" ? errno : undefined;
}
