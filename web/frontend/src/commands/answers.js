import { ranked } from "../search/ranking.js"

const MOST = 80
const MOST_OF_A_KIND = 12

/** What leads to a setting or a page, as the palette lists it. */
export function fromLead(lead, go) {
  const { heading, title, note, about, href, control } = lead
  return { key: href ?? control, heading, title, note, about, go: () => go(lead) }
}

export const toPage = ({ href }) => window.location.assign(href)

const aboutIt = ({ heading, about, note, called }) =>
  called ? "" : `${heading} ${about ?? ""} ${note ?? ""}`

/**
 * What answers; while nothing is typed, some of every kind. What a setting can be (`called`) is
 * found by that name alone: by that of its card, all of them would be.
 */
export function answers(all, typed) {
  if (typed.trim()) {
    return ranked(all, typed, ({ title, called }) => called ?? title, aboutIt).slice(0, MOST)
  }
  const counts = new Map()
  return all.filter(({ heading, called }) => {
    if (called) return false
    counts.set(heading, (counts.get(heading) ?? 0) + 1)
    return counts.get(heading) <= MOST_OF_A_KIND
  })
}
