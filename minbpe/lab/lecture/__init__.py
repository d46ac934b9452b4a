"""Lecture mode: a notebook as slides, on a screen with its widgets live, and on paper.

    python -m minbpe.lab.lecture notebooks/03-merges.ipynb
    python -m minbpe.lab.lecture notebooks/03-merges.ipynb --pdf FOLDER

    server.py       starts JupyterLab for a lecture, apart from the lecturer's own settings
    labextensions/  the slides themselves: an extension of JupyterLab, in plain JavaScript that needs no build
    slides.py       which cell stands on which slide, and what the speaker has to say with it
    paper.py        slides and notes as PDF

docs/lecturing.md is the lecturer's guide. Needs the extra `classroom`.
"""
