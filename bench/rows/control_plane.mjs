// What the rows with FRR have in common: who is compared, and what is said where FRR is missing.
import { frrFolder } from "../../dist/lab/frr/frr.js";

/** Both leaves have the same FRR, and the kernel's tables filled by it; one of them has vtepd, which reads them, as well. */
export const leaves = {
  kernel: { title: "kernel, FRR", kind: "kernel-vtep" },
  vtepd: { title: "vtepd, FRR", kind: "vtepd" },
};

/** A row that is left out, by name and with the reason, where it cannot be. */
export function withFrr({ name, title, run }) {
  return {
    name,
    title,
    run(options) {
      if (frrFolder() !== undefined) return run(options);
      const skipped = "FRR is not installed";
      return { entries: [], skipped, text: `  SKIP ${name}: ${skipped}` };
    },
  };
}
