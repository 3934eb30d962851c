// The way to a running VTEP: HTTP over its unix socket. Thin on purpose: what commands do is the daemon's business.

import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { ErrorBody } from "../api/errors.js";
import { VtepError } from "../wire/error.js";

const DEFAULT_SOCKET = "/run/vtepd/vtepd.sock";
/** A daemon that says nothing for so long is stuck. */
const SILENCE_MS = 60_000;
const FIRST_ERROR_STATUS = 400;

export interface Question {
  readonly method?: "GET" | "POST";
  /** Behind /v1/. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  readonly silenceMs?: number;
}

export function socketOf(option: string | undefined): string {
  return option ?? (process.env.VTEPD_SOCKET || DEFAULT_SOCKET);
}

/** The answer as a value. Throws VtepError: `no_vtep`, or the daemon's own code. */
export async function ask<T>(socket: string, question: Question): Promise<T> {
  const answer = await open(socket, question);
  try {
    const body = await text(answer);
    return (body === "" ? undefined : JSON.parse(body)) as T;
  } catch (cause) {
    throw brokenOff(socket, cause);
  }
}

/** The answer as a stream of JSON text, for those who pass it on. */
export async function open(socket: string, question: Question): Promise<IncomingMessage> {
  const answer = await send(socket, question);
  if ((answer.statusCode ?? 0) < FIRST_ERROR_STATUS) return answer;
  const body = await text(answer).catch(() => "");
  throw refusalOf(body, socket);
}

function send(
  socket: string,
  { method = "GET", path, query = {}, body, silenceMs }: Question,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timeout = silenceMs ?? SILENCE_MS;
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const target = {
      socketPath: socket,
      method,
      path: `/v1/${path}${queryText(query)}`,
      headers,
      agent: false,
      timeout,
    };
    const outgoing = request(target, resolve);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`it said nothing for ${timeout / 1000} s`)));
    outgoing.on("error", (cause) => reject(noVtep(socket, cause)));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function queryText(query: NonNullable<Question["query"]>): string {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket; is vtepd running?",
  ECONNREFUSED: "its vtepd is gone",
  EACCES: "not allowed; run as the user of vtepd, or as root",
};

function noVtep(socket: string, cause: Error): VtepError {
  const code = "code" in cause ? String(cause.code) : "";
  const why = ADVICE[code] ?? cause.message;
  return new VtepError("no_vtep", `no VTEP answers on ${socket}: ${why}`, { socket }, cause);
}

export function brokenOff(socket: string, cause: unknown): VtepError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VtepError("answer_broken_off", `the VTEP on ${socket} broke off its answer (${why})`, { socket }, cause);
}

function refusalOf(body: string, socket: string): VtepError {
  try {
    const { code, message, ...meta } = JSON.parse(body) as ErrorBody;
    return new VtepError(code, message, meta);
  } catch (cause) {
    return new VtepError("no_vtep", `what answers on ${socket} is not vtepd`, { socket }, cause);
  }
}
