export { default } from "tensorrag-canvas/finder.js";
