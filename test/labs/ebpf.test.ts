import { testEveryLab } from "./every_lab.js";

testEveryLab("ebpf");
