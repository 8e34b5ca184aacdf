import assert from "node:assert/strict"
import { test } from "node:test"
import { shapeAt, typeClass, typeStyles } from "../src/types.js"

const types = { Table: { shape: "square", light: "#0a7686", dark: "#3fb6c6" } }

test("colours that are no colours do not get into the page", () => {
  const evil = {
    "x}body{display:none": { shape: "square", light: "red;}*{display:none", dark: "url(x)" },
  }
  assert.equal(typeStyles(evil), "")
  assert.equal(typeClass(evil, "x}body{display:none"), "tr-type tr-type-0")
})

test("a type has its colour in both themes", () => {
  const css = typeStyles(types)
  assert.match(css, /^\.tr-type-0\{--c:#0a7686\}/)
  assert.match(css, /\[data-theme=dark\] \.tr-type-0\{--c:#3fb6c6\}/)
})

test("an unknown type is a circle without a colour of its own", () => {
  assert.equal(typeClass(types, "Unheard"), "tr-type")
  assert.equal(shapeAt(types, "Unheard", 0, 0), "M0,-4.3a4.3 4.3 0 1 1 0 8.6a4.3 4.3 0 1 1 0 -8.6z")
})
