"""The drawing kit: text, HTML and SVG. It knows nothing of widgets or tokenizers."""
