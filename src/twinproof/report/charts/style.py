"""What all charts have in common: colours, shapes, fonts.

Lines and text take the colour of the surrounding text, so that a chart suits a light and a dark page.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt

# In drawing order: where styles coincide, the thin line stays visible inside the wide one.
PARTICIPANTS = ["functional", "sequential", "subclassed", "control", "slowed"]
# Okabe and Ito's palette: distinct with any colour vision, contrast of at least 3:1 on white and on the dark page.
COLOURS = ["#009e73", "#0072b2", "#d55e00", "#8c8c8c", "#8c8c8c"]
WIDTHS = [6.0, 3.0, 1.5, 1.0, 1.0]
DASHES = [[1, 0], [1, 0], [5, 4], [1, 3], [1, 3]]
SIZES = [110, 50, 25, 15, 15]
SHAPES = ["circle", "square", "circle", "cross", "diamond"]
# The naive subclass is not a style to compare, so it is grey.
STYLE_COLOURS = dict(zip(PARTICIPANTS[:3], COLOURS[:3], strict=True)) | {"naive": "#8c8c8c"}
FONT = "system-ui, sans-serif"
# The wheel alone scrolls the page.
ZOOM = "wheel![event.shiftKey]"

# Altair refuses more than 5000 rows by default, to keep notebooks small; a long study has more.
alt.data_transformers.disable_max_rows()


def scale_of(styles: list[str], values: list[Any]) -> Any:
    """Return a scale that gives a style the same of `values` in every figure."""
    return alt.Scale(domain=styles, range=[values[PARTICIPANTS.index(style)] for style in styles])


def style_colours(styles: Sequence[str]) -> Any:
    """Return the colours of styles, with a legend of those that a figure shows."""
    shown = [style for style in STYLE_COLOURS if style in styles]
    scale = alt.Scale(domain=shown, range=[STYLE_COLOURS[style] for style in shown])
    return alt.Color("style:N", title=None, scale=scale, legend=alt.Legend(orient="top", symbolOpacity=1))


def specification(chart: Any) -> dict[str, Any]:
    """Return the specification of a chart, for a page without outside addresses."""
    content: dict[str, Any] = chart.to_dict()
    # The page names Vega-Lite itself; nothing would be loaded from this address.
    del content["$schema"]
    return content


def styled(chart: Any, description: str) -> Any:
    """Return a chart in the common style, with a description in words."""
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
