// What the rows with FRR have in common: who is compared, and what is said where FRR is missing.
import { frrFolder } from "../../dist/lab/frr/frr.js";

/** Both leaves have the same FRR, and the kernel's tables filled by it; one of them has vtepd, which reads them, as well. */
export const leaves = {
  kernel: { title: "kernel, FRR", kind: "kernel-vtep" },
  vtepd: { title: "vtepd, FRR", kind: "vtepd" },
};

/** A row that is left out, by name and with the reason, where it cannot be. */
export function withFrr({ run, ...row }) {
  return {
    ...row,
    run(options) {
      return frrFolder() === undefined ? { entries: [], skipped: "FRR is not installed" } : run(options);
    },
  };
}
