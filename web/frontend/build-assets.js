import { existsSync, readFileSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules")

const FONTS = [
  { family: "Inter", from: "inter/files/inter-latin-wght-normal.woff2", weights: "100 900" },
  {
    family: "JetBrains Mono",
    from: "jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
    weights: "100 800",
  },
]

/** Put the two fonts (Latin subset) and a stylesheet for them beside the bundle. */
export function fonts() {
  return {
    name: "tensorrag-fonts",
    apply: "build",
    generateBundle() {
      const rules = FONTS.map(({ family, from, weights }) => {
        const name = from.split("/").at(-1)
        const source = readFileSync(join(modules, "@fontsource-variable", from))
        this.emitFile({ type: "asset", fileName: `fonts/${name}`, source })
        return (
          `@font-face{font-family:"${family}";src:url(${name}) format("woff2");` +
          `font-weight:${weights};font-display:swap}`
        )
      })
      this.emitFile({ type: "asset", fileName: "fonts/fonts.css", source: rules.join("\n") + "\n" })
    },
  }
}

// d3 and vueuse come inside Vue Flow's own bundle, graphlib inside dagre's: name them all here.
const SHIPPED = [
  /^@vue-flow\/core$/,
  /^@vueuse\/core$/,
  /^d3-/,
  /^@dagrejs\//,
  /^@fontsource-variable\//,
]

/** Write the licences of everything that the bundle contains. */
export function notices() {
  return {
    name: "tensorrag-notices",
    apply: "build",
    generateBundle() {
      const texts = installed()
        .filter((name) => SHIPPED.some((pattern) => pattern.test(name)))
        .map(notice)
      this.emitFile({ type: "asset", fileName: "NOTICES.txt", source: texts.join("\n\n") })
    },
  }
}

function installed() {
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(modules, name)).map((n) => `${name}/${n}`) : [name],
    )
}

function notice(name) {
  const folder = join(modules, name)
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].find((f) => existsSync(join(folder, f)))
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : ""
  return `${name} ${version} (${license})\n${"-".repeat(72)}\n${text}`
}
