"""Labelled data in the layouts of labelling tools and shared tasks: read into a corpus, written from one."""

from __future__ import annotations

from .exporting import Exported, export_labels
from .importing import Imported, import_labels
from .table import LAYOUTS, Layout

__all__ = ["LAYOUTS", "Exported", "Imported", "Layout", "export_labels", "import_labels"]
