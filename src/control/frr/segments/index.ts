/** Ethernet segments, for the rest of control. */
export { type AnnouncedSegment, SegmentControl, type ShownSegment } from "./segment_control.js";
