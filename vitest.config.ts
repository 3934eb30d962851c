import { defineConfig } from "vitest/config";

/**
 * Folders whose tests touch nothing but memory, and come first. What uses namespaces, eBPF, sockets and child
 * processes takes unique names and folders, so files of it may run side by side too, two at a time.
 */
const PURE = ["abi", "wire", "tables", "engine", "config", "architecture", "telemetry", "lab"];
const pureFiles = PURE.map((folder) => `test/${folder}/**/*.test.ts`);
/** Cases and random frames through engine and programs: the second try of a random failure would be another frame. */
const COMPARED = ["corpus", "bpf", "differential"];
const comparedFiles = COMPARED.map((folder) => `test/${folder}/**/*.test.ts`);
/** Each run of a lab has namespaces of its own: two at a time. */
const labFiles = ["test/labs/**/*.test.ts"];

/**
 * What runs kernels, daemons and FRR with their own timers, on a machine that others may be using, is run once more when
 * it fails; the summary names it and says how it failed first. What compares decisions has no such excuse.
 */
const RETRY = 1;

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", "./scripts/test/reporter.mjs"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: pureFiles, testTimeout: 20_000, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: "compared",
          include: comparedFiles,
          // Thousands of frames in one test: a minute where others use the CPU too.
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: [...pureFiles, ...comparedFiles, ...labFiles],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          retry: RETRY,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "labs",
          include: labFiles,
          testTimeout: 60_000,
          maxConcurrency: 2,
          retry: RETRY,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
