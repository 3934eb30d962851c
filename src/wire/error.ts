/**
 * The one error class of set-up and control code. The packet plane never throws: it counts a drop reason.
 *
 * `code` is stable and made for programs; `message` is made for people; `meta` carries the named facts of the message
 * (interface, key, limit) for logs and JSON.
 */
export type ErrorMeta = Readonly<Record<string, unknown>>;

export class VtepError extends Error {
  override readonly name: string = "VtepError";
  readonly code: string;
  readonly meta: ErrorMeta;

  constructor(code: string, message: string, meta: ErrorMeta = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.meta = meta;
  }
}
