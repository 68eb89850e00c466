"""Sphinx's configuration: the same for both languages but for what the environment says."""

import os
from pathlib import Path

from d2lab.site.words import word

LANGUAGE = os.environ.get("D2LAB_SITE_LANGUAGE", "en")
MODULES = Path(os.environ.get("D2LAB_SITE_MODULES", "node_modules"))
CACHE = Path(os.environ.get("D2LAB_SITE_CACHE", ".cache/site"))
THEME = Path(__file__).parent / "theme"
ZH = LANGUAGE == "zh"

project = "d2lab"
html_title = "d2lab：可以运行的深度学习笔记" if ZH else "d2lab: deep-learning notes you can run"
language = "zh_CN" if ZH else "en"
copyright = "d2lab, Apache-2.0"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "d2lab.site.extension",
]
myst_enable_extensions = ["alert", "dollarmath", "colon_fence"]
myst_dmath_double_inline = True
myst_ref_domains = ["std"]  # a label means a lesson, not a function of the same name
numfig = math_numfig = True
numfig_secnum_depth = 2
numfig_format = {"figure": "图 %s" if ZH else "Figure %s", "table": "表 %s" if ZH else "Table %s"}
math_eqref_format = "({number})"
html_math_renderer = "katex_at_build"
katex_library = str(MODULES / "katex" / "dist" / "katex.min.js")
katex_cache = str(CACHE / "katex")

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
toc_object_entries_show_parents = "hide"
autodoc_use_type_comments = False
napoleon_numpy_docstring = False
napoleon_use_rtype = False
add_module_names = False
default_role = "code"
suppress_warnings = ["ref.python"]

html_theme = "shibuya"
html_theme_options = {
    "show_ai_links": False,
    "accent_color": "blue",
    "toctree_collapse": True,
    "globaltoc_expand_depth": 1,
    "hide_breadcrumbs": True,
    "nav_links": [
        {"title": word(name, LANGUAGE), "url": page}  # type: ignore[arg-type]
        for name, page in (
            ("course", "course/index"),
            ("explorers", "explore/index"),
            ("claims", "claims/index"),
            ("recipes", "reference/recipes"),
            ("api", "api/index"),
        )
    ],
}
templates_path = [str(THEME / "templates")]
html_static_path = [str(THEME / "static")]
html_css_files = ["vendor/katex.min.css", "course.css", "explore/explorers.css"]
html_js_files = [
    (f"{name}.js", {"defer": ""})
    for name in ("vendor/minisearch", "search-data", "search", "claims", "slides", "explore/load")
]
html_copy_source = False
html_show_sphinx = False
html_show_sourcelink = False
html_search_language = "en"
html_use_index = False
html_sidebars = {"**": ["sidebars/localtoc.html"]}
html_context = {"other_language": ("en", "English") if ZH else ("zh", "中文")}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
