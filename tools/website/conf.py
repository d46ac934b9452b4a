"""Sphinx's settings for the pages of the course. pages.py lays out what they are made of, and calls Sphinx."""

project = "How language models read text"
author = "the makers of the course"
copyright = "the makers of the course. Code MIT, texts also CC BY 4.0"
extensions = ["myst_nb", "sphinx_copybutton"]
exclude_patterns = ["_build"]

nb_execution_mode = "off"  # the notebooks are stored with their outputs
nb_ipywidgets_js = {}  # a page without a kernel shows pictures, so it loads nothing for widgets
nb_merge_streams = True
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

myst_heading_slug_func = "pages.slug"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_js_files = []
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "show_navbar_depth": 1,
    "home_page_in_toc": False,
    "use_download_button": False,
    "footer_content_items": ["copyright"],
}
copybutton_exclude = ".linenos, .gp, .go"
