// Loaded into the daemon before its own program (NODE_OPTIONS): at SIGUSR2 it collects all garbage, and then says in the
// file VTEPD_BENCH_MEMORY what is left. Without it memory says when the last collection was, not what is needed.
const { renameSync, writeFileSync } = require("node:fs");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

const file = process.env.VTEPD_BENCH_MEMORY;

process.on("SIGUSR2", () => {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
});
