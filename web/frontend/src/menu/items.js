/** What a right click offers, by what was clicked on: names of commands, in groups. */
export const MENUS = {
  card: [
    ["run_selected", "run_branch"],
    ["cut", "copy", "paste", "duplicate"],
    ["wire", "bypass", "rename_selected", "frame", "collapse", "edit_source"],
    ["remove"],
  ],
  composite: [
    ["open_composite", "rename_selected"],
    ["run_selected"],
    ["cut", "copy", "paste", "duplicate"],
    ["wire", "bypass"],
    ["remove"],
  ],
  wire: [["insert"], ["remove"]],
  note: [["cut", "copy", "paste", "duplicate"], ["remove"]],
  frame: [["collapse", "rename_selected"], ["cut", "copy", "paste", "duplicate"], ["remove"]],
  canvas: [
    ["quick_add", "note", "paste"],
    ["select_all", "layout", "fit"],
  ],
}

/** Shown as a row of icons where several cards are selected. */
export const ROW = [
  "align_left",
  "align_centre",
  "align_right",
  "align_top",
  "align_middle",
  "align_bottom",
  "distribute_across",
  "distribute_down",
]

/** The groups of a menu as commands; what is not there is left out, and so are empty groups. */
export function menuOf(kind, commands, several) {
  const known = (ids) => ids.map((id) => commands.get(id)).filter(Boolean)
  return {
    groups: MENUS[kind].map(known).filter((group) => group.length),
    row: kind === "card" && several ? known(ROW) : [],
  }
}
