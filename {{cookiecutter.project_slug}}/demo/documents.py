"""Pages of the documentation as HTML that this site may show.

What is written in them stays text, HTML included. A link leads to another page that is shown here,
or to nowhere: most of the documentation is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

ADDRESSES = "addresses"


class _Renderer(RendererHTML):
    """What is too wide for a phone can be scrolled, by the keyboard, too."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<pre tabindex="0"><code>{escapeHtml(tokens[idx].content)}</code></pre>\n'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="table-scroll" tabindex="0"><table class="table">\n'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        address = env[ADDRESSES].get(tokens[idx].attrs["href"])
        return f'<a href="{escapeHtml(address)}">' if address else "<a>"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def as_html(text: str, *, addresses: Mapping[str, str]) -> SafeString:
    """Return a page; `addresses` are those of the pages that its links may lead to."""
    html: str = _MARKDOWN.render(text, {ADDRESSES: addresses})
    return mark_safe(html)  # noqa: S308 (HTML in the text is shown as it is written)
