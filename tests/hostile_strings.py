"""Strings that mean something to somebody: what comes from outside may be any of them, and stays a string."""

from __future__ import annotations

from dataclasses import replace

from irnet.models import network
from irnet.spec import Network

EVIL = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    '"><b onclick="window.hit = 1">bold</b>',
    "![picture](https://evil.example/p.png)",
    "[link](https://evil.example) <https://evil.example>",
    "www.evil.example http://evil.example me@evil.example",
    "**strong** _slanted_ ~~gone~~ `code` $x^2$",
    ":red[ink] :material/bug_report: :bug: :blue-badge[b]",
    "# heading | cell | cell",
    "> quoted &lt; &amp; ]]> <!-- -->",
    r"\input{/etc/passwd} \end{tikzpicture} % $ & # _ ^ ~ {}",
    '"]; evil [label="x"]; subgraph { // \\N',
    "$(touch hit) `touch hit`; touch hit 'a' \"b\" && c",
    "[red]ink[/red] [/bold] [link=https://evil.example]l[/link]",
    "=1+1 @SUM(A1) -2 +3",
    '"] end; click n0 "javascript:window.hit=1"',
)


def named(word: str) -> Network:
    """A small network whose author gave it and its stages a strange name."""
    spec = network("inception_resnet_v1", a=1, b=1, c=1)
    return replace(spec, name=word, stages=tuple(replace(stage, title=word) for stage in spec.stages))
