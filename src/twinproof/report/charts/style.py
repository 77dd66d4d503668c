"""What all charts have in common: colours, shapes, fonts.

Lines and text take the colour of the text around them, so that one chart serves a light and a dark page.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt

# In the order of drawing: where styles coincide, the thin one is still seen inside the wide one.
PARTICIPANTS = ["functional", "sequential", "subclassed", "control", "slowed"]
# Okabe and Ito's colours: told apart with any colour vision, 3:1 or more against white and against the dark page.
COLOURS = ["#009e73", "#0072b2", "#d55e00", "#8c8c8c", "#8c8c8c"]
WIDTHS = [6.0, 3.0, 1.5, 1.0, 1.0]
DASHES = [[1, 0], [1, 0], [5, 4], [1, 3], [1, 3]]
SIZES = [110, 50, 25, 15, 15]
SHAPES = ["circle", "square", "circle", "cross", "diamond"]
# Of the styles, the naive subclass is none of the styles: in grey.
STYLE_COLOURS = dict(zip(PARTICIPANTS[:3], COLOURS[:3], strict=True)) | {"naive": "#8c8c8c"}
FONT = "system-ui, sans-serif"
# The wheel alone scrolls the page.
ZOOM = "wheel![event.shiftKey]"

# Altair refuses more than 5000 rows by default, to keep notebooks small; a long study has more.
alt.data_transformers.disable_max_rows()


def scale_of(styles: list[str], values: list[Any]) -> Any:
    """Give each style its own of `values`, whichever styles a figure shows."""
    return alt.Scale(domain=styles, range=[values[PARTICIPANTS.index(style)] for style in styles])


def style_colours(styles: Sequence[str]) -> Any:
    """Give each style its colour, with a legend of those that a figure shows."""
    shown = [style for style in STYLE_COLOURS if style in styles]
    scale = alt.Scale(domain=shown, range=[STYLE_COLOURS[style] for style in shown])
    return alt.Color("style:N", title=None, scale=scale, legend=alt.Legend(orient="top", symbolOpacity=1))


def specification(chart: Any) -> dict[str, Any]:
    """Return what draws a chart, for a page that names no outside address."""
    content: dict[str, Any] = chart.to_dict()
    # Nothing would be loaded from it; the page says vega-lite itself.
    del content["$schema"]
    return content


def styled(chart: Any, description: str) -> Any:
    """Give a chart what all have in common, and say in words what it shows."""
    text: dict[str, Any] = {"labelColor": "currentColor", "titleColor": "currentColor"}
    lines = {"domainColor": "currentColor", "tickColor": "currentColor", "domainOpacity": 0.4, "tickOpacity": 0.4}
    return (
        chart.properties(description=description)
        .configure(background="transparent", font=FONT, rule={"color": "currentColor"})
        .configure_axis(
            **text, **lines, gridColor="currentColor", gridOpacity=0.12, titleFontWeight="normal", labelFontSize=11
        )
        .configure_legend(**text, labelFontSize=12, symbolBaseFillColor="currentColor")
        .configure_title(color="currentColor", fontSize=13)
        .configure_header(**text, labelFontSize=13, labelFontWeight="bold")
        .configure_view(stroke=None)
    )
