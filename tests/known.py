"""Tests that are known to fail, each with what is still to do. An entry goes when its test passes."""

SLIDES = "the slides of the rewritten notebooks are still to be laid out for the projector"

KNOWN = {
    "test_a_token_of_ones_own_comes_soon[second]": "whether 5 s are kept was never seen on a machine with nothing else to do",
    "test_every_slide_fits_the_projector": SLIDES,
    "test_ctrl_c_keeps_what_is_done_and_ends_what_runs": "takes too long on a loaded machine",
    "test_the_table_fits_its_width": "its figures are those of the old exercises",
    "test_nothing_is_left_of_a_submission": "the path of its socket is too long under the folders of pytest",
}
