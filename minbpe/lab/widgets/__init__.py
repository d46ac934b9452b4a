"""The widgets: one file each, with its data, its picture, its still and its traits. lab.py is their base.

To add a widget is to write its file, and to name it in WIDGETS. From there minbpe.lab, the gallery, the browser tests
and the accessibility audit take it; they make it by its class's `example`.
"""

WIDGETS = {
    "BeTheTokenizer": "be_the_tokenizer",
    "MergeScrubber": "merge_scrubber",
    "EncodeStepper": "encode_stepper",
    "MergeTree": "merge_tree",
    "Utf8Inspector": "utf8_inspector",
    "PairExplorer": "pair_explorer",
    "SplitExplorer": "split_explorer",
    "SpecialTokenExplorer": "special_token_explorer",
    "TokenExplorer": "token_explorer",
    "Predict": "questions",
    "Quiz": "questions",
    "TypeIn": "marks",
    "Bars": "marks",
    "PickPair": "marks",
    "Predicted": "predicted",
    "Parsons": "parsons",
}
