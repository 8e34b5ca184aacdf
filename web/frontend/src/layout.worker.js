import { layout } from "./layout.js"

self.addEventListener("message", ({ data }) => self.postMessage(layout(data)))
