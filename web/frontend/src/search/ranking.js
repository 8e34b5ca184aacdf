// Search by a few letters: which texts answer what was typed, the best first.

const STARTS = 8
const BEGINS = 4
const WITHIN = 3
const INITIALS = 2
const SPREAD = 1
const LESS = 20
const CLOSE = 2.5

/**
 * How well a text answers what was typed; 0 where it does not. Each word that was typed must be
 * found: at the beginning of a word, within one, or as letters in their order ("dl": Data Load).
 */
export function score(typed, text, scoreOne = scoreWord) {
  const wanted = wordsOf(typed)
  const lower = text.toLowerCase()
  let sum = 0
  for (const word of wanted) {
    const found = lower.startsWith(word) ? STARTS : scoreOne(word, lower)
    if (!found) return 0
    sum += found
  }
  return sum / wanted.length || SPREAD
}

function scoreWord(word, text) {
  const whole = scoreWhole(word, text)
  if (whole) return whole
  return initials(text).startsWith(word) ? INITIALS : isSpread(word, text)
}

function scoreWhole(word, text) {
  const at = text.indexOf(word)
  if (at < 0) return 0
  return startsWord(text, at) || text.includes(` ${word}`) ? BEGINS : WITHIN
}

/** Letters in their order and close together, the first of which begins a word. */
function isSpread(letters, text) {
  for (let start = 0; start < text.length; start++) {
    if (text[start] !== letters[0] || !startsWord(text, start)) continue
    let at = start
    for (const letter of letters) {
      at = text.indexOf(letter, at) + 1
      if (!at) break
    }
    if (at && at - start <= letters.length * CLOSE) return SPREAD
  }
  return 0
}

const initials = (text) => text.replace(/([\p{L}\p{N}])[\p{L}\p{N}]*|./gu, "$1")

const startsWord = (text, at) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])

const wordsOf = (typed) => typed.toLowerCase().split(/\s+/).filter(Boolean)

/**
 * What answers, the best first, and alike ones as they were; all of it while nothing is typed.
 * `textOf` is what a thing is called, `moreOf` what else is said of it, which counts for less.
 */
export function ranked(things, typed, textOf, moreOf = () => "") {
  if (!typed.trim()) return things
  return things
    .map((thing) => {
      const [text, more] = [textOf(thing), moreOf(thing)]
      const named = score(typed, text)
      return [thing, named || (more && score(typed, `${text} ${more}`, scoreWhole) / LESS)]
    })
    .filter(([, found]) => found)
    .toSorted(([, a], [, b]) => b - a)
    .map(([thing]) => thing)
}
