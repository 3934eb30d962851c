// What went wrong → HTTP status and body. A body says a stable code and a sentence; it never shows the inside
// (stack, file) of an error that nobody expected.

import type { Problem } from "../config/problem.js";
import { VtepError } from "../wire/error.js";

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  /** What is wrong with a request, key by key. */
  readonly errors?: readonly { readonly key: string; readonly message: string }[];
  /** What is wrong with a config file. */
  readonly problems?: readonly Problem[];
}

export interface ErrorReply {
  readonly status: number;
  readonly body: ErrorBody;
  /** A defect of ours: to be logged with its stack. */
  readonly unexpected: boolean;
}

/** Codes of VtepErrors that are about the object named, not about its state. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = { no_such_port: 404, config_invalid: 422 };
/** The request was understood; the VTEP is not in a state to do it. */
const CONFLICT = 409;

/** The file is wrong, so nothing was changed. */
export function configInvalid(problems: readonly Problem[]): VtepError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new VtepError("config_invalid", `the config has ${count}; nothing was changed`, { problems });
}

export function noSuchPort(interfaceName: string, vlan: number): VtepError {
  const name = vlan === 0 ? interfaceName : `${interfaceName}, VLAN ${vlan},`;
  return new VtepError("no_such_port", `${name} is not an access port of this VTEP`, {
    interface: interfaceName,
    vlan,
  });
}

export function replyTo(error: unknown): ErrorReply {
  if (error instanceof VtepError) return replyToVtepError(error);
  const status = statusOf(error);
  if (!(error instanceof Error) || status === undefined || status >= 500) {
    return {
      status: 500,
      body: { code: "internal", message: "vtepd failed to answer: see its log" },
      unexpected: true,
    };
  }
  const code = CODE_BY_STATUS[status] ?? "invalid_request";
  const errors = validationErrors(error);
  const message = errors.length > 0 ? errors.map((one) => `${one.key}: ${one.message}`).join("; ") : sentenceOf(error);
  return { status, body: { code, message, ...(errors.length > 0 ? { errors } : {}) }, unexpected: false };
}

/** What clients may want to tell apart. */
const CODE_BY_STATUS: Readonly<Record<number, string>> = { 404: "not_found", 413: "body_too_large" };

function replyToVtepError({ code, message, meta }: VtepError): ErrorReply {
  const problems = meta.problems as readonly Problem[] | undefined;
  const body = { code, message, ...(problems === undefined ? {} : { problems }) };
  return { status: STATUS_BY_CODE[code] ?? CONFLICT, body, unexpected: false };
}

function sentenceOf(error: Error): string {
  // The body parser passes on the words of JSON.parse alone.
  return error instanceof SyntaxError ? `the body is not JSON (${error.message})` : error.message;
}

/** The frameworks agree on a property `status` of 4xx for what the client did wrong. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error)) return undefined;
  return typeof error.status === "number" && error.status >= 400 ? error.status : undefined;
}

interface ValidationError {
  readonly keyword?: string;
  readonly requestPath?: string;
  readonly dataPath?: string;
  readonly message?: string;
  readonly params?: {
    readonly additionalProperty?: string;
    readonly missingProperty?: string;
    readonly allowedValues?: readonly string[];
  };
}

/** What ajv found, in the order of the schema. */
function validationErrors(error: Error): { key: string; message: string }[] {
  const { origin } = error as { origin?: { errors?: readonly ValidationError[] } };
  return (origin?.errors ?? []).map(({ keyword, requestPath = "", dataPath = "", message, params = {} }) => {
    const at = requestPath + dataPath;
    const { additionalProperty, missingProperty, allowedValues } = params;
    if (additionalProperty !== undefined) return { key: `${at}.${additionalProperty}`, message: "is not known" };
    if (allowedValues !== undefined) return { key: at, message: `must be one of ${allowedValues.join(", ")}` };
    if (keyword !== "required") return { key: at, message: message ?? "is not allowed" };
    if (missingProperty === undefined) return { key: at, message: "is required, as application/json" };
    return { key: `${requestPath}.${missingProperty}`, message: "is required" };
  });
}
