export { default } from "./finder/Finder.vue"
