// Numbers as people read them. Everything that stands on a card goes through here.

const NBSP = "\u00a0"
const MINUS = "\u2212"
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })
const STEPS = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
]

const isNumber = (value) => typeof value === "number" && Number.isFinite(value)
const signed = (text) => text.replace("-", MINUS)

/** 40000 → "40,000". */
export function integer(value) {
  return isNumber(value) ? signed(grouped.format(value)) : "–"
}

/** 12161 → "12.2 k"; below ten thousand the number itself. */
export function compact(value) {
  if (!isNumber(value)) return "–"
  if (Math.abs(value) < 10_000) return integer(value)
  const [size, letter] = STEPS.find(([step]) => Math.abs(value) >= step)
  return signed(`${(value / size).toFixed(1)}${NBSP}${letter}`)
}

/** A measured value with the digits that mean something: 0.87, 3.19, 22.8, 1,234, 0.0012. */
export function decimal(value) {
  if (!isNumber(value)) return "–"
  const size = Math.abs(value)
  if (size >= 100_000) return compact(value)
  if (size >= 1000) return integer(value)
  if (size >= 0.01 || size === 0) return fixed(value, decimals(size))
  if (size >= 1e-4) return signed(value.toPrecision(2))
  return signed(value.toExponential(1).replace("e+", "e"))
}

/** What stands beside a label: a word, a whole number that was set or counted, or a measured value. */
export function figure({ value, word, measured }) {
  if (word) return word
  return Number.isInteger(value) && !measured ? integer(value) : decimal(value)
}

/** A value beside another, with as many decimals: a baseline of -0.0001 beside 0.87 is 0.00. */
export function alike(value, reference) {
  const size = Math.abs(reference)
  const plain = isNumber(value) && isNumber(reference) && size >= 0.01 && size < 1000
  return plain ? fixed(value, decimals(size)) : decimal(value)
}

function decimals(size) {
  if (size >= 100) return 0
  return size >= 10 ? 1 : 2
}

function fixed(value, digits) {
  const text = value.toFixed(digits)
  return signed(Number(text) === 0 ? text.replace("-", "") : text)
}

/** 0.6 → "0.6 s", 100 → "1 min 40 s", 3900 → "1 h 05 min". */
export function seconds(value) {
  if (!isNumber(value)) return ""
  if (value < 59.95) return `${value.toFixed(1)}${NBSP}s`
  return clock(Math.round(value))
}

/** Time left, in one unit: more would be guessing, and has no place beside the epoch. */
export function timeLeft(value) {
  if (!isNumber(value)) return ""
  const whole = Math.max(0, Math.round(value))
  if (whole < 60) return `${whole}${NBSP}s left`
  const minutes = Math.round(whole / 60)
  return minutes < 60 ? `${minutes}${NBSP}min left` : `${Math.round(minutes / 60)}${NBSP}h left`
}

function clock(whole) {
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}${NBSP}min ${pad(whole % 60)}${NBSP}s`
  return `${Math.floor(minutes / 60)}${NBSP}h ${pad(minutes % 60)}${NBSP}min`
}

const pad = (value) => String(value).padStart(2, "0")

/** 2900000 → "2.9 MB", 512 → "512 bytes". */
export function bytes(value) {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(value, 1)) / 3))
  const written = power ? (value / 1000 ** power).toFixed(1) : String(value)
  return `${written}${NBSP}${["bytes", "kB", "MB", "GB"][power]}`
}

/** 0.8 → "80 %". */
export function percent(share) {
  return isNumber(share) ? `${Math.round(share * 100)}${NBSP}%` : "–"
}

/** How many letters the longest word has, of those that a line may break between. */
export function longestWord(text) {
  return Math.max(...text.split(/[\s-]+/).map((word) => word.length))
}
