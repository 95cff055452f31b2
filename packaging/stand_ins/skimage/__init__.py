"""Stands in for scikit-image in the bundle, where it and SciPy, which it needs, would take 80 MB.

insightface imports `SimilarityTransform` for tasks that follow detection; Agelens aligns faces itself
(`engine.alignment`) and uses none of these tasks.
"""
