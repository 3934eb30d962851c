// Judges the labs: what they expect of any VTEP must hold for the kernel's as well.
import { testEveryLab } from "./every_lab.js";

testEveryLab("kernel", ["two-vteps", "irb-symmetric", "evpn-symmetric"]);
