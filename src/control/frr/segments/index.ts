/** Ethernet segments, for the rest of control. */
export { type AnnouncedSegment, SegmentControl } from "./segment_control.js";
