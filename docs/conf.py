import artlucid

project = "artlucid"
author = "The artlucid developers"
version = release = artlucid.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]

autosummary_ignore_module_all = False
numpydoc_show_class_members = False
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"artlucid {release}"
