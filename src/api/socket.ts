// The daemon's unix socket: bound by exactly one process, replaced when its owner is dead, refused when it lives.
// It knows nothing of what is served on it.

import { mkdirSync, statSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { VtepError } from "../wire/error.js";

/** sun_path of unix(7) without its terminating zero; longer ones would be cut off silently. */
const PATH_BYTES = 107;
/** Owner and group; others get nothing. A group gets in by owning the folder (setgid) or the socket. */
const HIDDEN_FROM = 0o117;
const FOLDER_MODE = 0o755;
const ATTEMPTS = 3;

/** Binds the server. Throws VtepError `socket_in_use` or `socket_unusable`, with nothing changed. */
export async function listenOn(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES) throw unusable(path, `the path is longer than ${PATH_BYTES} bytes`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  } catch (cause) {
    throw unusable(path, reasonOf(cause), cause);
  }
  for (let attempt = 1; ; attempt++) {
    const cause = await tryListen(server, path);
    if (cause === undefined) return;
    if (codeOf(cause) !== "EADDRINUSE" || attempt === ATTEMPTS) throw unusable(path, reasonOf(cause), cause);
    await removeStale(path);
  }
}

/** undefined when it listens. */
function tryListen(server: Server, path: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve(error);
    server.once("error", failed);
    // The path is bound within the call, so that the socket is never there with a wider mode.
    const before = process.umask(HIDDEN_FROM);
    try {
      server.listen(path, () => {
        server.off("error", failed);
        resolve(undefined);
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes a socket that nobody serves. Throws where somebody does, or where the path is no socket. */
async function removeStale(path: string): Promise<void> {
  const before = identityOf(path);
  if (before === undefined) return;
  if (!isSocket(path)) throw unusable(path, "something that is not a socket stands there");
  if (await isAnswered(path)) {
    const message = `another vtepd answers on ${path}: stop it, or choose another socket with --socket`;
    throw new VtepError("socket_in_use", message, { path });
  }
  // Another daemon may have replaced it while we asked; that one must not lose its socket.
  if (identityOf(path) === before) unlinkSync(path);
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? true;
}

/** An inode number alone is given again at once to the next file. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino} ${stat.ctimeNs}`;
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (cause) => {
      const code = codeOf(cause);
      if (code === "ECONNREFUSED" || code === "ENOENT") resolve(false);
      // Its backlog is full: it lives.
      else if (code === "EAGAIN") resolve(true);
      else reject(unusable(path, reasonOf(cause), cause));
    });
  });
}

function unusable(path: string, reason: string, cause?: unknown): VtepError {
  const message = `cannot listen on ${path} (${reason}): choose another socket with --socket, or run as root`;
  return new VtepError("socket_unusable", message, { path }, cause);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
