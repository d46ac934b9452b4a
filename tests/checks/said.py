"""What is said of each wrong answer of wrong.py: its real mistake, and the diagnosis beside it.

All were read: what a diagnosis says is true of the call that is shown. None where the difference alone is told.
"""

SAID: dict[str, dict[str, tuple[str, str | None]]] = {
    "utf8_encode": {
        "code_points_that_never_will_be_characters": (
            "refuses U+FDD0 and others that are no characters, yet have their UTF-8",
            "raises for a right input",
        ),
        "two_bits_in_the_first_of_four": ("keeps two bits too few in the first of four bytes", "another byte"),
        "the_last_surrogate_alone_is_a_character": ("range(0xD800, 0xDFFF) ends before U+DFFF", "no error is raised"),
        "one_surrogate_too_many": ("takes U+E000 for a surrogate", "raises for a right input"),
        "low_surrogates_are_fine": ("refuses only the first half of the surrogates", "no error is raised"),
    },
    "bytes_per_char": {
        "measured_in_small_letters": ("measures the small letter in place of the capital", "one length is wrong"),
        "three_at_the_most": ("knows no length of four", "one length is wrong"),
        "7f_800_10000": ("two bytes from U+7F on", "one length is wrong"),
        "81_800_10000": ("two bytes from U+81 on", "one length is wrong"),
        "80_7ff_10000": ("three bytes from U+7FF on", "one length is wrong"),
        "80_801_10000": ("three bytes from U+801 on", "one length is wrong"),
        "80_400_10000": ("three bytes from U+400 on", "one length is wrong"),
        "80_1000_10000": ("three bytes from U+1000 on", "one length is wrong"),
        "80_800_ffff": ("four bytes from U+FFFF on", "one length is wrong"),
        "80_800_10001": ("four bytes from U+10001 on", "one length is wrong"),
    },
    "decode_utf8": {
        "deeper_with_each_error": ("calls itself once for each error", "endless recursion"),
        "nothing_beyond_the_planes_in_use": ("replaces all from U+100000 on", "other characters"),
        "surrogates_pass": ("errors='surrogatepass'", "surrogates in utf8"),
        "overlong_and_too_large": ("takes forms that are too long, and surrogates", "other characters"),
        "composed": ("normalizes the text", "other characters"),
        "line_ends_of_unix": ("turns \\r\\n into \\n", "line ends are changed"),
    },
    "count_code_points": {
        "compared_with_two_bits": ("compares what the mask leaves with 0b10", "bytes are counted"),
        "bits_of_characters": ("decodes, and takes characters for numbers", "characters have no bits"),
        "those_that_are_two_bits": ("counts what never is", "none is counted"),
    },
    "truncate_utf8": {
        "compared_with_two_bits_too": ("compares what the mask leaves with 0b10", "cut anywhere"),
        "the_byte_at_the_limit_is_always_there": (
            "looks at the byte at the limit, where there is none",
            "behind the last byte",
        ),
    },
    "decode_by_hand": {
        "no_number_is_too_large": ("calls chr with any number", "beyond the last code point"),
        "all_bytes_are_there": ("looks for bytes behind the end", "the data ends inside a character"),
    },
    "pair_places": {
        "the_last_id_has_a_neighbour": ("looks behind the last id", "an index too far"),
        "a_list_is_compared_with_a_tuple": ("compares a slice, which is a list, with a tuple", "nothing is found"),
    },
    "top_pairs": {
        "keys_are_keys_and_counts": ("takes the keys of a dict for keys and counts", "each pair is taken apart"),
    },
    "get_stats_in_pieces": {
        "pieces_are_a_list": ("asks how many pieces there are", "pieces come one at a time"),
    },
    "get_stats": {
        "the_first_ids_only": ("counts in the first 25 ids only", "wrong values"),
        "adds_and_returns_a_copy": ("returns a copy of the counts", "given back"),
    },
    "top_pair": {
        "the_first_pairs_only": ("looks at the first 20 pairs only", "not the most frequent"),
        "large_counts_are_equal": ("takes all counts above 9 to be equal", "not the most frequent"),
    },
    "merge": {
        "short_lists_only": ("drops the last id of long lists", "ids are lost or changed"),
        "sorted_where_there_is_a_zero": ("sorts the list where it holds a 0", "another order"),
        "the_list_itself_where_nothing_merges": ("returns its argument where nothing merges", "given back"),
        "the_same_objects": ("compares with is", "a pair is left"),
        "as_text": ("replaces in the text of the list, inside of numbers too", "ids are lost or changed"),
        "ids_of_sixteen_bits": ("keeps 16 bits of each id", "ids are lost or changed"),
        "compares_with_a_list": ("compares a slice, which is a list, with a tuple", "no pair is ever found"),
    },
    "train": {
        "few_merges_only": ("learns eleven merges at the most", "the end is missing"),
        "trained_on_small_letters": ("turns capitals into small letters", "a pair that is not there"),
        "the_counts_are_made_before_the_loop": ("never empties the counts", "counts are never emptied"),
        "trained_on_line_ends_of_unix": ("turns \\r\\n into \\n", "nothing comes back"),
        "special_tokens_are_cut_out": ("cuts the text at <|endoftext|> and leaves it out", "nothing comes back"),
    },
    "unmerge": {
        "in_the_list_that_was_given": ("changes the list that was given", "changes its arguments"),
    },
    "merge_by_replace": {
        "in_the_digits_of_the_ids": ("replaces inside of numbers, too", "in the digits"),
        "a_pair_is_replaced": ("gives the pair to replace as it is", "a pair is no text"),
    },
    "build_vocab": {
        "each_token_once": ("leaves out a token whose bytes are there already", "the end is missing"),
        "short_tokens": ("cuts tokens after 16 bytes", "wrong values"),
        "deeper_with_each_merge": ("calls itself once for each merge in a chain", "endless recursion"),
    },
    "decode": {
        "names_the_last_id": ("names the last id, known or not", "the message does not name it"),
        "the_first_twenty": ("decodes the first 20 ids only", "the end is missing"),
        "nobody_is_told_which": ("does not say which id is unknown", "the message does not name it"),
        "ids_are_places": ("takes ids for places in a list", "raises for a right input"),
        "below_the_highest": ("asks only whether an id is above the highest", "another error than is asked for"),
        "never_flushed": ("loses the half character at the end", "nothing comes back"),
    },
    "encode": {
        "rounds_of_single_passes": ("merges in rounds, from left to right in each", "round by round"),
        "the_first_thousand_bytes": ("encodes the first 1000 characters only", "other bytes"),
        "five_merges": ("knows the first five merges only", "a pair is left"),
        "a_thousand_is_infinite": ("takes ids from 1000 on for unknown", "a pair is left"),
    },
    "BasicTokenizer": {
        "AllIdsSoFar": ("encode adds to the ids of the calls before", "an earlier call changes the object"),
        "AllTextSoFar": ("decode adds to the text of the calls before", "an earlier call changes the object"),
        "MergesAreUsedUp": ("encode empties the merges", "an earlier call changes the object"),
        "KnownTextsStayKnown": (
            "remembers what a text was before a new training",
            "an earlier call changes the object",
        ),
        "OldTokensStay": ("keeps the tokens of the training before", "an earlier call changes the object"),
        "MergesOfTheClass": ("keeps the merges in the class, and never empties them", "remembers"),
        "KeyErrors": ("leaves an unknown id to the dict", "key error for unknown ids"),
    },
    "stream_decode": {
        "a_class_in_place_of_a_decoder": ("makes no decoder of the class", "a class is no decoder"),
    },
    "GPT4Tokenizer": {
        "AllIdsSoFar": ("encode adds to the ids of the calls before", "an earlier call changes the object"),
        "VocabIsUsedUp": ("decode takes the ids out of its vocabulary", "an earlier call changes the object"),
        "NumbersOfAnyLength": ("does not cut numbers after three digits", "numbers of any length"),
    },
    "split": {
        "the_first_ten_thousand": ("splits the first 10,000 characters only", "characters are lost"),
        "what_python_calls_space": ("takes U+1C to U+1F for white space", "cut otherwise than signs"),
        "numerals_are_digits": ("takes Chinese numerals for digits", "cut otherwise than letters"),
        "wide_spaces_are_lost": ("drops wide spaces", "characters are lost"),
        "\\p{N} is [0-9]": ("[0-9] everywhere in place of \\p{N}, also inside of a class", "characters are lost"),
        "\\p{N} is \\p{Nd}": ("knows decimal digits only", "cut otherwise than space"),
        "[^\\r\\n\\p{L} is [^\\n\\p{L}": ("lets \\r stand before a word", "cut otherwise than newline"),
        "[^\\r\\n\\p{L} is [^\\r\\p{L}": ("lets \\n stand before a word", "cut otherwise than newline"),
        "]++[\\r\\n]* is ]++\\n*": ("does not take \\r after signs", "cut otherwise than signs"),
        "]++[\\r\\n]* is ]++(?:\\r?\\n)*": ("takes \\r after signs only before \\n", "cut otherwise than signs"),
        "| ?[^\\s is | *[^\\s": ("takes all spaces before signs", "cut otherwise than spaces"),
        "| ?[^\\s is |\\s?[^\\s": ("takes any white space before signs", "cut otherwise than space"),
        "|ve is left out": ("does not know 've", "cut otherwise than ending"),
        "[sdmt] is [sdt]": ("does not know 'm", "cut otherwise than ending"),
        "'(?i: is ['’](?i:": ("takes a curly apostrophe for a straight one", "cut otherwise than letters"),
    },
    "train_chunks": {
        "the_cell_as_it_stands": ("never empties the counts", "counts are never emptied"),
        "one_loop_too_deep": ("empties the counts with each chunk", "counts made anew with each chunk"),
        "the_rows_stay_as_they_are": ("drops what merge returns", "the merged ids are dropped"),
        "nine_chunks": ("learns from nine chunks only", "nothing comes back"),
        "thirty_chunks_and_twenty_merges": ("learns 20 merges from 30 chunks at the most", "the end is missing"),
    },
    "lost_text": {
        "cut_at_a_number_sign": ("puts a # for each match, and cuts there", "a piece is missing"),
        "cut_at_the_character_0": ("puts U+0 for each match, and cuts there", "a piece is missing"),
        "text_first": ("gives text and pattern to re the other way round", "text and pattern swapped"),
        "places_of_strings": ("asks a string for its place", "findall gives no matches"),
        "looked_for_again": ("looks for what findall gives, a tuple where there are groups", "a tuple of groups"),
    },
    "group_digits": {
        "threes_in_a_group": ("uses (…) where (?:…) is meant", "what the group holds"),
    },
    "train_on_counts": {
        "pairs_are_compared_as_well": ("compares the ids in a tie", "larger ids win ties"),
        "all_that_is_there_is_multiplied": ("multiplies the counts of other chunks, too", "all counts are multiplied"),
        "the_rows_stay_and_ids_are_compared": ("never merges, and compares the ids", "a pair has a later id"),
        "four_occurrences": ("knows four occurrences at the most", "not the most frequent"),
    },
    "encode_ordinary": {
        "twenty_chunks": ("encodes 20 chunks only", "the end is missing"),
        "line_by_line": ("splits at line ends only", "a merge reaches across chunks"),
        "ten_thousand_characters": ("encodes 10,000 characters only", "the end is missing"),
        "merged_in_rounds": ("merges in rounds, from left to right in each", "round by round"),
    },
    "split_special": {
        "marked_by_a_character_of_its_own": ("uses U+1F as a mark, and loses it from the text", "characters are lost"),
        "every_sign_in_brackets": (
            "puts each sign in brackets, which do not harm a backslash or ^",
            "cut in other places",
        ),
        "the_highest_id_first": ("tries the highest id first, not the longest name", "cut in other places"),
        "an_empty_text_without_names": ("gives one empty part for an empty text", "cut in other places"),
        "split_at_a_character_that_nobody_uses": (
            "uses U+0 as a mark, and loses it from the text",
            "characters are lost",
        ),
        "no_parentheses_and_no_empty_case": (
            "splits by a pattern without a group, which can be empty",
            "dropped and without special tokens",
        ),
    },
    "encode_special": {
        "four_kinds_of_collections": ("knows four kinds of collections, and no keys of a dict", "raises"),
        "only_the_allowed_are_looked_for": (
            "looks for the allowed ones, and does not raise for others by themselves",
            "no error is raised",
        ),
        "whatever_stands_in_the_text": (
            "raises for a name inside of a longer special token",
            "raises for a right input",
        ),
        "the_id_0_is_none": ("takes the id 0 for none", "a special token is not found"),
        "three_kinds_of_collections": ("knows three kinds of collections, and no frozenset", "raises"),
        "the_loop_of_the_frame": (
            "encodes a special token that is not allowed",
            "a part that is not allowed is ordinary",
        ),
    },
    "decode_special": {
        "names_are_remembered": ("keeps the names of the calls before", "remembers"),
        "the_id_0_is_no_special_token": ("takes the id 0 for none", "the id 0 is none"),
        "low_ids_are_bytes": ("takes ids below 256 for bytes, whatever vocab says", "other characters"),
        "special_ids_have_no_gaps": ("numbers the special tokens without gaps", "raises"),
        "looked_up_in_special_tokens": ("looks an id up among the names", "the wrong way round"),
    },
    "find_special": {
        "name_by_name_with_find": ("goes on at the next place, one name after the other", "names overlap"),
        "found_once_each": ("finds each name once, the longest name first", "another order"),
        "index_of_what_is_not_there": ("finds each name once, with index", "a name is not found"),
        "the_whole_step_and_one_more": ("steps one place further behind a name", "one place is skipped"),
    },
    "chat_ids": {
        "a_name_without_its_signs": ("leaves out <| and |>", "another name"),
        "an_id_is_added_to_a_list": ("adds an int to a list", "an id is joined to a list"),
    },
    "split_token": {
        "the_earliest_later_parent": ("takes the cut whose later half is oldest", "the oldest halves"),
        "ten_thousand_is_infinite": ("takes ranks from 9999 on for unknown", "a wrong number of values"),
        "twenty_rounds": ("cuts the last byte off tokens of 22 bytes or more", "cut in another place"),
    },
    "recover_merges": {
        "numbered_anew": ("numbers the merges from 257 on", "wrong values"),
        "all_but_the_last_byte": ("takes single bytes apart", "single bytes have no parents"),
    },
    "load_ranks": {
        "lines_without_numbers": ("catches no error", "errors are not caught"),
        "a_number_is_a_rank": ("takes all that int takes", "int takes -1"),
    },
    "unreachable": {
        "infinity_is_not_asked_for": ("merges what has no rank", "every token counts as reached"),
        "one_piece_has_neighbours": ("takes the least of nothing", "an empty max or min"),
    },
    "RanksTokenizer": {
        "TheHighestRankFirst": ("takes max for min", "highest rank first"),
        "AllNeighboursMerge": ("merges what has no rank", "no rank"),
    },
    "byte_shuffle": {
        "by_the_first_entries": ("takes the first 256 entries, and the first byte of each", "the first entries"),
        "by_characters": ("looks up the UTF-8 of a character", "bytes are characters"),
    },
    "count_chunks": {
        "sorted_by_count": ("gives the chunks in the order of their counts", "most common first"),
        "a_thousand_characters": ("counts in the first 1000 characters of a text", "wrong values"),
        "three_texts": ("counts in three texts only", "nothing comes back"),
        "stripped_lines": ("takes the line end off a text", "nothing comes back"),
        "the_fifty_most_common": ("sorts by count, and keeps 50", "another order"),
        "blind_to_capitals": ("lets the pattern match capitals, too", "entries too many"),
    },
    "fast_train": {
        "a_thousand_ids": ("learns ids up to 1000 only", "wrong on a long text"),
        "without_the_character_0": ("leaves out the character 0", "nothing comes back"),
    },
    "fast_encode": {
        "the_byte_0_is_swallowed": ("leaves out the id 0", "other bytes"),
        "joined_at_once": ("does not ask whether an entry is stale", "popped and merged at once"),
        "the_loop_ends_at_a_stale_entry": ("breaks at a stale entry, in place of going on", "a pair is left"),
        "the_neighbour_is_one_place_to_the_left": ("considers place - 1, which may be swallowed", "a pair is left"),
        "the_pair_behind_is_considered": ("considers the place behind the merged id, not its own", "a pair is left"),
    },
    "tokens_per_char": {
        "units_of_utf_16": ("counts characters in UTF-16", "another number of characters"),
        "the_first_hundred": ("looks at the first 100 characters only", "both numbers may be others"),
    },
    "language_premium": {
        "english_is_always_there": ("asks for English, whatever the base", "english is always there"),
        "the_first_is_english": ("takes the first language for the base", "one language is wrong"),
        "ten_sentences": ("looks at ten sentences only", "one language is wrong"),
        "the_list_is_encoded": ("encodes the list of sentences", "a list is encoded"),
        "lists_are_summed": ("adds up lists", "lists are summed"),
        "no_sum_is_begun": ("adds to what is not there", "nothing to add to"),
    },
    "encode_code_points": {
        "bytes_never_merge": ("never merges bytes", "a pair is left"),
        "ids_in_a_row": ("numbers the characters from 256 on, whatever `characters` says", "an id that no token has"),
        "all_characters_are_known": ("looks up every character", "an unknown character is looked up"),
        "an_id_is_gone_through": ("uses += for a single id", "a number is not a row"),
    },
    "update_stats": {
        "changes_a_copy": ("changes a copy of the dict", "nothing is changed"),
        "all_pairs_are_there": ("adds to what is not there", "a missing key"),
    },
    "unused_tokens": {
        "a_list_is_put_into_a_set": ("uses add where update is meant", "a list in a set"),
        "joined_by_line_ends": ("joins the texts with line ends", "joined by line ends"),
        "the_set_is_made_in_the_loop": ("makes a new set for each text", "a used id"),
    },
}
