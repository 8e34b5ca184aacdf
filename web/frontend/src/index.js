export { default } from "./PipelineCanvas.vue"
