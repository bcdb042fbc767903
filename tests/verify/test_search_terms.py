from __future__ import annotations

import pytest

from sonosift.verify.search_terms import OWN_WORD, PRODUCT, STANDARD, TOO_SHORT, YEAR, SearchTerms, TermBook


def chosen(*texts: tuple[str, str]) -> SearchTerms:
    book = TermBook()
    book.add_file(texts)
    return book.choose()


def searched(terms: SearchTerms) -> set[tuple[str, ...]]:
    return {term.words for term in terms.searched}


def test_a_name_is_searched_whole_turned_and_in_parts() -> None:
    found = searched(chosen(("PatientName", "Achterberg^Josefine")))
    assert found == {("achterberg", "josefine"), ("josefine", "achterberg"), ("achterberg",), ("josefine",)}


def test_a_date_in_every_order() -> None:
    found = searched(chosen(("PatientBirthDate", "19470312")))
    assert found == {("19470312",), ("1947", "03", "12"), ("12", "03", "1947"), ("03", "12", "1947")}


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        ("PatientID", "007", TOO_SHORT),
        ("PatientName", "Wu", TOO_SHORT),
        ("file name", "00012", TOO_SHORT),
        ("StudyDescription", "ABDOMEN", OWN_WORD),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.3.1", STANDARD),
        ("ImplementationVersionName", "WRITER7", STANDARD),
        ("ManufacturerModelName", "Vesta", PRODUCT),
        ("file name", "2019", YEAR),
    ],
)
def test_what_names_nobody_is_left_out_and_listed(kind: str, text: str, rule: str) -> None:
    terms = chosen((kind, text))
    assert terms.searched == []
    assert terms.left_out == {rule: [text.lower()]} or terms.left_out == {rule: [text]}


def test_a_product_word_counts_when_a_name_repeats_it() -> None:
    terms = chosen(("ManufacturerModelName", "Vesta 300"), ("PatientName", "Vesta^Ann"))
    assert ("vesta",) in searched(terms)
    assert ("vesta",) not in searched(chosen(("ManufacturerModelName", "Vesta 300"), ("file name", "vesta")))


def test_a_serial_number_among_probe_names_is_searched() -> None:
    assert ("143459",) in searched(chosen(("TransducerData", "143459")))


def test_a_name_that_is_a_common_word_is_searched_as_part_of_the_whole_name() -> None:
    terms = chosen(("PatientName", "Page^Achterberg"))
    assert ("page", "achterberg") in searched(terms)
    assert ("page",) not in searched(terms)
    assert "page" in terms.left_out[OWN_WORD]


def test_files_are_counted_once() -> None:
    book = TermBook()
    book.add_file([("PatientName", "Achterberg"), ("StudyComments", "Achterberg")])
    book.add_file([("PatientName", "achterberg")])
    (term,) = book.choose().searched
    assert (term.files, term.kinds) == (2, {"PatientName", "StudyComments"})
