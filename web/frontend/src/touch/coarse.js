/** True where people point with a finger: what is pressed is larger there. */
export const COARSE = Boolean(globalThis.matchMedia?.("(pointer: coarse)").matches)
