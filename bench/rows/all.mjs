// Every row, in the order in which it is run.
import { besideRow } from "./beside.mjs";
import { burstRows } from "./control_burst.mjs";
import { latencyRows } from "./control_latency.mjs";
import { memoryRow } from "./control_memory.mjs";
import { coresRow } from "./cores.mjs";
import { engineRow } from "./engine.mjs";
import { ethertypeFixRow } from "./ethertype_fix.mjs";
import { floodRow } from "./flood.mjs";
import { forwardingRows } from "./forwarding.mjs";
import { latencyRow } from "./latency.mjs";
import { macFloodRow } from "./mac_flood.mjs";
import { restRow } from "./rest.mjs";
import { scaleRows } from "./scale.mjs";
import { tcpRows } from "./tcp.mjs";

export const rows = [
  engineRow,
  ...forwardingRows,
  ...scaleRows,
  coresRow,
  ethertypeFixRow,
  floodRow,
  macFloodRow,
  latencyRow,
  ...tcpRows,
  besideRow,
  restRow,
  ...burstRows,
  ...latencyRows,
  memoryRow,
];
