// Every row, in the order in which it is run.
import { engineRow } from "./engine.mjs";
import { forwardingRows } from "./forwarding.mjs";
import { restRow } from "./rest.mjs";
import { tcpRows } from "./tcp.mjs";

export const rows = [engineRow, ...forwardingRows, ...tcpRows, restRow];
