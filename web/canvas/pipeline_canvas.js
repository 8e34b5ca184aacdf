export { default } from "tensorrag-canvas";
