"""A proof as a page that opens offline: the stages, and the layers side by side with their differences."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from twinproof.proof.result import LayerPair, Proof
from twinproof.proof.text import compared_words, stage_words, versions

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1b1b1b; background: #fff }
h1 { font-size: 1.4rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
td { overflow-wrap: anywhere }
.parts td { background: #fdecea }
.word { white-space: nowrap }
"""


def as_page(proof: Proof) -> str:
    """Return a proof as one HTML page without scripts or links."""
    return "\n".join(_parts(proof)) + "\n"


def _parts(proof: Proof) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(str(proof.verdict))}: {escape(proof.first)}, {escape(proof.second)}</title>"
    yield f"<style>{_STYLE}</style></head><body><main>"
    yield f"<h1>{escape(proof.sentence)}</h1>"
    yield f"<p>First model: <code>{escape(proof.first)}</code><br>Second model: <code>{escape(proof.second)}</code></p>"
    yield from _table("Stages", ("stage", "outcome", "details"), _stages(proof))
    if proof.layers:
        yield from _table(
            "Layers with variables or random numbers, in running order, with the largest differences",
            ("first model", "second model", "of inputs", "of outputs"),
            _layers(proof),
        )
    elif proof.matches:
        rows = (("", (escape(one), escape(other))) for one, other in proof.matches)
        yield from _table("Matched variables", ("first model", "second model"), rows)
    yield f"<p>Compared: {escape(compared_words(proof))}; {escape(versions(proof.made_with))}.</p>"
    for title, lines in (("Notes", proof.notes), ("Not compared", proof.not_compared)):
        if lines:
            yield f"<h2>{title}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
    yield "</main></body></html>"


def _stages(proof: Proof) -> Iterator[tuple[str, tuple[str, ...]]]:
    for result in proof.stages:
        marked = "parts" if result.outcome == "different" else ""
        yield (
            marked,
            (escape(result.stage), f'<span class="word">{escape(result.outcome)}</span>', escape(stage_words(result))),
        )


def _layers(proof: Proof) -> Iterator[tuple[str, tuple[str, ...]]]:
    names = proof.difference.names if proof.difference else ()
    for pair in proof.layers:
        marked = "parts" if pair.first in names or pair.second in names else ""
        yield marked, (_layer(pair.first, pair.first_class), _layer(pair.second, pair.second_class), *_distances(pair))


def _layer(name: str, layer_class: str) -> str:
    return f"<code>{escape(name)}</code> {escape(layer_class)}"


def _distances(pair: LayerPair) -> tuple[str, str]:
    inputs, outputs = ("" if value is None else f"{value:.3g}" for value in (pair.inputs, pair.outputs))
    return inputs, outputs


def _table(caption: str, heads: tuple[str, ...], rows: Iterator[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    yield f"<table><caption>{escape(caption)}</caption><thead><tr>"
    yield f"{''.join(f'<th scope=col>{head}</th>' for head in heads)}</tr></thead><tbody>"
    for marked, cells in rows:
        yield f"<tr{f' class={marked}' * bool(marked)}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</tbody></table>"
