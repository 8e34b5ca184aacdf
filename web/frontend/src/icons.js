// Icons as single paths in a 16 × 16 box, drawn with a 1.5 line.

const RING = "M8 1.8a6.2 6.2 0 1 1 0 12.4a6.2 6.2 0 1 1 0-12.4z"

export const ICONS = {
  done: `${RING}m-2.6 6.4 1.9 1.9 3.4-3.8`,
  error: `${RING}M8 4.8v3.8M8 11v.1`,
  queued: `${RING}M8 4.8V8l2.2 1.4`,
  cancelled: `${RING}M6 6h4v4H6z`,
  stopping: "M8 1.8A6.2 6.2 0 1 1 1.8 8M6 6h4v4H6z",
  blocked: `${RING}M3.7 3.7l8.6 8.6`,
  bypassed: "M2.4 9.8a5.6 5.6 0 0 1 10.6-1.4M13.4 5v3.6H9.8M7.9 11.6h.2",
  stale: "M13.4 6.3A5.8 5.8 0 0 0 3 5.2M2.6 9.7A5.8 5.8 0 0 0 13 10.8M3 2.2v3h3M13 13.8v-3h-3",
  idle: RING,
  running: "M8 1.8A6.2 6.2 0 0 1 14.2 8",
  play: "M5.5 3.6v8.8L12.2 8z",
  stop: "M4.5 4.5h7v7h-7z",
  minus: "M3.5 8h9",
  plus: "M8 3.5v9M3.5 8h9",
  fit: "M2.5 6V3.5a1 1 0 0 1 1-1H6M10 2.5h2.5a1 1 0 0 1 1 1V6M13.5 10v2.5a1 1 0 0 1-1 1H10M6 13.5H3.5a1 1 0 0 1-1-1V10",
  tidy: "M3.2 3h2a1 1 0 0 1 1 1v1.6a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM3.2 9.4h2a1 1 0 0 1 1 1V12a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1v-1.6a1 1 0 0 1 1-1zM11 6.2h2a1 1 0 0 1 1 1v1.6a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1V7.2a1 1 0 0 1 1-1zM6.2 4.8h1.2v6.4H6.2M7.4 8H10",
  fold: "M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M6 6h4v4H6z",
  unfold: "M9.5 2.5h4v4M13.5 2.5l-4.2 4.2M6.5 13.5h-4v-4M2.5 13.5l4.2-4.2",
  no: "m4 4 8 8M12 4l-8 8",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9zM10.5 10.5l3 3",
  align_left: "M2.5 2v12M5 4.5h8v2.5H5zM5 9.5h5V12H5z",
  align_centre: "M8 2v2.5M8 7v2.5M8 12v2M3 4.5h10V7H3zM5 9.5h6V12H5z",
  align_right: "M13.5 2v12M3 4.5h8v2.5H3zM6 9.5h5V12H6z",
  align_top: "M2 2.5h12M4.5 5v8H7V5zM9.5 5v5H12V5z",
  align_middle: "M2 8h2.5M7 8h2.5M12 8h2M4.5 3v10H7V3zM9.5 5v6H12V5z",
  align_bottom: "M2 13.5h12M4.5 3v8H7V3zM9.5 6v5H12V6z",
  distribute_across: "M2.5 2v12M13.5 2v12M6.5 4.5h3v7h-3z",
  distribute_down: "M2 2.5h12M2 13.5h12M4.5 6.5h7v3h-7z",
}
