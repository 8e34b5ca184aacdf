import { defineConfig } from "vite"
import vue from "@vitejs/plugin-vue"
import { fonts, notices } from "./build-assets.js"

// `vue` stays outside: the page's import map hands the canvas the same Vue that NiceGUI runs on.
export default defineConfig(({ mode }) => ({
  base: "./", // the bundle lies where NiceGUI puts it: the worker's address is relative to it
  plugins: [vue(), fonts(), notices()],
  define: {
    "process.env.NODE_ENV": JSON.stringify(mode),
    __VUE_OPTIONS_API__: "true",
    __VUE_PROD_DEVTOOLS__: "false",
  },
  worker: { format: "es" },
  build: {
    target: "es2022",
    outDir: "dist",
    minify: true,
    lib: {
      entry: { index: "src/index.js", finder: "src/finder.js" },
      formats: ["es"],
      fileName: (_, name) => `${name}.js`,
    },
    rollupOptions: {
      external: ["vue"],
      output: { minify: true, chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
}))
