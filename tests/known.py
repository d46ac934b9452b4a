"""Tests that are known to fail, each with what is still to do. An entry goes when its test passes."""

SLIDES = "the slides of the rewritten notebooks are still to be laid out for the projector"

KNOWN = {
    "test_every_slide_fits_the_projector": SLIDES,
}
