"""How every page looks: fonts, colours and rules, and the choice between light and dark.

The browser decides on the theme before it paints: as the system says, until someone chooses.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from nicegui import app, ui

from web.canvas import DIST

STATIC = Path(__file__).parent / "static"
SHEETS = (
    "tokens.css",
    "frame.css",
    "panels.css",
    "table.css",
    "start.css",
    "narrow.css",
    "settings.css",
    "compare.css",
    "models.css",
    "touch.css",
)
FONTS = "/_tensorrag/fonts"
_FIRST = (
    "(() => { document.documentElement.lang = 'en';"
    " const chosen = localStorage.getItem('tensorrag-theme');"
    " const dark = chosen ? chosen === 'dark'"
    " : matchMedia('(prefers-color-scheme: dark)').matches;"
    " document.documentElement.dataset.theme = dark ? 'dark' : 'light'; })()"
)
_UNBUILT = (
    "addEventListener('error', ({ target }) => {"
    " if (target.tagName !== 'SCRIPT') return;"
    " const said = document.createElement('p'); said.className = 'unbuilt';"
    " said.setAttribute('role', 'alert'); said.textContent = 'A part of this page could not be"
    " loaded. Reload it; if it stays like this, run make frontend and start TensorRag again.';"
    " document.body.append(said) }, true)"
)
"""A script that is not there, of a front end that was built from other sources, leaves nothing."""
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    "<style>@media (prefers-color-scheme: dark) { * { --i: #ededf0 } }</style>"
    '<path d="M6.5 6.5C11 6.5 9 13.5 13.5 13.5" fill="none" style="stroke:var(--i,#18181b)"'
    ' stroke-width="1.8"/><rect x="2" y="4" width="5" height="5" rx="1.4"'
    ' style="fill:var(--i,#18181b)"/><circle cx="15.5" cy="13.5" r="2.7"'
    ' style="fill:var(--i,#18181b)"/></svg>'
)


def install() -> None:
    """Serve the style sheets and fonts. Called once, before the server starts."""
    app.add_static_files(_root(), STATIC, max_cache_age=365 * 86400)
    app.add_static_files(FONTS, DIST / "fonts", max_cache_age=365 * 86400)


def title(name: str) -> str:
    """Return what the browser's tab says."""
    return f"{name or 'Pipeline'} · TensorRag"


def dress(title: str, *more: str) -> None:
    """Give the page that is being built its title, its look and its theme.

    ``more`` are style sheets that no other page needs.
    """
    ui.page_title(title)
    sheets = (*SHEETS, *more)
    links = "".join(f'<link rel="stylesheet" href="{_root()}/{sheet}">' for sheet in sheets)
    ui.add_head_html(f"<script>{_FIRST};{_UNBUILT}</script>{links}")


def _root() -> str:
    """Name the folder by its content: it may be kept for ever, and a change is a new folder."""
    return f"/_tensorrag/static/{_DIGEST}"


def _digest() -> str:
    content = hashlib.sha256()
    for file in sorted(STATIC.rglob("*.css")):
        content.update(file.read_bytes())
    return content.hexdigest()[:12]


_DIGEST = _digest()
