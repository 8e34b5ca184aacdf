"""axe-core, which looks at a page as those who cannot see or point must take it."""

from __future__ import annotations

import subprocess
import sys

from playwright.sync_api import Page

from tests.browser.hands import ROOT

SOURCE = ROOT / "web/frontend/node_modules/axe-core/axe.min.js"
LOOK = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html.slice(0, 200)}`);
}"""


def violations(page: Page, theme: str) -> list[str]:
    """Return what is seriously wrong with a page in light or dark, one sentence each."""
    if not SOURCE.is_file():
        subprocess.run([sys.executable, ROOT / "hatch_build.py", "packages"], check=True)
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
    page.wait_for_function("document.getAnimations().every((each) => each.playState !== 'running')")
    page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(LOOK)
    return [f"{theme}: {each}" for each in found]
