// Contradictions inside `api`.

import type { RuleContext } from "./context.js";

/** The unix socket is guarded by file permissions; TCP has nothing but the token. */
export function listenerHasToken({ config, report, isBroken }: RuleContext): void {
  if (config.api?.listen === undefined || config.api.tokenFile !== undefined) return;
  if (isBroken(["api", "tokenFile"])) return;
  report(["api", "listen"], "opens a listener without a token, allowed: together with api.tokenFile");
}
