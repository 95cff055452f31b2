"""Stands in for scikit-image in the bundle, where it and SciPy below it would weigh 80 MB.

insightface imports `SimilarityTransform` for tasks that come after detection; Agelens aligns faces itself
(`engine.alignment`) and never calls one of them.
"""
